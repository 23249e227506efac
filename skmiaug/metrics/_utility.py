"""What generated rows are worth to a classifier of real ones."""

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
    check_same_width,
    generator,
    seed_from,
)

__all__ = ["UtilityGain", "train_on_synthetic_test_on_real", "utility_gain"]

_BOOTSTRAP = 0


class UtilityGain(NamedTuple):
    """Unweighted average recall (UAR, 0 to 1) with and without generated rows.

    Attributes
    ----------
    uar_without, uar_with : float
        Trained on the real rows alone, and with the generated ones added.
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
    """UAR on real rows of a classifier that was trained on generated rows alone (TSTR).

    Parameters
    ----------
    X_synthetic : array-like of shape (n_synthetic, n_features)
    y_synthetic : array-like of shape (n_synthetic,)
    X_test : array-like of shape (n_test, n_features)
        Real rows that the generator has not seen.
    y_test : array-like of shape (n_test,)
    classifier : classifier or None, default=None
        None is a logistic regression on standardised columns.

    Returns
    -------
    float
        Mean recall over the classes in ``y_test``, 0 to 1; 0 of one that is not trained on.

    Raises
    ------
    ValueError
        The features differ in number, or ``y_synthetic`` and ``y_test`` have no class in
        common.

    References
    ----------
    Esteban, Hyland, Rätsch (2017), arXiv 1706.02633.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug import MIGANAugmenter
    >>> from skmiaug.metrics import train_on_synthetic_test_on_real
    >>> X, y = load_iris(return_X_y=True)
    >>> augmenter = MIGANAugmenter(max_iter=0, random_state=0).fit(X[::2], y[::2])
    >>> train_on_synthetic_test_on_real(*augmenter.sample(75), X[1::2], y[1::2]) > 0.9
    True
    """
    made, made_for = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic")
    )
    test, labels = check_labelled(X_test, y_test, ("X_test", "y_test"))
    check_same_width(test, made)
    check_common_labels(labels, made_for, ("y_test", "y_synthetic"))
    fitted = _fresh(classifier).fit(made, made_for)
    return _uar(labels, fitted.predict(test) == labels)


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
    """UAR on real rows with generated rows in training, and without.

    Parameters
    ----------
    X_train, y_train
        Real rows (n_train, n_features) to train on, and their classes.
    X_synthetic, y_synthetic
        Generated rows to add, if any.
    X_test, y_test
        Real rows that neither the classifier nor the generator has seen.
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
        The features differ in number, or the classes of one set are none of the others'.

    Notes
    -----
    One split and one classifier: `skmiaug.evaluation.compare_samplers` gives a verdict over
    folds, seeds and classifiers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug import MIGANAugmenter
    >>> from skmiaug.metrics import utility_gain
    >>> X, y = load_iris(return_X_y=True)
    >>> augmenter = MIGANAugmenter(max_iter=0, random_state=0).fit(X[::2], y[::2])
    >>> found = utility_gain(X[::2], y[::2], *augmenter.sample(75), X[1::2], y[1::2])
    >>> found.interval[0] <= found.gain <= found.interval[1]
    True
    """
    check_count("n_bootstrap", n_bootstrap, 1)
    check_confidence(confidence_level)
    train, train_labels = check_labelled(X_train, y_train, ("X_train", "y_train"))
    made, made_for = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic"), at_least=0
    )
    test, labels = check_labelled(X_test, y_test, ("X_test", "y_test"))
    check_same_width(train, made)
    check_same_width(train, test)
    check_common_labels(labels, train_labels, ("y_test", "y_train"))
    real_labels = np.union1d(train_labels, labels)
    check_common_labels(made_for, real_labels, ("y_synthetic", "y_train and y_test"))
    plain = _fresh(classifier).fit(train, train_labels)
    both = np.vstack([train, made]), np.concatenate([train_labels, made_for])
    augmented = _fresh(classifier).fit(*both)
    right = np.stack([model.predict(test) == labels for model in (plain, augmented)])
    without, with_made = (_uar(labels, row) for row in right)
    difference = right[1].astype(float) - right[0]
    rng = generator(seed_from(random_state), _BOOTSTRAP)
    gains = _bootstrapped_gains(labels, difference, n_bootstrap, rng)
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(gains, [tail, 1 - tail])
    return UtilityGain(without, with_made, with_made - without, (float(low), float(high)))


def _fresh(classifier: Any) -> Any:
    if classifier is not None:
        return clone(classifier)
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))


def _uar(labels: NDArray[Any], right: NDArray[np.bool_]) -> float:
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def _bootstrapped_gains(
    labels: NDArray[Any],
    difference: NDArray[np.float64],
    n_bootstrap: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    classes = np.unique(labels)
    gains = np.zeros(n_bootstrap)
    for label in classes:
        own = difference[labels == label]
        drawn = rng.integers(len(own), size=(n_bootstrap, len(own)))
        gains += own[drawn].mean(axis=1) / len(classes)
    return gains
