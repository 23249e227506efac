"""Rows in a file, and their labels in another next to it."""

import os
from collections.abc import Callable

import numpy as np

from skmiaug.utils.files._memory_map import NpyFile, new_npy_files, npy_path


def write_rows(
    path: str | os.PathLike[str],
    labels: np.ndarray,
    shape: tuple[int, int],
    dtype: np.dtype,
    fill: Callable[[np.ndarray], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Make both files, whole or not at all, and open them.

    Parameters
    ----------
    path : str or path-like
        File of the rows; that of the labels has ``_y`` behind its stem.
    labels : ndarray of shape (n,)
    shape : (n, n_features)
    dtype : numpy.dtype
    fill : callable
        Writes the rows into the memory map that it is given.

    Returns
    -------
    X : memmap of shape (n, n_features)
        For reading.
    y : ndarray of shape (n,)
    """
    rows = npy_path(path)
    beside = rows.with_name(f"{rows.stem}_y.npy")
    # The rows last: where they are, their labels are.
    files = NpyFile(beside, labels.shape, labels.dtype), NpyFile(rows, shape, dtype)
    with new_npy_files(files) as (own, out):
        own[...] = labels
        fill(out)
    return np.load(rows, mmap_mode="r"), np.load(beside)
