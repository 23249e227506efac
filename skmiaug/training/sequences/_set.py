"""Sequences of different lengths, end to end in one tensor."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor


class SequenceBatch(NamedTuple):
    """Sequences side by side, padded behind to the longest.

    Attributes
    ----------
    values : Tensor of shape (n, time, n_features)
        Finite: 0 where a cell is unknown and in the padding.
    lengths : Tensor of shape (n,)
    known : Tensor of shape (n, time, n_features), bool, or None
        Cells that have a value; None when all have.
    """

    values: Tensor
    lengths: Tensor
    known: Tensor | None


@dataclass(frozen=True)
class SequenceSet:
    """Standardised sequences, on the device.

    Attributes
    ----------
    steps : Tensor of shape (n_steps_in_all, n_features)
        The timesteps of all sequences, one sequence behind the other; unknown cells are 0.
    lengths : Tensor of shape (n,), int64, on the CPU
        Batches are put together by it, without asking the device.
    known : Tensor of shape (n_steps_in_all, n_features), bool, or None
        None when every cell is known.
    """

    steps: Tensor
    lengths: Tensor
    known: Tensor | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def device(self) -> torch.device:
        """Where the timesteps are."""
        return self.steps.device

    @cached_property
    def begin(self) -> Tensor:
        """First timestep of each sequence, (n,), on the CPU."""
        # Summed once: a batch of a hundred thousand sequences need not look at all.
        return self.lengths.cumsum(0) - self.lengths

    def take(self, rows: Tensor) -> SequenceBatch:
        """Pad the sequences of ``rows`` (n,), indices on the CPU, into a batch."""
        lengths = self.lengths[rows]
        begin = self.begin[rows]
        offset = torch.arange(int(lengths.max()))
        inside = offset < lengths[:, None]
        # Padding reads the sequence's first step, and is set to 0 below.
        index = torch.where(inside, begin[:, None] + offset, begin[:, None])
        index, inside = index.to(self.device), inside.to(self.device)
        values = self._gather(self.steps, index).mul_(inside[..., None])
        known = None
        if self.known is not None:
            known = self._gather(self.known, index) & inside[..., None]
        return SequenceBatch(values, lengths.to(self.device), known)

    def subset(self, rows: Tensor) -> "SequenceSet":
        """Copy the sequences of ``rows`` (n,), indices on the CPU."""
        lengths = self.lengths[rows]
        begin = self.begin[rows]
        # Each step of the copy is so many steps further on than where its sequence was.
        shift = (begin - (lengths.cumsum(0) - lengths)).repeat_interleave(lengths)
        index = (torch.arange(len(shift)) + shift).to(self.device)
        known = None if self.known is None else self.known[index]
        return SequenceSet(self.steps[index], lengths, known)

    @staticmethod
    def _gather(table: Tensor, index: Tensor) -> Tensor:
        # index_select copies whole rows, a few times as fast as indexing.
        return table.index_select(0, index.reshape(-1)).view(*index.shape, -1)
