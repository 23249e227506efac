"""A classifier two-sample test of real rows and synthetic samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.base import clone

from skmiaug.metrics._checks import (
    check_count,
    check_real_and_synthetic,
    generator,
    seed_from,
)
from skmiaug.metrics._distances import on_common_scale
from skmiaug.metrics.information._classifier import (
    Folds,
    held_out_folds,
    permuted_within,
    ridge_fits,
)

_SHUFFLE = 0
_MAX_DEVIATION = 5.0


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
    if classifier is None:
        scores = np.empty((len(class_sets), len(is_synthetic)))
        for i, _, test, density in ridge_fits(
            _with_squares(real, synthetic), folds, class_sets
        ):
            scores[i, test] = density[:, 1] - density[:, 0]
    else:
        scores = _classifier_scores(
            np.vstack([real, synthetic]), folds, classifier, class_sets
        )
    auc, *null = _areas(scores, class_sets, folds).tolist()
    reached = int((np.array(null) >= auc - 1e-12).sum())
    p_value = (1 + reached) / (1 + n_permutations) if n_permutations else float("nan")
    return TwoSampleResult(auc, p_value, np.array(null))


def _with_squares(real: NDArray[Any], synthetic: NDArray[Any]) -> NDArray[np.float32]:
    """All rows on the scale of the real ones: columns, then their squares."""
    n, d = len(real) + len(synthetic), real.shape[1]
    rows = np.empty((n, 2 * d), dtype=np.float32)
    rows[: len(real), :d], rows[len(real) :, :d] = on_common_scale(real, real, synthetic)
    # Clipped, so that the square of an outlier does not dominate.
    np.clip(rows[:, :d], -_MAX_DEVIATION, _MAX_DEVIATION, out=rows[:, d:])
    np.square(rows[:, d:], out=rows[:, d:])
    return rows


def _classifier_scores(
    rows: NDArray[Any],
    folds: Folds,
    classifier: Any,
    class_sets: Sequence[NDArray[np.intp]],
) -> NDArray[np.float64]:
    scores = np.empty((len(class_sets), len(rows)))
    for i, classes in enumerate(class_sets):
        for train, test in folds:
            fitted = clone(classifier).fit(rows[train], classes[train])
            if hasattr(fitted, "decision_function"):
                scores[i, test] = fitted.decision_function(rows[test])
            else:
                scores[i, test] = fitted.predict_proba(rows[test])[:, 1]
    return scores


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
