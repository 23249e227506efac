""".npy files that are filled through a memory map, and are whole or not there at all."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skmiaug.utils._atomic import temporary_beside, usual_mode
from skmiaug.utils._memory_map import reserve


class NpyFile(NamedTuple):
    """A file to make: where, and of what."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype


def npy_path(path: str | os.PathLike[str]) -> Path:
    """Return the path with ``.npy`` behind it, as ``numpy.save`` has it."""
    path = Path(path)
    return path if path.suffix == ".npy" else path.with_name(path.name + ".npy")


@contextmanager
def new_npy_files(files: Sequence[NpyFile]) -> Iterator[list[np.memmap]]:
    """Yield a memory map to fill for each file; they get their names when the block ends.

    Until then each is a temporary file in its folder. When the block is left by an error,
    Ctrl-C included, these are removed and older files of the names are left as they were.

    Raises
    ------
    OSError
        A folder is absent or cannot be written to, a path is that of a folder, or the disk
        has too little room; that is known before the block is entered.
    """
    with ExitStack() as cleanup:
        maps, names = [], []
        for file in files:
            descriptor, name = temporary_beside(file.path)
            os.close(descriptor)
            cleanup.callback(Path(name).unlink, missing_ok=True)
            names.append(name)
            maps.append(_mapped(name, file))
        yield maps
        for name, array in zip(names, maps, strict=True):
            array.flush()
            os.chmod(name, usual_mode())
        for name, file in zip(names, files, strict=True):
            os.replace(name, file.path)


def _mapped(name: str, file: NpyFile) -> np.memmap:
    """Open a map whose room on the disk is taken."""
    try:
        array = np.lib.format.open_memmap(
            name, mode="w+", dtype=file.dtype, shape=file.shape
        )
        with open(name, "r+b") as handle:
            reserve(handle.fileno(), os.path.getsize(name))
    except OSError as error:
        size = math.prod(file.shape) * file.dtype.itemsize
        raise OSError(
            error.errno,
            f"{size:,} bytes do not fit into {file.path.parent} ({error.strerror}). "
            "Make room there, ask for fewer rows, or name another folder",
            str(file.path),
        ) from error
    return array
