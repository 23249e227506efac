"""Calibration of predicted probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from skmiaug.metrics._checks import check_count, check_known_labels


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
