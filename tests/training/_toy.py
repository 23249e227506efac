"""Small networks and data: two classes in one group of columns, or in several."""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from skmiaug.training.gan import (
    GanBatches,
    GanNetworks,
    GanWeights,
    Layout,
    NetworkParameters,
    WeightedRows,
    build_networks,
    generate,
)

CODES, LATENT, RHO = 2, 3, 0.8
LN2 = math.log(2)
CPU = torch.device("cpu")
ONE, PAIR, THREE = Layout((4,), 1), Layout((3, 2), 2), Layout((3, 2, 2), 3)
CONDITION = Layout((3, 2), 1)


def toy_networks(
    layout: Layout = ONE,
    *,
    n_codes: int = CODES,
    rate: float = 2e-3,
    seed: int = 0,
    moved: bool = False,
    gaussian_head: bool = False,
    device: torch.device = CPU,
) -> GanNetworks:
    """Untrained networks; ``moved``: with a residual that is not zero."""
    parameters = NetworkParameters(
        layout.sizes,
        generator_sizes=(16,),
        critic_sizes=(16,),
        latent_dim=LATENT,
        n_codes=n_codes,
        generator_lr=rate,
        critic_lr=rate,
        batch_size=64,
        penalty=1.0,
        gaussian_head=gaussian_head,
    )
    networks = build_networks(parameters, layout, 2, seed=seed, device=device)
    if moved:
        weight = networks.generator.leave.weight
        noise = torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            weight.copy_(0.3 * noise)
    return networks


def correlation(layout: Layout) -> Tensor:
    """The first columns of the groups correlate by RHO, and nothing else does."""
    C = torch.eye(layout.n_features)
    firsts = [sum(layout.sizes[:k]) for k in range(len(layout.sizes))]
    for i in firsts:
        for j in firsts:
            C[i, j] = 1.0 if i == j else RHO
    return C


def regression(C: Tensor, layout: Layout, given: tuple[int, ...]) -> Tensor:
    known = layout.columns(given, CPU)
    others = layout.columns(layout.others(given), CPU)
    return torch.linalg.solve(C[known][:, known], C[known][:, others])


def toy_batches(
    layout: Layout = ONE,
    *,
    shift: Sequence[float] | float = 0.0,
    shrunken: float = 1.0,
    apart: float = 2.0,
    bandwidth: float = 0.7,
    given_bandwidth: float | None = None,
    counts: Sequence[int] = (60, 20),
    n_held_out: int = 15,
    n_codes: int = CODES,
    batch_size: int = 32,
    seed: int = 0,
    device: torch.device = CPU,
) -> GanBatches:
    """Classes ``apart`` in the first column.

    The prior has ``shrunken`` times their means, off by ``shift``, and the true dependence
    between the groups. ``n_held_out`` rows of each class are held out.
    """
    rng = torch.Generator().manual_seed(100)
    C = correlation(layout)
    factor = torch.linalg.cholesky(C)

    def some(counts: Sequence[int]) -> WeightedRows:
        classes = torch.arange(2).repeat_interleave(torch.tensor(counts))
        values = torch.randn(len(classes), len(C), generator=rng) @ factor.T
        values[:, 0] += apart * (classes - 0.5)
        return WeightedRows(values.to(device), one_hot(classes, 2).float().to(device))

    rows = some(counts)
    row_means = torch.stack([part.mean(dim=0) for part in rows.values.split(list(counts))])
    several = len(layout.sizes) > 1
    return GanBatches(
        rows=rows,
        held_out=some((n_held_out, n_held_out)),
        row_means=row_means,
        means=shrunken * row_means + torch.tensor(shift).to(device),
        bandwidth=bandwidth,
        latent_width=LATENT + n_codes,
        batch_size=batch_size,
        generator=torch.Generator("cpu" if device.type == "meta" else device).manual_seed(
            seed
        ),
        layout=layout,
        factor=factor.to(device) if several else None,
        regressions={g: regression(C, layout, g).to(device) for g in layout.subsets()},
        given_bandwidth=given_bandwidth,
    )


def toy_weights(**changes: Any) -> GanWeights:
    return GanWeights(**{"information": 1.0, "penalty": 0.1, "entropy": LN2} | changes)


def generated(
    networks: GanNetworks, batches: GanBatches, n_batches: int = 20
) -> tuple[Tensor, Tensor]:
    """Samples and their classes, without touching the batches' own generator."""
    batches = copy.copy(batches)
    batches.generator = torch.Generator().manual_seed(999)
    samples, classes = [], []
    with torch.no_grad():
        for _ in range(n_batches):
            _, prior, _, noise, _ = batches.draw()
            layout, T = batches.layout, prior.targets
            samples.append(generate(networks.generator, layout, prior.values, noise, T)[0])
            classes.append(T.argmax(dim=1))
    return torch.cat(samples), torch.cat(classes)


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether two snapshots are equal to the bit."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[name].numpy(), other[name].numpy()) for name in one
    )
