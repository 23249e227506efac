"""Fidelity and diversity of synthetic samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from skmiaug.metrics._checks import (
    check_count,
    check_labelled_sets,
    check_real_and_synthetic,
    generator,
    seed_from,
)
from skmiaug.metrics._distances import count_within, nearest, on_common_scale
from skmiaug.metrics.information._classifier import (
    Folds,
    held_out_folds,
    permuted_within,
    refits,
    ridge_fits,
)
from skmiaug.metrics.information._result import permutation_p_value

_SHUFFLE = 0
_MAX_DEVIATION = 5.0


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


class TwoSampleResult(NamedTuple):
    """How well a classifier separates real rows from synthetic samples.

    Attributes
    ----------
    auc : float
        Area under the ROC curve on held-out rows: 0.5 at chance, 1 where every synthetic
        sample is recognised.
    p_value : float
        From the null distribution; NaN without.
    null_distribution : ndarray of shape (n_permutations,)
        Areas after permuting which rows are real.
    """

    auc: float
    p_value: float
    null_distribution: NDArray[np.float64]


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
    real, labels, synthetic, other_labels = check_labelled_sets(
        X_real, y_real, X_synthetic, y_synthetic
    )
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


def classifier_two_sample_test(
    X_real: ArrayLike,
    X_synthetic: ArrayLike,
    *,
    classifier: Any = None,
    cv: int = 3,
    n_permutations: int = 100,
    random_state: Any = 0,
) -> TwoSampleResult:
    """Test whether real rows and synthetic samples come from one distribution.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)
    classifier : classifier or None, default=None
        None is a regularised linear discriminant in closed form on the columns and their
        squares: it detects shifts and changes of variance (not of correlation, see
        `covariance_drift`), and refits in milliseconds. Any other needs ``predict_proba``
        or ``decision_function`` and is refitted (1 + n_permutations) × cv times.
    cv : int, default=3
        Folds.
    n_permutations : int, default=100
        Permutations of which rows are real, everything refitted; 0 omits the p-value.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    TwoSampleResult

    See Also
    --------
    precision_recall_density_coverage : Fidelity and diversity.

    Notes
    -----
    With enough rows every generator is detected; read the area. Random oversampling
    duplicates rows in both sets, which lowers it.

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, arXiv 1610.06545.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import classifier_two_sample_test
    >>> real, synthetic = np.random.default_rng(0).normal(size=(2, 200, 3))
    >>> classifier_two_sample_test(real, synthetic + 5, n_permutations=19).auc
    1.0
    """
    check_count("n_permutations", n_permutations, 0)
    real, synthetic = check_real_and_synthetic(X_real, X_synthetic)
    seed = seed_from(random_state)
    is_synthetic = np.repeat([0, 1], [len(real), len(synthetic)])
    folds = held_out_folds(is_synthetic, check_count("cv", cv, 2), None, seed)
    rng = generator(seed, _SHUFFLE)
    tests = [test for _, test in folds]
    permuted = [permuted_within(tests, is_synthetic, rng) for _ in range(n_permutations)]
    class_sets = [is_synthetic, *permuted]
    scores = np.empty((len(class_sets), len(is_synthetic)))
    if classifier is None:
        for i, _, test, density in ridge_fits(
            _with_squares(real, synthetic), folds, class_sets
        ):
            scores[i, test] = density[:, 1] - density[:, 0]
    else:
        rows = np.vstack([real, synthetic])
        for i, _, test, fitted in refits(rows, folds, class_sets, classifier):
            if hasattr(fitted, "decision_function"):
                scores[i, test] = fitted.decision_function(rows[test])
            else:
                scores[i, test] = fitted.predict_proba(rows[test])[:, 1]
    auc, *null = _areas(scores, class_sets, folds).tolist()
    areas = np.array(null)
    return TwoSampleResult(auc, permutation_p_value(areas, auc - 1e-12), areas)


def _with_squares(real: NDArray[Any], synthetic: NDArray[Any]) -> NDArray[np.float32]:
    """All rows on the scale of the real ones: columns, then their squares."""
    n, d = len(real) + len(synthetic), real.shape[1]
    rows = np.empty((n, 2 * d), dtype=np.float32)
    rows[: len(real), :d], rows[len(real) :, :d] = on_common_scale(real, real, synthetic)
    # Clipped, so that the square of an outlier does not dominate.
    np.clip(rows[:, :d], -_MAX_DEVIATION, _MAX_DEVIATION, out=rows[:, d:])
    np.square(rows[:, d:], out=rows[:, d:])
    return rows


def _areas(
    scores: NDArray[np.float64], class_sets: Sequence[NDArray[np.intp]], folds: Folds
) -> NDArray[np.float64]:
    """Mean over the folds, whose scores differ in scale, of the area under the ROC curve.

    By ranks: roc_auc_score of scikit-learn takes milliseconds, and there are hundreds.
    """
    areas = np.empty((len(class_sets), len(folds)))
    for i, classes in enumerate(class_sets):
        for j, (_, test) in enumerate(folds):
            positive = classes[test] == 1
            n_positive, n_negative = int(positive.sum()), int((~positive).sum())
            ranks = rankdata(scores[i, test])[positive].sum()
            area = ranks - n_positive * (n_positive + 1) / 2
            areas[i, j] = area / (n_positive * n_negative)
    return areas.mean(axis=1)


def _covariance(rows: NDArray[Any]) -> NDArray[np.float64]:
    return np.atleast_2d(np.cov(rows, rowvar=False, dtype=np.float64))


def _square_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
