"""InfoNCE: a lower bound of mutual information from positive and negative pairs."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp, ndtri
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmiaug.metrics._checks import (
    Floats,
    check_count,
    check_pair,
    check_resampling,
    generator,
    seed_from,
)
from skmiaug.metrics.information._continuous import orthonormal_columns
from skmiaug.metrics.information._result import (
    InformationResult,
    bootstrap_interval,
    information_result,
)

_MAX_COLUMNS = 64
# Squared correlation that independent columns may reach by chance: beyond it the amount
# subtracted from every correlation would remove strong ones too.
_MAX_CHANCE = 0.5
_MAX_CORRELATION = 0.9999
_SPLIT, _SHUFFLE, _BOOTSTRAP, _NETWORK = range(4)

_HIDDEN, _WIDTH = 64, 16
_BATCH, _MAX_ITER, _EVAL_INTERVAL, _PATIENCE = 256, 1000, 25, 8
_LEARNING_RATE, _WEIGHT_DECAY = 2e-3, 1e-2
_VALIDATION_FRACTION = 0.2
_MIN_GAIN = 5e-3


def infonce_information(
    x: ArrayLike,
    y: ArrayLike,
    *,
    critic: str = "network",
    batch_size: int = 1000,
    n_permutations: int = 1000,
    n_bootstrap: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = 0,
) -> InformationResult:
    """Lower bound of the mutual information of x and y by InfoNCE on held-out rows.

    A critic f(x, y) learns from half of the rows to find the positive pair of each x among
    N candidates; the other half gives ln N + mean ln(e^f(xᵢ,yᵢ) / Σⱼ e^f(xᵢ,yⱼ)).

    Parameters
    ----------
    x : array-like of shape (n_samples, n_x) or (n_samples,)
    y : array-like of shape (n_samples, n_y) or (n_samples,)
        More than 64 columns are reduced to their leading principal components; so are
        fewer where the training rows (half of all) are not about 8 to a column of either
        side, the wider side first.
    critic : {"network", "gaussian"}, default="network"
        "gaussian": the log ratio of jointly Gaussian columns, in closed form on normal
        scores; it sees linear dependence. "network": the same plus two small networks that
        start at zero, with early stopping on rows held out of their training (needs torch,
        takes seconds).
    batch_size : int, default=1000
        Maximum of N: the held-out rows are split into equal batches of about this size.
    n_permutations : int, default=1000
        Permutations of the held-out pairs for the null distribution, under the same critic
        (it has not seen them, so the test is exact); 0 omits it.
    n_bootstrap : int, default=1000
        Draws of held-out rows for the interval, which covers the bound that this critic
        attains; the information itself may be higher.
    confidence_level : float, default=0.95
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        Its maximum is ln N; ``n_samples`` counts the held-out rows.

    Raises
    ------
    ValueError
        Fewer than 40 rows, or an unknown critic.

    See Also
    --------
    ksg_information : Nonparametric, for few columns.

    References
    ----------
    van den Oord, Li, Vinyals (2018), arXiv 1807.03748, equation 5; Poole et al. (2019),
    arXiv 1905.06922.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import infonce_information
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(1000, 2))
    >>> found = infonce_information(x, x + rng.normal(size=(1000, 2)), critic="gaussian")
    >>> 0.5 < found.estimate < 0.9  # the truth is ln 2
    True
    """
    if critic not in ("network", "gaussian"):
        raise ValueError(f"critic must be 'network' or 'gaussian', got {critic!r}.")
    largest = check_count("batch_size", batch_size, 2)
    check_resampling(n_permutations, confidence_level, n_bootstrap)
    left, right = check_pair(x, y, at_least=40)
    seed = seed_from(random_state)
    rows = generator(seed, _SPLIT).permutation(len(left))
    train, test = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    # Equal batches, so that all have the same maximum.
    n_batches = math.ceil(len(test) / largest)
    test = test[: len(test) // n_batches * n_batches]
    learned = _Critic(left[train], right[train], critic, seed)
    batches = [
        learned.scores(left[part], right[part]) for part in np.split(test, n_batches)
    ]
    candidates = np.concatenate([logsumexp(scores, axis=1) for scores in batches])
    maximum = math.log(len(batches[0]))
    terms = maximum + np.concatenate([s.diagonal() for s in batches]) - candidates
    rng = generator(seed, _SHUFFLE)
    null = [
        maximum + _permuted_pairs(batches, rng).mean() - candidates.mean()
        for _ in range(n_permutations)
    ]
    return information_result(
        f"InfoNCE, {critic} critic",
        float(terms.mean()),
        maximum=maximum,
        interval=bootstrap_interval(
            terms, confidence_level, n_bootstrap, generator(seed, _BOOTSTRAP)
        ),
        confidence_level=confidence_level,
        null=null,
        n_samples=len(terms),
    )


def _permuted_pairs(batches: list[Floats], rng: np.random.Generator) -> Floats:
    """Score of each row with a row drawn from its batch without replacement."""
    return np.concatenate(
        [scores[np.arange(len(scores)), rng.permutation(len(scores))] for scores in batches]
    )


def _chance(n_x: int, n_y: int, n: int) -> float:
    """Largest squared canonical correlation of ``n`` rows of independent columns."""
    return (math.sqrt(n_x) + math.sqrt(n_y)) ** 2 / n


def _widths(n_x: int, n_y: int, n: int) -> tuple[int, int]:
    """Columns to keep of both sides: few enough for ``n`` rows, the wider cut first."""
    n_x, n_y = min(n_x, _MAX_COLUMNS), min(n_y, _MAX_COLUMNS)
    if _chance(n_x, n_y, n) <= _MAX_CHANCE:
        return n_x, n_y
    narrow, fair = min(n_x, n_y), int(n * _MAX_CHANCE / 4)
    wide = int((math.sqrt(n * _MAX_CHANCE) - math.sqrt(narrow)) ** 2)
    most = wide if narrow < fair else fair
    return min(n_x, most), min(n_y, most)


class _Side:
    """Few columns of one side, as normal scores, in directions that may be rotated."""

    def __init__(self, rows: Floats, n_columns: int) -> None:
        self._reduce = None
        if rows.shape[1] > n_columns:
            # This solver is deterministic.
            self._reduce = make_pipeline(
                StandardScaler(), PCA(n_columns, svd_solver="covariance_eigh")
            ).fit(rows)
        self._known = np.sort(self._few(rows), axis=0)
        scored = self._scored(rows)
        self._mean = scored.mean(axis=0)
        self.basis = math.sqrt(len(rows)) * orthonormal_columns(scored)
        self.directions = np.linalg.lstsq(scored - self._mean, self.basis, rcond=None)[0]

    def __call__(self, rows: Floats) -> Floats:
        return (self._scored(rows) - self._mean) @ self.directions

    def _few(self, rows: Floats) -> Floats:
        return rows if self._reduce is None else self._reduce.transform(rows)

    def _scored(self, rows: Floats) -> Floats:
        """Normal score of each value's rank among the training values."""
        few, n = self._few(rows), len(self._known)
        below = np.empty_like(few)
        for j in range(few.shape[1]):
            known = self._known[:, j]
            # The mean of both: halfway among equal values.
            below[:, j] = np.searchsorted(known, few[:, j], side="left")
            below[:, j] += np.searchsorted(known, few[:, j], side="right")
        return ndtri(np.clip(below / (2 * n), 0.5 / n, 1 - 0.5 / n))


class _Critic:
    """f(x, y) of all pairs: a Gaussian log ratio, plus networks if asked for."""

    def __init__(self, x: Floats, y: Floats, kind: str, seed: int) -> None:
        n = len(x)
        few_x, few_y = _widths(x.shape[1], y.shape[1], n)
        self._x, self._y = _Side(x, few_x), _Side(y, few_y)
        rotation, correlations, other = np.linalg.svd(
            self._x.basis.T @ self._y.basis / n, full_matrices=False
        )
        self._x.directions = self._x.directions @ rotation
        self._y.directions = self._y.directions @ other.T
        chance = _chance(self._x.basis.shape[1], self._y.basis.shape[1], n)
        squared = (correlations**2 - chance) / (1 - min(chance, 0.99))
        self._squared = np.clip(squared, 0.0, _MAX_CORRELATION**2)
        self._networks = None
        # A constant side leaves no columns to learn from.
        if kind == "network" and len(correlations):
            u, v = self._x(x), self._y(y)
            self._networks = _train_networks(
                u, v, self._gaussian(u, v), int(generator(seed, _NETWORK).integers(2**31))
            )

    def scores(self, x: Floats, y: Floats) -> Floats:
        """f of every x with every y (n, n)."""
        u, v = self._x(x), self._y(y)
        scores = self._gaussian(u, v)
        if self._networks is not None:
            scores = scores + self._networks(u, v)
        return scores

    def _gaussian(self, u: Floats, v: Floats) -> Floats:
        """ln p(u, v) - ln p(u) p(v) of canonical variates."""
        remainder = 1 - self._squared
        own = 0.5 * self._squared / remainder
        scores = (u * (np.sqrt(self._squared) / remainder)) @ v.T
        scores -= (u**2 @ own)[:, None] + v**2 @ own
        return scores - 0.5 * np.log(remainder).sum()


def _train_networks(
    u: Floats, v: Floats, base: Floats, seed: int
) -> Callable[[Floats, Floats], Floats]:
    """Train g and h such that base + g(u)·h(v) separates positive from negative pairs.

    ``base`` (n, n) are the initial scores of all pairs: g is zero before training, and
    stays so where nothing is gained on the validation rows. Returns the added scores
    (m, m') of rows u (m, n_u) and v (m', n_v).
    """
    import torch

    from skmiaug.utils._device import cpu_threads_for, torch_defaults
    from skmiaug.utils._random import torch_generator

    cpu = torch.device("cpu")

    @torch_defaults(inference=True)
    def scores(u: Floats, v: Floats) -> Floats:
        a, b = (torch.from_numpy(side).float() for side in (u, v))
        return (pair[0](a) @ pair[1](b).T).double().numpy()

    with torch_defaults():
        pair = _networks(u.shape[1], v.shape[1], seed)
        left, right, start = (torch.from_numpy(a).float() for a in (u, v, base))

        def bound(rows: Any) -> Any:
            """InfoNCE among ``rows``, nats."""
            scores = start[rows][:, rows] + pair[0](left[rows]) @ pair[1](right[rows]).T
            own = scores.diagonal().mean()
            return math.log(len(rows)) + own - scores.logsumexp(1).mean()

        with cpu_threads_for(_BATCH * _HIDDEN * max(u.shape[1], v.shape[1], _HIDDEN), cpu):
            _maximise(bound, pair, len(u), torch_generator(seed, 1, cpu))
    return scores


def _networks(n_u: int, n_v: int, seed: int) -> Any:
    """g, whose output is zero, and h."""
    from torch import nn

    from skmiaug.utils._random import isolated_torch_seed

    def stack(n_inputs: int) -> Any:
        return nn.Sequential(
            nn.Linear(n_inputs, _HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(_HIDDEN, _WIDTH),
        )

    with isolated_torch_seed(seed):
        pair = nn.ModuleList([stack(n_u), stack(n_v)])
    last: Any = pair[0]
    for parameter in last[-1].parameters():
        nn.init.zeros_(parameter)
    return pair


def _maximise(bound: Callable[[Any], Any], pair: Any, n: int, rng: Any) -> None:
    """Train ``pair`` on most of the ``n`` rows, as far as the bound of the others rises."""
    import torch

    n_validation = max(10, int(_VALIDATION_FRACTION * n))
    held_out, used = torch.arange(n_validation), torch.arange(n_validation, n)
    optimizer = torch.optim.AdamW(
        pair.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY
    )
    best, best_score, n_without_gain = copy.deepcopy(pair.state_dict()), -math.inf, 0
    for step in range(_MAX_ITER + 1):
        if step % _EVAL_INTERVAL == 0:
            with torch.no_grad():
                score = float(bound(held_out))
            n_without_gain += 1
            if score > best_score + _MIN_GAIN:
                best, best_score = copy.deepcopy(pair.state_dict()), score
                n_without_gain = 0
            if n_without_gain >= _PATIENCE:
                break
        batch = used[torch.randperm(len(used), generator=rng)[:_BATCH]]
        optimizer.zero_grad()
        (-bound(batch)).backward()
        optimizer.step()
    pair.load_state_dict(best)
