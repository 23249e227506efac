"""The training loop of the aligned space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from skmiaug.training.alignment._model import AlignmentModel
from skmiaug.training.alignment._step import (
    AlignmentBatch,
    AlignmentWeights,
    align_step,
    alignment_terms,
)
from skmiaug.training.loop._record import RunRecord
from skmiaug.training.loop._run import TrainingEvents, run_loop
from skmiaug.training.loop._stopping import EarlyStopping

_REMEDY = "Lower learning_rate, or look for extreme values in X."


@dataclass
class AlignmentRecord(RunRecord):
    """The record of an aligned space; the figures are means since the last look, nats.

    Attributes
    ----------
    loss, class_error, pair_error, information : list of float
        As in `AlignmentTerms`.
    """

    figures: ClassVar[tuple[str, ...]] = (
        "loss",
        "class_error",
        "pair_error",
        "information",
    )

    loss: list[float] = field(default_factory=list)
    class_error: list[float] = field(default_factory=list)
    pair_error: list[float] = field(default_factory=list)
    information: list[float] = field(default_factory=list)


@dataclass
class AlignmentBatches:
    """Draws batches of distinct rows.

    Attributes
    ----------
    rows : AlignmentBatch
        All training rows.
    batch_size : int
        Lowered to the number of rows.
    generator : torch.Generator
        The only source of randomness.
    dropout : float
        Share of the values that are set to 0, the mean of the column; the others grow so
        that their sum stays the same in expectation.
    """

    rows: AlignmentBatch
    batch_size: int
    generator: torch.Generator
    dropout: float = 0.0

    def draw(self) -> AlignmentBatch:
        """Draw the next batch.

        Distinct rows, since a row beside its own copy would be told to differ from itself.
        """
        n = len(self.rows.classes)
        shuffled = torch.randperm(n, generator=self.generator, device=self.generator.device)
        batch = take_rows(self.rows, shuffled[: self.batch_size])
        if self.dropout == 0:
            return batch
        return batch._replace(rows=tuple(map(self._thinned, batch.rows)))

    def _thinned(self, rows: Tensor) -> Tensor:
        # Not torch's dropout: that draws from the global generator. Uniform numbers cost
        # half of what bernoulli_ does on the CPU.
        uniform = torch.rand(rows.shape, generator=self.generator, device=rows.device)
        return torch.where(uniform < self.dropout, 0.0, rows / (1 - self.dropout))


def take_rows(batch: AlignmentBatch, which: Tensor) -> AlignmentBatch:
    """Return the rows of ``batch`` that ``which`` (n,) numbers."""
    return AlignmentBatch(
        tuple(rows.index_select(0, which) for rows in batch.rows),
        None if batch.present is None else batch.present.index_select(0, which),
        batch.classes.index_select(0, which),
    )


def alignment_score(
    parts: Sequence[AlignmentBatch], weights: AlignmentWeights
) -> Callable[[AlignmentModel], float | None]:
    """Return what scores a model by its loss on held-out rows, negated; None without any.

    Parameters
    ----------
    parts : sequence of AlignmentBatch
        The held-out rows, in parts of about the size of a training batch: the contrastive
        loss of more rows is higher, since it is harder to find a partner among more.
    weights : AlignmentWeights
    """
    n_rows = sum(len(part.classes) for part in parts)

    def score(model: AlignmentModel) -> float | None:
        if n_rows == 0:
            return None
        with torch.inference_mode():
            losses = [
                alignment_terms(model.network, part, weights).loss * len(part.classes)
                for part in parts
            ]
        return -float(torch.stack(losses).sum()) / n_rows

    return score


def train_alignment(
    model: AlignmentModel,
    batches: AlignmentBatches,
    weights: AlignmentWeights,
    *,
    max_iter: int,
    eval_interval: int,
    stopping: EarlyStopping,
    events: TrainingEvents,
) -> AlignmentRecord:
    """Train the aligned space by ``run_loop``, one batch a step.

    Parameters
    ----------
    model, batches, weights
        Network, data and term weights; ``model`` is changed in place.
    max_iter, eval_interval, stopping, events
        As for ``run_loop``.

    Raises
    ------
    TrainingDivergedError
        The losses were not finite again after the rate was lowered.
    """
    return run_loop(
        model,
        lambda: align_step(model, batches.draw(), weights),
        AlignmentRecord(),
        generator=batches.generator,
        max_iter=max_iter,
        eval_interval=eval_interval,
        stopping=stopping,
        events=events,
        remedy=_REMEDY,
    )
