"""Batches of sequences, and a model of them: networks, optimiser, schedule and loop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from skmiaug.nn import Drop, TimestepEncoder, keep_all, pool_timesteps
from skmiaug.training.loop._model_state import AdamW, ModelState, decay_groups
from skmiaug.training.loop._run import LoopParameters, RunRecord, run_loop
from skmiaug.utils._device import precision

_LENGTH_JITTER = 0.1
_MAX_LENGTH_RATIO = 2
_MAX_GRADIENT_NORM = 1.0
_WARMUP = 0.1
_STEPS_DONE = "steps_done"


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


# ---------------------------------------------------------------- model


def rate_factor(step: int, n_steps: int) -> float:
    """Share of the full learning rate at ``step``, counted from 0, of a run.

    It rises evenly over the first tenth of the run, then falls evenly to 0.
    """
    rising = _WARMUP * n_steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return max(0.0, (n_steps - step) / max(n_steps - rising, 1.0))


@dataclass
class SequenceModel(ModelState):
    """Networks by name, one optimiser for all, and how far it has come."""

    remedy: ClassVar[str] = (
        "Lower learning_rate, or check X for extreme values (clip limits more of them)."
    )

    networks: dict[str, nn.Module]
    optimizer: torch.optim.Optimizer
    n_steps: int  # of the whole run
    steps_done: int = 0  # Goes back with the weights when they are taken back

    @cached_property
    def _parameters(self) -> list[nn.Parameter]:
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        yield from self.networks.items()

    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        yield "all", self.optimizer

    def descend(self, loss: Tensor) -> Tensor:
        """Take a step down ``loss``, the gradient's norm held to 1; return it as (1,)."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._parameters, _MAX_GRADIENT_NORM)
        factor = rate_factor(self.steps_done, self.n_steps)
        rates = [group["lr"] for group in self.optimizer.param_groups]
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        self.optimizer.step()
        # The full rates are what a roll-back lowers and a checkpoint keeps.
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self.steps_done += 1
        return loss.detach()[None]

    def snapshot(self) -> dict[str, torch.Tensor]:
        return super().snapshot() | {_STEPS_DONE: torch.tensor(self.steps_done)}

    def restore(self, snapshot: dict[str, torch.Tensor]) -> None:
        super().restore(snapshot)
        self.steps_done = int(snapshot[_STEPS_DONE])

    def to_arrays(self) -> dict[str, np.ndarray]:
        return super().to_arrays() | {_STEPS_DONE: np.array(self.steps_done)}


def build_sequence_model(
    networks: dict[str, nn.Module],
    rates: Mapping[str, float],
    *,
    weight_decay: float,
    n_steps: int,
) -> SequenceModel:
    """Give networks, on their device, an optimiser.

    ``rates`` are the learning rates of those that are trained, ``n_steps`` the steps of the
    whole run; ``weight_decay`` is that of the matrices.
    """
    groups = [
        group
        for name, rate in rates.items()
        for group in decay_groups(networks[name], weight_decay, lr=rate)
    ]
    optimizer = AdamW(groups, betas=(0.9, 0.98), fused=True)
    return SequenceModel(networks, optimizer, n_steps)


# ---------------------------------------------------------------- embeddings


def embed_batch(
    encoder: torch.nn.Module,
    batch: SequenceBatch,
    pooling: str,
    autocast: torch.dtype | None,
    drop: Drop = keep_all,
) -> Tensor:
    """Return one vector a sequence, (n, pooled width), float32."""
    assert isinstance(encoder, TimestepEncoder)
    with precision(batch.values.device, autocast):
        hidden = encoder(batch.values, batch.lengths, drop=drop)
    return pool_timesteps(hidden, batch.lengths, pooling)


@torch.no_grad()
def embed_all(
    encoder: torch.nn.Module,
    sequences: SequenceSet,
    pooling: str,
    batch_size: int,
    autocast: torch.dtype | None = None,
) -> Tensor:
    """Return the embeddings of all sequences in their order, (n, pooled width).

    Sequences of like length share a batch; padding does not change an embedding.
    """
    chunks = in_chunks(sequences.lengths, batch_size)
    parts = [embed_batch(encoder, sequences.take(c), pooling, autocast) for c in chunks]
    pooled = torch.cat(parts)
    ordered = torch.empty_like(pooled)
    ordered[torch.cat(chunks).to(pooled.device)] = pooled
    return ordered


# ---------------------------------------------------------------- loop


@dataclass
class SequenceRecord(RunRecord):
    """The record of a sequence model."""

    # Means over the steps since the last validation check
    loss: list[float] = field(default_factory=list)


class SequenceTask(Protocol):
    """What a model is trained to do."""

    generator: torch.Generator  # The only source of randomness of ``step``

    def step(self, model: SequenceModel) -> Tensor:
        """Update the model on the batch of ``model.steps_done``; the loss, (1,)."""

    def score(self, model: SequenceModel) -> float | None:
        """Measure on held-out sequences, higher is better; None without any."""


def train_sequences(
    model: SequenceModel, task: SequenceTask, loop: LoopParameters
) -> SequenceRecord:
    """Train ``model``, in place, by :func:`run_loop`."""
    return run_loop(
        model, lambda: task.step(model), SequenceRecord(), loop, generator=task.generator
    )
