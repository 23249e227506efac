"""Utility: recall on real rows of classifiers trained with synthetic samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmiaug.metrics._checks import (
    check_common_labels,
    check_confidence,
    check_count,
    check_labelled,
    check_labelled_sets,
    check_same_width,
    generator,
    seed_from,
)
from skmiaug.metrics.information._result import bootstrap_within_classes

_BOOTSTRAP = 0


class UtilityGain(NamedTuple):
    """Unweighted average recall (UAR, 0 to 1) with and without synthetic samples.

    Attributes
    ----------
    uar_without, uar_with : float
        Trained on the real rows alone, and with the synthetic samples added.
    gain : float
        Their difference.
    interval : tuple of float
        Of the gain, by bootstrap of the test rows of each class, given both classifiers.
    """

    uar_without: float
    uar_with: float
    gain: float
    interval: tuple[float, float]


def train_on_synthetic_test_on_real(
    X_synthetic: ArrayLike,
    y_synthetic: ArrayLike,
    X_test: ArrayLike,
    y_test: ArrayLike,
    *,
    classifier: Any = None,
) -> float:
    """UAR on real rows of a classifier trained on synthetic samples alone (TSTR).

    Parameters
    ----------
    X_synthetic : array-like of shape (n_synthetic, n_features)
    y_synthetic : array-like of shape (n_synthetic,)
    X_test : array-like of shape (n_test, n_features)
        Real rows that the generator has not seen.
    y_test : array-like of shape (n_test,)
    classifier : classifier or None, default=None
        Cloned; None is a logistic regression on standardised columns.

    Returns
    -------
    float
        Mean recall of the classes in ``y_test``, 0 to 1; a class that is not in
        ``y_synthetic`` has recall 0.

    Raises
    ------
    ValueError
        The features differ in number, or ``y_synthetic`` and ``y_test`` have no class in
        common.

    See Also
    --------
    TSTRScorer : A log score in closed form, to compare many generators.
    utility_gain : Synthetic samples added to real rows.

    References
    ----------
    Esteban, Hyland, Rätsch (2017), arXiv 1706.02633.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import train_on_synthetic_test_on_real
    >>> X, y = load_iris(return_X_y=True)
    >>> train_on_synthetic_test_on_real(X[::2], y[::2], X[1::2], y[1::2]) > 0.9
    True
    """
    test, labels, synthetic, named = check_labelled_sets(
        X_test, y_test, X_synthetic, y_synthetic, "test"
    )
    check_common_labels(labels, named, ("y_test", "y_synthetic"))
    return _uar(labels, _fresh(classifier).fit(synthetic, named).predict(test) == labels)


def utility_gain(
    X_train: ArrayLike,
    y_train: ArrayLike,
    X_synthetic: ArrayLike,
    y_synthetic: ArrayLike,
    X_test: ArrayLike,
    y_test: ArrayLike,
    *,
    classifier: Any = None,
    n_bootstrap: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = 0,
) -> UtilityGain:
    """UAR on real rows with synthetic samples in training, and without.

    Parameters
    ----------
    X_train : array-like of shape (n_train, n_features)
        Real rows to train on.
    y_train : array-like of shape (n_train,)
    X_synthetic : array-like of shape (n_synthetic, n_features)
        Synthetic samples to add, if any.
    y_synthetic : array-like of shape (n_synthetic,)
    X_test : array-like of shape (n_test, n_features)
        Real rows that neither the classifier nor the generator has seen.
    y_test : array-like of shape (n_test,)
    classifier : classifier or None, default=None
        Cloned; None is a logistic regression on standardised columns.
    n_bootstrap : int, default=1000
    confidence_level : float, default=0.95
    random_state : int, RandomState or None, default=0

    Returns
    -------
    UtilityGain

    Raises
    ------
    ValueError
        The features differ in number, or two sets have no class in common.

    See Also
    --------
    skmiaug.evaluation.compare_samplers : Several folds, seeds and classifiers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import utility_gain
    >>> X, y = load_iris(return_X_y=True)
    >>> found = utility_gain(X[::4], y[::4], X[2::4], y[2::4], X[1::2], y[1::2])
    >>> found.interval[0] <= found.gain <= found.interval[1]
    True
    """
    check_count("n_bootstrap", n_bootstrap, 1)
    check_confidence(confidence_level)
    train, train_labels = check_labelled(X_train, y_train, ("X_train", "y_train"))
    synthetic, named = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic"), at_least=0
    )
    test, labels = check_labelled(X_test, y_test, ("X_test", "y_test"))
    check_same_width(train, synthetic)
    check_same_width(train, test)
    check_common_labels(labels, train_labels, ("y_test", "y_train"))
    real_labels = np.union1d(train_labels, labels)
    check_common_labels(named, real_labels, ("y_synthetic", "y_train and y_test"))
    both = np.vstack([train, synthetic]), np.concatenate([train_labels, named])
    right, right_with = (
        _fresh(classifier).fit(*rows).predict(test) == labels
        for rows in ((train, train_labels), both)
    )
    without, augmented = _uar(labels, right), _uar(labels, right_with)
    classes = np.unique(labels, return_inverse=True)[1]
    interval = bootstrap_within_classes(
        right_with.astype(float) - right,
        classes,
        np.full(classes.max() + 1, 1 / (classes.max() + 1)),
        confidence_level,
        n_bootstrap,
        generator(seed_from(random_state), _BOOTSTRAP),
    )
    return UtilityGain(without, augmented, augmented - without, interval)


def _fresh(classifier: Any) -> Any:
    if classifier is not None:
        return clone(classifier)
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))


def _uar(labels: NDArray[Any], right: NDArray[np.bool_]) -> float:
    # Not balanced_accuracy_score, which warns of classes that are predicted and not true.
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))
