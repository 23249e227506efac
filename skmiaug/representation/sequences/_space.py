"""Scale and encoder, which belong together: embeddings and restored timesteps."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from skmiaug.base import register_state, require_state, torch_defaults
from skmiaug.nn import TimestepArchitecture, TimestepEncoder
from skmiaug.representation._scale import FeatureScale
from skmiaug.representation.sequences._input import Sequences
from skmiaug.training import SequenceSet, embed_all, in_chunks
from skmiaug.utils._device import cpu_threads_for, memory_remedy, resolve_device
from skmiaug.utils._random import isolated_torch_seed, numpy_generator

MEMORY_ADVICE = "lower batch_size or hidden_size, cut long sequences, or use device='cpu'."
_WEIGHTS = 0

register_state(TimestepArchitecture)
register_state(TimestepEncoder)


@register_state
@dataclass(frozen=True)
class SequenceSpace:
    """Scale and encoder."""

    scale: FeatureScale
    encoder: TimestepEncoder  # On the CPU

    def check(self) -> None:
        n_features = self.encoder.architecture.n_features
        require_state(self.scale.low.shape == (n_features,), "scale")
        require_state(self.encoder.hidden_step.dtype == torch.float32, "encoder")

    @torch_defaults()
    def embed(
        self, sequences: Sequences, pooling: str, batch_size: int, device: str
    ) -> np.ndarray:
        """Return one vector per sequence, (n, pooled width), float32."""
        with self._encoder_on(device, sequences, batch_size) as (encoder, where):
            data = to_device(sequences, self.scale, where)
            return embed_all(encoder, data, pooling, batch_size).cpu().numpy()

    @torch_defaults()
    def restore(
        self,
        sequences: Sequences,
        masked: np.ndarray,
        batch_size: int,
        device: str,
        *,
        as_zeros: bool,
    ) -> np.ndarray:
        """Return standardised timesteps, float32, those of ``masked`` restored.

        Hidden timesteps, ``masked`` (n_steps_in_all,), are replaced by zeros or by the
        learned vector.
        """
        with (
            self._encoder_on(device, sequences, batch_size) as (encoder, where),
            torch.inference_mode(),
        ):
            data = to_device(sequences, self.scale, where)
            flags = SequenceSet(torch.from_numpy(masked[:, None]).to(where), data.lengths)
            restored = data.steps.clone()
            for rows in in_chunks(data.lengths, batch_size):
                batch, hidden = data.take(rows), flags.take(rows).values[..., 0]
                if as_zeros:
                    values = batch.values.masked_fill(hidden[..., None], 0.0)
                    states = encoder(values, batch.lengths)
                else:
                    states = encoder(batch.values, batch.lengths, hidden)
                steps = torch.arange(hidden.shape[1], device=where)
                index = data.begin[rows].to(where)[:, None] + steps
                restored[index[hidden]] = encoder.restore(states)[hidden]
            return restored.cpu().numpy()

    @contextmanager
    def _encoder_on(
        self, device: str, sequences: Sequences, batch_size: int
    ) -> Iterator[tuple[TimestepEncoder, torch.device]]:
        """Give the encoder on a device; the one kept here stays on the CPU."""
        where = resolve_device(device)
        product = largest_product(self.encoder.architecture, sequences, batch_size)
        with memory_remedy(where, MEMORY_ADVICE), cpu_threads_for(product, where):
            on_cpu = where.type == "cpu"
            yield self.encoder if on_cpu else copy.deepcopy(self.encoder).to(where), where


def new_encoder(architecture: TimestepArchitecture, seed: int) -> TimestepEncoder:
    """Return an untrained encoder; one seed gives the same weights everywhere."""
    with isolated_torch_seed(int(numpy_generator(seed, _WEIGHTS).integers(2**31))):
        return TimestepEncoder(architecture)


def largest_product(
    architecture: TimestepArchitecture, sequences: Sequences, batch_size: int
) -> int:
    """Multiply-adds of the largest matrix product of a usual training step."""
    n_steps = min(batch_size, len(sequences)) * int(sequences.lengths.mean())
    widest = max(architecture.n_features, 3 * architecture.hidden_size)
    return n_steps * widest * architecture.hidden_size


def to_device(
    sequences: Sequences, scale: FeatureScale, device: torch.device
) -> SequenceSet:
    """Standardise sequences and put them on ``device``."""
    steps, known = scale.transform(sequences.steps)
    return SequenceSet(
        torch.from_numpy(steps).to(device),
        torch.from_numpy(sequences.lengths),
        None if known is None else torch.from_numpy(known).to(device),
    )
