"""Learning labels: a linear head that is trained with the encoder below it."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from skmiaug.nn import Drop, channel_dropout, keep_all
from skmiaug.training.sequences._data import SequenceBatches, SequenceSet
from skmiaug.training.sequences._model import SequenceModel, embed_all, embed_batch


@dataclass(frozen=True)
class LabelledSet:
    """Sequences and what is known of them."""

    sequences: SequenceSet
    labels: Tensor  # (n,), int64, or (n, n_outputs), float32
    # (n, width) or None: embeddings by an encoder that is not trained any further
    pooled: Tensor | None = None

    def subset(self, rows: Tensor) -> "LabelledSet":
        """Copy the rows (n,), indices on the CPU."""
        there = rows.to(self.labels.device)
        pooled = None if self.pooled is None else self.pooled[there]
        return LabelledSet(self.sequences.subset(rows), self.labels[there], pooled)


@dataclass
class LabelTask:
    """What a :class:`SequenceModel` of ``"encoder"`` and ``"head"`` is trained to do.

    A frozen encoder is not among the networks; the embeddings are in the sets then.
    """

    training: LabelledSet
    held_out: LabelledSet | None
    batches: SequenceBatches  # of the training sequences
    generator: torch.Generator  # of dropout
    error: str  # {"classes", "l1", "l2"}: cross-entropy, or the mean error of numbers
    class_weights: Tensor | None  # (n_classes,), in the cross-entropy, on the device
    pooling: str
    encoder_dropout: float  # share of the backbone's channels
    head_dropout: float  # share of the pooled columns
    autocast: torch.dtype | None = None  # type of the encoder's matrix products

    @cached_property
    def _mean_weight(self) -> Tensor | None:
        """Mean of the class weights over all training rows."""
        if self.class_weights is None:
            return None
        return self.class_weights[self.training.labels].mean()

    def step(self, model: SequenceModel) -> Tensor:
        """Update the networks on the next batch; its loss, (1,), detached."""
        rows = self.batches.rows(model.steps_done)
        there = rows.to(self.training.labels.device)
        if self.training.pooled is not None:
            pooled = self.training.pooled[there]
        else:
            drop = channel_dropout(self.encoder_dropout, self.generator)
            batch = self.training.sequences.take(rows)
            encoder = model.networks["encoder"]
            pooled = embed_batch(encoder, batch, self.pooling, self.autocast, drop)
        head_drop = channel_dropout(self.head_dropout, self.generator)
        labels = self.training.labels[there]
        loss = self._loss(model, pooled, labels, head_drop, self._mean_weight)
        model.descend(loss)
        return loss.detach()[None]

    @torch.no_grad()
    def score(self, model: SequenceModel) -> float | None:
        """Loss on what was held out, negated; None when nothing was."""
        if self.held_out is None:
            return None
        pooled = self.held_out.pooled
        if pooled is None:
            pooled = embed_all(
                model.networks["encoder"],
                self.held_out.sequences,
                self.pooling,
                self.batches.batch_size,
                self.autocast,
            )
        return -float(self._loss(model, pooled, self.held_out.labels, keep_all))

    def _loss(
        self,
        model: SequenceModel,
        pooled: Tensor,
        labels: Tensor,
        drop: Drop,
        mean_weight: Tensor | None = None,
    ) -> Tensor:
        """Cross-entropy, weighted mean over the rows, or mean error over all numbers.

        A batch's sum is divided by ``mean_weight``, that of all training rows: by its own
        mean, a batch of one class would forget the weights.
        """
        outputs = model.networks["head"](pooled, drop)
        if self.error != "classes":
            error = functional.l1_loss if self.error == "l1" else functional.mse_loss
            return error(outputs, labels)
        weights = self.class_weights
        if mean_weight is None:
            return functional.cross_entropy(outputs, labels, weight=weights)
        total = functional.cross_entropy(outputs, labels, weight=weights, reduction="sum")
        return total / (len(labels) * mean_weight)
