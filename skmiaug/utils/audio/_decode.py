"""Audio files and arrays as mono float32 samples, with limits on everything they claim.

A header's length is compared with the bytes that are there: where the two differ,
libsndfile reads what is there, so that an incomplete copy would pass for a shorter clip.
The decoder of FLAC reports this itself; an MP3 does not state a length. A decoder that
hangs or crashes is the concern of ``_process``.
"""

import io
import os
import re
import stat
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from skmiaug.utils import require

# A program that writes to a pipe cannot fill in the length at the end. It leaves 0 or a
# number near 2 or 4 GiB (0x7FFFF000 in sox, 0x80000000 in arecord, 0xFFFFFFFF less the
# header in others), more than any file that is accepted can hold.
_OPEN_ENDED = 0x7FFF0000
_MAX_CHUNKS = 1000
# A page of Ogg: 27 bytes, a table of at most 255 bytes, and as many parts of 255 bytes.
_MAX_OGG_PAGE = 27 + 255 + 255 * 255


class AudioDecodeError(ValueError):
    """An audio input cannot be turned into samples; the message gives the reason."""


# ---------------------------------------------------------------- lengths in headers


class OpenLength(NamedTuple):
    """A length of 0 before sound, which libsndfile would take for an empty file."""

    offset: int  # of the length in the file
    length: bytes  # to be written there
    seconds: float  # of sound; 0 if the header does not state it


def check_length(path: str | os.PathLike[str]) -> OpenLength | None:
    """Refuse a WAV, AIFF, AU, NIST SPHERE or Ogg file that was cut short: AudioDecodeError.

    Returns a length that was left open and that libsndfile would misread, or None.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        kind = head[:4]
        if (kind in (b"RIFF", b"RF64") and head[8:] == b"WAVE") or kind == b"RIFX":
            whole = len(head) == 12 and _number(head[4:8], "<I") + 8 == size
            return _check_chunks(
                file, size, ">" if kind == b"RIFX" else "<", b"data", whole
            )
        if kind == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            _check_chunks(file, size, ">", b"SSND", whole=True)
        elif kind == b".snd" and len(head) == 12:
            start, length = struct.unpack(">II", head[4:])
            _check_promise(length, size - start)
            if (length == 0 or length >= _OPEN_ENDED) and size > start:
                return OpenLength(8, b"\xff" * 4, 0.0)
        elif head.startswith(b"NIST_1A"):
            file.seek(0)
            _check_sphere(file.read(1024), size)
        elif kind == b"OggS":
            file.seek(max(0, size - _MAX_OGG_PAGE))
            _check_last_page(file.read(_MAX_OGG_PAGE))
    return None


def cut_short(promised: int, there: int, unit: str, per_second: int) -> AudioDecodeError:
    """The error of a file of which less is there; `per_second` is 0 where not known."""
    what, found = f"{promised} {unit}", str(there)
    if per_second:
        # Both in seconds and counted: files that lack a byte are of one duration to 10 ms.
        what = f"{promised / per_second:.2f} s that the header promises ({what})"
        found = f"{there / per_second:.2f} s ({there})"
    else:
        what += " that the header promises"
    return AudioDecodeError(
        f"expected the {what}, got {found}: the file is cut short or its header is wrong; "
        "copy it again or rewrite the header"
    )


def _check_promise(promised: int, there: int, bytes_per_second: int = 0) -> None:
    if there < promised < _OPEN_ENDED:
        raise cut_short(promised, max(there, 0), "bytes", bytes_per_second)


def _check_chunks(
    file: BinaryIO, size: int, order: str, wanted: bytes, whole: bool
) -> OpenLength | None:
    """Go from chunk to chunk, each a name of 4 bytes and a length, up to that of sound."""
    bytes_per_second, large = 0, 0
    for _ in range(_MAX_CHUNKS):
        name, raw_length = file.read(4), file.read(4)
        if len(raw_length) < 4:
            return None
        length = struct.unpack(f"{order}I", raw_length)[0]
        start = file.tell()
        if name == wanted:
            # RF64 gives lengths beyond 4 GiB in a chunk of its own.
            _check_promise(large or length, size - start, bytes_per_second)
            if length or large or size == start or wanted != b"data":
                return None
            if whole and _is_chunk(file.read(8), size - start, order):
                return None  # empty indeed, and tags behind
            there = size - start
            seconds = there / bytes_per_second if bytes_per_second else 0.0
            return OpenLength(start - 4, struct.pack(f"{order}I", there), seconds)
        if name == b"ds64":
            large = _number(file.read(16)[8:], "<Q")
        elif name == b"fmt ":
            bytes_per_second = _number(file.read(12)[8:], f"{order}I")
        file.seek(start + length + length % 2)
    return None


def _is_chunk(head: bytes, there: int, order: str) -> bool:
    return head[:4].isalnum() and _number(head[4:], f"{order}I") + 8 <= there


def _number(raw: bytes, form: str) -> int:
    return struct.unpack(form, raw)[0] if len(raw) == struct.calcsize(form) else 0


def _check_sphere(head: bytes, size: int) -> None:
    """NIST SPHERE, as the LDC's corpora have it: the header is text of a stated length."""
    lines = head.split(b"\n")
    start = int(lines[1]) if len(lines) > 1 and lines[1].strip().isdigit() else 0
    fields = dict(re.findall(rb"^(\w+) -i (\d{1,15})$", head, re.MULTILINE))
    names = (b"sample_count", b"sample_n_bytes", b"channel_count")
    packed = re.search(rb"^sample_coding -s\d+ \S*,", head, re.MULTILINE)
    if start == 0 or packed or any(name not in fields for name in names):
        return
    n_samples, width, channels = (int(fields[name]) for name in names)
    per_second = int(fields.get(b"sample_rate", 0)) * width * channels
    _check_promise(n_samples * width * channels, size - start, per_second)


def _check_last_page(end: bytes) -> None:
    """The last page of an Ogg file must be whole; it gives the length."""
    at = end.rfind(b"OggS")
    if at < 0:
        return
    page = end[at:]
    n_parts = page[26] if len(page) > 26 else 1
    length = 27 + n_parts + sum(page[27 : 27 + n_parts])
    if len(page) < length:
        raise cut_short(length, len(page), "bytes of its last page", 0)


# ---------------------------------------------------------------- files

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


# ---------------------------------------------------------------- arrays

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
