"""Conversion of samples to mono float32 at the rate of a model."""

from typing import Any

import numpy as np

from skmiaug.utils._optional import require
from skmiaug.utils.audio._decode import RATE_LIMITS, AudioDecodeError, check_values

_PCM = (np.int8, np.int16, np.int32, np.uint8)
_TYPES = "floats, or PCM as int8, int16, int32 or uint8"


def mono_float32(samples: Any, rate: Any, *, max_seconds: float) -> tuple[np.ndarray, int]:
    """Check an array of samples and bring it to float32 with full scale at ±1.

    Floats are taken as they are; int8, int16 and int32 are PCM and divided by their full
    scale, uint8 likewise, centred at 128. Other integers, a list of int among them, have no
    known full scale. AudioDecodeError if these are not real numbers of one channel with a
    known full scale, or empty, not finite, far beyond ±1, longer than ``max_seconds``, or
    of an impossible rate (Hz).
    """
    hertz = _checked_rate(rate)
    array = _real_numbers(samples)
    if array.ndim == 2 and 1 in array.shape:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise AudioDecodeError(
            f"expected one channel as a 1-D array, got shape {array.shape}; average the "
            "channels first (their axis cannot be known)"
        )
    if array.size == 0:
        raise AudioDecodeError("expected sound, got an array with no samples; leave it out")
    if array.size > max_seconds * hertz:
        raise AudioDecodeError(
            f"expected at most max_duration={max_seconds:g} s, got "
            f"{array.size / hertz:.1f} s; raise max_duration or cut the array"
        )
    result = _full_scale(array)
    check_values(result, "array")
    return result, hertz


def without_gradient(samples: Any) -> Any:
    """A tensor of torch as NumPy can read it, on the CPU; anything else unchanged."""
    if not hasattr(samples, "detach"):
        return samples
    tensor = samples.detach().cpu()
    return tensor.float() if "bfloat16" in str(tensor.dtype) else tensor


def _real_numbers(samples: Any) -> np.ndarray:
    try:
        array = np.asarray(samples)
    except ValueError:
        raise AudioDecodeError(
            f"expected samples as real numbers ({_TYPES}), got parts of unequal length"
        ) from None
    # Files of the other byte order give arrays of it.
    if array.dtype.kind == "f" or array.dtype.newbyteorder("=") in _PCM:
        return array
    if array.dtype.kind in "iu":
        raise AudioDecodeError(
            f"expected samples as {_TYPES}, got {array.dtype}, whose full scale "
            "is not known; convert to the type they were recorded in, for 16-bit sound "
            "np.asarray(samples, dtype=np.int16)"
        )
    raise AudioDecodeError(
        f"expected samples as real numbers ({_TYPES}), got dtype {array.dtype}"
    )


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
        with np.errstate(over="ignore"):  # the infinities that it gives are refused
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
