"""Batches of rows of several modalities, of which some may be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

from skmiaug.training.gan._batches import GanBatches, pull_of
from skmiaug.training.gan._pairs import Pairs
from skmiaug.utils._random import draw_below

# Rows of a batch, and which modalities are given to them.
Blocks = Sequence[tuple[slice, tuple[int, ...]]]


class JointBatch(NamedTuple):
    """One step's input; n is the batch size, columns are those of all modalities.

    Attributes
    ----------
    real : Pairs
        Real rows, whitened; classes are equally likely, rows of a class too.
    start : Pairs
        Where the generator starts: draws from the joint class Gaussian, and where a
        modality is given, draws of the others given this one.
    target : Pairs
        Held-out real rows; those of ``real`` where none were held out.
    inputs : Tensor of shape (n, n_inputs)
        What the generator sees beside the start: which modalities are given, noise and
        continuous codes, the codes last.
    free : Tensor of shape (n, n_generated)
        1 where the generator may change the start, 0 in what is given.
    """

    real: Pairs
    start: Pairs
    target: Pairs
    inputs: Tensor
    free: Tensor


@dataclass(frozen=True)
class JointLayout:
    """Which columns belong to which modality, and which are made.

    Attributes
    ----------
    sizes : tuple of int
        Columns of each modality, side by side.
    n_made : int
        How many modalities, the first ones, are made; the others are always given.
    """

    sizes: tuple[int, ...]
    n_made: int

    @property
    def n_features(self) -> int:
        """Columns of all modalities."""
        return sum(self.sizes)

    @property
    def n_generated(self) -> int:
        """Columns of the modalities that are made."""
        return sum(self.sizes[: self.n_made])

    @property
    def n_flags(self) -> int:
        """Inputs that say which modalities are given; none where it is always the same."""
        return len(self.sizes) if self.n_made == len(self.sizes) else 0

    def columns(self, modalities: tuple[int, ...], device: torch.device) -> Tensor:
        """Return the column numbers of some modalities."""
        numbers = torch.arange(self.n_features, device=device).split(self.sizes)
        empty = numbers[0][:0]
        return torch.cat([empty, *(numbers[k] for k in modalities)])

    def subsets(self) -> list[tuple[int, ...]]:
        """Return the sets of modalities that can be given while others are made."""
        n = len(self.sizes)
        always = tuple(range(self.n_made, n))
        if always:
            return [always]
        return [s for size in range(1, n) for s in combinations(range(n), size)]

    def others(self, given: tuple[int, ...]) -> tuple[int, ...]:
        """Return the modalities that are not among those given."""
        return tuple(k for k in range(len(self.sizes)) if k not in given)

    @property
    def n_blocks(self) -> int:
        """Equal blocks of a batch: as many are made as a whole as there are others."""
        return 2 * len(self.subsets()) if self.n_flags else 2

    def blocks(self, n: int) -> Blocks:
        """Share the n rows of a batch among what can be given to them.

        Half of the rows are made as a whole, and the rest is shared among the sets that
        can be given. By position, so that nothing waits for the device.
        """
        subsets = self.subsets()
        if not self.n_flags:
            return [(slice(0, n), subsets[0])]
        size = n // self.n_blocks
        starts = range(len(subsets) * size, self.n_blocks * size, max(size, 1))
        return [
            (slice(start, start + size), given)
            for start, given in zip(starts, subsets, strict=False)
        ]


@dataclass
class JointBatches(GanBatches):
    """Draws balanced batches of rows whose modalities belong together.

    Attributes
    ----------
    layout : JointLayout
    factor : Tensor of shape (n_features, n_features)
        Lower triangular F; the noise of the joint Gaussian is F e.
    regressions : dict of tuple of int to Tensor
        For each set of modalities that may be given, what moves the others per unit of
        the given ones, (n_given columns, n_other columns).
    given_spread : float or None
        How much of the part of an always given modality is drawn from its class Gaussian
        (0 takes that of a real row); None where modalities are not always given.
    held_rows : Tensor of shape (n_held, n_features)
        Held-out rows, sorted by class.
    held_classes : Tensor of shape (n_held,)
    """

    layout: JointLayout
    factor: Tensor
    regressions: dict[tuple[int, ...], Tensor]
    given_spread: float | None
    held_rows: Tensor
    held_classes: Tensor

    def __post_init__(self) -> None:
        # The only point at which the device is waited for.
        counts = torch.bincount(self.held_classes, minlength=len(self.class_count))
        begin = torch.cumsum(counts, 0) - counts
        present = torch.nonzero(counts).squeeze(1)
        # Classes with held-out rows, where each begins, and how many it has.
        self._held_counts = present, begin[present], counts[present]

    def draw(self) -> JointBatch:  # type: ignore[override]
        """Draw the next batch."""
        real, start = self.draw_pairs()
        noise = self._normal(self.batch_size, self.latent_width)
        inputs = torch.cat([self._flags, noise], dim=1)
        target = self.draw_held_out(self.batch_size) if len(self.held_rows) else real
        return JointBatch(real, start, target, inputs, self.free)

    def draw_pairs(self) -> tuple[Pairs, Pairs]:
        """Draw real rows and starts, ``batch_size`` each."""
        n = self.batch_size
        classes = self._balanced_classes(2 * n)
        ids = self.rows_of(classes)
        real, near = self.rows.index_select(0, ids).split(n)
        real_classes, start_classes = classes.split(n)
        real_ids, start_ids = ids.split(n)
        start = self.draw_start(start_classes, near, self.layout.blocks(n))
        return (
            Pairs(real, real_classes, real_ids),
            Pairs(start, start_classes, start_ids),
        )

    def draw_start(self, classes: Tensor, near: Tensor, blocks: Blocks) -> Tensor:
        """Return where the generator starts, (n, n_features).

        A draw of all modalities is taken first. Where some are given, the others are then
        moved by their regression on what separates the given part from the drawn one:
        that is a draw from the Gaussian given that part (Matheron's rule).

        Parameters
        ----------
        classes : Tensor of shape (n,)
        near : Tensor of shape (n, n_features)
            Real rows of these classes: the draws lie around them, and the parts that are
            given are theirs, moved as the class means were shrunken.
        blocks : sequence of (rows, modalities)
            What is given to which rows.
        """
        noise = self._normal(len(classes), self.layout.n_features)
        # The first modality goes by itself: its rows of the factor are those of 1.
        first = self.layout.sizes[0]
        noise = torch.cat([noise[:, :first], noise @ self.factor[first:].T], dim=1)
        centre = self._centre.index_select(0, classes)
        start = torch.add(centre, noise, alpha=self.spread)
        if self.spread < 1.0:
            start.add_(near, alpha=pull_of(self.spread))
        for rows, given in blocks:
            known, others = self._columns[given]
            part = near[rows].index_select(1, known)
            part = self._given_part(classes[rows], part, known)
            step = (part - start[rows].index_select(1, known)) @ self.regressions[given]
            start[rows].index_add_(1, others, step)
            start[rows].index_copy_(1, known, part)
        return start

    def _given_part(self, classes: Tensor, near: Tensor, columns: Tensor) -> Tensor:
        """Part of real rows, moved as the means of their classes were shrunken."""
        share = self.given_spread or 0.0
        means, row_means = self.means[:, columns], self.row_means[:, columns]
        if share == 0.0:
            return near + (means - row_means).index_select(0, classes)
        around = near - row_means.index_select(0, classes)
        noise = self._normal(*near.shape)
        centre = means.index_select(0, classes)
        return centre + pull_of(share) * around + share * noise

    @cached_property
    def _columns(self) -> dict[tuple[int, ...], tuple[Tensor, Tensor]]:
        """Columns of what can be given, and of the rest."""
        layout, device = self.layout, self.rows.device
        return {
            given: (
                layout.columns(given, device),
                layout.columns(layout.others(given), device),
            )
            for given in layout.subsets()
        }

    @cached_property
    def _is_given(self) -> Tensor:
        """Which modalities are given to each row of a batch, (n, n_modalities)."""
        given = torch.zeros(
            self.batch_size, len(self.layout.sizes), device=self.rows.device
        )
        for rows, modalities in self.layout.blocks(self.batch_size):
            for k in modalities:
                given[rows, k].fill_(1.0)
        return given

    @cached_property
    def _flags(self) -> Tensor:
        return self._is_given[:, : self.layout.n_flags]

    @cached_property
    def free(self) -> Tensor:
        """1 where the generator may change a batch, (n, n_generated)."""
        columns = [
            self._is_given[:, k, None].expand(-1, size)
            for k, size in enumerate(self.layout.sizes[: self.layout.n_made])
        ]
        return 1.0 - torch.cat(columns, dim=1)

    def draw_held_out(self, n: int) -> Pairs:
        """Draw n held-out rows, their classes equally likely."""
        present, begin, count = self._held_counts
        picked = torch.randint(
            len(present), (n,), generator=self.generator, device=self.rows.device
        )
        offset = draw_below(count.index_select(0, picked), self.generator)
        ids = begin.index_select(0, picked) + offset
        return Pairs(
            self.held_rows.index_select(0, ids), self.held_classes.index_select(0, ids), ids
        )
