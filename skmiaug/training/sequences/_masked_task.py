"""Pretraining without labels: hide timesteps and restore them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from skmiaug.losses import masked_reconstruction_loss
from skmiaug.nn import Drop, TimestepEncoder, channel_dropout, keep_all
from skmiaug.training.sequences._batches import SequenceBatches, in_chunks
from skmiaug.training.sequences._masking import corrupt, draw_spans
from skmiaug.training.sequences._model import SequenceModel
from skmiaug.training.sequences._set import SequenceBatch, SequenceSet
from skmiaug.utils._precision import precision
from skmiaug.utils._random import torch_generator


@dataclass(frozen=True)
class MaskingSettings:
    """How timesteps are hidden and how restoring them is judged.

    Attributes
    ----------
    ratio : float in (0, 1)
        Share of the timesteps that is hidden.
    span : int
        Timesteps that are hidden in a row.
    replacement : {"learned", "zero", "random"}
    error : {"l1", "l2"}
    dropout : float
        Share of the backbone's channels that is dropped in training.
    autocast : torch.dtype or None
        Type of the matrix products; None is float32.
    """

    ratio: float
    span: int
    replacement: str
    error: str
    dropout: float
    autocast: torch.dtype | None = None


@dataclass
class MaskedTask:
    """What a :class:`SequenceModel` with the one network ``"encoder"`` is trained to do.

    Attributes
    ----------
    sequences : SequenceSet
    batches : SequenceBatches
        Of ``sequences``.
    settings : MaskingSettings
    generator : torch.Generator
        Of masks and dropout.
    held_out : SequenceSet or None
        What early stopping looks at.
    held_out_seed : (int, int)
        Seed and stream of the masks of ``held_out``, which are the same at each look.
    """

    sequences: SequenceSet
    batches: SequenceBatches
    settings: MaskingSettings
    generator: torch.Generator
    held_out: SequenceSet | None
    held_out_seed: tuple[int, int]

    def step(self, model: SequenceModel) -> Tensor:
        """Update the encoder on the next batch; its loss, (1,), detached."""
        batch = self.sequences.take(self.batches.rows(model.steps_done))
        drop = channel_dropout(self.settings.dropout, self.generator)
        loss = restoration_loss(
            model.networks["encoder"], batch, self.settings, self.generator, drop
        )
        model.descend(loss)
        return loss.detach()[None]

    def score(self, model: SequenceModel) -> float | None:
        """Loss on what was held out, negated; None when nothing was."""
        if self.held_out is None:
            return None
        generator = torch_generator(*self.held_out_seed, self.held_out.device)
        total = torch.zeros((), device=self.held_out.device)
        with torch.inference_mode():
            for rows in in_chunks(self.held_out.lengths, self.batches.batch_size):
                loss = restoration_loss(
                    model.networks["encoder"],
                    self.held_out.take(rows),
                    self.settings,
                    generator,
                )
                total += loss * len(rows)
        return -float(total) / len(self.held_out)


def restoration_loss(
    encoder: torch.nn.Module,
    batch: SequenceBatch,
    settings: MaskingSettings,
    generator: torch.Generator,
    drop: Drop = keep_all,
) -> Tensor:
    """Loss of restoring timesteps that are drawn and hidden here."""
    assert isinstance(encoder, TimestepEncoder)
    n_steps = batch.values.shape[1]
    masked = draw_spans(batch.lengths, n_steps, settings.ratio, settings.span, generator)
    shown = corrupt(batch, masked, settings.replacement, generator)
    with precision(masked.device, settings.autocast):
        hidden = encoder(shown.values, batch.lengths, shown.replaced, drop)
        restored = encoder.restore(hidden)
    return masked_reconstruction_loss(
        restored, batch.values, masked, batch.known, error=settings.error
    )
