"""The loop of sequence models, whatever they are trained to do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from skmiaug.training.loop._record import RunRecord
from skmiaug.training.loop._run import TrainingEvents, run_loop
from skmiaug.training.loop._stopping import EarlyStopping
from skmiaug.training.sequences._model import SequenceModel

_REMEDY = (
    "Lower learning_rate, or look for extreme values in X (clip pulls more of them in)."
)


@dataclass
class SequenceRecord(RunRecord):
    """The record of a sequence model.

    Attributes
    ----------
    loss : list of float
        Means over the steps since the last look.
    """

    figures: ClassVar[tuple[str, ...]] = ("loss",)

    loss: list[float] = field(default_factory=list)


class SequenceTask(Protocol):
    """What a model is trained to do.

    Attributes
    ----------
    generator : torch.Generator
        The only source of randomness of ``step``.
    """

    generator: torch.Generator

    def step(self, model: SequenceModel) -> Tensor:
        """Update the model on the batch of ``model.steps_done``; the loss, (1,)."""

    def score(self, model: SequenceModel) -> float | None:
        """Measure on held-out sequences, higher is better; None without any."""


def train_sequences(
    model: SequenceModel,
    task: SequenceTask,
    *,
    max_iter: int,
    eval_interval: int,
    stopping: EarlyStopping,
    events: Callable[[Callable[[Any], float | None]], TrainingEvents],
) -> SequenceRecord:
    """Train ``model``, in place, by :func:`run_loop`.

    Parameters
    ----------
    model : SequenceModel
    task : SequenceTask
    max_iter, eval_interval, stopping
        As for ``run_loop``.
    events : callable
        Takes the held-out measure and returns the events.

    Raises
    ------
    TrainingDivergedError
        The losses were not finite again after the rates were lowered.
    """
    return run_loop(
        model,
        lambda: task.step(model),
        SequenceRecord(),
        generator=task.generator,
        max_iter=max_iter,
        eval_interval=eval_interval,
        stopping=stopping,
        events=events(task.score),
        remedy=_REMEDY,
    )
