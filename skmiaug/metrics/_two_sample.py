"""Can a classifier tell generated rows from real ones?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.base import clone

from skmiaug.metrics._checks import (
    check_count,
    check_rows,
    check_same_width,
    generator,
    seed_from,
)
from skmiaug.metrics._classifier_bound import (
    Folds,
    HeldOutPosterior,
    held_out_folds,
    in_batches,
    shuffled_within,
)
from skmiaug.metrics._distances import on_common_scale
from skmiaug.metrics._ridge_discriminant import RidgeBasis

__all__ = ["TwoSampleResult", "classifier_two_sample_test"]

_SHUFFLE = 0
_FARTHEST = 5.0


class TwoSampleResult(NamedTuple):
    """What a classifier could tell.

    Attributes
    ----------
    auc : float
        Area under the ROC curve on rows not trained on: 0.5 is what chance gives, 1 that
        every generated row is known for one.
    p_value : float
        From the permutation null; NaN without.
    null : ndarray of shape (n_permutations,)
        Areas after shuffling which rows are real.
    """

    auc: float
    p_value: float
    null: NDArray[np.float64]


def classifier_two_sample_test(
    X_real: ArrayLike,
    X_synthetic: ArrayLike,
    *,
    classifier: Any = None,
    cv: int = 3,
    n_permutations: int = 100,
    random_state: Any = 0,
) -> TwoSampleResult:
    """Test whether real and generated rows come from one distribution.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)
    classifier : classifier or None, default=None
        None is a regularised linear discriminant in closed form on the columns and their
        squares: it sees shifts and changes of spread, and refits in milliseconds, so that
        the null is exact and quick. Any other needs ``predict_proba`` or
        ``decision_function`` and is refitted (1 + n_permutations) × cv times.
    cv : int, default=3
        Folds.
    n_permutations : int, default=100
        Shuffles of which rows are real, everything refitted; 0 leaves the p-value out.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    TwoSampleResult

    Notes
    -----
    With enough rows every generator is found out; the area says how easily. Copies of real
    rows are in both sets and lower it.

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, arXiv 1610.06545.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import classifier_two_sample_test
    >>> real, made = np.random.default_rng(0).normal(size=(2, 200, 3))
    >>> classifier_two_sample_test(real, made + 5, n_permutations=19).auc
    1.0
    """
    check_count("n_permutations", n_permutations, 0)
    real = check_rows(X_real, "X_real")
    made = check_rows(X_synthetic, "X_synthetic")
    check_same_width(real, made)
    seed = seed_from(random_state)
    is_made = np.repeat([0, 1], [len(real), len(made)])
    folds = held_out_folds(is_made, check_count("cv", cv, 2), None, seed)
    if classifier is None:
        scores = _discriminant_scores(with_squares(real, made), folds)
    else:
        scores = _classifier_scores(np.vstack([real, made]), folds, classifier)
    rng = generator(seed, _SHUFFLE)
    tests = [test for _, test in folds]
    shuffled = [shuffled_within(tests, is_made, rng) for _ in range(n_permutations)]
    class_sets = [is_made, *shuffled]
    areas = _areas(scores(class_sets), class_sets, folds)
    null = areas[1:]
    area = float(areas[0])
    reached = int((null >= area - 1e-12).sum())
    p_value = (1 + reached) / (1 + n_permutations) if n_permutations else float("nan")
    return TwoSampleResult(area, p_value, null)


def with_squares(real: NDArray[Any], made: NDArray[Any]) -> NDArray[np.float32]:
    """All rows on the scale of the real ones, columns and their squares beside."""
    n, d = len(real) + len(made), real.shape[1]
    rows = np.empty((n, 2 * d), dtype=np.float32)
    rows[: len(real), :d], rows[len(real) :, :d] = on_common_scale(real, real, made)
    # A single far value must not outweigh all others once squared.
    np.clip(rows[:, :d], -_FARTHEST, _FARTHEST, out=rows[:, d:])
    np.square(rows[:, d:], out=rows[:, d:])
    return rows


def _discriminant_scores(rows: NDArray[np.float32], folds: Folds) -> HeldOutPosterior:
    def scores(class_sets: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
        out = np.empty((len(class_sets), len(rows)))
        # A fold at a time, since a basis is as large as its rows.
        for train, test in folds:
            basis = RidgeBasis(rows[train])
            projected = basis.project(rows[test])
            for first, some in in_batches(class_sets):
                fitted = basis.fit_many([classes[train] for classes in some], 2)
                for i, found in enumerate(fitted):
                    density = found.log_density(projected)
                    out[first + i, test] = density[:, 1] - density[:, 0]
        return out

    return scores


def _classifier_scores(
    rows: NDArray[Any], folds: Folds, classifier: Any
) -> HeldOutPosterior:
    def scores(class_sets: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
        out = np.empty((len(class_sets), len(rows)))
        for i, is_made in enumerate(class_sets):
            for train, test in folds:
                fitted = clone(classifier).fit(rows[train], is_made[train])
                if hasattr(fitted, "decision_function"):
                    out[i, test] = fitted.decision_function(rows[test])
                else:
                    out[i, test] = fitted.predict_proba(rows[test])[:, 1]
        return out

    return scores


def _areas(
    scores: NDArray[np.float64], class_sets: Sequence[NDArray[np.intp]], folds: Folds
) -> NDArray[np.float64]:
    """Area under the ROC curve for each set of classes.

    Taken in each fold, and averaged: the scores of two folds differ in scale.
    """
    areas = np.empty((len(class_sets), len(folds)))
    for i, is_made in enumerate(class_sets):
        for j, (_, test) in enumerate(folds):
            made = is_made[test] == 1
            n_made, n_real = int(made.sum()), int((~made).sum())
            ranks = rankdata(scores[i, test])[made].sum()
            areas[i, j] = (ranks - n_made * (n_made + 1) / 2) / (n_made * n_real)
    return areas.mean(axis=1)
