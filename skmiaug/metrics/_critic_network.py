"""Networks that improve a critic of pairs, trained by InfoNCE; torch on first call."""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["train_networks"]

PairScores = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

_HIDDEN, _WIDTH = 64, 16
_BATCH, _STEPS, _LOOK_EVERY, _PATIENCE = 256, 1000, 25, 8
_LEARNING_RATE, _WEIGHT_DECAY = 2e-3, 1e-2
_VALIDATION = 0.2
_RISE = 5e-3


def train_networks(
    u: NDArray[np.float64], v: NDArray[np.float64], base: NDArray[np.float64], seed: int
) -> PairScores:
    """Train g and h such that base + g(u)·h(v) tells partners from strangers.

    Parameters
    ----------
    u, v : ndarray of shape (n, n_u) and (n, n_v)
        Rows that belong together, of about unit variance.
    base : ndarray of shape (n, n)
        Scores of all pairs that the networks start from: g is zero before training.
    seed : int

    Returns
    -------
    callable
        From rows u (m, n_u) and v (m', n_v) to what is added to their scores (m, m').
        Zero where nothing was gained on rows left out of training.
    """
    import torch

    from skmiaug.utils._random import isolated_torch_seed, torch_generator
    from skmiaug.utils._threads import cpu_threads_for

    cpu = torch.device("cpu")
    with isolated_torch_seed(seed):
        pair: Any = torch.nn.ModuleList([_stack(u.shape[1]), _stack(v.shape[1])])
    torch.nn.init.zeros_(pair[0][-1].weight)
    torch.nn.init.zeros_(pair[0][-1].bias)
    left, right, start = (torch.from_numpy(a).float() for a in (u, v, base))
    n_left_out = max(10, int(_VALIDATION * len(u)))
    with cpu_threads_for(_BATCH * _HIDDEN * max(u.shape[1], v.shape[1], _HIDDEN), cpu):
        best = _train(pair, left, right, start, n_left_out, torch_generator(seed, 1, cpu))
    pair.load_state_dict(best)

    def scores(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        with torch.inference_mode():
            a, b = (torch.from_numpy(side).float() for side in (u, v))
            return (pair[0](a) @ pair[1](b).T).double().numpy()

    return scores


def _train(
    pair: Any, left: Any, right: Any, start: Any, n_left_out: int, rng: Any
) -> dict[str, Any]:
    """Adam steps until the rows left out tell no more; returns the best weights."""
    import torch

    held = torch.arange(n_left_out)
    used = torch.arange(n_left_out, len(left))
    optimizer = torch.optim.AdamW(
        pair.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY
    )
    best = copy.deepcopy(pair.state_dict())
    with torch.inference_mode():
        highest = float(_bound(pair, left, right, start, held))
    since = 0
    for step in range(1, _STEPS + 1):
        batch = used[torch.randperm(len(used), generator=rng)[:_BATCH]]
        optimizer.zero_grad()
        (-_bound(pair, left, right, start, batch)).backward()
        optimizer.step()
        if step % _LOOK_EVERY:
            continue
        with torch.inference_mode():
            reached = float(_bound(pair, left, right, start, held))
        since += 1
        if reached > highest + _RISE:
            highest, since = reached, 0
            best = copy.deepcopy(pair.state_dict())
        if since >= _PATIENCE:
            break
    return best


def _bound(pair: Any, left: Any, right: Any, start: Any, rows: Any) -> Any:
    """InfoNCE among ``rows``, nats."""
    scores = start[rows][:, rows] + pair[0](left[rows]) @ pair[1](right[rows]).T
    return math.log(len(rows)) + scores.diagonal().mean() - scores.logsumexp(1).mean()


def _stack(n_inputs: int) -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Linear(n_inputs, _HIDDEN),
        nn.LeakyReLU(0.2),
        nn.Linear(_HIDDEN, _HIDDEN),
        nn.LeakyReLU(0.2),
        nn.Linear(_HIDDEN, _WIDTH),
    )
