"""The length in the header of an audio file, compared with the bytes that are there.

Where the two differ, libsndfile reads what is there, so that an incomplete copy would pass
for a shorter clip. The decoder of FLAC reports this itself; an MP3 does not state a length.
"""

import os
import re
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

# A program that writes to a pipe cannot fill in the length at the end. It leaves 0 or a
# number near 2 or 4 GiB (0x7FFFF000 in sox, 0x80000000 in arecord, 0xFFFFFFFF less the
# header in others), more than any file that is accepted can hold.
_OPEN_ENDED = 0x7FFF0000
_MAX_CHUNKS = 1000
# A page of Ogg: 27 bytes, a table of at most 255 bytes, and as many parts of 255 bytes.
_MAX_OGG_PAGE = 27 + 255 + 255 * 255


class AudioDecodeError(ValueError):
    """An audio input cannot be turned into samples; the message gives the reason."""


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
            _check(length, size - start)
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


def _check(promised: int, there: int, bytes_per_second: int = 0) -> None:
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
            _check(large or length, size - start, bytes_per_second)
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
    _check(n_samples * width * channels, size - start, per_second)


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
