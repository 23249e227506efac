"""Audio files and arrays as mono float32 samples, decoded where a bad file does no harm."""

from skmiaug.utils.audio._decode import (
    AudioDecodeError,
    check_file,
    decode,
    mono_float32,
    resample,
    without_gradient,
)
from skmiaug.utils.audio._process import DecoderProcess, serve, shared_decoder

__all__ = [
    "AudioDecodeError",
    "DecoderProcess",
    "check_file",
    "decode",
    "mono_float32",
    "resample",
    "serve",
    "shared_decoder",
    "without_gradient",
]
