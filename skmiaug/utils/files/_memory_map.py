"""Arrays whose memory is a file: temporary ones, and .npy files that are written whole."""

import math
import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from skmiaug.utils.files._atomic import no_room, replacing


def is_memory_mapped(array: Any) -> bool:
    """Whether the numbers of an array are read from a file, views of such ones included."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    # An array over a mapping holds a memoryview of it, not the mapping.
    return isinstance(getattr(array, "obj", array), mmap.mmap)


def scratch_array(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Return zeros in a temporary file, which is removed with the array.

    The system writes pages out when memory runs short. The array is a plain ndarray: it
    pickles as one, and joblib does not look for a file by its name. An OSError names the
    folder for temporary files (``TMPDIR``) if that has too little room.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size == 0:
        return np.zeros(shape, dtype)
    with tempfile.TemporaryFile(prefix="skmiaug-") as file:
        try:
            reserve(file.fileno(), size)
        except OSError as error:
            raise OSError(
                error.errno,
                f"{size:,} bytes of temporary files do not fit into "
                f"{tempfile.gettempdir()} ({error.strerror}). Set the environment variable "
                "TMPDIR to a folder with more room.",
            ) from error
        mapping = mmap.mmap(file.fileno(), size)
    return np.frombuffer(mapping, dtype).reshape(shape)


def reserve(descriptor: int, size: int) -> None:
    """Make a file ``size`` bytes long and reserve its space on the disk, or OSError.

    Writing to a mapped page for which the disk has no room ends the process.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        os.truncate(descriptor, size)


# ---------------------------------------------------------------- .npy files


class NpyFile(NamedTuple):
    """A file to write, with the shape and type of its array."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype


def npy_path(path: str | os.PathLike[str]) -> Path:
    """Return the path with the suffix ``.npy``, as ``numpy.save`` does."""
    path = Path(path)
    return path if path.suffix == ".npy" else path.with_name(path.name + ".npy")


@contextmanager
def new_npy_files(files: Sequence[NpyFile]) -> Iterator[list[np.memmap]]:
    """Yield a memory map to fill for each file; they get their names when the block ends.

    Until then each is a temporary file in its folder, see `replacing`. When the block is
    left by an error, Ctrl-C included, older files of the names are left as they were. That
    the disk has too little room is an OSError before the block is entered.
    """
    with ExitStack() as stack:
        maps = []
        for file in files:
            descriptor, name = stack.enter_context(replacing(file.path))
            maps.append(_mapped(descriptor, name, file))
        yield maps
        for array in maps:
            array.flush()


def _mapped(descriptor: int, name: str, file: NpyFile) -> np.memmap:
    """Open a map whose room on the disk is taken."""
    try:
        array = np.lib.format.open_memmap(
            name, mode="w+", dtype=file.dtype, shape=file.shape
        )
        reserve(descriptor, os.path.getsize(name))
    except OSError as error:
        size = math.prod(file.shape) * file.dtype.itemsize
        raise no_room(error, file.path, size) from error
    return array
