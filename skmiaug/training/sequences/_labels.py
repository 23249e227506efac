"""Learning labels: a linear head that is trained with the encoder below it."""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from skmiaug.nn import Drop, SequenceHead, channel_dropout, keep_all
from skmiaug.training.sequences._data import SequenceBatches, SequenceSet
from skmiaug.training.sequences._model import SequenceModel, embed_all, embed_batch


@dataclass(frozen=True)
class LabelSettings:
    """How labels are learned."""

    # {"classes", "l1", "l2"}: Cross-entropy of class indices, or the mean error of numbers
    error: str
    # (n_classes,) or None, weights in the cross-entropy, on the device
    class_weights: Tensor | None
    pooling: str  # {"mean", "mean_std", "max"}
    # Share of channels of the backbone, and of pooled columns, dropped in training
    encoder_dropout: float
    head_dropout: float
    # Type of the encoder's matrix products; None is float32
    autocast: torch.dtype | None = None


@dataclass(frozen=True)
class LabelledSet:
    """Sequences and what is known of them."""

    sequences: SequenceSet
    labels: Tensor  # (n,), int64, or (n, n_outputs), float32
    # (n, width) or None, embeddings by an encoder that is not trained any further
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
    batches: SequenceBatches  # Of its sequences
    settings: LabelSettings
    generator: torch.Generator  # Of dropout
    held_out: LabelledSet | None  # Validation sequences
    _mean_weight: Tensor | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        weights = self.settings.class_weights
        if weights is not None:
            self._mean_weight = weights[self.training.labels].mean()

    def step(self, model: SequenceModel) -> Tensor:
        """Update the networks on the next batch; its loss, (1,), detached."""
        rows = self.batches.rows(model.steps_done)
        settings = self.settings
        there = rows.to(self.training.labels.device)
        if self.training.pooled is not None:
            pooled = self.training.pooled[there]
        else:
            drop = channel_dropout(settings.encoder_dropout, self.generator)
            batch = self.training.sequences.take(rows)
            encoder = model.networks["encoder"]
            pooled = embed_batch(encoder, batch, settings.pooling, settings.autocast, drop)
        head_drop = channel_dropout(settings.head_dropout, self.generator)
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
                self.settings.pooling,
                self.batches.batch_size,
                self.settings.autocast,
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

        A batch's sum is divided by ``mean_weight``, the mean of the class weights over all
        training rows: by its own mean, a batch of one class would forget the weights.
        """
        head = model.networks["head"]
        assert isinstance(head, SequenceHead)
        outputs, settings = head(pooled, drop), self.settings
        if settings.error != "classes":
            l1 = settings.error == "l1"
            return (functional.l1_loss if l1 else functional.mse_loss)(outputs, labels)
        weights = settings.class_weights
        if mean_weight is None:
            return functional.cross_entropy(outputs, labels, weight=weights)
        total = functional.cross_entropy(outputs, labels, weight=weights, reduction="sum")
        return total / (len(labels) * mean_weight)
