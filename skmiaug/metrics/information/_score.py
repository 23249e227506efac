"""Mutual information of synthetic samples and their classes, by a critic of real rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmiaug.metrics._checks import (
    Floats,
    Indices,
    check_labelled,
    check_resampling,
    check_same_width,
    generator,
    seed_from,
    unknown_labels,
)
from skmiaug.metrics._discriminant import RidgeBasis, class_log_probability
from skmiaug.metrics.information._result import (
    InformationResult,
    bootstrap_within_classes,
    class_entropy,
    information_result,
)

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

    High where a classifier of real rows recognises the class that the synthetic samples
    were generated for. It does not measure diversity: one typical sample, repeated, scores
    best. Compare it with that of real rows.

    Parameters
    ----------
    X_synthetic : array-like of shape (n_synthetic, n_features)
    y_synthetic : array-like of shape (n_synthetic,)
        The class that each sample was generated for. Their shares are the prior.
    X_real : array-like of shape (n_real, n_features)
        Rows to fit the critic to. Take rows that the generator has not seen: near copies of
        the critic's rows score too high.
    y_real : array-like of shape (n_real,)
        Contains every class of ``y_synthetic``, each with two rows at least.
    n_permutations : int, default=1000
        Permutations of ``y_synthetic`` for the null distribution, under the same critic (it
        has not seen these rows, so the test is exact); 0 omits it.
    n_bootstrap : int, default=1000
        Draws of synthetic samples for the interval, given the critic, within their class:
        the class counts were requested and are not random.
    confidence_level : float, default=0.95
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        Its maximum is H(c).

    Raises
    ------
    ValueError
        A class of ``y_synthetic`` is not in ``y_real`` or has a single real row, or the
        features differ in number.

    See Also
    --------
    TSTRScorer : Trains on synthetic samples and tests on real rows; sees diversity too.
    precision_recall_density_coverage : Fidelity and diversity.

    References
    ----------
    arXiv 2510.10078 reports MI as quality; the bound is that of Barber and Agakov (2003).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import mutual_information_score
    >>> X, y = load_iris(return_X_y=True)
    >>> found = mutual_information_score(X[::2], y[::2], X[1::2], y[1::2])
    >>> found.p_value < 0.05 and found.estimate < found.maximum
    True
    """
    check_resampling(n_permutations, confidence_level, n_bootstrap)
    table, classes, shares = _pointwise(X_synthetic, y_synthetic, X_real, y_real)
    every = np.arange(len(classes))
    terms = table[every, classes]
    seed = seed_from(random_state)
    rng = generator(seed, _SHUFFLE)
    null = [table[every, rng.permutation(classes)].mean() for _ in range(n_permutations)]
    return information_result(
        "critic of real rows",
        float(terms.mean()),
        maximum=class_entropy(shares),
        interval=bootstrap_within_classes(
            terms,
            classes,
            shares,
            confidence_level,
            n_bootstrap,
            generator(seed, _BOOTSTRAP),
        ),
        confidence_level=confidence_level,
        null=null,
        n_samples=len(classes),
    )


def pointwise_mutual_information(
    X_synthetic: ArrayLike, y_synthetic: ArrayLike, X_real: ArrayLike, y_real: ArrayLike
) -> NDArray[np.float64]:
    """ln q(c|x̂) - ln p(c) of each synthetic sample, nats; their mean is the score.

    Parameters
    ----------
    X_synthetic, y_synthetic, X_real, y_real
        As for `mutual_information_score`.

    Returns
    -------
    ndarray of shape (n_synthetic,)
        At most -ln p(c). Negative: the sample resembles another class more.

    See Also
    --------
    mutual_information_score : The mean over rows, with an interval.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import pointwise_mutual_information
    >>> X, y = load_iris(return_X_y=True)
    >>> pointwise_mutual_information(X[::2], y[::2], X[1::2], y[1::2]).shape
    (75,)
    """
    table, classes, _ = _pointwise(X_synthetic, y_synthetic, X_real, y_real)
    return table[np.arange(len(classes)), classes]


def _pointwise(
    X_synthetic: ArrayLike, y_synthetic: ArrayLike, X_real: ArrayLike, y_real: ArrayLike
) -> tuple[Floats, Indices, Floats]:
    """Pointwise information with each real class (n, n_classes), classes, class shares."""
    synthetic, named = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic")
    )
    real, real_labels = check_labelled(X_real, y_real, ("X_real", "y_real"))
    check_same_width(real, synthetic)
    known, counts = np.unique(real_labels, return_counts=True)
    known = known[counts > 1]
    lacking = unknown_labels(named, known)
    if lacking or len(known) < 2:
        raise ValueError(
            "expected at least 2 real rows of each class of y_synthetic, and at least 2 "
            f"such classes in y_real; lacking: {lacking}. Add real rows, or leave the "
            "synthetic samples of these classes out."
        )
    usable = np.isin(real_labels, known)
    basis = RidgeBasis(real[usable])
    critic = basis.fit(np.searchsorted(known, real_labels[usable]), len(known))
    log_density = critic.log_density(basis.project(synthetic))
    classes = np.searchsorted(known, named)
    shares = np.bincount(classes, minlength=len(known)) / len(classes)
    table = np.zeros_like(log_density)
    for c in np.flatnonzero(shares):
        own = np.full(len(table), c)
        table[:, c] = class_log_probability(log_density, own, shares) - np.log(shares[c])
    return table, classes, shares
