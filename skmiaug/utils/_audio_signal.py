"""From the samples that a user holds to mono float32 at the rate of a model."""

from typing import Any

import numpy as np

from skmiaug.utils._audio_decode import RATE_LIMITS
from skmiaug.utils._audio_errors import AudioDecodeError
from skmiaug.utils._optional import require


def mono_float32(samples: Any, rate: Any, *, max_seconds: float) -> tuple[np.ndarray, int]:
    """Check an array of samples and bring it to float32 with full scale at ±1.

    Parameters
    ----------
    samples : array-like of shape (n_samples,)
        Floats are taken as they are; integers are PCM and divided by their full scale
        (unsigned 8-bit is centred at 128).
    rate : int or float
        Sampling rate in Hz.
    max_seconds : float
        Longest clip that is accepted, in seconds.

    Raises
    ------
    AudioDecodeError
        Not one-dimensional real numbers, empty, not finite, too long, or an impossible
        rate.
    """
    hertz = _checked_rate(rate)
    try:
        array = np.asarray(samples)
    except ValueError:
        array = np.asarray(None)  # ragged: falls through to the error for objects
    if array.dtype.kind not in "fiu" or array.dtype in (np.uint16, np.uint32, np.uint64):
        raise AudioDecodeError(
            "expected samples as real numbers (floats, or PCM as int16, int32 or uint8), "
            f"got dtype {array.dtype}"
        )
    if array.ndim != 1:
        raise AudioDecodeError(
            f"expected one channel as a 1-D array, got shape {array.shape}; average the "
            "channels first (which axis they are on cannot be told)"
        )
    if array.size == 0:
        raise AudioDecodeError("expected sound, got an array with no samples; leave it out")
    if array.size > max_seconds * hertz:
        raise AudioDecodeError(
            f"expected at most max_duration={max_seconds:g} s, got "
            f"{array.size / hertz:.1f} s; raise max_duration or cut the array"
        )
    result = _full_scale(array)
    if not np.isfinite(result).all():
        raise AudioDecodeError("expected finite samples, got NaN or inf; repair the array")
    return result, hertz


def _checked_rate(rate: Any) -> int:
    low, high = RATE_LIMITS
    if (
        not isinstance(rate, int | float | np.integer | np.floating)
        or not low <= rate <= high
    ):
        raise AudioDecodeError(
            f"expected a sampling rate of {low} to {high} Hz, got {rate!r}"
        )
    if rate != int(rate):
        raise AudioDecodeError(
            f"expected a whole number as the sampling rate, got {rate!r}"
        )
    return int(rate)


def _full_scale(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128) / 128
    return (array / -float(np.iinfo(array.dtype).min)).astype(np.float32)


def resample(samples: np.ndarray, rate: int, target: int) -> np.ndarray:
    """Bring samples from ``rate`` to ``target`` (both in Hz) with soxr, high quality."""
    if rate == target:
        return samples
    soxr = require("soxr", extra="audio", purpose=f"resample {rate} Hz to {target} Hz")
    return soxr.resample(samples, rate, target, quality="HQ")
