"""How far columns, covariances and the spread of classes have moved."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmiaug.metrics._checks import check_labelled, check_rows, check_same_width
from skmiaug.metrics._distances import on_common_scale
from skmiaug.metrics._frechet import mean_and_covariance

__all__ = ["FeatureDrift", "covariance_drift", "feature_drift", "variance_ratio"]


class FeatureDrift(NamedTuple):
    """Three figures for each column, each array of shape (n_features,).

    Attributes
    ----------
    mean_shift : ndarray
        Mean of the generated rows less that of the real ones, in real standard deviations.
    variance_ratio : ndarray
        Generated over real variance; NaN where the real column is constant.
    ks : ndarray
        Kolmogorov-Smirnov distance: largest gap of the two distribution functions, 0 to 1.
    """

    mean_shift: NDArray[np.float64]
    variance_ratio: NDArray[np.float64]
    ks: NDArray[np.float64]


def feature_drift(X_real: ArrayLike, X_synthetic: ArrayLike) -> FeatureDrift:
    """Compare the columns one by one.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)

    Returns
    -------
    FeatureDrift

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import feature_drift
    >>> real = np.random.default_rng(0).normal(size=(200, 3))
    >>> feature_drift(real, real + [0, 0, 1]).mean_shift.round(1)
    array([0., 0., 1.])
    """
    real = check_rows(X_real, "X_real")
    made = check_rows(X_synthetic, "X_synthetic")
    check_same_width(real, made)
    real_mean = real.mean(axis=0, dtype=np.float64)
    real_variance = real.var(axis=0, dtype=np.float64, ddof=1)
    shift = made.mean(axis=0, dtype=np.float64) - real_mean
    deviation = np.sqrt(real_variance)
    varies = deviation > 1e-7 * np.abs(real_mean)
    unit = np.where(varies, deviation, 1.0)
    ratio = np.full(real.shape[1], np.nan)
    made_variance = made.var(axis=0, dtype=np.float64, ddof=1)
    ratio[varies] = made_variance[varies] / real_variance[varies]
    ks = np.array(
        [_ks_distance(real[:, j], made[:, j]) for j in range(real.shape[1])], dtype=float
    )
    return FeatureDrift(shift / unit, ratio, ks)


def covariance_drift(X_real: ArrayLike, X_synthetic: ArrayLike) -> float:
    """Frobenius distance of the covariances over the norm of the real one.

    On columns of the scale of the real rows, so that it is the real correlations that are
    compared with. 0 is equal; independent noise of the right scale gives nearly 1 where
    columns correlate strongly. Two samples of real rows differ by sampling alone: compare.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)

    Returns
    -------
    float

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
    real = check_rows(X_real, "X_real")
    made = check_rows(X_synthetic, "X_synthetic")
    check_same_width(real, made)
    real, made = on_common_scale(real, real, made)
    covariance = mean_and_covariance(real)[1]
    gap = mean_and_covariance(made)[1] - covariance
    norm = np.linalg.norm(covariance)
    return float(np.linalg.norm(gap) / norm) if norm > 0 else float(np.linalg.norm(gap))


def variance_ratio(
    X_real: ArrayLike, y_real: ArrayLike, X_synthetic: ArrayLike, y_synthetic: ArrayLike
) -> dict[Any, float]:
    """Total variance of the generated over the real rows of each class.

    Interpolation between rows, as in SMOTE, shrinks it: 2/3 in the mean for a uniform
    share of the way between two independent rows.

    Parameters
    ----------
    X_real, y_real, X_synthetic, y_synthetic
        Rows (n, n_features) and their classes (n,).

    Returns
    -------
    dict
        From class to ratio, on columns of the scale of the real rows; 1 is as varied as
        real. Classes of a single row on either side are left out.

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
    made, made_for = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic")
    )
    check_same_width(real, made)
    real, made = on_common_scale(real, real, made)
    ratios = {}
    # As Python's own values, which text of pandas is already.
    for label in np.unique(made_for).tolist():
        own, other = real[labels == label], made[made_for == label]
        if len(own) > 1 and len(other) > 1:
            total = own.var(axis=0, dtype=np.float64, ddof=1).sum()
            found = other.var(axis=0, dtype=np.float64, ddof=1).sum()
            ratios[label] = float(found / total) if total > 0 else float("nan")
    return ratios


def _ks_distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    one, other = np.sort(one), np.sort(other)
    both = np.concatenate([one, other])
    below = np.searchsorted(one, both, side="right") / len(one)
    gap = below - np.searchsorted(other, both, side="right") / len(other)
    return float(np.abs(gap).max())
