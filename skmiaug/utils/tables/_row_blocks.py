"""Rows that are read a few thousand at a time, and rows that a mask names."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 4096
# A call of a generator has costs of its own, and its samples depend on where blocks begin.
SAMPLED_ROWS = 8192


class Rows(Protocol):
    """Rows that are read a slice at a time: an array, or what stands in for one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the numbers."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> np.ndarray: ...


def row_blocks(n: int, size: int | None = None) -> Iterator[slice]:
    """Yield slices that cover n rows, ``size`` each at most; None is a few thousand."""
    size = size or _BLOCK_ROWS
    for begin in range(0, n, size):
        yield slice(begin, min(begin + size, n))


def row_numbers(part: Any, n_rows: int, where: str) -> NDArray[np.intp]:
    """Return the row numbers of a part that may be given as a mask of ``n_rows`` values.

    A mask of another length is a ValueError that names ``where``.
    """
    rows = np.asarray(part)
    if rows.dtype.kind != "b":
        return rows
    if rows.shape != (n_rows,):
        raise ValueError(
            f"{where} is given by a mask of shape {rows.shape}; expected one value for "
            f"each of {n_rows} rows."
        )
    return np.flatnonzero(rows)
