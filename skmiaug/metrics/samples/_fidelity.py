"""Fidelity and diversity of synthetic samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmiaug.metrics._checks import (
    check_count,
    check_labelled,
    check_real_and_synthetic,
    check_same_width,
)
from skmiaug.metrics._distances import count_within, nearest, on_common_scale


class FeatureDrift(NamedTuple):
    """Differences of each column, arrays of shape (n_features,).

    Attributes
    ----------
    mean_shift : ndarray
        Synthetic minus real mean, in real standard deviations.
    variance_ratio : ndarray
        Synthetic over real variance; NaN where the real column is constant.
    ks : ndarray
        Kolmogorov-Smirnov distance of the two distribution functions, 0 to 1.
    """

    mean_shift: NDArray[np.float64]
    variance_ratio: NDArray[np.float64]
    ks: NDArray[np.float64]


class PRDC(NamedTuple):
    """Precision, recall, density and coverage.

    Attributes
    ----------
    precision : float
        Share of the synthetic samples inside the ball of any real row.
    recall : float
        Share of the real rows inside the ball of any synthetic sample.
    density : float
        Mean number of real balls that contain a synthetic sample, over k; may exceed 1.
    coverage : float
        Share of the real balls that contain a synthetic sample; about 1 - 2⁻ᵏ between two
        samples of one size and distribution.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def feature_drift(X_real: ArrayLike, X_synthetic: ArrayLike) -> FeatureDrift:
    """Compare the columns one by one.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)

    Returns
    -------
    FeatureDrift

    See Also
    --------
    covariance_drift : Compares the correlations of the columns.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import feature_drift
    >>> real = np.random.default_rng(0).normal(size=(200, 3))
    >>> feature_drift(real, real + [0, 0, 1]).mean_shift.round(1)
    array([0., 0., 1.])
    """
    real, synthetic = check_real_and_synthetic(X_real, X_synthetic)
    mean, other_mean = (rows.mean(axis=0, dtype=np.float64) for rows in (real, synthetic))
    variance, other_variance = (
        rows.var(axis=0, dtype=np.float64, ddof=1) for rows in (real, synthetic)
    )
    deviation = np.sqrt(variance)
    varies = deviation > 1e-7 * np.abs(mean)
    ratio = np.full(real.shape[1], np.nan)
    ratio[varies] = other_variance[varies] / variance[varies]
    ks = [_ks_distance(real[:, j], synthetic[:, j]) for j in range(real.shape[1])]
    shift = (other_mean - mean) / np.where(varies, deviation, 1.0)
    return FeatureDrift(shift, ratio, np.array(ks, dtype=float))


def _ks_distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    # scipy.stats.ks_2samp also computes a p-value, which takes 50 times as long.
    one, other = np.sort(one), np.sort(other)
    both = np.concatenate([one, other])
    below = np.searchsorted(one, both, side="right") / len(one)
    gap = below - np.searchsorted(other, both, side="right") / len(other)
    return float(np.abs(gap).max())


def covariance_drift(X_real: ArrayLike, X_synthetic: ArrayLike) -> float:
    """Frobenius distance of the covariances over the norm of the real one.

    On columns standardised by the real rows, so that correlations are compared. 0 is equal;
    independent noise of the right scale gives nearly 1 where columns correlate strongly.
    Two samples of real rows differ by chance alone: compare with that.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)

    Returns
    -------
    float

    See Also
    --------
    feature_drift : Compares the columns one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import covariance_drift
    >>> real = np.random.default_rng(0).normal(size=(200, 3))
    >>> round(covariance_drift(real, real + 5), 3)
    0.0
    >>> covariance_drift(real, 2 * real) > 1
    True
    """
    real, synthetic = check_real_and_synthetic(X_real, X_synthetic)
    covariance, other = map(_covariance, on_common_scale(real, real, synthetic))
    norm = np.linalg.norm(covariance)
    return float(np.linalg.norm(other - covariance) / (norm if norm > 0 else 1.0))


def variance_ratio(
    X_real: ArrayLike, y_real: ArrayLike, X_synthetic: ArrayLike, y_synthetic: ArrayLike
) -> dict[Any, float]:
    """Total variance of the synthetic samples over that of the real rows, by class.

    Interpolation between rows, as in SMOTE, shrinks it: 2/3 in the mean for a uniform
    share of the way between two independent rows.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    y_real : array-like of shape (n_real,)
    X_synthetic : array-like of shape (n_synthetic, n_features)
    y_synthetic : array-like of shape (n_synthetic,)

    Returns
    -------
    dict
        From class to ratio, on columns standardised by the real rows; 1 is as diverse as
        real. Classes of a single row on either side are left out.

    See Also
    --------
    covariance_drift : Distance of whole covariances.
    precision_recall_density_coverage : Diversity by neighbourhoods.

    References
    ----------
    Blagus and Lusa (2013), SMOTE for high-dimensional class-imbalanced data.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import variance_ratio
    >>> real, y = np.random.default_rng(0).normal(size=(200, 3)), np.repeat([0, 1], 100)
    >>> ratios = variance_ratio(real, y, real / 2, y)
    >>> [round(ratio, 2) for ratio in ratios.values()]
    [0.25, 0.25]
    """
    real, labels = check_labelled(X_real, y_real, ("X_real", "y_real"))
    synthetic, other_labels = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic")
    )
    check_same_width(real, synthetic)
    real, synthetic = on_common_scale(real, real, synthetic)
    ratios = {}
    for label in np.unique(other_labels).tolist():
        own, other = real[labels == label], synthetic[other_labels == label]
        if len(own) > 1 and len(other) > 1:
            total, found = (
                float(rows.var(axis=0, dtype=np.float64, ddof=1).sum())
                for rows in (own, other)
            )
            ratios[label] = found / total if total > 0 else float("nan")
    return ratios


def frechet_distance(
    X_real: ArrayLike, X_synthetic: ArrayLike, *, scale: bool = True
) -> float:
    """Squared Fréchet distance: ``‖μ₁ - μ₂‖² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½)``.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)
    scale : bool, default=True
        Standardise the columns by the real rows first; False is the distance as defined.

    Returns
    -------
    float
        0 for equal means and covariances. Two samples of one distribution have a distance
        above 0, larger for fewer rows: compare with that of real rows of the same sizes.

    See Also
    --------
    precision_recall_density_coverage : Separates fidelity from diversity.

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
    real, synthetic = check_real_and_synthetic(X_real, X_synthetic)
    real, synthetic = on_common_scale(real, real, synthetic, standardize=scale)
    gap = real.mean(axis=0, dtype=np.float64) - synthetic.mean(axis=0, dtype=np.float64)
    one, other = _covariance(real), _covariance(synthetic)
    # The trace of (Σ₁Σ₂)^½ is the sum of the singular values of Σ₁^½ Σ₂^½. scipy's sqrtm
    # is inexact for the singular covariances of few rows.
    product = _square_root(one) @ _square_root(other)
    shared = np.linalg.svd(product, compute_uv=False).sum()
    return max(float(gap @ gap + np.trace(one) + np.trace(other) - 2 * shared), 0.0)


def precision_recall_density_coverage(
    X_real: ArrayLike, X_synthetic: ArrayLike, *, n_neighbors: int = 5, scale: bool = True
) -> PRDC:
    """Fidelity (precision, density) and diversity (recall, coverage).

    The ball of a row reaches to its k-th nearest neighbour in its own set.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)
    n_neighbors : int, default=5
        k; both sets have more rows.
    scale : bool, default=True
        Standardise the columns by the real rows first; False is as published.

    Returns
    -------
    PRDC

    Raises
    ------
    ValueError
        A set has no more than ``n_neighbors`` rows.

    See Also
    --------
    nearest_row_leakage : Whether synthetic samples are too close to training rows.

    References
    ----------
    Kynkäänniemi et al. (2019), arXiv 1904.06991; Naeem et al. (2020), arXiv 2002.09797.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import precision_recall_density_coverage
    >>> real, synthetic = np.random.default_rng(0).normal(size=(2, 200, 3))
    >>> precision_recall_density_coverage(real, synthetic + 100).coverage
    0.0
    >>> precision_recall_density_coverage(real, synthetic).precision > 0.9
    True
    """
    k = check_count("n_neighbors", n_neighbors, 1)
    real, synthetic = check_real_and_synthetic(X_real, X_synthetic, at_least=k + 1)
    real, synthetic = on_common_scale(real, real, synthetic, standardize=scale)
    real_reach, synthetic_reach = (
        nearest(None, rows, k)[0][:, -1] for rows in (real, synthetic)
    )
    balls, covered = count_within(synthetic, real, real_reach)
    found = count_within(real, synthetic, synthetic_reach)[0]
    return PRDC(
        precision=float(np.mean(balls > 0)),
        recall=float(np.mean(found > 0)),
        density=float(balls.mean() / k),
        coverage=float(covered.mean()),
    )


def _covariance(rows: NDArray[Any]) -> NDArray[np.float64]:
    return np.atleast_2d(np.cov(rows, rowvar=False, dtype=np.float64))


def _square_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
