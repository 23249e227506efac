"""Lower bounds of the mutual information of rows and classes, by classifiers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from skmiaug.metrics._checks import (
    Floats,
    Indices,
    check_count,
    check_known_labels,
    check_labelled,
    check_labelled_sets,
    check_resampling,
    generator,
    seed_from,
    unknown_labels,
)
from skmiaug.metrics._discriminant import RidgeBasis, class_log_probability
from skmiaug.metrics.information._result import (
    InformationResult,
    bootstrap_interval,
    bootstrap_within_classes,
    class_entropy,
    information_result,
)
from skmiaug.utils.tables._labels import read_groups

_C = 0.01
_MIN_PROBABILITY = 1e-12
_BATCH = 8
_SHUFFLE, _BOOTSTRAP = range(2)

Folds = list[tuple[Indices, Indices]]


class InformationEstimate(NamedTuple):
    """An estimate of I(c; x) and its upper bound.

    Attributes
    ----------
    value : float
        Lower bound, nats; negative if the classifier does worse than the class shares.
    maximum : float
        H(c) of the rows it was computed on, nats.
    """

    value: float
    maximum: float


def classifier_information(
    X_train: np.ndarray, y_train: np.ndarray, X_test: np.ndarray, y_test: np.ndarray
) -> InformationEstimate:
    """H(c) - cross-entropy of a logistic regression that has not seen the test rows.

    Parameters
    ----------
    X_train : ndarray of shape (n_train, n_features)
        Training rows; the classes get equal weights. Columns should have about unit
        variance (the penalty is fixed).
    y_train : ndarray of shape (n_train,)
    X_test : ndarray of shape (n_test, n_features)
        Rows that the bound is computed on.
    y_test : ndarray of shape (n_test,)
        Every class is one of ``y_train``.

    Returns
    -------
    InformationEstimate

    Raises
    ------
    ValueError
        A class of ``y_test`` is not in ``y_train``.

    See Also
    --------
    classifier_bound : Cross-fitted, with an interval and a null distribution.
    mutual_information_score : A critic of real rows for synthetic samples.

    Notes
    -----
    One penalty serves all data, so that values can be compared. It is strong where many
    classes share the rows, and the bound is then far below the information: for 50 classes
    of 40 rows in 20 columns with 1.88 nats, about 1 nat.

    References
    ----------
    Barber and Agakov (2003), The IM algorithm: I(c; x) ≥ H(c) + E[log q(c|x)] for any q.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import classifier_information
    >>> X, y = load_iris(return_X_y=True)
    >>> X = (X - X.mean(axis=0)) / X.std(axis=0)
    >>> found = classifier_information(X[::2], y[::2], X[1::2], y[1::2])
    >>> 0 < found.value < found.maximum
    True
    """
    classifier = LogisticRegression(C=_C, class_weight="balanced", max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        # The bound holds for any q, also for one that has not converged.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(X_train, y_train)
    logits = classifier.decision_function(X_test)
    if logits.ndim == 1:
        logits = np.column_stack([np.zeros_like(logits), logits])
    # predict_log_proba would return -inf where probabilities underflow.
    log_q = log_softmax(logits, axis=1)
    check_known_labels(y_test, classifier.classes_, ("y_test", "y_train"))
    column = np.searchsorted(classifier.classes_, y_test)
    maximum = class_entropy(np.bincount(column) / len(y_test))
    return InformationEstimate(
        maximum + float(log_q[np.arange(len(y_test)), column].mean()), maximum
    )


def classifier_bound(
    X: ArrayLike,
    labels: ArrayLike,
    *,
    classifier: Any = None,
    cv: int = 5,
    groups: ArrayLike | None = None,
    n_permutations: int = 100,
    n_bootstrap: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = 0,
) -> InformationResult:
    """H(c) - cross-entropy of a cross-fitted classifier on held-out rows.

    A lower bound of I(c; x), whatever the classifier: the information that a classifier of
    this kind can extract from the rows.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    labels : array-like of shape (n_samples,)
        Classes of at least two rows (of two groups, where groups are given).
    classifier : classifier with ``predict_proba`` or None, default=None
        None is a regularised linear discriminant in closed form, whose null distribution
        takes seconds, since a refit is a few matrix products. Any other is cloned and
        refitted (1 + n_permutations) × cv times.
    cv : int, default=5
        Folds; fewer where the rarest class has fewer rows.
    groups : array-like of shape (n_samples,), default=None
        Speakers or sessions. Folds, permutations and bootstrap then keep groups whole: the
        bound is that on unseen groups, and the null keeps the classes of each group.
    n_permutations : int, default=100
        Permutations of the classes, within folds or groups, everything refitted; 0 omits
        the null distribution.
    n_bootstrap : int, default=1000
        Draws of rows (or groups) for the interval, which covers the bound that this
        classifier attains; the information itself may be higher.
    confidence_level : float, default=0.95
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        Its maximum is H(c).

    Raises
    ------
    ValueError
        A class has a single row (or group), or there is one class.

    See Also
    --------
    mixed_information : Nonparametric, for few columns.

    References
    ----------
    Barber and Agakov (2003), The IM algorithm. Discriminants by regression onto
    indicators: Hastie, Buja, Tibshirani (1995), Penalized discriminant analysis.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import classifier_bound
    >>> found = classifier_bound(*load_iris(return_X_y=True), n_permutations=20)
    >>> found.p_value < 0.05 and found.estimate < found.maximum
    True
    """
    check_resampling(n_permutations, confidence_level, n_bootstrap)
    rows, named = check_labelled(X, labels, ("X", "labels"))
    _, classes = np.unique(named, return_inverse=True)
    members, blocks = read_groups(groups, len(rows)), None
    if members is not None:
        blocks = [np.flatnonzero(members == g) for g in range(int(members.max()) + 1)]
    seed = seed_from(random_state)
    folds = held_out_folds(classes, check_count("cv", cv, 2), members, seed)
    if blocks is None:
        blocks = [test for _, test in folds]
    shares = np.bincount(classes) / len(classes)
    rng = generator(seed, _SHUFFLE)
    shuffled = [permuted_within(blocks, classes, rng) for _ in range(n_permutations)]
    sets = [classes, *shuffled]
    if classifier is None:
        held_out = _ridge_scores(rows, folds, sets)
    else:
        held_out = _classifier_scores(rows, folds, sets, classifier)
    terms = held_out[0] - np.log(shares)[classes]
    maximum = class_entropy(shares)
    return information_result(
        "classifier bound",
        float(terms.mean()),
        maximum=maximum,
        interval=bootstrap_interval(
            terms, confidence_level, n_bootstrap, generator(seed, _BOOTSTRAP), members
        ),
        confidence_level=confidence_level,
        null=maximum + held_out[1:].mean(axis=1),
        n_samples=len(rows),
        row_values=terms,
    )


def held_out_folds(classes: Indices, cv: int, groups: Indices | None, seed: int) -> Folds:
    """Shuffled stratified folds, whole groups kept, every class in every training part."""
    counts = np.bincount(classes)
    what = "row"
    if groups is not None:
        counts = np.array(
            [len(np.unique(groups[classes == c])) for c in range(len(counts))]
        )
        what = "group"
    if len(counts) < 2 or counts.min() < 2:
        raise ValueError(
            f"expected at least 2 classes with 2 {what}s each, got {len(counts)} classes, "
            f"the rarest with {int(counts.min())}; add rows or leave that class out."
        )
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(int(min(cv, counts.min())), shuffle=True, random_state=seed)
    folds = list(splitter.split(classes[:, None], classes, groups))
    if any(len(np.unique(classes[train])) < len(counts) for train, _ in folds):
        raise ValueError(
            "no folds were found that keep groups whole and leave rows of every class for "
            "training; pass fewer folds (cv) or coarser classes."
        )
    return folds


def permuted_within(
    blocks: list[Indices], classes: Indices, rng: np.random.Generator
) -> Indices:
    """Classes permuted among the rows of each block."""
    permuted = classes.copy()
    for block in blocks:
        permuted[block] = classes[rng.permutation(block)]
    return permuted


def ridge_fits(
    rows: NDArray[Any], folds: Folds, class_sets: Sequence[Indices]
) -> Iterator[tuple[int, Indices, Indices, Floats]]:
    """Yield (number of the set, training rows, test rows, log densities of these).

    A fold at a time, since a basis is as large as its rows; a few sets at a time, for large
    products in bounded memory.
    """
    n_classes = int(class_sets[0].max()) + 1
    for train, test in folds:
        basis = RidgeBasis(rows[train])
        projected = basis.project(rows[test])
        for first in range(0, len(class_sets), _BATCH):
            some = [classes[train] for classes in class_sets[first : first + _BATCH]]
            for i, found in enumerate(basis.fit_many(some, n_classes), start=first):
                yield i, train, test, found.log_density(projected)


def refits(
    rows: NDArray[Any], folds: Folds, class_sets: Sequence[Indices], classifier: Any
) -> Iterator[tuple[int, Indices, Indices, Any]]:
    """The same with a clone of a scikit-learn classifier in the place of the densities."""
    for i, classes in enumerate(class_sets):
        for train, test in folds:
            yield i, train, test, clone(classifier).fit(rows[train], classes[train])


def _ridge_scores(
    rows: NDArray[Any], folds: Folds, class_sets: Sequence[Indices]
) -> Floats:
    """Held-out ln q(c|x) of every row (n_sets, n), by `RidgeBasis`."""
    out = np.empty((len(class_sets), len(rows)))
    for i, train, test, log_density in ridge_fits(rows, folds, class_sets):
        classes = class_sets[i]
        shares = np.bincount(classes[train], minlength=log_density.shape[1])
        out[i, test] = class_log_probability(
            log_density, classes[test], shares / len(train)
        )
    return out


def _classifier_scores(
    rows: NDArray[Any], folds: Folds, class_sets: Sequence[Indices], classifier: Any
) -> Floats:
    """The same by clones of a scikit-learn classifier."""
    out = np.empty((len(class_sets), len(rows)))
    for i, _, test, fitted in refits(rows, folds, class_sets, classifier):
        column = np.searchsorted(fitted.classes_, class_sets[i][test])
        chosen = fitted.predict_proba(rows[test])[np.arange(len(test)), column]
        out[i, test] = np.log(np.maximum(chosen, _MIN_PROBABILITY))
    return out


# ---- synthetic samples, by a critic of real rows


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
        row_values=terms,
    )


def _pointwise(
    X_synthetic: ArrayLike, y_synthetic: ArrayLike, X_real: ArrayLike, y_real: ArrayLike
) -> tuple[Floats, Indices, Floats]:
    """Pointwise information with each real class (n, n_classes), classes, class shares."""
    real, real_labels, synthetic, named = check_labelled_sets(
        X_real, y_real, X_synthetic, y_synthetic
    )
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
