""".npy files that are written through memory maps, whole or not at all."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skmiaug.utils.files._atomic import no_room, replacing
from skmiaug.utils.files._memory_map import reserve


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
