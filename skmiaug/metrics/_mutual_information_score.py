"""Mutual information of generated rows and their classes, by a critic of real rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmiaug.metrics._checks import (
    check_confidence,
    check_count,
    check_labelled,
    check_same_width,
    generator,
    seed_from,
    unknown_labels,
)
from skmiaug.metrics._information_result import (
    InformationResult,
    bootstrap_within_classes,
    class_entropy,
    finished,
)
from skmiaug.metrics._ridge_discriminant import RidgeBasis, class_log_probability

__all__ = ["mutual_information_score", "pointwise_mutual_information"]

_SHUFFLE, _BOOTSTRAP = range(2)


def mutual_information_score(
    X_synthetic: ArrayLike,
    y_synthetic: ArrayLike,
    X_real: ArrayLike,
    y_real: ArrayLike,
    *,
    n_permutations: int = 1000,
    n_bootstrap: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = 0,
) -> InformationResult:
    """Lower bound of I(c; x̂) by a critic that was fitted to real rows alone.

    High where generated rows look, to one who knows real rows, like the class they were
    made for. It says nothing of variety: one good row, repeated, scores best. Read it
    beside that of real rows and beside `precision_recall_density_coverage`.

    Parameters
    ----------
    X_synthetic : array-like of shape (n_synthetic, n_features)
    y_synthetic : array-like of shape (n_synthetic,)
        The class each row was made for. Their shares are the prior: H(c) is the ceiling.
    X_real : array-like of shape (n_real, n_features)
        Rows to fit the critic to. Take rows that the generator has not seen: near copies of
        rows that the critic knows score too high.
    y_real : array-like of shape (n_real,)
        Holds every class of ``y_synthetic``, each of two rows at least.
    n_permutations : int, default=1000
        Shuffles of ``y_synthetic`` for the null, under the same critic (it has not seen
        these rows, so the test is exact); 0 leaves the null out.
    n_bootstrap : int, default=1000
        Draws of generated rows behind the interval, given the critic. As many are drawn of
        each class as there are: the classes were asked for and are not chance.
    confidence_level : float, default=0.95
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult

    Raises
    ------
    ValueError
        A class of ``y_synthetic`` is not in ``y_real`` or has a single real row, or the
        features differ in number.

    See Also
    --------
    skmiaug.MIGANAugmenter : its ``mutual_information_`` is the same idea on whitened rows
        with a logistic critic.

    References
    ----------
    arXiv 2510.10078 reports MI as quality; the bound is that of Barber and Agakov (2003).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug import MIGANAugmenter
    >>> from skmiaug.metrics import mutual_information_score
    >>> X, y = load_iris(return_X_y=True)
    >>> augmenter = MIGANAugmenter(max_iter=0, random_state=0).fit(X[::2], y[::2])
    >>> found = mutual_information_score(*augmenter.sample(75), X[1::2], y[1::2])
    >>> found.p_value < 0.05 and found.estimate < found.ceiling
    True
    """
    check_count("n_permutations", n_permutations, 0)
    check_count("n_bootstrap", n_bootstrap, 1)
    check_confidence(confidence_level)
    log_density, classes = _judged(X_synthetic, y_synthetic, X_real, y_real)
    shares = np.bincount(classes, minlength=log_density.shape[1]) / len(classes)
    ceiling = class_entropy(shares)
    terms = _terms(log_density, classes, shares)
    seed = seed_from(random_state)
    rng = generator(seed, _SHUFFLE)
    # Shuffled among all rows: what matters is the table of all classes for each row.
    table = _table(log_density, shares)
    every = np.arange(len(classes))
    null = [table[every, rng.permutation(classes)].mean() for _ in range(n_permutations)]
    return finished(
        "critic of real rows",
        float(terms.mean()),
        ceiling=ceiling,
        interval=bootstrap_within_classes(
            terms, classes, confidence_level, n_bootstrap, generator(seed, _BOOTSTRAP)
        ),
        confidence_level=confidence_level,
        null=null,
        n_samples=len(classes),
    )


def pointwise_mutual_information(
    X_synthetic: ArrayLike, y_synthetic: ArrayLike, X_real: ArrayLike, y_real: ArrayLike
) -> NDArray[np.float64]:
    """ln q(c|x̂) - ln p(c) of each generated row, nats; their mean is the score.

    Parameters
    ----------
    X_synthetic, y_synthetic, X_real, y_real
        As for `mutual_information_score`.

    Returns
    -------
    ndarray of shape (n_synthetic,)
        At most -ln p(c). Below 0: the row looks more like another class.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import pointwise_mutual_information
    >>> X, y = load_iris(return_X_y=True)
    >>> pointwise_mutual_information(X[::2], y[::2], X[1::2], y[1::2]).shape
    (75,)
    """
    log_density, classes = _judged(X_synthetic, y_synthetic, X_real, y_real)
    shares = np.bincount(classes, minlength=log_density.shape[1]) / len(classes)
    return _terms(log_density, classes, shares)


def _judged(
    X_synthetic: ArrayLike, y_synthetic: ArrayLike, X_real: ArrayLike, y_real: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Log densities of the generated rows under each real class, and their classes."""
    made, made_for = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic")
    )
    real, real_labels = check_labelled(X_real, y_real, ("X_real", "y_real"))
    check_same_width(real, made)
    known, counts = np.unique(real_labels, return_counts=True)
    unknown = unknown_labels(made_for, known[counts > 1])
    if unknown or len(known[counts > 1]) < 2:
        raise ValueError(
            "expected at least 2 real rows of 2 or more classes, and of each class of the "
            f"synthetic rows; lacking: {unknown}. Add such rows, or leave the "
            "synthetic rows of these classes out."
        )
    usable = np.isin(real_labels, known[counts > 1])
    names, real_classes = np.unique(real_labels[usable], return_inverse=True)
    basis = RidgeBasis(real[usable])
    critic = basis.fit(real_classes, len(names))
    return critic.log_density(basis.project(made)), np.searchsorted(names, made_for)


def _terms(
    log_density: NDArray[np.float64],
    classes: NDArray[np.intp],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    own = class_log_probability(log_density, classes, shares)
    return own - np.log(shares[classes])


def _table(
    log_density: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pointwise information of each row with each class that occurs (n, n_classes)."""
    table = np.zeros_like(log_density)
    for c in np.flatnonzero(shares):
        table[:, c] = _terms(log_density, np.full(len(table), c), shares)
    return table
