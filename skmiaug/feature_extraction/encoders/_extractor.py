"""From inputs to feature vectors by a pretrained transformer, in one process."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from skmiaug.feature_extraction._items import Item, read_samples
from skmiaug.feature_extraction.encoders._base import Encoder, Unit
from skmiaug.feature_extraction.encoders._loading import load
from skmiaug.feature_extraction.encoders._pooling import (
    chunk_bounds,
    merge,
    plan_batches,
    pool,
)
from skmiaug.feature_extraction.encoders._speech import (
    AnySpeechEncoder,
    SpectrogramEncoder,
    SpeechEncoder,
    SpeechLimits,
    WaveEncoder,
    is_wave_model,
)
from skmiaug.feature_extraction.encoders._text import TextEncoder
from skmiaug.feature_extraction.encoders._whisper import WhisperEncoder
from skmiaug.utils._device import memory_remedy, resolve_device
from skmiaug.utils.audio import resample

_DEFAULT_CHUNK_SECONDS = 30.0

# A pooled unit, (n_blocks, n_parts, dim), and how many frames it had.
Part = tuple[np.ndarray, int]


class TransformerExtractor:
    """Reads inputs, encodes them in batches and pools them.

    ``job`` is a TransformerFeatures with its parameters resolved. That the model cannot be
    found or read is an OSError, that a parameter does not fit it, or its architecture is
    not supported, a ValueError.
    """

    def __init__(self, job: Any) -> None:
        self.job = job
        dtype = getattr(torch, job.dtype)
        loaded = load(job._source, dtype, resolve_device(job.device))
        self.encoder: Encoder
        if loaded.shape.modality == "text":
            self.encoder = TextEncoder(loaded, truncation=job.truncation)
            return
        if loaded.config.model_type == "whisper":
            encoder: SpeechEncoder = WhisperEncoder(loaded, window=job.window)
        elif loaded.config.model_type == SpectrogramEncoder.model_type:
            encoder = SpectrogramEncoder(loaded)
        elif is_wave_model(loaded.config):
            encoder = WaveEncoder(loaded)
        else:
            encoder = AnySpeechEncoder(loaded)
        self.encoder = encoder
        self._chunk = chunk_samples(encoder.limits, job.chunk_length, job.chunk_overlap)

    @property
    def n_truncated(self) -> int:
        """Texts that were cut to the limit of the model."""
        return getattr(self.encoder, "n_truncated", 0)

    def read(self, item: Item) -> tuple[list[Unit], float]:
        """Units of one input (chunks of samples, or tokens) and its duration in seconds."""
        encoder = self.encoder
        if isinstance(encoder, TextEncoder):
            return [encoder.tokenize(item.text)], 0.0
        assert isinstance(encoder, SpeechEncoder)
        original, found = read_samples(item, self.job)
        samples = resample(original, found, encoder.rate)
        least = encoder.limits.min_samples
        if len(samples) < least:
            raise ValueError(
                f"expected at least {least} samples at {encoder.rate} Hz "
                f"({1000 * least / encoder.rate:g} ms, the model's receptive field), got "
                f"{len(samples)}; leave it out or join it with its neighbour"
            )
        bounds = chunk_bounds(len(samples), *self._chunk, least)
        return [samples[start:end] for start, end in bounds], len(original) / found

    def batches(self, units: Sequence[Unit]) -> list[list[int]]:
        """Positions of the units that are encoded together."""
        encoder, job = self.encoder, self.job
        budget = float("inf")
        if isinstance(encoder, SpeechEncoder):
            budget = job.batch_seconds * encoder.rate
        return plan_batches(
            [encoder.length(unit) for unit in units],
            batch_size=encoder.most_rows or job.batch_size,
            budget=budget,
            may_pad=encoder.may_pad,
            cost=encoder.cost,
        )

    def encode(self, units: list[Unit]) -> list[Part]:
        """Encode a batch and pool each unit over its own frames."""
        job, dim = self.job, self.job._shape.dim
        with memory_remedy(
            self.encoder.loaded.device, "lower batch_size or batch_seconds."
        ):
            encoded = self.encoder.encode(units, job.layers_)
        states = [encoded[layer] for layer in job.layers_]
        for layer, (state, _) in zip(job.layers_, states, strict=True):
            # Time first (XLNet), or an adapter of another width: pooled, it would be
            # nonsense.
            if state.ndim != 3 or (len(state), state.shape[2]) != (len(units), dim):
                raise ValueError(
                    f"expected hidden states of shape ({len(units)}, frames, {dim}) from "
                    f"layer {layer}, got {tuple(state.shape)}; this layer of the model is "
                    "not supported, choose another layer or model"
                )
        n_frames = states[0][1]
        if job._average:
            if len({state.shape[1] for state, _ in states}) > 1:
                raise ValueError(
                    'expected layers of equal length for layer="all"; this model shortens '
                    "its output, choose layers by index"
                )
            mean = torch.stack([state.float() for state, _ in states]).mean(0)
            states = [(mean, n_frames)]
        pooled = np.stack([pool(*state, job.pooling) for state in states], axis=1)
        return list(zip(pooled, n_frames, strict=True))

    def merge(self, parts: Sequence[Part]) -> np.ndarray:
        """Feature vector of one input from its units in order of time."""
        pooled, lengths = zip(*parts, strict=True)
        blocks = [
            merge([part[block] for part in pooled], lengths, self.job.pooling)
            for block in range(len(pooled[0]))
        ]
        return np.concatenate(blocks)


def chunk_samples(
    limits: SpeechLimits, chunk_length: float | None, chunk_overlap: float
) -> tuple[int, int]:
    """Length and overlap of chunks in samples, from those in seconds."""
    rate = limits.rate
    seconds = _DEFAULT_CHUNK_SECONDS if chunk_length is None else chunk_length
    size = round(seconds * rate)
    if limits.max_samples is not None:
        if chunk_length is not None and size > limits.max_samples:
            raise ValueError(
                f"expected chunk_length of at most {limits.max_samples / rate:g} s, the "
                f"model's window, got {chunk_length:g} s"
            )
        size = min(size, limits.max_samples)
    overlap = round(chunk_overlap * rate)
    if chunk_length is None:
        # A model with a short window of its own, and an overlap meant for a longer one.
        overlap = min(overlap, size // 2)
    if size < limits.min_samples:
        raise ValueError(
            f"expected chunk_length of at least {limits.min_samples / rate:g} s, the "
            f"model's receptive field, got {seconds:g} s"
        )
    if overlap >= size:
        raise ValueError(
            "expected chunk_overlap below chunk_length by a sample at least, got "
            f"{overlap} and {size} samples at {rate} Hz; lower chunk_overlap"
        )
    return size, overlap
