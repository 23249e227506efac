"""Small players and data: two classes in four directions."""

import copy
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from skmiaug.training import GanBatches, GanPlayers, GanWeights, build_players

FEATURES, CODES, LATENT = 4, 2, 3
LN2 = math.log(2)


def toy_players(*, n_codes=CODES, rate=2e-3, seed=0, moved=False) -> GanPlayers:
    """Untrained players; ``moved``: with a residual that is not zero."""
    players = build_players(
        n_features=FEATURES,
        n_classes=2,
        latent_dim=LATENT,
        n_codes=n_codes,
        generator_sizes=(16,),
        critic_sizes=(16,),
        generator_lr=rate,
        critic_lr=rate,
        seed=seed,
        device=torch.device("cpu"),
    )
    if moved:
        rng = torch.Generator().manual_seed(seed)
        weight = players.generator.leave.weight
        with torch.no_grad():
            weight.copy_(0.3 * torch.randn(weight.shape, generator=rng))
    return players


def toy_batches(
    *,
    shift: Sequence[float] = (0.0,) * FEATURES,
    apart: float = 2.0,
    spread: float = 0.7,
    counts: Sequence[int] = (60, 20),
    n_codes: int = CODES,
    batch_size: int = 32,
    seed: int = 0,
) -> GanBatches:
    """Classes ``apart`` in the first direction, and a start off by ``shift``."""
    rng = torch.Generator().manual_seed(100)
    classes = torch.arange(2).repeat_interleave(torch.tensor(counts))
    rows = torch.randn(len(classes), FEATURES, generator=rng)
    rows[:, 0] += apart * (classes - 0.5)
    row_means = torch.stack([rows[classes == c].mean(dim=0) for c in range(2)])
    return GanBatches(
        rows=rows,
        row_means=row_means,
        class_begin=torch.tensor([0, counts[0]]),
        class_count=torch.tensor(counts),
        means=row_means + torch.tensor(shift),
        spread=spread,
        latent_width=LATENT + n_codes,
        batch_size=batch_size,
        generator=torch.Generator().manual_seed(seed),
    )


def toy_weights(**changes) -> GanWeights:
    return GanWeights(**{"information": 1.0, "leash": 0.1, "entropy": LN2} | changes)


def generated(players: GanPlayers, batches: GanBatches, n_batches: int = 20):
    """Generated rows and their classes, without touching the batches' own generator."""
    batches = copy.copy(batches)
    batches.generator = torch.Generator().manual_seed(999)
    rows, classes = [], []
    with torch.no_grad():
        for _ in range(n_batches):
            batch = batches.draw()
            residual = players.generator(batch.start, batch.latent, batch.start_classes)
            rows.append(batch.start + residual)
            classes.append(batch.start_classes)
    return torch.cat(rows), torch.cat(classes)


def same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    """Whether two snapshots are equal to the bit."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[name].numpy(), other[name].numpy()) for name in one
    )
