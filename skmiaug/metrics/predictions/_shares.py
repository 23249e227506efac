"""Scores of predicted probabilities: against votes of raters, and calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import f1_score
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from skmiaug.metrics._checks import check_count, check_known_labels


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
    # Shares of few raters tie up to rounding.
    tied = np.isclose(true, true.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
    clear = tied.sum(axis=1) == 1
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


def check_shares(T: ArrayLike, name: str) -> NDArray[np.float64]:
    """Rows (n, n_classes) of nonnegative float64 numbers that sum to 1."""
    shares = check_array(T, dtype=np.float64, ensure_min_features=2, input_name=name)
    if shares.min() < 0 or not np.allclose(shares.sum(axis=1), 1, atol=1e-4):
        raise ValueError(
            f"{name} must hold shares of the classes, 0 or more, that sum to 1 in each "
            "row; divide votes by their number."
        )
    return shares


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
