"""Arrays whose memory is a file, and temporary ones of them."""

import math
import mmap
import os
import tempfile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike


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
