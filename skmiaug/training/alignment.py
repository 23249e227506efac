"""Training of the shared space of several modalities: model, batches, loss and loop."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmiaug.losses import (
    LARGEST_LOG_SCALE,
    categorical_information,
    cosine_scores,
    symmetric_info_nce,
)
from skmiaug.nn import AlignmentNetwork, AlignmentOutput
from skmiaug.training.loop._model_state import AdamW, ModelState, decay_groups
from skmiaug.training.loop._run import LoopParameters, RunRecord, run_loop
from skmiaug.utils._device import precision


class AlignmentBatch(NamedTuple):
    """Rows with all their modalities; n is the batch size."""

    # Each (n, n_features), one for each modality, standardised and finite, also where one
    # is missing
    rows: tuple[Tensor, ...]
    # (n, n_modalities), bool, or None: False where a row lacks a modality. None: no row
    # lacks any, which saves time.
    present: Tensor | None
    classes: Tensor  # (n,)

    def take(self, which: Tensor) -> "AlignmentBatch":
        """Return the rows of indices ``which`` (n,)."""
        return AlignmentBatch(
            tuple(rows.index_select(0, which) for rows in self.rows),
            None if self.present is None else self.present.index_select(0, which),
            self.classes.index_select(0, which),
        )


@dataclass
class AlignmentBatches:
    """Draws batches of distinct rows."""

    rows: AlignmentBatch  # All training rows
    batch_size: int  # Lowered to the number of rows
    generator: torch.Generator  # The only source of randomness
    # Share of the values set to 0, the mean of the column; the others are scaled up so that
    # the expected value stays the same
    dropout: float = 0.0

    def draw(self) -> AlignmentBatch:
        """Draw the next batch; no row is its own negative."""
        n = len(self.rows.classes)
        shuffled = torch.randperm(n, generator=self.generator, device=self.generator.device)
        batch = self.rows.take(shuffled[: self.batch_size])
        if self.dropout == 0:
            return batch
        return batch._replace(rows=tuple(map(self._thinned, batch.rows)))

    def _thinned(self, rows: Tensor) -> Tensor:
        # Not torch's dropout: that draws from the global generator. Uniform numbers cost
        # half of what bernoulli_ does on the CPU.
        uniform = torch.rand(rows.shape, generator=self.generator, device=rows.device)
        return torch.where(uniform < self.dropout, 0.0, rows / (1 - self.dropout))


# ---------------------------------------------------------------- model


@dataclass
class AlignmentModel(ModelState):
    """Projection and class heads, the temperature, and their optimiser."""

    remedy: ClassVar[str] = "Lower learning_rate, or check X for extreme values."

    network: AlignmentNetwork
    optimizer: torch.optim.Optimizer

    @classmethod
    def build(
        cls, network: AlignmentNetwork, *, learning_rate: float, weight_decay: float
    ) -> "AlignmentModel":
        """Give a network, on its device, an optimiser."""
        groups = decay_groups(network, weight_decay)
        model = cls(network, AdamW(groups, lr=learning_rate, fused=True))
        model._limit_scale()
        return model

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        yield "network", self.network

    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        yield "network", self.optimizer

    def descend(self, loss: Tensor) -> None:
        """Take one step down ``loss``."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self._limit_scale()

    def _limit_scale(self) -> None:
        """Keep the scale of the cosines where it has a slope (Radford et al. 2021)."""
        with torch.no_grad():
            self.network.log_scale.clamp_(max=LARGEST_LOG_SCALE)


# ---------------------------------------------------------------- loss


@dataclass(frozen=True)
class AlignmentWeights:
    """How much each term counts."""

    classification: float  # On the cross-entropy of each modality
    contrastive: float  # α, on the symmetric InfoNCE of each pair of modalities
    # β, on the lower bound of the mutual information of class and shared code
    information: float
    # {"positive", "masked", "negative"}: Role of the pairs of a row's class, see
    # ``symmetric_info_nce``
    same_class: str
    entropy: float  # H(c) of the rows, nats
    autocast: torch.dtype | None = None  # Type of the matrix products; None is float32


class AlignmentTerms(NamedTuple):
    """The terms of the loss, each a Tensor of shape (), nats."""

    loss: Tensor  # The weighted sum
    class_loss: Tensor  # Sum over the modalities of the cross-entropy of the class
    # Sum over the pairs of modalities of the symmetric InfoNCE loss
    contrastive_loss: Tensor
    information: Tensor  # H(c) + E[log q(c | shared code)]


def alignment_terms(
    network: AlignmentNetwork, batch: AlignmentBatch, weights: AlignmentWeights
) -> AlignmentTerms:
    """Σ CE(c | code) + α Σ InfoNCE(code, code') - β (H(c) + E[log q(c | shared code)])."""
    with precision(batch.classes.device, weights.autocast):
        output = network(batch.rows, batch.present)
        class_loss = _class_loss(output, batch)
        contrastive_loss = _contrastive_loss(
            output, batch, network.log_scale, weights.same_class
        )
        information = categorical_information(
            output.shared_logits, batch.classes, weights.entropy
        )
    loss = (
        weights.classification * class_loss
        + weights.contrastive * contrastive_loss
        - weights.information * information
    )
    return AlignmentTerms(loss, class_loss, contrastive_loss, information)


def align_step(
    model: AlignmentModel, batch: AlignmentBatch, weights: AlignmentWeights
) -> Tensor:
    """Update the model on one batch; return its terms (4,), detached, on the device."""
    terms = alignment_terms(model.network, batch, weights)
    model.descend(terms.loss)
    return torch.stack([term.detach() for term in terms])


def alignment_score(
    parts: Sequence[AlignmentBatch], weights: AlignmentWeights
) -> Callable[[AlignmentModel], float | None]:
    """Return the validation score: the loss of held-out rows, negated; None without any.

    ``parts`` are the held-out rows, in parts of about the size of a training batch: InfoNCE
    grows with the number of rows among which the positive pair is looked for.
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


def _class_loss(output: AlignmentOutput, batch: AlignmentBatch) -> Tensor:
    """Sum over the modalities of the mean cross-entropy of the rows that have it."""
    total = output.shared_logits.new_zeros(())
    for index, logits in enumerate(output.class_logits):
        if batch.present is None:
            total = total + functional.cross_entropy(logits, batch.classes)
        else:
            there = batch.present[:, index]
            losses = functional.cross_entropy(logits, batch.classes, reduction="none")
            mean = torch.where(there, losses, 0.0).sum() / there.sum().clamp(min=1)
            total = total + mean
    return total


def _contrastive_loss(
    output: AlignmentOutput, batch: AlignmentBatch, log_scale: Tensor, same_class: str
) -> Tensor:
    total = output.shared_logits.new_zeros(())
    for first, second in combinations(range(len(output.codes)), 2):
        complete = None
        if batch.present is not None:
            complete = batch.present[:, first] & batch.present[:, second]
        total = total + symmetric_info_nce(
            cosine_scores(output.codes[first], output.codes[second], log_scale),
            batch.classes,
            same_class=same_class,
            present=complete,
        )
    return total


# ---------------------------------------------------------------- loop


@dataclass
class AlignmentRecord(RunRecord):
    """The curves of `AlignmentTerms`, means since the last validation check, nats."""

    loss: list[float] = field(default_factory=list)
    class_loss: list[float] = field(default_factory=list)
    contrastive_loss: list[float] = field(default_factory=list)
    information: list[float] = field(default_factory=list)


def train_alignment(
    model: AlignmentModel,
    batches: AlignmentBatches,
    weights: AlignmentWeights,
    loop: LoopParameters,
) -> AlignmentRecord:
    """Train the shared space, in place, by ``run_loop``, one batch a step."""
    return run_loop(
        model,
        lambda: align_step(model, batches.draw(), weights),
        AlignmentRecord(),
        loop,
        generator=batches.generator,
    )
