"""Rows that are read a few thousand at a time."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

_CHUNK_ROWS = 4096


class Rows(Protocol):
    """Rows that are read a slice at a time: an array, or what stands in for one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> np.ndarray: ...


def row_blocks(n: int) -> Iterator[slice]:
    """Yield slices that cover n rows, a few thousand each."""
    for begin in range(0, n, _CHUNK_ROWS):
        yield slice(begin, min(begin + _CHUNK_ROWS, n))
