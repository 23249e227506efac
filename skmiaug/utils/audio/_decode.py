"""Decoding of an audio file to mono samples, with limits on everything it claims.

A decoder that hangs or crashes is the concern of ``_process``.
"""

import io
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.utils._optional import require
from skmiaug.utils.audio._headers import (
    AudioDecodeError,
    OpenLength,
    check_length,
    cut_short,
)

# A larger file is refused unread, whatever its header states.
MAX_FILE_BYTES = 2**31
MAX_CHANNELS = 64
RATE_LIMITS = (1_000, 768_000)  # Hz
# 40 dB above full scale. No recording is that loud, and 16-bit speech kept as floats is far
# louder; its Whisper features are as wrong as those of silence.
MAX_AMPLITUDE = 100.0
# libsndfile gives a number of this order where a header leaves the length open.
_UNKNOWN_FRAMES = 2**60
_BLOCK_FRAMES = 1 << 18


def decode(path: str | os.PathLike[str], *, max_seconds: float) -> tuple[np.ndarray, int]:
    """Decode a file of any format that libsndfile reads, and mix its channels to mono.

    Returns the mean of the channels, float32 with full scale at ±1, and the rate in Hz. At
    most ``max_seconds`` are decoded. AudioDecodeError if the file is missing, empty, no
    regular file, no audio, damaged, cut short, longer than ``max_seconds``, or holds values
    that are not finite or far beyond ±1.
    """
    check_file(path)
    if Path(path).suffix.lower() == ".raw":
        raise AudioDecodeError(
            "expected audio with a header, got a .raw file, which does not state its rate "
            "and type; pass (numpy.fromfile(path, dtype), rate) or convert it to WAV"
        )
    try:
        open_length = check_length(path)
    except OSError as error:
        raise AudioDecodeError(f"expected a file that can be read ({error})") from error
    soundfile = require("soundfile", extra="audio", purpose="decode audio files")
    try:
        with soundfile.SoundFile(_source(path, open_length, max_seconds)) as file:
            _check_header(file, max_seconds)
            samples = _read_mono(file, max_seconds)
            claimed, rate, kind = file.frames, file.samplerate, file.format
    except (soundfile.SoundFileError, MemoryError, OSError) as error:
        raise AudioDecodeError(
            f"expected audio that libsndfile can read, got a file of another kind or a "
            f"damaged one ({error}); convert it to WAV or FLAC, or leave it out"
        ) from error
    # The length of an MP3 without an index is a guess of the decoder, not a promise.
    if len(samples) < claimed < _UNKNOWN_FRAMES and kind != "MP3":
        raise cut_short(claimed, len(samples), "frames", rate)
    if len(samples) == 0:
        raise AudioDecodeError("expected sound, got a file with no samples; leave it out")
    check_values(samples, "file")
    return samples, rate


def _source(
    path: str | os.PathLike[str], open_length: OpenLength | None, max_seconds: float
) -> Any:
    """What soundfile opens: the file, or its content with the length filled in."""
    if open_length is not None:
        if open_length.seconds > max_seconds:
            raise _too_long(open_length.seconds, max_seconds)
        data = bytearray(Path(path).read_bytes())
        data[open_length.offset : open_length.offset + 4] = open_length.length
        return io.BytesIO(data)
    # As bytes, since soundfile encodes text itself and stumbles over names that are not
    # UTF-8; Windows has no such names and wants text.
    return os.fspath(path) if os.name == "nt" else os.fsencode(path)


def check_values(samples: np.ndarray, what: str) -> None:
    """Refuse NaN and infinities, and values beyond ±100, whose full scale cannot be ±1."""
    if not np.isfinite(samples).all():
        raise AudioDecodeError(
            f"expected finite samples, got NaN or inf; repair the {what}"
        )
    peak = float(np.abs(samples).max())
    if peak > MAX_AMPLITUDE:
        raise AudioDecodeError(
            f"expected float samples with full scale at ±1, got values up to {peak:g}: "
            "integers that were turned into floats? Divide by their full scale (32768 for "
            "16 bits), or keep their type"
        )


def check_file(path: str | os.PathLike[str]) -> int:
    """Size in bytes of a regular, non-empty file of bounded size, or AudioDecodeError."""
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise AudioDecodeError(f"expected an audio file, got none ({error})") from error
    if not stat.S_ISREG(status.st_mode):
        # Reading a pipe or a device could wait for ever.
        raise AudioDecodeError("expected a regular file, got a folder, pipe or device")
    if status.st_size == 0:
        raise AudioDecodeError("expected an audio file, got an empty one (0 bytes)")
    if status.st_size > MAX_FILE_BYTES:
        raise AudioDecodeError(
            f"expected at most {MAX_FILE_BYTES / 2**30:.0f} GiB, got a file of "
            f"{status.st_size / 2**30:.1f} GiB; split it"
        )
    return status.st_size


def _check_header(file, max_seconds: float) -> None:
    low, high = RATE_LIMITS
    if not low <= file.samplerate <= high:
        raise AudioDecodeError(
            f"expected a sampling rate of {low} to {high} Hz, got {file.samplerate} Hz in "
            "the header; repair the file"
        )
    if file.channels > MAX_CHANNELS:
        raise AudioDecodeError(
            f"expected at most {MAX_CHANNELS} channels, got {file.channels} in the header"
        )
    if file.frames < _UNKNOWN_FRAMES and file.frames > max_seconds * file.samplerate:
        raise _too_long(file.frames / file.samplerate, max_seconds)


def _read_mono(file, max_seconds: float) -> np.ndarray:
    # In blocks, so that memory depends on the data and not on the header.
    limit = int(max_seconds * file.samplerate)
    blocks, total = [], 0
    while True:
        block = file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        if len(block) == 0:
            break
        total += len(block)
        if total > limit:
            raise _too_long(total / file.samplerate, max_seconds)
        # An own contiguous column: float32 mean over one channel is that channel.
        blocks.append(block[:, 0].copy() if block.shape[1] == 1 else block.mean(axis=1))
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.float32)


def _too_long(seconds: float, max_seconds: float) -> AudioDecodeError:
    return AudioDecodeError(
        f"expected at most max_duration={max_seconds:g} s, got {seconds:.1f} s or more; "
        "raise max_duration or cut the file"
    )
