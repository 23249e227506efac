"""Eigenvalues and eigenvectors of the pooled covariance within targets.

With far fewer rows than columns, n of d, the rows lie in n - 1 directions at most, and the
n x n products of the rows determine them: an eigenvector u of R Rᵀ gives Rᵀu of RᵀR. Only
these directions are kept, so that nothing is ever of size d x d.
"""

from dataclasses import dataclass

import numpy as np

from skmiaug.utils.tables._row_blocks import Rows, row_blocks

# Below, the eigenvectors of the whole matrix are a matter of seconds.
_MANY_COLUMNS = 2049
_CHUNK_COLUMNS = 1024
_NO_DIRECTION = 1e-6


@dataclass(frozen=True)
class Spectrum:
    """Second moments of the residuals r of n rows

    Attributes
    ----------
    values : ndarray of shape (n_directions,), float64
        Eigenvalues of the mean of r rᵀ, falling.
    axes : ndarray of shape (n_features, n_directions)
        Eigenvectors, one a column; each has a positive largest entry.
    squared_norm, trace : float
        Sum of the squares of the mean of r rᵀ, and of its diagonal.
    fourth_moment : float
        Mean of ||r||⁴.
    """

    values: np.ndarray
    axes: np.ndarray
    squared_norm: float
    trace: float
    fourth_moment: float


def spectrum_of(Z: Rows, T: np.ndarray, coefficients: np.ndarray) -> Spectrum:
    """Decompose the covariance of Z - T B, read in blocks.

    Parameters
    ----------
    Z : Rows of shape (n, n_features), float32
    T : ndarray of shape (n, n_targets), float32
    coefficients : ndarray of shape (n_targets, n_features), float32
        B of the regression of ``Z`` on ``T``.
    """
    n, d = Z.shape
    if d >= _MANY_COLUMNS and n <= d // 2:
        return _by_products_of_rows(Z, T, coefficients)
    return _by_covariance(Z, T, coefficients)


def _by_covariance(Z: Rows, T: np.ndarray, coefficients: np.ndarray) -> Spectrum:
    n, d = Z.shape
    second, fourth = np.zeros((d, d)), 0.0
    for rows in row_blocks(n):
        r = Z[rows] - T[rows] @ coefficients
        second += r.T @ r
        fourth += _fourth_powers(r)
    second /= n
    values, axes = np.linalg.eigh(second)
    return Spectrum(
        values[::-1],
        _fixed_signs(axes[:, ::-1]),
        float(np.square(second).sum()),
        float(np.trace(second)),
        fourth / n,
    )


def _by_products_of_rows(Z: Rows, T: np.ndarray, coefficients: np.ndarray) -> Spectrum:
    n, d = Z.shape
    r = np.empty((n, d), dtype=np.float32)
    for rows in row_blocks(n):
        np.subtract(Z[rows], T[rows] @ coefficients, out=r[rows])
    products = np.zeros((n, n))
    for begin in range(0, d, _CHUNK_COLUMNS):
        columns = r[:, begin : begin + _CHUNK_COLUMNS]
        products += columns @ columns.T
    products /= n
    found, combined = np.linalg.eigh(products)
    found, combined = found[::-1], combined[:, ::-1]
    n_directions = max(int((found > _NO_DIRECTION * found[0]).sum()), 1)
    axes = _unit_columns(r.T @ combined[:, :n_directions].astype(np.float32))
    # The class means may lie outside of the span of the residuals.
    shift = (coefficients - coefficients.mean(axis=0)).T
    outside = shift - axes @ (axes.T @ shift)
    extra, _, _ = np.linalg.svd(outside, full_matrices=False)
    lengths = np.linalg.norm(extra.T @ outside, axis=1)
    extra = extra[:, lengths > _NO_DIRECTION * max(lengths.max(), np.linalg.norm(shift))]
    axes = np.hstack([axes, extra.astype(np.float32)])
    values = np.zeros(axes.shape[1])
    values[:n_directions] = found[:n_directions]
    return Spectrum(
        values,
        _fixed_signs(axes),
        float(np.square(products).sum()),
        float(np.trace(products)),
        _fourth_powers(r) / n,
    )


def _unit_columns(directions: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(directions, axis=0)
    return directions / np.where(length > 0, length, 1)


def _fourth_powers(r: np.ndarray) -> float:
    """Sum of ||r||⁴ over the rows."""
    return float(np.square(np.square(r).sum(axis=1, dtype=np.float64)).sum())


def _fixed_signs(axes: np.ndarray) -> np.ndarray:
    """Turn each column in place so that its largest entry is positive; eigh does not."""
    largest = np.abs(axes).argmax(axis=0)
    axes *= np.sign(axes[largest, np.arange(axes.shape[1])])
    return axes
