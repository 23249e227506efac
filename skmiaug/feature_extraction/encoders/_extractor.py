"""From inputs to feature vectors in one process: chunks, batches, pooling over time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from skmiaug.feature_extraction._items import Item, read_samples
from skmiaug.feature_extraction.encoders._base import Encoder, Unit
from skmiaug.feature_extraction.encoders._loading import load
from skmiaug.feature_extraction.encoders._speech import (
    AnySpeechEncoder,
    SpectrogramEncoder,
    SpeechEncoder,
    SpeechLimits,
    WaveEncoder,
    WhisperEncoder,
    is_wave_model,
)
from skmiaug.feature_extraction.encoders._text import TextEncoder
from skmiaug.utils._device import memory_remedy, resolve_device
from skmiaug.utils.audio import resample

POOLINGS = ("mean", "mean_std", "max", "first", "last")


def n_parts(pooling: str) -> int:
    """Rows of a pooled chunk, and vectors of ``dim`` values in the final feature."""
    return 2 if pooling == "mean_std" else 1


def pool(hidden: torch.Tensor, lengths: Sequence[int], pooling: str) -> np.ndarray:
    """Pool each row over its true frames, in float32.

    From (batch, n_frames, dim) to (batch, n_parts, dim). ``lengths`` are the numbers of own
    frames, at least 1; what lies beyond is never used, NaN included. "mean_std" gives mean
    and population variance here, and :func:`merge` takes the root.
    """
    hidden = hidden.float()
    count = torch.as_tensor(lengths, device=hidden.device)
    if pooling == "first":
        return hidden[:, :1].cpu().numpy()
    if pooling == "last":
        rows = torch.arange(len(count), device=hidden.device)
        return hidden[rows, count - 1][:, None].cpu().numpy()
    # (batch, n_frames, 1)
    padding = (torch.arange(hidden.shape[1], device=hidden.device) >= count[:, None])[
        ..., None
    ]
    if pooling == "max":
        return hidden.masked_fill(padding, -torch.inf).amax(1, keepdim=True).cpu().numpy()
    share = count[:, None, None]
    mean = hidden.masked_fill(padding, 0.0).sum(1, keepdim=True) / share
    if pooling == "mean":
        return mean.cpu().numpy()
    square = (hidden - mean).square().masked_fill(padding, 0.0)
    return torch.cat([mean, square.sum(1, keepdim=True) / share], dim=1).cpu().numpy()


def merge(chunks: Sequence[np.ndarray], lengths: Sequence[int], pooling: str) -> np.ndarray:
    """Pool the chunks of one input together, each weighted by its number of frames.

    From arrays of shape (n_parts, dim), in order of time, to one vector (n_parts * dim,):
    for "mean_std" the means, then the population standard deviations. The result equals
    pooling over all frames at once; a frame in two overlapping chunks counts twice.
    """
    parts = np.stack(chunks).astype(np.float64)
    if pooling == "first":
        merged = parts[0]
    elif pooling == "last":
        merged = parts[-1]
    elif pooling == "max":
        merged = parts.max(axis=0)
    else:
        share = (np.asarray(lengths) / np.sum(lengths))[:, None]
        mean = (share * parts[:, 0]).sum(axis=0)
        merged = mean[None]
        if pooling == "mean_std":
            variance = parts[:, 1] + (parts[:, 0] - mean) ** 2
            merged = np.stack([mean, np.sqrt((share * variance).sum(axis=0))])
    return merged.reshape(-1).astype(np.float32)


def chunk_bounds(
    n_samples: int, size: int, overlap: int, minimum: int
) -> list[tuple[int, int]]:
    """Start and end of the chunks of one clip, in samples.

    A clip of at most ``size`` samples is one chunk. Otherwise each chunk begins ``size -
    overlap`` after the one before, and the last ends with the clip; one that would be
    shorter than ``minimum`` is dropped (its samples lie outside the receptive field).
    ``overlap`` is less than ``size``.
    """
    if n_samples <= size:
        return [(0, n_samples)]
    bounds = [(0, size)]
    while bounds[-1][1] < n_samples:
        start = bounds[-1][0] + size - overlap
        bounds.append((start, min(start + size, n_samples)))
    if bounds[-1][1] - bounds[-1][0] < minimum:
        bounds.pop()
    return bounds


def plan_batches(
    lengths: Sequence[int],
    *,
    batch_size: int,
    budget: float,
    may_pad: bool,
    cost: Callable[[int], float] = float,
) -> list[list[int]]:
    """Group inputs of similar length, longest first.

    Returns positions in ``lengths``. A batch has at most ``batch_size`` inputs and costs at
    most ``budget``, padding included, unless it has one input; its inputs differ in length
    only if ``may_pad``. The longest are first, so that a lack of memory shows at once.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[list[int]] = []
    for i in order:
        if batches:
            batch = batches[-1]
            longest = lengths[batch[0]]
            fits = len(batch) < batch_size and (len(batch) + 1) * cost(longest) <= budget
            if fits and (may_pad or lengths[i] == longest):
                batch.append(i)
                continue
        batches.append([i])
    return batches


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
