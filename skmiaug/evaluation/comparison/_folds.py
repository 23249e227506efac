"""From a `cv` argument to a checked list of folds, and folds made imbalanced."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import (
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)

from skmiaug.evaluation._labels import listed, plain
from skmiaug.utils.tables._row_blocks import row_numbers

__all__ = ["ImbalancedTrainingSplit"]

_DEFAULT_SPLITS = 5

Fractions = Mapping[Any, float] | Sequence[float]


@dataclass(frozen=True)
class Fold:
    """One training part and one test part of one repeat."""

    seed: int
    number: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]


def resolve_cv(cv: Any, y: NDArray[Any], groups: NDArray[Any] | None) -> Any:
    """The splitter that `cv` stands for, given these labels.

    None: 5 shuffled stratified folds, group-wise where groups are given, or as many as
    the smallest class (the groups) allow. An int asks for exactly that many. "logo"
    leaves one group out. Anything else is a splitter or a list of (train, test).
    """
    if isinstance(cv, str):
        if cv != "logo":
            raise ValueError(
                f"cv must be a number, 'logo', a splitter or None; got {cv!r}."
            )
        if groups is None:
            raise ValueError("cv='logo' leaves one group out and needs groups; got none.")
        _count_groups(groups)
        return LeaveOneGroupOut()
    if cv is not None and not isinstance(cv, Integral):
        return check_cv(cv)
    if cv is not None and cv < 2:
        raise ValueError(f"cv must be at least 2 folds; got {cv}.")
    return stratified(_number_of_splits(cv, y, groups), groups)


def possible_splits(asked: int, y: NDArray[Any], groups: Any) -> int:
    """`asked`, or as many as the smallest class and the groups allow; 2 at least."""
    most = int(np.unique(y, return_counts=True)[1].min())
    if groups is not None:
        most = min(most, len(np.unique(groups)))
    return max(2, min(asked, most))


def stratified(n_splits: int, groups: Any, seed: int | None = None) -> Any:
    """Shuffled stratified folds, which keep groups whole where groups are given."""
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    return kind(n_splits, shuffle=True, random_state=seed)


def make_folds(
    cv: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    seeds: list[int],
) -> list[Fold]:
    """All folds of all repeats, each checked to be free of leaks."""
    splitter = resolve_cv(cv, y, groups)
    found: list[Fold] = []
    for seed in seeds:
        before = len(found)
        parts = with_seed(splitter, seed).split(X, y, groups)
        for number, (train, test) in enumerate(parts):
            train, test = (row_numbers(p, len(y), f"fold {number}") for p in (train, test))
            _check_parts(number, train, test, groups)
            found.append(Fold(seed, number, train, test))
        if len(found) == before:
            raise ValueError(
                f"cv gave no fold for seed {seed}; pass a splitter or a list of (train, "
                "test), which can be iterated over more than once."
            )
    return found


def with_seed(splitter: Any, seed: Any) -> Any:
    """A copy in which each open random state is `seed`, inner splitters included."""
    seeded = copy.copy(splitter)
    inner = getattr(seeded, "cv", None)
    if hasattr(inner, "split"):
        seeded.cv = with_seed(inner, seed)
    shuffles = getattr(seeded, "shuffle", True)
    if shuffles and getattr(seeded, "random_state", seed) is None:
        seeded.random_state = seed
    return seeded


class ImbalancedTrainingSplit:
    """Splitter that makes the training parts imbalanced and leaves the test parts whole.

    The ``make_imbalance`` of imbalanced-learn for cross-validation: rare classes are
    learned from few rows and tested on many. One generator runs over the folds in the order
    of the inner splitter and, within a fold, over the classes in the order of `fractions`.

    Parameters
    ----------
    cv : splitter, int, "logo", list of (train, test) or None
        Any scikit-learn splitter, for example ``LeaveOneGroupOut()``, or what
        `compare_samplers` takes in its place; shuffled folds have the seed of the draw.
    fractions : sequence or mapping of float in (0, 1]
        The part of each class to keep: one value for each class in the sorted order of the
        labels, or a mapping from class to value (classes not named stay whole).
    min_rows : int, default=5
        No class falls below this many rows (or below what it has): a class of n rows keeps
        ``max(min_rows, int(fraction * n))``.
    random_state : int, RandomState or None, default=None
        Seed of the draw. `compare_samplers` fills in the seed of each repeat where this
        is None.

    See Also
    --------
    imblearn.datasets.make_imbalance : The same for one set of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import StratifiedKFold
    >>> from skmiaug.evaluation import ImbalancedTrainingSplit
    >>> X, y = np.zeros((200, 1)), np.repeat([0, 1], 100)
    >>> cv = ImbalancedTrainingSplit(StratifiedKFold(2), [1, 0.2], random_state=0)
    >>> [np.bincount(y[train]).tolist() for train, test in cv.split(X, y)]
    [[50, 10], [50, 10]]
    >>> [np.bincount(y[test]).tolist() for train, test in cv.split(X, y)]
    [[50, 50], [50, 50]]
    """

    def __init__(
        self,
        cv: Any,
        fractions: Fractions,
        *,
        min_rows: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.cv = cv
        self.fractions = fractions
        self.min_rows = min_rows
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of folds of the inner splitter."""
        if isinstance(self.cv, Integral):
            return int(self.cv)
        return int(self._splitter(y, groups).get_n_splits(X, y, groups))

    def split(
        self, X: Any, y: ArrayLike, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield (training rows, test rows) of each fold.

        Training rows come class by class in the order drawn.

        Raises
        ------
        ValueError
            A fraction is outside (0, 1], their number is not that of the classes, or a
            class of the mapping is not in `y`.
        """
        labels = np.asarray(y)
        by_class = _fractions_by_class(self.fractions, labels)
        seed = self.random_state
        rng = (
            seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
        )
        for train, test in self._splitter(labels, groups).split(X, labels, groups):
            kept = []
            # By hand: imblearn's sampler refuses a training part of a single class.
            for label, fraction in by_class.items():
                own = train[labels[train] == label]
                size = min(len(own), max(self.min_rows, int(fraction * len(own))))
                if size:
                    # A draw of all rows also advances the generator: part of the protocol.
                    kept.append(rng.choice(own, size, replace=False))
            yield np.concatenate(kept) if kept else train[:0], test

    def _splitter(self, y: Any, groups: Any) -> Any:
        if hasattr(self.cv, "split") and hasattr(self.cv, "get_n_splits"):
            return self.cv
        groups = None if groups is None else np.asarray(groups)
        return with_seed(resolve_cv(self.cv, np.asarray(y), groups), self.random_state)

    def __repr__(self) -> str:
        return (
            f"ImbalancedTrainingSplit({self.cv!r}, {self.fractions!r}, "
            f"min_rows={self.min_rows})"
        )


def _fractions_by_class(fractions: Fractions, y: NDArray[Any]) -> dict[Any, float]:
    """Check `fractions` against the classes of `y`; the result is in order of the draw."""
    classes = list(np.unique(y))
    if isinstance(fractions, Mapping):
        unknown = [label for label in fractions if label not in classes]
        if unknown:
            raise ValueError(
                f"fractions name class {plain(unknown[0])!r}, and y holds only "
                f"{listed(classes)}."
            )
        by_class = {**fractions, **{c: 1.0 for c in classes if c not in fractions}}
    else:
        if len(fractions) != len(classes):
            raise ValueError(
                f"expected {len(classes)} fractions, one for each class in the order "
                f"{listed(classes)}; got {len(fractions)}."
            )
        by_class = dict(zip(classes, fractions, strict=True))
    for label, fraction in by_class.items():
        if not 0 < fraction <= 1:
            raise ValueError(
                f"the fraction of class {plain(label)!r} must be above 0 and at most 1; "
                f"got {fraction!r}."
            )
    return by_class


def _number_of_splits(asked: Any, y: NDArray[Any], groups: Any) -> int:
    classes, counts = np.unique(y, return_counts=True)
    rarest = int(counts.argmin())
    most, limit, unit = int(counts[rarest]), f"class {plain(classes[rarest])!r}", "row"
    if groups is not None:
        n_groups = _count_groups(groups)
        if n_groups < most:
            most, limit, unit = n_groups, "the set of groups", "group"
    if asked is None:
        asked = max(2, min(_DEFAULT_SPLITS, most))
    if asked > most:
        fewer = "ask for fewer folds, " if most > 1 else ""
        # Nearly all, where a column of numbers or file names was used for the classes.
        short = int((counts < asked).sum())
        others = f" ({short} of {len(classes)} classes have too few)" if short > 1 else ""
        raise ValueError(
            f"{asked} folds need at least {asked} rows of each class (and as many groups, "
            f"where groups are given), and {limit} has {most} {unit}(s){others}; {fewer}"
            "add rows, or drop that class."
        )
    return int(asked)


def _count_groups(groups: NDArray[Any]) -> int:
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            "splitting by group needs at least 2 groups, and all rows are of one; pass "
            "other groups, or none to split by row."
        )
    return n_groups


def _check_parts(number: int, train: Any, test: Any, groups: Any) -> None:
    if not len(train) or not len(test):
        empty = "training" if not len(train) else "test"
        raise ValueError(f"fold {number} has an empty {empty} part; use fewer folds.")
    if np.intersect1d(train, test).size:
        raise ValueError(f"fold {number} has rows in both its training and its test part.")
    if groups is None:
        return
    shared = np.intersect1d(groups[train], groups[test])
    if shared.size:
        raise ValueError(
            f"fold {number} has group {plain(shared[0])!r} in both its training and its "
            "test part; use a splitter that keeps groups whole, such as "
            "StratifiedGroupKFold, or pass no groups."
        )
