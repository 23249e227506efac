"""Features on disk, keyed by the content of the inputs.

An entry is one file, ``<first two digits>/<sha256 of the key>.feat``::

    8 bytes   b"SKMIFEA3"
    8 bytes   duration of the input in seconds (0 for text), float64, little-endian
    4 bytes   each value, float32, little-endian
    32 bytes  sha256 of all before

It is renamed into place when it is complete, so that any number of processes may share a
folder: at worst two compute the same entry, and both write the same bytes. Reading an
entry executes nothing (no pickle).

``joblib.Memory`` is not an alternative: its keys are the paths of files and not their
content, it loads pickles, and it stores the result of a call, not of each input.
"""

import contextlib
import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.feature_extraction._items import Item
from skmiaug.utils.audio import check_file
from skmiaug.utils.files._atomic import write_bytes_atomically

_MAGIC = b"SKMIFEA3"
_DIGEST_BYTES = 32


class FeatureCache:
    """Feature vectors of one kind in a folder, which is created if it is absent.

    ``recipe`` holds everything else that determines a vector: JSON values only.
    ``n_damaged`` counts the entries found damaged so far.
    """

    def __init__(self, folder: str, recipe: dict[str, Any]) -> None:
        self._folder = Path(folder)
        self._recipe = json.dumps(recipe, sort_keys=True).encode()
        self.n_damaged = 0

    def get(
        self, digest: str, *, size: int, max_seconds: float = np.inf
    ) -> np.ndarray | None:
        """The vector of an entry; None if there is none, or it is damaged or too long.

        Audio that is too long is not found, so that it is refused as without a cache.
        """
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._explained(error, "read") from error
        entry = _unpack(data)
        if entry is None or entry[0].size != size:
            self.n_damaged += 1
            return None
        vector, seconds = entry
        return vector if seconds <= max_seconds else None

    def put(self, digest: str, vector: np.ndarray, seconds: float = 0.0) -> None:
        """Write an entry of an input of so many ``seconds``."""
        path = self._path(digest)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes_atomically(path, _pack(vector, seconds))
        except OSError as error:
            raise self._explained(error, "written") from error

    def _explained(self, error: OSError, done: str) -> OSError:
        """An error of the same class that names the folder and the remedy."""
        reason = os.strerror(error.errno) if error.errno else str(error)
        return type(error)(
            error.errno,
            f"expected a cache_dir whose files can be {done}, got an error ({reason}); "
            "make room there or name another folder. Entries that exist are kept: the same "
            "call resumes from them",
            str(self._folder),
        )

    def _path(self, digest: str) -> Path:
        # The magic is part of the key: entries of another layout are not damaged ones.
        content = b"\0".join([_MAGIC, self._recipe, digest.encode()])
        key = hashlib.sha256(content).hexdigest()
        return self._folder / key[:2] / f"{key}.feat"


def content_digest(item: Item) -> str | None:
    """Digest of the content of an input, wherever it is stored; None if it has none.

    Two files of equal bytes have one digest; the same sound in another format, or as an
    array, has another.
    """
    # A missing file or a ragged list has none; the error is raised when it is read.
    with contextlib.suppress(OSError, ValueError):
        if item.text:
            return "text:" + hashlib.sha256(item.text.encode()).hexdigest()
        if item.path:
            check_file(item.path)
            with open(item.path, "rb") as file:
                return "file:" + hashlib.file_digest(file, "sha256").hexdigest()
        array = np.ascontiguousarray(item.samples)
        if array.dtype.kind in "fiu":
            head = f"{array.dtype.str} {array.shape} {item.rate}\0".encode()
            return "array:" + hashlib.sha256(head + array.tobytes()).hexdigest()
    return None


def _pack(vector: np.ndarray, seconds: float) -> bytes:
    body = _MAGIC + struct.pack("<d", seconds) + vector.astype("<f4").tobytes()
    return body + hashlib.sha256(body).digest()


def _unpack(data: bytes) -> tuple[np.ndarray, float] | None:
    body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    start = len(_MAGIC) + 8
    intact = len(body) >= start and hashlib.sha256(body).digest() == digest
    if not intact or not body.startswith(_MAGIC):
        return None
    (seconds,) = struct.unpack("<d", body[len(_MAGIC) : start])
    return np.frombuffer(body[start:], dtype="<f4").astype(np.float32), seconds
