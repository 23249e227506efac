"""What sequence models are trained to do: restore hidden timesteps, or tell labels."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from skmiaug.losses import masked_reconstruction_loss
from skmiaug.nn import Drop, TimestepEncoder, channel_dropout, keep_all
from skmiaug.training.sequences._model import (
    SequenceBatch,
    SequenceBatches,
    SequenceModel,
    SequenceSet,
    embed_all,
    embed_batch,
    in_chunks,
)
from skmiaug.utils._device import precision
from skmiaug.utils._random import draw_below, torch_generator

REPLACEMENTS = ("learned", "zero", "random")
_LEARNED_SHARE, _RANDOM_SHARE = 0.8, 0.1


def draw_spans(
    lengths: Tensor, n_steps: int, ratio: float, span: int, generator: torch.Generator
) -> Tensor:
    """Draw the timesteps to hide, (n, n_steps) bool.

    Each timestep begins a span of ``span`` steps with the same probability, spans may
    overlap, and that probability is such that each timestep is hidden with probability
    ``ratio``, those at either end too. Where no span falls into a sequence, one step is
    hidden all the same, and where all steps of several would be, one is left. ``lengths``
    (n,) are on the device of ``generator``; the longest is ``n_steps``.
    """
    device = lengths.device
    begins = 1 - (1 - ratio) ** (1 / span)
    # Spans that begin before the sequence reach into it.
    drawn = torch.rand(len(lengths), n_steps + span - 1, generator=generator, device=device)
    hidden = (drawn < begins).unfold(1, span, 1).any(dim=2)
    steps = torch.arange(n_steps, device=device)
    inside = steps < lengths[:, None]
    hidden &= inside
    # A step drawn from each sequence evens out the extremes.
    is_one = steps == draw_below(lengths, generator)[:, None]
    none_hidden = ~hidden.any(dim=1, keepdim=True)
    none_left = ~(inside & ~hidden).any(dim=1, keepdim=True) & (lengths > 1)[:, None]
    return (hidden | (none_hidden & is_one)) & ~(none_left & is_one)


class Corrupted(NamedTuple):
    """What the network is shown."""

    values: Tensor  # (n, time, n_features)
    # (n, time), bool, or None: timesteps in whose place the network puts its learned vector
    replaced: Tensor | None


def corrupt(
    batch: SequenceBatch, masked: Tensor, replacement: str, generator: torch.Generator
) -> Corrupted:
    """Hide the timesteps of ``masked`` (n, time), bool.

    They are replaced by ``"learned"``, the network's own vector; by ``"zero"``, the mean of
    each feature; or at ``"random"``: of ten hidden steps eight get the learned vector, one
    a timestep of another sequence and one stays as it is, all of them to be restored
    (Devlin et al. 2019, arXiv 1810.04805, section 3.1).
    """
    if replacement == "learned":
        return Corrupted(batch.values, masked)
    if replacement == "zero":
        return Corrupted(batch.values.masked_fill(masked[..., None], 0.0), None)
    n, n_steps, width = batch.values.shape
    lot = torch.rand(n, n_steps, generator=generator, device=masked.device)
    uniform = torch.rand(n, n_steps, 2, generator=generator, device=masked.device)
    row = (uniform[..., 0] * n).long().clamp(max=n - 1)
    lengths = batch.lengths[row]
    step = torch.minimum((uniform[..., 1] * lengths).long(), lengths - 1)
    other = batch.values.view(n * n_steps, width)[row * n_steps + step]
    swapped = masked & (lot >= _LEARNED_SHARE) & (lot < _LEARNED_SHARE + _RANDOM_SHARE)
    values = torch.where(swapped[..., None], other, batch.values)
    return Corrupted(values, masked & (lot < _LEARNED_SHARE))


@dataclass
class MaskedTask:
    """What a :class:`SequenceModel` with the one network ``"encoder"`` is trained to do."""

    sequences: SequenceSet
    held_out: SequenceSet | None
    batches: SequenceBatches  # of ``sequences``
    generator: torch.Generator  # of masks and dropout
    # Seed and stream of the masks of ``held_out``, the same at each validation check
    held_out_seed: tuple[int, int]
    ratio: float
    span: int
    replacement: str
    error: str  # {"l1", "l2"}
    dropout: float  # share of the backbone's channels
    autocast: torch.dtype | None = None

    def step(self, model: SequenceModel) -> Tensor:
        """Update the encoder on the next batch; its loss, (1,), detached."""
        batch = self.sequences.take(self.batches.rows(model.steps_done))
        drop = channel_dropout(self.dropout, self.generator)
        loss = self._loss(model, batch, self.generator, drop)
        return model.descend(loss)

    def score(self, model: SequenceModel) -> float | None:
        """Loss on what was held out, negated; None when nothing was."""
        if self.held_out is None:
            return None
        generator = torch_generator(*self.held_out_seed, self.held_out.device)
        total = torch.zeros((), device=self.held_out.device)
        with torch.inference_mode():
            for rows in in_chunks(self.held_out.lengths, self.batches.batch_size):
                batch = self.held_out.take(rows)
                total += self._loss(model, batch, generator) * len(rows)
        return -float(total) / len(self.held_out)

    def _loss(
        self,
        model: SequenceModel,
        batch: SequenceBatch,
        generator: torch.Generator,
        drop: Drop = keep_all,
    ) -> Tensor:
        """Loss of restoring timesteps that are drawn and hidden here."""
        encoder = model.networks["encoder"]
        assert isinstance(encoder, TimestepEncoder)
        n_steps = batch.values.shape[1]
        masked = draw_spans(batch.lengths, n_steps, self.ratio, self.span, generator)
        shown = corrupt(batch, masked, self.replacement, generator)
        with precision(masked.device, self.autocast):
            hidden = encoder(shown.values, batch.lengths, shown.replaced, drop)
            restored = encoder.restore(hidden)
        return masked_reconstruction_loss(
            restored, batch.values, masked, batch.known, error=self.error
        )


# ---------------------------------------------------------------- labels


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
        return model.descend(loss)

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
