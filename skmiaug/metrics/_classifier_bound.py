"""A lower bound of the information of rows and classes, cross-fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import check_consistent_length, column_or_1d

from skmiaug.metrics._checks import (
    check_confidence,
    check_count,
    check_labelled,
    generator,
    seed_from,
)
from skmiaug.metrics._information_result import (
    InformationResult,
    bootstrap_interval,
    class_entropy,
    finished,
)
from skmiaug.metrics._ridge_discriminant import RidgeBasis, class_log_probability

__all__ = ["classifier_bound", "held_out_folds", "in_batches", "shuffled_within"]

_LEAST_PROBABILITY = 1e-12
_BATCH = 8
_SHUFFLE, _BOOTSTRAP = range(2)

Folds = list[tuple[NDArray[np.intp], NDArray[np.intp]]]


# From sets of classes of the rows to ln q(c|x) of every row (n_sets, n), by classifiers
# that did not see it.
HeldOutPosterior = Callable[[Sequence[NDArray[np.intp]]], NDArray[np.float64]]


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
    """H(c) less the cross-entropy of a fresh classifier on rows it has not seen.

    A lower bound of I(c; x), whatever the classifier: it says what a classifier of this
    kind can read from the rows.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    labels : array-like of shape (n_samples,)
        Classes of at least two rows (of two groups, where groups are given).
    classifier : classifier with ``predict_proba`` or None, default=None
        None is a regularised linear discriminant in closed form: its permutation null
        takes seconds, since a refit is a few matrix products. Any other is cloned and
        refitted (1 + n_permutations) × cv times.
    cv : int, default=5
        Folds; fewer where the rarest class has fewer rows.
    groups : array-like of shape (n_samples,), default=None
        Speakers or sessions. Folds, shuffles and bootstrap then keep to whole groups: the
        bound is that on unseen groups, and the null leaves each group its classes.
    n_permutations : int, default=100
        Shuffles of the classes, within folds or groups, everything refitted; 0 leaves the
        null out.
    n_bootstrap : int, default=1000
        Draws of rows (or groups) behind the interval, which covers the bound that this
        classifier attains; the information itself may be higher.
    confidence_level : float, default=0.95
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        Its ceiling is H(c).

    Raises
    ------
    ValueError
        A class has a single row (or group), or there is one class.

    References
    ----------
    Barber and Agakov (2003), The IM algorithm. Regression onto indicators as a way to
    discriminants: Hastie, Buja, Tibshirani (1995), Penalized discriminant analysis.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import classifier_bound
    >>> found = classifier_bound(*load_iris(return_X_y=True), n_permutations=20)
    >>> found.p_value < 0.05 and found.estimate < found.ceiling
    True
    """
    check_count("n_permutations", n_permutations, 0)
    check_count("n_bootstrap", n_bootstrap, 1)
    check_confidence(confidence_level)
    rows, named = check_labelled(X, labels, ("X", "labels"))
    _, classes = np.unique(named, return_inverse=True)
    members = _group_numbers(groups, rows)
    seed = seed_from(random_state)
    folds = held_out_folds(classes, check_count("cv", cv, 2), members, seed)
    log_q = (
        ridge_folds(rows, folds)
        if classifier is None
        else _classifier_folds(rows, folds, classifier)
    )
    shares = np.bincount(classes) / len(classes)
    ceiling = class_entropy(shares)
    rng = generator(seed, _SHUFFLE)
    blocks = [test for _, test in folds] if members is None else _members_of(members)
    shuffled = [shuffled_within(blocks, classes, rng) for _ in range(n_permutations)]
    held_out = log_q([classes, *shuffled])
    terms = held_out[0] - np.log(shares)[classes]
    null = ceiling + held_out[1:].mean(axis=1)
    return finished(
        "classifier bound",
        float(terms.mean()),
        ceiling=ceiling,
        interval=bootstrap_interval(
            terms, confidence_level, n_bootstrap, generator(seed, _BOOTSTRAP), members
        ),
        confidence_level=confidence_level,
        null=null,
        n_samples=len(rows),
    )


def held_out_folds(
    classes: NDArray[np.intp], cv: int, groups: NDArray[np.intp] | None, seed: int
) -> Folds:
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
    n_splits = int(min(cv, counts.min()))
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(n_splits, shuffle=True, random_state=seed)
    folds = list(splitter.split(classes[:, None], classes, groups))
    n_classes = len(counts)
    if any(len(np.unique(classes[train])) < n_classes for train, _ in folds):
        raise ValueError(
            "no folds were found that keep groups whole and leave rows of every class to "
            "train on; pass fewer folds (cv) or coarser classes."
        )
    return folds


def shuffled_within(
    blocks: list[NDArray[np.intp]], classes: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Classes shuffled among the rows of each block."""
    shuffled = classes.copy()
    for block in blocks:
        shuffled[block] = classes[rng.permutation(block)]
    return shuffled


def in_batches(
    class_sets: Sequence[NDArray[np.intp]],
) -> Iterator[tuple[int, Sequence[NDArray[np.intp]]]]:
    """(number of the first, a few of the sets): large products, and memory bounded."""
    for start in range(0, len(class_sets), _BATCH):
        yield start, class_sets[start : start + _BATCH]


def ridge_folds(rows: NDArray[Any], folds: Folds) -> HeldOutPosterior:
    """Held-out ln q(c|x) by `RidgeBasis`, the part without classes computed once."""

    def log_q(class_sets: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
        n_classes = int(class_sets[0].max()) + 1
        out = np.empty((len(class_sets), len(rows)))
        # A fold at a time, since a basis is as large as its rows.
        for train, test in folds:
            basis = RidgeBasis(rows[train])
            projected = basis.project(rows[test])
            for first, some in in_batches(class_sets):
                seen = [classes[train] for classes in some]
                for i, found in enumerate(basis.fit_many(seen, n_classes)):
                    shares = np.bincount(seen[i], minlength=n_classes) / len(train)
                    out[first + i, test] = class_log_probability(
                        found.log_density(projected), some[i][test], shares
                    )
        return out

    return log_q


def _classifier_folds(
    rows: NDArray[Any], folds: Folds, classifier: Any
) -> HeldOutPosterior:
    """Held-out ln q(c|x) by clones of a scikit-learn classifier."""

    def log_q(class_sets: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
        out = np.empty((len(class_sets), len(rows)))
        for i, classes in enumerate(class_sets):
            for train, test in folds:
                fitted = clone(classifier).fit(rows[train], classes[train])
                column = np.searchsorted(fitted.classes_, classes[test])
                chosen = fitted.predict_proba(rows[test])[np.arange(len(test)), column]
                out[i, test] = np.log(np.maximum(chosen, _LEAST_PROBABILITY))
        return out

    return log_q


def _group_numbers(groups: ArrayLike | None, rows: NDArray[Any]) -> NDArray[np.intp] | None:
    if groups is None:
        return None
    named = column_or_1d(np.asarray(groups))
    check_consistent_length(rows, named)
    return np.unique(named, return_inverse=True)[1]


def _members_of(groups: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(groups == g) for g in range(int(groups.max()) + 1)]
