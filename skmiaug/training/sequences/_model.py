"""Networks of a sequence model with their optimiser and its schedule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from skmiaug.training.loop._adamw import AdamW
from skmiaug.training.loop._model_state import ModelState

_LONGEST_GRADIENT = 1.0
_STEPS_DONE = "steps_done"


@dataclass(frozen=True)
class RateSchedule:
    """The learning rate rises evenly, then falls evenly to 0.

    Attributes
    ----------
    n_steps : int
        Steps of the whole run.
    warmup : float
        Share of them in which the rate rises.
    """

    n_steps: int
    warmup: float = 0.1

    def factor(self, step: int) -> float:
        """Share of the full rate at ``step``, counted from 0."""
        rising = self.warmup * self.n_steps
        if step < rising:
            return (step + 1) / (rising + 1)
        return max(0.0, (self.n_steps - step) / max(self.n_steps - rising, 1.0))


@dataclass
class SequenceModel(ModelState):
    """Networks by name, one optimiser for all, and how far it has come.

    Attributes
    ----------
    networks : dict of str to Module
    optimizer : Optimizer
    schedule : RateSchedule
    steps_done : int
        Goes back with the weights when they are taken back.
    """

    networks: dict[str, nn.Module]
    optimizer: torch.optim.Optimizer
    schedule: RateSchedule
    steps_done: int = 0
    _parameters: list[nn.Parameter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._parameters = [p for g in self.optimizer.param_groups for p in g["params"]]

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the networks by name."""
        yield from self.networks.items()

    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        """Yield the optimiser."""
        yield "all", self.optimizer

    def descend(self, loss: torch.Tensor) -> None:
        """Take one step down ``loss``, with the gradient's norm held to 1."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._parameters, _LONGEST_GRADIENT)
        factor = self.schedule.factor(self.steps_done)
        rates = [group["lr"] for group in self.optimizer.param_groups]
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        self.optimizer.step()
        # The full rates are what a roll-back lowers and a checkpoint keeps.
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self.steps_done += 1

    def snapshot(self) -> dict[str, torch.Tensor]:
        """Copy every weight and optimiser moment, and the step."""
        return super().snapshot() | {_STEPS_DONE: torch.tensor(self.steps_done)}

    def restore(self, snapshot: dict[str, torch.Tensor]) -> None:
        """Take back a :meth:`snapshot`."""
        super().restore(snapshot)
        self.steps_done = int(snapshot[_STEPS_DONE])

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the whole state as numpy arrays."""
        return super().to_arrays() | {_STEPS_DONE: np.array(self.steps_done)}


def build_sequence_model(
    networks: dict[str, nn.Module],
    rates: Sequence[tuple[str, float]],
    *,
    weight_decay: float,
    schedule: RateSchedule,
) -> SequenceModel:
    """Give networks an optimiser.

    Parameters
    ----------
    networks : dict of str to Module
        On their device.
    rates : sequence of (str, float)
        Learning rate of each network that is trained, by name.
    weight_decay : float
        Of the matrices; vectors (biases, norms, the learned step) have none.
    schedule : RateSchedule
    """
    groups = []
    for name, rate in rates:
        parameters = list(networks[name].parameters())
        matrices = [p for p in parameters if p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        groups += [
            {"params": matrices, "lr": rate, "weight_decay": weight_decay},
            {"params": vectors, "lr": rate, "weight_decay": 0.0},
        ]
    groups = [group for group in groups if group["params"]]
    optimizer = AdamW(groups, betas=(0.9, 0.98), fused=True)
    return SequenceModel(networks, optimizer, schedule)
