"""From an input to the units that an encoder takes: chunks of samples, or tokens."""

import numpy as np

from skmiaug.feature_extraction._chunks import chunk_bounds
from skmiaug.feature_extraction._encoders import Encoder, TextEncoder, Unit
from skmiaug.feature_extraction._items import AudioArray, AudioFile, Item, Text, Unusable
from skmiaug.feature_extraction._limits import SpeechLimits
from skmiaug.feature_extraction._spec import ExtractionSpec
from skmiaug.feature_extraction._speech_encoders import SpeechEncoder
from skmiaug.utils._audio_decode import decode
from skmiaug.utils._audio_errors import AudioDecodeError
from skmiaug.utils._audio_process import shared_decoder
from skmiaug.utils._audio_signal import mono_float32, resample

_DEFAULT_CHUNK_SECONDS = 30.0


def read_units(
    item: Item, encoder: Encoder, spec: ExtractionSpec
) -> tuple[list[Unit], float]:
    """Units of one input, and its duration in seconds (0 for text).

    Raises
    ------
    AudioDecodeError
        Audio that cannot be used; the text names the input.
    ValueError
        Text that cannot be used; likewise.
    """
    kind = ValueError if isinstance(encoder, TextEncoder) else AudioDecodeError
    try:
        if isinstance(item, Unusable):
            raise kind(item.reason)
        if isinstance(encoder, TextEncoder):
            assert isinstance(item, Text)
            return [encoder.tokenize(item.text)], 0.0
        assert isinstance(encoder, SpeechEncoder)
        samples, seconds = _samples(item, encoder.rate, spec)
        least = encoder.limits.min_samples
        if len(samples) < least:
            raise AudioDecodeError(
                f"expected at least {least} samples at {encoder.rate} Hz "
                f"({1000 * least / encoder.rate:g} ms, the model's receptive field), got "
                f"{len(samples)}; leave it out or join it with its neighbour"
            )
        return _chunks(samples, encoder, spec), seconds
    except ValueError as error:
        raise kind(f"{item.name}: {error}") from error


def chunk_samples(limits: SpeechLimits, spec: ExtractionSpec) -> tuple[int, int]:
    """Length and overlap of chunks in samples.

    Raises
    ------
    ValueError
        ``chunk_length`` is more than the model takes, or less than it needs, or a chunk
        would begin where the one before began.
    """
    rate = limits.rate
    seconds = _DEFAULT_CHUNK_SECONDS if spec.chunk_length is None else spec.chunk_length
    size = round(seconds * rate)
    if limits.max_samples is not None:
        if spec.chunk_length is not None and size > limits.max_samples:
            raise ValueError(
                f"expected chunk_length of at most {limits.max_samples / rate:g} s, the "
                f"model's window, got {spec.chunk_length:g} s"
            )
        size = min(size, limits.max_samples)
    overlap = round(spec.chunk_overlap * rate)
    if spec.chunk_length is None:
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


def _samples(item: Item, rate: int, spec: ExtractionSpec) -> tuple[np.ndarray, float]:
    """Samples at ``rate``, and how many seconds there were at the rate they came in."""
    if isinstance(item, AudioFile):
        if spec.trusted:
            samples, found = decode(item.path, max_seconds=spec.max_duration)
        else:
            samples, found = shared_decoder().decode(
                item.path, max_seconds=spec.max_duration, timeout=spec.decode_timeout
            )
    else:
        assert isinstance(item, AudioArray)
        samples, found = mono_float32(
            item.samples, item.rate, max_seconds=spec.max_duration
        )
    return resample(samples, found, rate), len(samples) / found


def _chunks(
    samples: np.ndarray, encoder: SpeechEncoder, spec: ExtractionSpec
) -> list[Unit]:
    size, overlap = chunk_samples(encoder.limits, spec)
    bounds = chunk_bounds(len(samples), size, overlap, encoder.limits.min_samples)
    return [samples[start:end] for start, end in bounds]
