"""Features on disk, found by the content they were computed from.

An entry is one file, ``<first two digits>/<sha256 of the key>.feat``::

    8 bytes   b"SKMIFEA1"
    4 bytes   number of values n, little-endian
    4 n bytes values, float32, little-endian
    32 bytes  sha256 of all before

It is written whole and renamed into place, so that any number of processes may share a
folder: at worst two compute the same entry, and both write the same bytes. Nothing in it
is executed on reading (no pickle).
"""

import contextlib
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.feature_extraction._items import AudioArray, AudioFile, Item, Text
from skmiaug.utils._atomic import write_bytes_atomically
from skmiaug.utils._audio_decode import check_file

_MAGIC = b"SKMIFEA1"
_DIGEST_BYTES = 32


class FeatureCache:
    """Feature vectors of one kind in a folder.

    Parameters
    ----------
    folder : str
        Made if it is absent.
    recipe : dict
        Everything besides the content that determines a vector: JSON values only.

    Attributes
    ----------
    n_damaged : int
        Entries found damaged so far.
    """

    def __init__(self, folder: str, recipe: dict[str, Any]) -> None:
        self._folder = Path(folder)
        self._recipe = json.dumps(recipe, sort_keys=True).encode()
        self.n_damaged = 0

    def get(self, digest: str, *, size: int) -> np.ndarray | None:
        """The vector of an entry; None if it is not there or damaged."""
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        vector = _unpack(data)
        if vector is None or vector.size != size:
            self.n_damaged += 1
            return None
        return vector

    def put(self, digest: str, vector: np.ndarray) -> None:
        """Write an entry.

        Raises
        ------
        OSError
            The folder cannot be written to, or the disk is full.
        """
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(path, _pack(vector))

    def _path(self, digest: str) -> Path:
        key = hashlib.sha256(self._recipe + b"\0" + digest.encode()).hexdigest()
        return self._folder / key[:2] / f"{key}.feat"


def content_digest(item: Item) -> str | None:
    """What identifies the content of an input, wherever it lies; None if it has none.

    Two files of equal bytes have one digest; the same sound in another format, or as an
    array, has another.
    """
    if isinstance(item, Text):
        return "text:" + hashlib.sha256(item.text.encode()).hexdigest()
    if isinstance(item, AudioFile):
        # A file that cannot be read has no digest: decoding it will say why.
        with contextlib.suppress(OSError, ValueError):
            check_file(item.path)
            with open(item.path, "rb") as file:
                return "file:" + hashlib.file_digest(file, "sha256").hexdigest()
    if isinstance(item, AudioArray):
        with contextlib.suppress(ValueError):  # ragged
            array = np.ascontiguousarray(item.samples)
            if array.dtype.kind in "fiu":
                head = f"{array.dtype.str} {array.shape} {item.rate}\0".encode()
                return "array:" + hashlib.sha256(head + array.tobytes()).hexdigest()
    return None


def _pack(vector: np.ndarray) -> bytes:
    values = np.ascontiguousarray(vector, dtype="<f4")
    body = _MAGIC + struct.pack("<I", values.size) + values.tobytes()
    return body + hashlib.sha256(body).digest()


def _unpack(data: bytes) -> np.ndarray | None:
    body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    head = len(_MAGIC) + 4
    if len(body) < head or not body.startswith(_MAGIC):
        return None
    if hashlib.sha256(body).digest() != digest:
        return None
    n_values = struct.unpack("<I", body[len(_MAGIC) : head])[0]
    values = np.frombuffer(body[head:], dtype="<f4")
    return values.astype(np.float32) if values.size == n_values else None
