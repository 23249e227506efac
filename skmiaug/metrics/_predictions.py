"""Scores of predictions that scikit-learn and imbalanced-learn lack.

scikit-learn has those of several labels: by label ``f1_score(average="macro")`` and
``average_precision_score(average="macro")``; by example ``f1_score(average="samples")``,
``jaccard_score(average="samples")``, ``hamming_loss``, ``accuracy_score`` (exact sets),
``label_ranking_average_precision_score`` and ``coverage_error``. It has the Brier score of
several classes (``brier_score_loss``) and UAR (``balanced_accuracy_score``).
imbalanced-learn has the G-mean (``geometric_mean_score``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import f1_score
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from skmiaug.metrics._checks import (
    Floats,
    check_columns,
    check_count,
    check_known_labels,
    check_shares,
    has_plurality,
)

_MAX_INTENSITY = 3

# ---- shares and probabilities


def jensen_shannon_distance(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean over the rows of the Jensen-Shannon distance of true and predicted shares.

    The square root of the divergence to base 2:
    ``½ KL(p ‖ m) + ½ KL(q ‖ m)`` with m = (p + q) / 2.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples, n_classes)
        Shares of the classes, rows that sum to 1.
        One dimension of ``y_pred`` is the share of the second of two classes.

    Returns
    -------
    float
        0 (equal) to 1 (no class in common).

    Raises
    ------
    ValueError
        Shapes differ, or rows do not hold shares.

    See Also
    --------
    bhattacharyya_coefficient : Another similarity of shares.
    sklearn.metrics.log_loss : Of hard labels.

    References
    ----------
    Lin (1991), Divergence measures based on the Shannon entropy; Endres and Schindelin
    (2003), A new metric for probability distributions.

    Examples
    --------
    >>> from skmiaug.metrics import jensen_shannon_distance
    >>> round(jensen_shannon_distance([[1, 0], [0.5, 0.5]], [[1, 0], [1, 0]]), 3)
    0.279
    """
    true, predicted = _checked(y_true, y_pred)
    # NaN instead of 0 for rows that are equal up to rounding.
    return float(np.mean(np.nan_to_num(jensenshannon(true, predicted, base=2, axis=1))))


def bhattacharyya_coefficient(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean over the rows of Σ √(p q) of true and predicted shares.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples, n_classes)
        Shares of the classes, rows that sum to 1.
        One dimension of ``y_pred`` is the share of the second of two classes.

    Returns
    -------
    float
        0 (no class in common) to 1 (equal).

    Raises
    ------
    ValueError
        Shapes differ, or rows do not hold shares.

    See Also
    --------
    jensen_shannon_distance : A distance between shares.

    References
    ----------
    Bhattacharyya (1943), On a measure of divergence between two statistical populations.

    Examples
    --------
    >>> from skmiaug.metrics import bhattacharyya_coefficient
    >>> round(bhattacharyya_coefficient([[1, 0], [0.5, 0.5]], [[1, 0], [1, 0]]), 3)
    0.854
    """
    true, predicted = _checked(y_true, y_pred)
    return float(np.sqrt(true * predicted).sum(axis=1).mean())


def plurality_f1_score(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Macro-averaged F1 score of the class with the largest share.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_classes)
        Shares of the raters' votes. Rows whose largest share is tied have no plurality and
        are left out.
    y_pred : array-like of shape (n_samples, n_classes)
        Predicted shares; the first of tied classes counts. One dimension is the share of
        the second of two classes.

    Returns
    -------
    float
        0 to 1, 1 is best; the mean over the classes that are true or predicted.

    Raises
    ------
    ValueError
        Shapes differ, rows do not hold shares, or no row has a plurality.

    See Also
    --------
    sklearn.metrics.f1_score : Of hard labels.

    Examples
    --------
    >>> from skmiaug.metrics import plurality_f1_score
    >>> votes = [[0.6, 0.4], [0.2, 0.8], [0.5, 0.5]]
    >>> plurality_f1_score(votes, [[0.9, 0.1], [0.3, 0.7], [1, 0]])
    1.0
    """
    true, predicted = _checked(y_true, y_pred)
    clear = has_plurality(true)
    if not clear.any():
        raise ValueError("every row of y_true has a tie for the largest share; add rows.")
    return float(
        f1_score(
            true[clear].argmax(axis=1), predicted[clear].argmax(axis=1), average="macro"
        )
    )


def _checked(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y_pred = np.asarray(y_pred)
    if y_pred.ndim == 1 and np.shape(y_true)[1:] == (2,):
        # scikit-learn's scorers pass the share of the second of two classes.
        y_pred = np.column_stack([1 - y_pred, y_pred])
    true, predicted = check_shares(y_true, "y_true"), check_shares(y_pred, "y_pred")
    check_consistent_length(true, predicted)
    if true.shape != predicted.shape:
        raise ValueError(
            "y_true and y_pred must have a column for each class, got "
            f"{true.shape[1]} and {predicted.shape[1]} columns."
        )
    return true, predicted


def expected_calibration_error(
    y_true: ArrayLike, y_proba: ArrayLike, classes: ArrayLike, *, n_bins: int = 15
) -> float:
    """Mean gap between the confidence of the predicted class and its accuracy.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
    y_proba : array-like of shape (n_samples, n_classes)
        Probabilities, columns in the order of ``classes``.
    classes : array-like of shape (n_classes,)
        Usually ``classifier.classes_``.
    n_bins : int, default=15
        Bins of equal width over the confidence, weighted by their rows.

    Returns
    -------
    float
        0 to 1, 0 is best. A calibrated classifier has an error above 0 in a finite sample.

    Raises
    ------
    ValueError
        Rows that do not sum to 1, or a true class that is not in ``classes``.

    See Also
    --------
    sklearn.metrics.brier_score_loss : Calibration and resolution in one, several classes.
    sklearn.calibration.calibration_curve : The gaps of two classes, bin by bin.

    References
    ----------
    Naeini, Cooper, Hauskrecht (2015); Guo et al. (2017), arXiv 1706.04599.

    Examples
    --------
    >>> from skmiaug.metrics import expected_calibration_error
    >>> probability = [[0.9, 0.1], [0.9, 0.1]]
    >>> round(expected_calibration_error(["a", "b"], probability, ["a", "b"]), 3)
    0.4
    """
    check_count("n_bins", n_bins, 1)
    proba = check_array(y_proba, dtype=np.float64, input_name="y_proba")
    labels, names = column_or_1d(np.asarray(y_true)), column_or_1d(np.asarray(classes))
    check_consistent_length(proba, labels)
    if proba.shape[1] != len(names):
        raise ValueError(
            f"y_proba has {proba.shape[1]} columns and there are {len(names)} classes; "
            "pass the classifier's classes_."
        )
    if proba.min() < 0 or not np.allclose(proba.sum(axis=1), 1, atol=1e-4):
        raise ValueError(
            "y_proba must hold probabilities that sum to 1 in each row; pass the result of "
            "predict_proba."
        )
    check_known_labels(labels, names, ("y_true", "classes"))
    confidence: NDArray[np.float64] = proba.max(axis=1)
    right = names[proba.argmax(axis=1)] == labels
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gap = np.bincount(bins, weights=right - confidence, minlength=n_bins)
    return float(np.abs(gap).sum() / len(proba))


# ---- attributes


def concordance_correlation_coefficient(
    y_true: ArrayLike, y_pred: ArrayLike, *, multioutput: str = "uniform_average"
) -> float | NDArray[np.float64]:
    """Lin's concordance correlation: 2 s_ty / (s_t² + s_y² + (t̄ - ȳ)²).

    The usual score of predicted valence, activation and dominance. Unlike Pearson's
    correlation it penalises predictions of another mean or variance.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
    multioutput : {"uniform_average", "raw_values"}, default="uniform_average"
        The mean over the outputs, or the value of each.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        -1 to 1, 1 is best; 0 for constant predictions, 1 where both are constant and equal.

    Raises
    ------
    ValueError
        Shapes differ, values are not finite, or ``multioutput`` is unknown.

    See Also
    --------
    mean_absolute_error_by_band : Errors at rare values of the target.
    sklearn.metrics.make_scorer : Use it in a search.

    References
    ----------
    Lin (1989), A concordance correlation coefficient to evaluate reproducibility,
    Biometrics 45, 255-268.

    Examples
    --------
    >>> from skmiaug.metrics import concordance_correlation_coefficient
    >>> round(concordance_correlation_coefficient([1, 2, 3], [2, 3, 4]), 3)
    0.571
    """
    true, predicted = _same_shape(y_true, y_pred)
    mean, other = true.mean(axis=0), predicted.mean(axis=0)
    products = ((true - mean) * (predicted - other)).mean(axis=0)
    total = true.var(axis=0) + predicted.var(axis=0) + (mean - other) ** 2
    ccc = np.divide(2 * products, total, out=np.ones_like(total), where=total > 0)
    return _averaged(ccc, multioutput)


def mean_absolute_error_by_band(
    y_true: ArrayLike, y_pred: ArrayLike, edges: ArrayLike
) -> NDArray[np.float64]:
    """Mean absolute error of the rows whose target lies in each band.

    The extremes of an attribute are rare: the error over all rows hides them.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
    edges : array-like of shape (n_bands - 1,)
        Increasing. A band includes its lower edge; the first and last are open.

    Returns
    -------
    ndarray of shape (n_bands,)
        NaN for bands without rows; ``numpy.nanmean`` gives every band the same weight.

    Raises
    ------
    ValueError
        Shapes differ, there is more than one target, or the edges do not increase.

    See Also
    --------
    imblearn.metrics.macro_averaged_mean_absolute_error : Its mean for ordinal classes.

    References
    ----------
    Baccianella, Esuli, Sebastiani (2009), Evaluation measures for ordinal regression.

    Examples
    --------
    >>> from skmiaug.metrics import mean_absolute_error_by_band
    >>> mean_absolute_error_by_band([1, 4, 4, 7], [2, 4, 5, 4], edges=[3, 6])
    array([1. , 0.5, 3. ])
    """
    true, predicted = _same_shape(y_true, y_pred)
    if true.shape[1] != 1:
        raise ValueError(f"expected one target, got {true.shape[1]}; pass one at a time.")
    limits = np.asarray(edges, dtype=np.float64)
    if limits.ndim != 1 or not (np.diff(limits) > 0).all():
        raise ValueError(f"edges must be increasing numbers, got {edges!r}.")
    band = np.searchsorted(limits, true[:, 0], side="right")
    error = np.abs(true - predicted)[:, 0]
    n_rows = np.bincount(band, minlength=len(limits) + 1)
    total = np.bincount(band, weights=error, minlength=len(limits) + 1)
    return np.divide(total, n_rows, out=np.full(len(total), np.nan), where=n_rows > 0)


def intensity_accuracy_score(
    y_true: ArrayLike, y_pred: ArrayLike, *, multioutput: str = "uniform_average"
) -> float | NDArray[np.float64]:
    """Four-class accuracy of predicted emotion intensities, from 0 to 3.

    The share of intensities whose prediction rounds to the same of 0, 1, 2 and 3.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_emotions)
        Predictions beyond 0 and 3 are clipped.
    multioutput : {"uniform_average", "raw_values"}, default="uniform_average"
        The mean over the emotions, or the value of each.

    Returns
    -------
    float or ndarray of shape (n_emotions,)
        0 to 1, 1 is best.

    Raises
    ------
    ValueError
        Shapes differ, values are not finite, labels lie beyond 0 and 3, or ``multioutput``
        is unknown.

    See Also
    --------
    sklearn.metrics.mean_absolute_error : The other score of the paper.
    sklearn.dummy.DummyRegressor : Most labels of CMU-MOSEI are 0: compare with the median.

    Notes
    -----
    Halves are rounded up: the classes are [0, 0.5), [0.5, 1.5), [1.5, 2.5) and [2.5, 3].

    References
    ----------
    Nimitsurachat and Washington, arXiv 2307.12343.

    Examples
    --------
    >>> from skmiaug.metrics import intensity_accuracy_score
    >>> intensity_accuracy_score([[0, 2], [1, 3]], [[0.2, 1], [1, 3]])
    0.75
    """
    true, predicted = _same_shape(y_true, y_pred)
    if true.min() < 0 or true.max() > _MAX_INTENSITY:
        raise ValueError(
            f"y_true must hold intensities from 0 to {_MAX_INTENSITY}, got "
            f"{true.min():g} to {true.max():g}."
        )
    one, other = (
        np.clip(np.floor(values + 0.5), 0, _MAX_INTENSITY) for values in (true, predicted)
    )
    return _averaged((one == other).mean(axis=0), multioutput)


def _same_shape(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns (n, n_outputs) of both."""
    true, predicted = check_columns(y_true, "y_true"), check_columns(y_pred, "y_pred")
    check_consistent_length(true, predicted)
    if true.shape != predicted.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape, got {true.shape} and "
            f"{predicted.shape}."
        )
    return true, predicted


def _averaged(values: Floats, multioutput: str) -> float | Floats:
    if multioutput not in ("uniform_average", "raw_values"):
        raise ValueError(
            f"multioutput must be 'uniform_average' or 'raw_values', got {multioutput!r}."
        )
    return values if multioutput == "raw_values" else float(values.mean())


# ---- differences that are paired over the folds of cross-validation


class CorrectedTTest(NamedTuple):
    """Result of `corrected_repeated_ttest`.

    Attributes
    ----------
    statistic : float
        t with J − 1 degrees of freedom.
    p_value : float
        Two-sided.
    low, high : float
        Ends of the confidence interval of the mean difference.
    """

    statistic: float
    p_value: float
    low: float
    high: float


def corrected_repeated_ttest(
    differences: ArrayLike, *, n_train: float, n_test: float, confidence_level: float = 0.95
) -> CorrectedTTest:
    """t-test for the scores of repeated cross-validation, variance corrected.

    The training parts of folds and repeats overlap, so the usual variance of the mean is
    too small. Nadeau and Bengio's correction, in the form for r repeats of k folds
    (Bouckaert & Frank), replaces 1/J by 1/J + n_test/n_train with J = r·k.

    Parameters
    ----------
    differences : array-like of shape (J,)
        Score of one method minus score of the other, for each fold and repeat.
    n_train, n_test : float
        Rows of the training and the test part of a fold (their means where they vary).
    confidence_level : float, default=0.95
        Of the interval.

    Returns
    -------
    result : CorrectedTTest
        ``statistic``, ``p_value``, and ``low`` and ``high``, the interval. Where all
        differences are the same, t is 0 (p = 1) if they are 0, else infinite (p = 0).

    Raises
    ------
    ValueError
        Fewer than 2 differences, NaN among them, or a part without rows.

    See Also
    --------
    skmiaug.evaluation.paired_tests : The test of all samplers of a comparison.
    scipy.stats.ttest_rel : For pairs that are independent.

    References
    ----------
    C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52,
    2003. R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for
    comparing learning algorithms", PAKDD 2004.

    Examples
    --------
    >>> from skmiaug.metrics import corrected_repeated_ttest
    >>> found = corrected_repeated_ttest([0.02, 0.01, 0.03], n_train=80, n_test=20)
    >>> round(found.statistic, 2), round(found.p_value, 2)
    (2.62, 0.12)
    >>> round(found.low, 3), round(found.high, 3)
    (-0.013, 0.053)
    """
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"expected a row of at least 2 differences; got shape {values.shape}."
        )
    if np.isnan(values).any():
        raise ValueError("differences hold NaN; leave out folds in which a method failed.")
    if not (n_train > 0 and n_test > 0):
        raise ValueError(
            f"n_train and n_test must be above 0; got {n_train!r} and {n_test!r}."
        )
    count, mean = len(values), float(values.mean())
    if np.ptp(values) == 0:
        certain = (0.0, 1.0) if mean == 0 else (float(np.copysign(np.inf, mean)), 0.0)
        return CorrectedTTest(*certain, mean, mean)
    error = np.sqrt((1 / count + n_test / n_train) * values.var(ddof=1))
    t = float(mean / error)
    half = float(stats.t.ppf((1 + confidence_level) / 2, count - 1) * error)
    return CorrectedTTest(
        t, float(2 * stats.t.sf(abs(t), count - 1)), mean - half, mean + half
    )
