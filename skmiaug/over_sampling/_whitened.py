"""Rows in the whitened space of their class Gaussian: in memory, or read from a file."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skmiaug.over_sampling._class_gaussian import (
    ClassGaussian,
    fit_class_gaussian,
)
from skmiaug.over_sampling._column_scale import ColumnScale, StandardisedRows
from skmiaug.over_sampling._row_blocks import Rows
from skmiaug.utils._memory_map import scratch_array

_CHUNK_COLUMNS = 64


class Whitening(NamedTuple):
    """The class Gaussian of n rows, and these rows in its space.

    Attributes
    ----------
    gaussian : ClassGaussian
    leading : ndarray of shape (n, n_leading)
        Whitened rows in the new order, their first columns.
    whitened : callable
        Returns all columns, to be called once at most.
    """

    gaussian: ClassGaussian
    leading: np.ndarray
    whitened: Callable[[], np.ndarray]


def rows_in_memory(
    X: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
    scale: ColumnScale,
    order: np.ndarray,
    n_leading: int,
) -> Whitening:
    """Fit the class Gaussian to ``X`` and whiten it, by way of one float32 copy.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
    classes : ndarray of shape (n,)
        Class indices.
    n_classes : int
    scale : ColumnScale
    order : ndarray of shape (n,)
        Which row of ``X`` comes where in what is returned.
    n_leading : int
    """
    Z = scale.transform(X)
    gaussian = fit_class_gaussian(Z, classes, n_classes)
    whitened = _reorder(gaussian.whiten_in_place(Z), order)
    # A copy, even of all columns: the callers of ``whitened`` change what it returns.
    leading = np.array(whitened[:, :n_leading], order="C")
    return Whitening(gaussian, leading, lambda: whitened)


def mapped_rows(
    X: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
    scale: ColumnScale,
    order: np.ndarray,
    n_leading: int,
) -> Whitening:
    """Do as :func:`rows_in_memory`, to the bit, for rows that memory may not hold.

    ``X`` is read from its beginning to its end a few times, a block at a time; the
    leading columns alone are kept. All columns, if they are asked for, go to a scratch
    file.
    """
    Z = StandardisedRows(X, scale)
    gaussian = fit_class_gaussian(Z, classes, n_classes)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))

    def all_columns() -> np.ndarray:
        out = scratch_array(X.shape, np.float32)
        return _whiten_into(out, gaussian, Z, place)

    leading = np.empty((len(Z), n_leading), dtype=np.float32)
    _whiten_into(leading, gaussian, Z, place)
    return Whitening(gaussian, leading, all_columns)


def _whiten_into(
    out: np.ndarray, gaussian: ClassGaussian, Z: Rows, place: np.ndarray
) -> np.ndarray:
    """Put the first columns of the whitened rows in their places, and return ``out``."""
    # All columns are computed even where few are kept: a product of another shape may
    # differ in its last bits.
    for rows, whitened in gaussian.whitened_blocks(Z):
        out[place[rows]] = whitened[:, : out.shape[1]]
    return out


def _reorder(Z: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Bring the rows of ``Z`` into order in place, without a second matrix beside it."""
    if (np.diff(order) != 1).any():
        for begin in range(0, Z.shape[1], _CHUNK_COLUMNS):
            columns = Z[:, begin : begin + _CHUNK_COLUMNS]
            columns[...] = columns[order]
    return Z
