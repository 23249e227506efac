"""CMU's computational sequences (.csd): HDF5 files that are not trusted.

HDF5 can refer to other files, load filters from shared libraries and declare arrays far
larger than what is stored. None of that is needed here: all of it is refused.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmiaug.datasets.manifest import is_unicode, listed, need_regular_file
from skmiaug.exceptions import FileFormatError
from skmiaug.utils import require

# The full COVAREP file of CMU-MOSEI has some 25 GiB.
_MAX_FILE_BYTES = 2**38
_MAX_ENTRIES = 200_000
# An hour of frames at 100 Hz of 74 float32 has 107 MB.
_MAX_ARRAY_BYTES = 2**30
# What may be unpacked from little: real frames shrink by 2 to 10, silence by some hundreds.
_MAX_EXPANSION, _FREE_BYTES = 1000, 2**24
# Five hours of speech; each word is read by itself, in blocks of few, since many rows may
# point at one long text.
_MAX_WORDS, _MAX_TEXT, _WORDS_AT_ONCE = 50_000, 2**20, 16
# gzip, shuffle, Fletcher checksum, szip, n-bit, scale-offset, LZF: none is a plug-in.
_FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})


class CsdFile:
    """One modality of a corpus, of `open_csd`: features and their intervals, by entry.

    ``root`` is the name of the one group at the top; the first, if there are several.
    """

    def __init__(self, path: Path, file: Any) -> None:
        self.path = path
        names = list(file.keys())
        if not names:
            raise self._refusal("a computational sequence at the top", "nothing")
        self.root = names[0]
        self._data = self._group(self._group(file, self.root), "data")
        if len(self._data) > _MAX_ENTRIES:
            raise self._refusal(f"at most {_MAX_ENTRIES} entries", str(len(self._data)))

    def entries(self) -> list[str]:
        """Names of the entries: videos, or segments such as "video[3]"."""
        names = list(self._data.keys())
        bad = [ascii(name) for name in names if type(name) is bytes or not is_unicode(name)]
        if bad:
            raise self._refusal("names of entries in Unicode", listed(bad))
        return names

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def intervals(self, key: str) -> NDArray[np.float64]:
        """Start and end in seconds of each frame, shape (n_frames, 2)."""
        dataset = self._dataset(key, "intervals", "fiu")
        if len(dataset.shape) != 2 or dataset.shape[1] != 2:
            raise self._refusal(f"intervals of shape (n, 2) in {key!r}", dataset.shape)
        return np.asarray(dataset[()], dtype=np.float64)

    def shape(self, key: str) -> tuple[int, int]:
        """Number of frames and of features of an entry."""
        dataset = self._dataset(key, "features", "fiu")
        if len(dataset.shape) != 2:
            raise self._refusal(f"features of shape (n, d) in {key!r}", dataset.shape)
        return int(dataset.shape[0]), int(dataset.shape[1])

    def features(self, key: str, first: int = 0, last: int | None = None) -> NDArray[Any]:
        """Rows `first` to `last` of an entry's features, float32."""
        self.shape(key)
        dataset = self._dataset(key, "features", "fiu")
        return np.asarray(dataset[first:last], dtype=np.float32)

    def words(self, key: str) -> list[str]:
        """Features that are words, one a row."""
        dataset = self._dataset(key, "features", "SO")
        if not dataset.shape or dataset.shape[1:] not in ((), (1,)):
            raise self._refusal(f"one word a row in {key!r}", dataset.shape)
        if dataset.shape[0] > _MAX_WORDS:
            raise self._refusal(f"at most {_MAX_WORDS} words in {key!r}", dataset.shape[0])
        values: list[Any] = []
        total = 0
        for row in range(0, dataset.shape[0], _WORDS_AT_ONCE):
            block = np.asarray(dataset[row : row + _WORDS_AT_ONCE]).reshape(-1).tolist()
            total += sum(map(len, block))
            if total > _MAX_TEXT:
                raise self._refusal(f"at most {_MAX_TEXT} characters in {key!r}", "more")
            values += block
        return [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]

    def _group(self, parent: Any, name: str) -> Any:
        self._check_link(parent, name)
        found = parent.get(name)
        h5py = _h5py()
        if not isinstance(found, h5py.Group):
            raise self._refusal(f"the group {name!r}", type(found).__name__)
        return found

    def _dataset(self, key: str, name: str, kinds: str) -> Any:
        dataset = self._group(self._data, key)
        self._check_link(dataset, name)
        found = dataset.get(name)
        if not isinstance(found, _h5py().Dataset):
            raise self._refusal(f"{name} of {key!r}", type(found).__name__)
        self._check_storage(found, f"{name} of {key!r}", kinds)
        return found

    def _check_link(self, parent: Any, name: str) -> None:
        """Only plain links: others can lead to another file, or anywhere in this one."""
        if name not in parent:
            raise self._refusal(f"{name!r} in {parent.name!r}", "no such entry")
        try:
            link = parent.get(name, getlink=True)
        except (TypeError, KeyError) as error:  # a link of an unknown kind
            raise self._refusal(f"a plain link {name!r}", str(error)) from error
        if not isinstance(link, _h5py().HardLink):
            raise self._refusal(f"a plain link {name!r}", type(link).__name__)

    def _check_storage(self, dataset: Any, what: str, kinds: str) -> None:
        if dataset.is_virtual or dataset.external:
            raise self._refusal(f"{what} stored in this file", "data of another file")
        kind = dataset.dtype.kind
        text = kind != "O" or _h5py().check_string_dtype(dataset.dtype) is not None
        if kind not in kinds or not text:
            raise self._refusal(f"{what} as {_KINDS[kinds]}", str(dataset.dtype))
        creation = dataset.id.get_create_plist()
        used = {creation.get_filter(i)[0] for i in range(creation.get_nfilters())}
        if used - _FILTERS:
            raise self._refusal(f"{what} packed by HDF5's own filters", str(sorted(used)))
        size = int(np.prod(dataset.shape, dtype=object)) * dataset.dtype.itemsize
        chunk = int(np.prod(dataset.chunks or (0,), dtype=object)) * dataset.dtype.itemsize
        if max(size, chunk) > _MAX_ARRAY_BYTES:
            expected = f"{what} of at most {_MAX_ARRAY_BYTES / 2**20:.0f} MiB"
            raise self._refusal(expected, f"{max(size, chunk) / 2**20:.0f} MiB")
        stored = dataset.id.get_storage_size()
        if size > _FREE_BYTES and size > _MAX_EXPANSION * max(stored, 1):
            expected = f"{what} that unpacks to at most {_MAX_EXPANSION} times its size"
            raise self._refusal(expected, f"{stored} bytes that claim to be {size}")

    def _refusal(self, expected: str, found: object) -> FileFormatError:
        return FileFormatError(
            f"{self.path}: expected {expected}; got {found}. If the file came from the "
            "corpus's own server, copy it again."
        )


_KINDS = {"fiu": "numbers", "SO": "text"}
# What h5py raises on damaged files.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@contextmanager
def open_csd(path: str | os.PathLike[str]) -> Iterator[CsdFile]:
    """Open a .csd file to read from."""
    h5py = _h5py()
    file = need_regular_file(path, _MAX_FILE_BYTES, "a computational sequence (.csd)")
    try:
        with h5py.File(file, "r") as opened:
            yield CsdFile(file, opened)
    except FileFormatError:
        raise
    except _DAMAGE as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise FileFormatError(
            f"{file}: expected a computational sequence (.csd, HDF5); it cannot be read "
            f"({reason[0][:200]}). Copy it again."
        ) from error


def _h5py() -> Any:
    return require("h5py", extra="mosei", purpose="read .csd files")
