"""Sequences of different lengths, end to end in one tensor, and batches of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_LENGTH_JITTER = 0.1
_MAX_LENGTH_RATIO = 2


class SequenceBatch(NamedTuple):
    """Sequences side by side, padded behind to the longest."""

    # (n, time, n_features), finite: 0 where a cell is unknown and in the padding
    values: Tensor
    lengths: Tensor  # (n,)
    # (n, time, n_features), bool, or None: cells that have a value; None when all have
    known: Tensor | None


@dataclass(frozen=True)
class SequenceSet:
    """Standardised sequences, on the device."""

    # (n_steps_in_all, n_features), the timesteps of all sequences, one sequence behind the
    # other; unknown cells are 0
    steps: Tensor
    # (n,), int64, on the CPU: batches are put together by it, without asking the device
    lengths: Tensor
    # (n_steps_in_all, n_features), bool; None when every cell is known
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
        # Summed once, and not for each batch of a hundred thousand sequences.
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


class SequenceBatches:
    """The batches of all epochs, each a function of seed and step alone.

    Each epoch has every sequence once. Sequences are sorted by their length plus a random
    share of it, so that batches change, cut into batches, and the batches are shuffled. A
    resumed run needs its step and nothing else. ``lengths`` are on the CPU.
    """

    def __init__(self, lengths: Tensor, batch_size: int, *, seed: int, stream: int):
        self._lengths = lengths.numpy()
        self.batch_size = batch_size
        self._seed, self._stream = seed, stream
        self._epoch: tuple[int, list[Tensor]] = (-1, [])

    @cached_property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        return -(-len(self._lengths) // self.batch_size)

    def rows(self, step: int) -> Tensor:
        """Return the indices of the sequences of ``step``, counted from 0."""
        epoch, place = divmod(step, self.n_batches)
        if self._epoch[0] != epoch:
            self._epoch = epoch, self._draw(epoch)
        return self._epoch[1][place]

    def _draw(self, epoch: int) -> list[Tensor]:
        rng = np.random.default_rng([self._seed, self._stream, epoch])
        jittered = self._lengths * (1 + _LENGTH_JITTER * rng.random(len(self._lengths)))
        order = np.argsort(jittered)
        cuts = range(self.batch_size, len(order), self.batch_size)
        batches = np.split(order, cuts)
        return [torch.from_numpy(batches[i]) for i in rng.permutation(len(batches))]


def in_chunks(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Cut all sequences, shortest first, into batches for inference.

    No sequence of a batch is more than twice as long as another: padding 127 sequences of
    50 timesteps to one of 3,000 would cost sixty times the time and memory. ``lengths`` are
    on the CPU.
    """
    order = torch.argsort(lengths, stable=True)
    ordered = lengths[order].numpy()
    chunks, begin = [], 0
    while begin < len(ordered):
        fitting = int(np.searchsorted(ordered, _MAX_LENGTH_RATIO * ordered[begin], "right"))
        end = min(begin + int(batch_size), fitting)
        chunks.append(order[begin:end])
        begin = end
    return chunks
