"""Fréchet distance of two sets of rows, each taken for Gaussian."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmiaug.metrics._checks import check_rows, check_same_width
from skmiaug.metrics._distances import on_common_scale

__all__ = ["frechet_distance", "mean_and_covariance"]

_BLOCK_ROWS = 8192


def frechet_distance(
    X_real: ArrayLike, X_synthetic: ArrayLike, *, scale: bool = True
) -> float:
    """Squared Fréchet distance: ``‖μ₁ - μ₂‖² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½)``.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)
    scale : bool, default=True
        Give the columns the scale of the real rows first, so that no column counts for its
        unit; False is the distance as it is defined.

    Returns
    -------
    float
        0 for equal means and covariances. Between two samples of one distribution it is
        above 0, and the more so the fewer rows they have: compare it with that between two
        sets of real rows of the same sizes.

    References
    ----------
    Dowson and Landau (1982); Heusel et al. (2017), arXiv 1706.08500.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import frechet_distance
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> round(frechet_distance(X, X + 2, scale=False), 6)
    12.0
    """
    real = check_rows(X_real, "X_real")
    made = check_rows(X_synthetic, "X_synthetic")
    check_same_width(real, made)
    real, made = on_common_scale(real, real, made, standardize=scale)
    mean, covariance = mean_and_covariance(real)
    other_mean, other_covariance = mean_and_covariance(made)
    # The trace of (Σ₁Σ₂)^½ is the sum of the singular values of Σ₁^½ Σ₂^½.
    product = _square_root(covariance) @ _square_root(other_covariance)
    shared = np.linalg.svd(product, compute_uv=False).sum()
    squared = np.sum((mean - other_mean) ** 2)
    squared += np.trace(covariance) + np.trace(other_covariance) - 2 * shared
    return max(float(squared), 0.0)


def mean_and_covariance(
    rows: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Float64 mean (d,) and covariance (d, d) of rows of any float type, in blocks."""
    mean = rows.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((rows.shape[1], rows.shape[1]))
    for start in range(0, len(rows), _BLOCK_ROWS):
        centred = rows[start : start + _BLOCK_ROWS] - mean
        covariance += centred.T @ centred
    return mean, covariance / max(len(rows) - 1, 1)


def _square_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
