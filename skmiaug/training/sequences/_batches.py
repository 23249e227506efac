"""Which sequences make up which batch: those of like length, in an order of its own."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

_JITTER = 0.1
_LONGEST_TO_SHORTEST = 2


class SequenceBatches:
    """The batches of all epochs, each a function of seed and step alone.

    In an epoch every sequence comes once. Sequences are sorted by their length, up to a
    tenth of it at random so that their company changes, cut into batches, and the batches
    are shuffled. A run that is taken up again needs to know its step and nothing else.

    Parameters
    ----------
    lengths : Tensor of shape (n,)
        On the CPU.
    batch_size : int
        Sequences of a batch; the last of an epoch has the rest.
    seed, stream : int
        See ``numpy_generator``.
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
        # Equal lengths would stay in the order of the data without the second key.
        jittered = self._lengths * (1 + _JITTER * rng.random(len(self._lengths)))
        order = np.argsort(jittered)
        cuts = range(self.batch_size, len(order), self.batch_size)
        batches = np.split(order, cuts)
        return [torch.from_numpy(batches[i]) for i in rng.permutation(len(batches))]


def in_chunks(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Cut all sequences, shortest first, into batches that do not change.

    In none is a sequence more than twice as long as another: one of 3,000 timesteps would
    make 127 of 50 as long, which costs a hundred times as much and as much memory.

    Parameters
    ----------
    lengths : Tensor of shape (n,)
        On the CPU.
    batch_size : int
        Sequences of a batch at most.
    """
    order = torch.argsort(lengths, stable=True)
    ordered = lengths[order].numpy()
    chunks, begin = [], 0
    while begin < len(ordered):
        fitting = int(
            np.searchsorted(ordered, _LONGEST_TO_SHORTEST * ordered[begin], "right")
        )
        end = min(begin + int(batch_size), fitting)
        chunks.append(order[begin:end])
        begin = end
    return chunks
