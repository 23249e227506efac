"""Batches of real rows and of prior samples, drawn without waiting for the device."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

# Rows of a batch, and the groups of columns that are given to them.
Blocks = Sequence[tuple[slice, tuple[int, ...]]]


class Rows(NamedTuple):
    """Rows with their targets; n rows."""

    values: Tensor  # (n, n_features), whitened, the groups of columns side by side
    targets: Tensor  # (n, n_targets), target codes; one-hot for classes
    ids: Tensor  # (n,), number of the training row that a row is, or was drawn near to


class GanBatch(NamedTuple):
    """Input of one training step; n is the batch size."""

    real: Rows  # Training rows, balanced over the targets
    # Samples of the prior, which the generator moves. Where a group of columns is given,
    # the other groups are samples of the prior given that group.
    prior: Rows
    # Held-out rows; ``real`` where none were held out, and empty with a single group
    held_out: Rows
    # (n, latent_dim + n_codes), noise z, then the continuous codes; standard normal
    noise: Tensor
    # (n, n_groups): 1 where a group of columns is given to a row of ``prior``, else 0
    given: Tensor


@dataclass(frozen=True)
class Layout:
    """Which columns belong to which group, and which groups are generated."""

    sizes: tuple[int, ...]  # Columns of each group (modality, or condition), side by side
    n_generated_groups: int  # The first groups are generated; the others are always given

    @property
    def n_features(self) -> int:
        """Columns of all groups."""
        return sum(self.sizes)

    @property
    def n_generated(self) -> int:
        """Columns of the groups that are generated."""
        return sum(self.sizes[: self.n_generated_groups])

    @property
    def n_flags(self) -> int:
        """Inputs that name the given groups; none where these are always the same."""
        several = len(self.sizes) > 1
        return len(self.sizes) if several and self.always_given == () else 0

    @property
    def always_given(self) -> tuple[int, ...]:
        """The groups that are never generated."""
        return tuple(range(self.n_generated_groups, len(self.sizes)))

    def columns(self, groups: tuple[int, ...], device: torch.device) -> Tensor:
        """Return the column numbers of some groups."""
        numbers = torch.arange(self.n_features, device=device).split(self.sizes)
        return torch.cat([numbers[0][:0], *(numbers[k] for k in groups)])

    def subsets(self) -> list[tuple[int, ...]]:
        """Return the sets of groups that can be given while others are generated."""
        n = len(self.sizes)
        if self.always_given:
            return [self.always_given]
        return [s for size in range(1, n) for s in combinations(range(n), size)]

    def others(self, given: tuple[int, ...]) -> tuple[int, ...]:
        """Return the groups that are not among those given."""
        return tuple(k for k in range(len(self.sizes)) if k not in given)

    @property
    def n_blocks(self) -> int:
        """Equal blocks of a batch, half of which are generated as a whole."""
        return 2 * len(self.subsets()) if self.n_flags else 2

    def blocks(self, n: int) -> Blocks:
        """Divide the n rows of a batch among the sets of groups that can be given.

        Half of the rows are generated as a whole, the rest is shared among the sets. The
        division is by position, so that the host never waits for the device.
        """
        subsets = self.subsets()
        if not self.n_flags:
            return [(slice(0, n), given) for given in subsets]
        size = n // self.n_blocks
        starts = range(len(subsets) * size, self.n_blocks * size, max(size, 1))
        return [
            (slice(start, start + size), given)
            for start, given in zip(starts, subsets, strict=False)
        ]

    def given_to(self, n: int, device: torch.device) -> Tensor:
        """Return which groups are given to each row of a batch, (n, n_groups)."""
        given = torch.zeros(n, len(self.sizes), device=device)
        for rows, groups in self.blocks(n):
            for k in groups:
                given[rows, k].fill_(1.0)
        return given

    def free(self, given: Tensor) -> Tensor:
        """Return 1 where the generator may change a column, (n, n_generated)."""
        groups = (1.0 - given).split(1, dim=1)
        sizes = self.sizes[: self.n_generated_groups]
        pairs = zip(groups, sizes, strict=False)
        return torch.cat([group.expand(-1, size) for group, size in pairs], dim=1)


def sampling_weights(targets: Tensor) -> Tensor:
    """Return probabilities (n,) under which each target has the same expected mass.

    With one-hot targets every class is equally likely, and so are the rows of a class.
    """
    mass = targets.double().sum(dim=0)
    weights = targets.double() @ (1.0 / mass).where(mass > 0, 0.0)
    return weights / weights.sum()


class WeightedRows:
    """Rows that are drawn by their :func:`sampling_weights`, without waiting."""

    def __init__(self, values: Tensor, targets: Tensor):
        self.values, self.targets = values, targets
        self._cumulative = sampling_weights(targets).cumsum(0)

    def __len__(self) -> int:
        return len(self.values)

    def ids(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw the numbers (n,) of rows."""
        uniform = torch.rand(
            n, generator=generator, device=self.values.device, dtype=torch.float64
        )
        return torch.searchsorted(self._cumulative, uniform).clamp_(max=len(self) - 1)

    def take(self, ids: Tensor) -> Rows:
        """Return the rows of these numbers."""
        # index_select copies whole rows, a few times as fast as indexing.
        return Rows(
            self.values.index_select(0, ids), self.targets.index_select(0, ids), ids
        )


@dataclass
class GanBatches:
    """Draws balanced batches."""

    rows: WeightedRows  # Whitened training rows
    held_out: WeightedRows  # Whitened held-out rows; may be empty
    # (n_targets, n_features), least-squares regression of ``rows`` on their targets: class
    # means for one-hot
    row_means: Tensor
    means: Tensor  # (n_targets, n_features), the same shrunken: coefficients of the prior
    # Share of a prior sample that is Gaussian noise; the rest is the residual of a row
    bandwidth: float
    latent_width: int  # Columns of ``GanBatch.noise``
    batch_size: int
    generator: torch.Generator  # The only source of randomness
    layout: Layout
    # (n_features, n_features) or None: lower triangular F; the noise of the prior is F e.
    # None: the identity.
    factor: Tensor | None
    # For each set of groups that may be given, what moves the others per unit of the given
    # ones, (n_given columns, n_other columns)
    regressions: dict[tuple[int, ...], Tensor]
    # Bandwidth of a group that is always given; None where there is none
    given_bandwidth: float | None

    def draw(self) -> GanBatch:
        """Draw the next batch."""
        real, prior = self.draw_rows()
        noise = self._normal(self.batch_size, self.latent_width)
        held_out = real
        if len(self.layout.sizes) == 1:
            held_out = Rows(*(part[:0] for part in real))
        elif len(self.held_out):
            held_out = self.draw_held_out(self.batch_size)
        return GanBatch(real, prior, held_out, noise, self._given)

    def draw_rows(self) -> tuple[Rows, Rows]:
        """Draw training rows and prior samples, ``batch_size`` each."""
        n = self.batch_size
        picked = self.rows.take(self.rows.ids(2 * n, self.generator))
        halves = slice(n), slice(n, None)
        real, near = (Rows(*(part[half] for part in picked)) for half in halves)
        values = self.draw_prior(near.targets, near.values, self.layout.blocks(n))
        return real, near._replace(values=values)

    def draw_held_out(self, n: int) -> Rows:
        """Draw n held-out rows."""
        return self.held_out.take(self.held_out.ids(n, self.generator))

    def draw_prior(self, targets: Tensor, near: Tensor, blocks: Blocks) -> Tensor:
        """Return samples of the prior, (n, n_features).

        All groups are drawn first. Where some are given, the others are then moved by
        their regression on the difference between the given part and the drawn one, which
        makes them samples of the Gaussian given that part (Matheron's rule). ``near``
        (n, n_features) are training rows of these targets, whose residuals are used and
        whose parts are given, moved as the means were shrunken; ``blocks`` tell which
        groups are given to which rows.
        """
        samples = self._noise(len(targets)).mul_(self.bandwidth)
        weight = kernel_weight(self.bandwidth)
        # In one product: T M + weight (near - T B).
        samples.addmm_(targets, self._centre)
        if weight > 0:
            samples.add_(near, alpha=weight)
        for rows, given in blocks:
            known, others, centre = self._columns[given]
            part = near[rows].index_select(1, known)
            part = self._given_part(targets[rows], part, centre)
            step = (part - samples[rows].index_select(1, known)) @ self.regressions[given]
            samples[rows].index_add_(1, others, step)
            samples[rows].index_copy_(1, known, part)
        return samples

    def _noise(self, n: int) -> Tensor:
        noise = self._normal(n, self.layout.n_features)
        if self.factor is None:
            return noise
        # The first group is independent of those before it: its rows of F are those of I.
        first = self.layout.sizes[0]
        return torch.cat([noise[:, :first], noise @ self.factor[first:].T], dim=1)

    def _given_part(self, targets: Tensor, near: Tensor, centre: Tensor) -> Tensor:
        """Part of training rows, moved as the means of their targets were shrunken."""
        bandwidth = self.given_bandwidth or 0.0
        part = torch.addmm(near, targets, centre, beta=kernel_weight(bandwidth))
        return part + bandwidth * self._normal(*near.shape) if bandwidth else part

    @cached_property
    def _given(self) -> Tensor:
        """What is given to the rows of a batch, by their position."""
        return self.layout.given_to(self.batch_size, self.rows.values.device)

    @cached_property
    def _centre(self) -> Tensor:
        """M - weight B, (n_targets, n_features)."""
        return self.means - kernel_weight(self.bandwidth) * self.row_means

    @cached_property
    def _columns(self) -> dict[tuple[int, ...], tuple[Tensor, Tensor, Tensor]]:
        """Columns of the groups that can be given, of the others, and M - weight B."""
        layout, device = self.layout, self.rows.values.device
        centre = self.means - kernel_weight(self.given_bandwidth or 0.0) * self.row_means
        columns = {}
        for given in layout.subsets():
            known = layout.columns(given, device)
            others = layout.columns(layout.others(given), device)
            columns[given] = known, others, centre.index_select(1, known)
        return columns

    def _normal(self, n: int, width: int) -> Tensor:
        like = self.rows.values
        return torch.randn(
            n, width, generator=self.generator, device=like.device, dtype=like.dtype
        )


def kernel_weight(bandwidth: float) -> float:
    """Weight of a row's residual in a prior sample: sqrt(1 - bandwidth²).

    With noise of standard deviation ``bandwidth`` added to it, the sample has the
    covariance of the rows whatever the bandwidth.
    """
    return (1.0 - bandwidth**2) ** 0.5
