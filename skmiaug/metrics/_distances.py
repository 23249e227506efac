"""Euclidean distances by matrix products, in blocks that fit in memory.

Float32 throughout: a distance is off by about 3e-4 of the length of the rows at worst.
Distances that are returned, and those too near a limit to tell, are taken again, exactly.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ColumnScale",
    "count_within",
    "nearest",
    "on_common_scale",
    "squared_distance_blocks",
]

_BLOCK_BYTES = 2**27
_COPY_ROWS = 8192
_ROW_ROUNDING = float(np.finfo(np.float32).eps)
# Of a squared distance by products, as a share of the squared lengths of both rows: several
# times what was seen in up to 5,000 columns.
_PRODUCT_ROUNDING = 32 * _ROW_ROUNDING


class ColumnScale:
    """Mean and divisor of the columns of some rows, without the rows.

    Columns that are constant keep their unit.
    """

    def __init__(self, reference: NDArray[Any], *, standardize: bool = True) -> None:
        self.mean = reference.mean(axis=0, dtype=np.float64)
        self.divisor = np.ones_like(self.mean)
        if standardize:
            deviation = reference.std(axis=0, dtype=np.float64)
            varies = deviation > 1e-7 * np.abs(self.mean)
            self.divisor[varies] = deviation[varies]

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """A float32 copy of ``rows`` (n, d), centred and scaled."""
        out = np.empty(rows.shape, dtype=np.float32)
        for start in range(0, len(rows), _COPY_ROWS):
            block = slice(start, start + _COPY_ROWS)
            out[block] = (rows[block] - self.mean) / self.divisor
        return out


def on_common_scale(
    reference: NDArray[Any], *sets: NDArray[Any], standardize: bool = True
) -> list[NDArray[np.float32]]:
    """Float32 copies of ``sets``, centred and scaled by the columns of ``reference``.

    With ``standardize=False`` they are only centred, which makes the products of long rows
    exact enough.
    """
    scale = ColumnScale(reference, standardize=standardize)
    return [scale(rows) for rows in sets]


def squared_distance_blocks(
    queries: NDArray[Any], reference: NDArray[Any]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield (slice of the queries, their squared distances to all of the reference).

    The array (rows of the slice, n_reference) is the caller's until the next one is drawn.
    """
    left = np.asarray(queries, dtype=np.float32)
    right = np.asarray(reference, dtype=np.float32)
    lengths = np.einsum("ij,ij->i", right, right)
    n_rows = max(1, min(len(left), _BLOCK_BYTES // (4 * len(right))))
    buffer = np.empty((n_rows, len(right)), dtype=np.float32)
    for start in range(0, len(left), n_rows):
        block = slice(start, min(start + n_rows, len(left)))
        rows = left[block]
        squared = buffer[: len(rows)]
        np.matmul(-2.0 * rows, right.T, out=squared)
        squared += lengths
        squared += np.einsum("ij,ij->i", rows, rows)[:, None]
        np.maximum(squared, 0.0, out=squared)
        yield block, squared


def nearest(
    queries: NDArray[Any],
    reference: NDArray[Any],
    k: int = 1,
    *,
    same_rows: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Distances (n, k), nearest first, and the rows of the reference they lead to.

    ``same_rows``: queries and reference are the same rows, and no row is its own neighbour.
    """
    distances = np.empty((len(queries), k))
    rows = np.empty((len(queries), k), dtype=np.intp)
    for block, squared in squared_distance_blocks(queries, reference):
        n_block = len(squared)
        if same_rows:
            squared[np.arange(n_block), np.arange(block.start, block.stop)] = np.inf
        if k == 1:
            found = squared.argmin(axis=1)[:, None]
        else:
            found = np.argpartition(squared, k - 1, axis=1)[:, :k]
        for column in range(k):
            gap = queries[block].astype(np.float64) - reference[found[:, column]]
            distances[block, column] = np.sqrt(np.einsum("ij,ij->i", gap, gap))
        order = np.argsort(distances[block], axis=1, kind="stable")
        distances[block] = np.take_along_axis(distances[block], order, axis=1)
        rows[block] = np.take_along_axis(found, order, axis=1)
    return distances, rows


def count_within(
    queries: NDArray[Any], reference: NDArray[Any], radius: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """How many balls hold each query, and whether each ball holds any.

    Parameters
    ----------
    radius : ndarray of shape (n_reference,)
        Of the ball around each row of the reference; its surface belongs to it, rows that
        were rounded to float32 included.
    """
    counts = np.empty(len(queries), dtype=np.intp)
    hit = np.zeros(len(reference), dtype=bool)
    limit = np.square(radius, dtype=np.float64)
    doubt = _PRODUCT_ROUNDING * _squared_lengths(reference)
    surely, perhaps = (limit - doubt).astype(np.float32), (limit + doubt).astype(np.float32)
    for block, squared in squared_distance_blocks(queries, reference):
        own = _PRODUCT_ROUNDING * _squared_lengths(queries[block])[:, None]
        squared += own
        inside = squared <= surely
        squared -= 2 * own
        # Within the rounding of the products: copies and other ties. Taken exactly.
        pairs = np.nonzero((squared <= perhaps) & ~inside)
        inside[pairs] = _reached(queries[block], reference, radius, pairs)
        counts[block] = np.count_nonzero(inside, axis=1)
        hit |= inside.any(axis=0)
    return counts, hit


def _reached(
    queries: NDArray[Any],
    reference: NDArray[Any],
    radius: NDArray[Any],
    pairs: tuple[NDArray[np.intp], ...],
) -> NDArray[np.bool_]:
    """Which of some pairs (query, row of the reference) are within that row's radius."""
    reached = np.empty(len(pairs[0]), dtype=bool)
    for start in range(0, len(reached), _COPY_ROWS):
        some = slice(start, start + _COPY_ROWS)
        of_query, of_reference = (index[some] for index in pairs)
        left = queries[of_query].astype(np.float64)
        right = reference[of_reference].astype(np.float64)
        lengths = np.sqrt(_squared_lengths(left)) + np.sqrt(_squared_lengths(right))
        distances = np.sqrt(_squared_lengths(left - right))
        # Rows are float32: equal distances differ by the rounding of their ends.
        reached[some] = distances <= radius[of_reference] + _ROW_ROUNDING * lengths
    return reached


def _squared_lengths(rows: NDArray[Any]) -> NDArray[np.float64]:
    return np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
