"""From sequences and settings to a pretrained encoder, and what it does with sequences."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from skmiaug.nn import TimestepArchitecture, TimestepEncoder
from skmiaug.representation._hold_out import held_out_rows
from skmiaug.representation._masked_settings import (
    EVAL_INTERVAL,
    PretrainingSettings,
    largest_product,
)
from skmiaug.representation._sequence_input import Sequences
from skmiaug.representation._sequence_scale import SequenceScale
from skmiaug.representation._session import Session
from skmiaug.training import (
    EarlyStopping,
    MaskedTask,
    RateSchedule,
    SequenceBatches,
    SequenceRecord,
    SequenceSet,
    build_sequence_model,
    embed_all,
    in_chunks,
    train_sequences,
)
from skmiaug.utils._random import isolated_torch_seed, numpy_generator, torch_generator
from skmiaug.utils._threads import cpu_threads_for

WEIGHTS = 0
_HOLD_OUT, _ORDER, _MASKS, _HELD_OUT_MASKS = range(1, 5)


@dataclass(frozen=True)
class SequenceSpace:
    """Scale and encoder, which belong together.

    Attributes
    ----------
    scale : SequenceScale
    encoder : TimestepEncoder
        On the CPU.
    """

    scale: SequenceScale
    encoder: TimestepEncoder

    def embed(
        self, sequences: Sequences, pooling: str, batch_size: int, device: torch.device
    ) -> np.ndarray:
        """Return one vector a sequence, (n, pooled width), float32."""
        held = to_device(sequences, self.scale, device)
        with self._ready(sequences, batch_size, device) as encoder:
            return embed_all(encoder, held, pooling, batch_size).cpu().numpy()

    def restore(
        self,
        sequences: Sequences,
        masked: np.ndarray,
        batch_size: int,
        device: torch.device,
        *,
        as_zeros: bool,
    ) -> np.ndarray:
        """Return standardised timesteps, those of ``masked`` restored.

        Parameters
        ----------
        sequences : Sequences
        masked : ndarray of shape (n_steps_in_all,), bool
        batch_size : int
        device : torch.device
        as_zeros : bool
            Whether hidden timesteps are shown as zeros, else as the learned vector.

        Returns
        -------
        ndarray of shape (n_steps_in_all, n_features), float32
        """
        held = to_device(sequences, self.scale, device)
        flags = SequenceSet(torch.from_numpy(masked[:, None]).to(device), held.lengths)
        restored = held.steps.clone()
        with self._ready(sequences, batch_size, device) as encoder, torch.inference_mode():
            for rows in in_chunks(held.lengths, batch_size):
                batch, hidden = held.take(rows), flags.take(rows).values[..., 0]
                if as_zeros:
                    values = batch.values.masked_fill(hidden[..., None], 0.0)
                    states = encoder(values, batch.lengths)
                else:
                    states = encoder(batch.values, batch.lengths, hidden)
                where = held.begin[rows].to(device)[:, None] + torch.arange(
                    hidden.shape[1], device=device
                )
                restored[where[hidden]] = encoder.restore(states)[hidden]
        return restored.cpu().numpy()

    @contextmanager
    def _ready(
        self, sequences: Sequences, batch_size: int, device: torch.device
    ) -> Iterator[TimestepEncoder]:
        """Give the encoder on ``device``; the one kept here stays on the CPU."""
        encoder = self.encoder
        if device.type != "cpu":
            encoder = copy.deepcopy(encoder).to(device)
        product = largest_product(encoder.architecture, sequences, batch_size)
        with cpu_threads_for(product, device):
            yield encoder


def build_encoder(architecture: TimestepArchitecture, seed: int) -> TimestepEncoder:
    """Return an encoder at its start; one seed gives the same weights everywhere."""
    with isolated_torch_seed(int(numpy_generator(seed, WEIGHTS).integers(2**31))):
        return TimestepEncoder(architecture)


def to_device(
    sequences: Sequences, scale: SequenceScale, device: torch.device
) -> SequenceSet:
    """Standardise sequences and put them on ``device``."""
    steps, known = scale.transform(sequences.steps)
    return SequenceSet(
        torch.from_numpy(steps).to(device),
        torch.from_numpy(sequences.lengths),
        None if known is None else torch.from_numpy(known).to(device),
    )


def pretrain_space(
    sequences: Sequences,
    settings: PretrainingSettings,
    session: Session,
    device: torch.device,
) -> tuple[SequenceSpace, SequenceRecord]:
    """Fit the scale, and train an encoder to restore hidden timesteps."""
    seed = session.seed
    scale = SequenceScale.fit(sequences.steps, settings.clip)
    everything = to_device(sequences, scale, device)
    held = held_out_rows(
        np.zeros(len(sequences)),
        settings.validation_fraction,
        numpy_generator(seed, _HOLD_OUT),
    )
    training = everything.subset(torch.from_numpy(np.flatnonzero(~held)))
    held_out = None
    if held.any():
        held_out = everything.subset(torch.from_numpy(np.flatnonzero(held)))
    encoder = build_encoder(settings.architecture, seed).to(device)
    model = build_sequence_model(
        {"encoder": encoder},
        [("encoder", settings.learning_rate)],
        weight_decay=settings.weight_decay,
        schedule=RateSchedule(settings.max_iter),
    )
    task = MaskedTask(
        sequences=training,
        batches=SequenceBatches(
            training.lengths, settings.batch_size, seed=seed, stream=_ORDER
        ),
        settings=settings.masking,
        generator=torch_generator(seed, _MASKS, device),
        held_out=held_out,
        held_out_seed=(seed, _HELD_OUT_MASKS),
    )
    product = largest_product(settings.architecture, sequences, settings.batch_size)
    with cpu_threads_for(product, device):
        record = train_sequences(
            model,
            task,
            max_iter=settings.max_iter,
            eval_interval=EVAL_INTERVAL,
            stopping=EarlyStopping(settings.n_iter_no_change, settings.tol),
            events=session.events,
        )
    return SequenceSpace(scale, encoder.cpu().requires_grad_(False)), record
