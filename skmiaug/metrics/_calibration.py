"""Are predicted probabilities those with which things happen?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from skmiaug.metrics._checks import check_count

__all__ = ["brier_score", "expected_calibration_error"]


def brier_score(y_true: ArrayLike, y_proba: ArrayLike, classes: ArrayLike) -> float:
    """Mean squared distance of the probabilities from what happened, over all classes.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
    y_proba : array-like of shape (n_samples, n_classes)
        Probabilities, columns in the order of ``classes``.
    classes : array-like of shape (n_classes,)
        Usually ``classifier.classes_``.

    Returns
    -------
    float
        0 is best, 2 worst: the sum over the classes, as Brier (1950) has it, and so twice
        scikit-learn's figure for two classes.

    Raises
    ------
    ValueError
        Rows that do not sum to 1, or a true class that is not in ``classes``.

    Examples
    --------
    >>> from skmiaug.metrics import brier_score
    >>> brier_score(["a", "b"], [[0.9, 0.1], [0.5, 0.5]], ["a", "b"])
    0.26
    """
    proba, happened = _checked(y_true, y_proba, classes)
    return float(np.mean(np.sum((proba - happened) ** 2, axis=1)))


def expected_calibration_error(
    y_true: ArrayLike, y_proba: ArrayLike, classes: ArrayLike, *, n_bins: int = 15
) -> float:
    """Mean gap between the confidence of the predicted class and how often it is right.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
    y_proba : array-like of shape (n_samples, n_classes)
    classes : array-like of shape (n_classes,)
    n_bins : int, default=15
        Bins of equal width over the confidence, weighed by their rows.

    Returns
    -------
    float
        0 is best. A sample of n rows of a calibrated classifier does not give 0 either: the
        bins' noise adds up.

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
    proba, happened = _checked(y_true, y_proba, classes)
    predicted = proba.argmax(axis=1)
    every = np.arange(len(proba))
    confidence, right = proba[every, predicted], happened[every, predicted]
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gap = np.bincount(bins, weights=right - confidence, minlength=n_bins)
    return float(np.abs(gap).sum() / len(proba))


def _checked(
    y_true: ArrayLike, y_proba: ArrayLike, classes: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities, and 1 where the class is the true one."""
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
            "y_proba must hold probabilities that sum to 1 in each row; pass what "
            "predict_proba returns."
        )
    happened = (labels[:, None] == names[None, :]).astype(np.float64)
    if not happened.any(axis=1).all():
        unknown = np.unique(labels[~happened.any(axis=1)]).tolist()
        raise ValueError(f"y_true holds {unknown[:5]}, which classes does not.")
    return proba, happened
