"""A sequence model: networks, optimiser and schedule; its embeddings and its loop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol, Unpack

import numpy as np
import torch
from torch import Tensor, nn

from skmiaug.nn import Drop, TimestepEncoder, keep_all, pool_timesteps
from skmiaug.training.loop._model_state import AdamW, ModelState, decay_groups
from skmiaug.training.loop._run import LoopParameters, RunRecord, run_loop
from skmiaug.training.sequences._data import SequenceBatch, SequenceSet, in_chunks
from skmiaug.utils._precision import precision

_MAX_GRADIENT_NORM = 1.0
_WARMUP = 0.1
_STEPS_DONE = "steps_done"


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

    def descend(self, loss: torch.Tensor) -> None:
        """Take one step down ``loss``, with the gradient's norm held to 1."""
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
    model: SequenceModel, task: SequenceTask, **loop: Unpack[LoopParameters]
) -> SequenceRecord:
    """Train ``model``, in place, by :func:`run_loop`."""
    return run_loop(
        model, lambda: task.step(model), SequenceRecord(), generator=task.generator, **loop
    )
