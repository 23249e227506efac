"""From a specification to the encoder that serves it, in the precision it asks for."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from skmiaug.feature_extraction._cache import FeatureCache
from skmiaug.feature_extraction._encoders import Encoder, TextEncoder, Unit
from skmiaug.feature_extraction._limits import is_wave_model, is_whisper
from skmiaug.feature_extraction._loading import LoadedModel, load
from skmiaug.feature_extraction._pooling import merge, pool
from skmiaug.feature_extraction._precision import (
    DTYPES,
    PROBE_LIMIT,
    PROBE_TEXT,
    has_fast_bfloat16,
    measure_bfloat16,
    probe_clip,
)
from skmiaug.feature_extraction._source import remembered
from skmiaug.feature_extraction._spec import ExtractionSpec
from skmiaug.feature_extraction._speech_encoders import (
    AnySpeechEncoder,
    SpeechEncoder,
    WaveEncoder,
)
from skmiaug.feature_extraction._whisper import WhisperEncoder
from skmiaug.utils._device import memory_remedy, resolve_device


def build_encoder(spec: ExtractionSpec, dtype: torch.dtype) -> Encoder:
    """The encoder of a specification; the model is loaded if this process has not yet.

    Raises
    ------
    OSError
        The model cannot be found or read.
    DeviceUnavailableError
        The device cannot be used in this process (a fork of one that used CUDA).
    """
    loaded = load(spec.source, dtype, resolve_device(spec.device))
    return _encoder(loaded, spec)


def _encoder(loaded: LoadedModel, spec: ExtractionSpec) -> Encoder:
    if loaded.modality == "text":
        return TextEncoder(loaded, truncation=spec.truncation)
    if is_whisper(loaded.config):
        return WhisperEncoder(loaded, window=spec.window)
    return WaveEncoder(loaded) if is_wave_model(loaded.config) else AnySpeechEncoder(loaded)


def encode_pooled(
    encoder: Encoder, units: list[Unit], spec: ExtractionSpec
) -> tuple[np.ndarray, list[int]]:
    """Encode a batch and pool it over time.

    Returns
    -------
    pooled : ndarray of shape (batch, n_blocks, n_parts, dim), float32
        One block a layer, or one for all of them where they are averaged.
    lengths : list of int
        True frames of each unit.
    """
    with memory_remedy(encoder.loaded.device, "lower batch_size or batch_seconds."):
        hidden, lengths = encoder.encode(units, spec.layers)
    states = [hidden[layer] for layer in spec.layers]
    for layer, state in zip(spec.layers, states, strict=True):
        # Time first (XLNet), or an adapter of another width: pooled, it would be nonsense.
        if state.ndim != 3 or (len(state), state.shape[2]) != (len(units), spec.shape.dim):
            raise ValueError(
                f"expected hidden states of shape ({len(units)}, frames, {spec.shape.dim}) "
                f"from layer {layer}, got {tuple(state.shape)}; this layer of the model is "
                "not supported, choose another layer or model"
            )
    if spec.average:
        if len({state.shape[1] for state in states}) > 1:
            raise ValueError(
                'expected layers of equal length for layer="all"; this model shortens its '
                "output, choose layers by index"
            )
        states = [torch.stack([state.float() for state in states]).mean(0)]
    # A model that shortens its output (an adapter) has fewer frames there.
    blocks = [
        pool(state, [min(n, state.shape[1]) for n in lengths], spec.pooling)
        for state in states
    ]
    return np.stack(blocks, axis=1), lengths


def merge_blocks(
    pooled: Sequence[np.ndarray], lengths: Sequence[int], spec: ExtractionSpec
) -> np.ndarray:
    """Feature vector of one input from its pooled chunks, (n_blocks, n_parts, dim) each."""
    blocks = range(pooled[0].shape[0])
    return np.concatenate(
        [
            merge([chunk[block] for chunk in pooled], lengths, spec.pooling)
            for block in blocks
        ]
    )


def open_cache(spec: ExtractionSpec, dtype: torch.dtype) -> FeatureCache | None:
    """The cache of a specification; None if it asks for none."""
    if spec.cache_dir is None:
        return None
    return FeatureCache(spec.cache_dir, {**_recipe(spec), "dtype": str(dtype)})


def _recipe(spec: ExtractionSpec) -> dict[str, Any]:
    # Batches, jobs, devices and decoding are left out: they do not change a vector beyond
    # rounding.
    return {
        "skmiaug": version("skmiaug"),
        "model": spec.source.identity(),
        "layers": spec.layers,
        "average": spec.average,
        "pooling": spec.pooling,
        "window": spec.window,
        "chunk_length": spec.chunk_length,
        "chunk_overlap": spec.chunk_overlap,
        "truncation": spec.truncation,
    }


def resolve_dtype(spec: ExtractionSpec) -> torch.dtype:
    """The precision to compute in; for "auto" see :mod:`._precision`.

    The probe runs once in a process for a model and recipe, and once at all where there
    is a cache, so that features that are all cached need no model.
    """
    if spec.dtype != "auto":
        return DTYPES[spec.dtype]
    device = torch.device(spec.device)
    if not has_fast_bfloat16(device):
        return torch.float32
    key = ("bfloat16", spec.source, spec.source.stamp(), spec.layers, spec.average)
    error = remembered(
        (*key, spec.pooling, spec.window, spec.device), lambda: _probe_error(spec)
    )
    return torch.bfloat16 if error <= PROBE_LIMIT else torch.float32


def _probe_error(spec: ExtractionSpec) -> float:
    cache = None
    if spec.cache_dir is not None:
        facts = {
            "probe": 1,
            "torch": torch.__version__,
            "device": spec.device.split(":")[0],
        }
        cache = FeatureCache(spec.cache_dir, {**_recipe(spec), **facts})
        known = cache.get("bfloat16", size=1)
        if known is not None:
            return float(known[0])

    def extract(dtype: torch.dtype) -> tuple[np.ndarray, LoadedModel]:
        encoder = build_encoder(spec, dtype)
        pooled, lengths = encode_pooled(encoder, [_probe_unit(encoder)], spec)
        return merge_blocks([pooled[0]], lengths, spec), encoder.loaded

    error = measure_bfloat16(extract)
    if cache is not None:
        cache.put("bfloat16", np.array([error]))
    return error


def _probe_unit(encoder: Encoder) -> Unit:
    if isinstance(encoder, TextEncoder):
        return encoder.tokenize(PROBE_TEXT)
    assert isinstance(encoder, SpeechEncoder)
    clip = probe_clip(encoder.rate)
    return clip[: encoder.limits.max_samples]
