"""From a `cv` argument to a checked list of folds."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)

from skmiaug.evaluation._labels import plain
from skmiaug.utils._row_numbers import row_numbers

DEFAULT_SPLITS = 5


@dataclass(frozen=True)
class Fold:
    """One training part and one test part of one repeat."""

    seed: int
    number: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]


def resolve_cv(cv: Any, y: NDArray[Any], groups: NDArray[Any] | None) -> Any:
    """The splitter that `cv` means for these labels.

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
    if cv is not None and not isinstance(cv, (int, np.integer)):
        return check_cv(cv)
    if cv is not None and cv < 2:
        raise ValueError(f"cv must be at least 2 folds; got {cv}.")
    splits = _number_of_splits(None if cv is None else int(cv), y, groups)
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    return kind(splits, shuffle=True)


def make_folds(
    cv: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    seeds: list[int],
) -> list[Fold]:
    """All folds of all repeats, each checked to be free of leaks."""
    splitter = resolve_cv(cv, y, groups)
    found = []
    for seed in seeds:
        folds = list(_folds(splitter, X, y, groups, seed))
        if not folds:
            raise ValueError(
                f"cv gave no fold for seed {seed}; pass a splitter or a list of (train, "
                "test), which can be gone through more than once."
            )
        found += folds
    return found


def _folds(
    splitter: Any, X: NDArray[Any], y: NDArray[Any], groups: Any, seed: int
) -> Iterator[Fold]:
    for number, (train, test) in enumerate(with_seed(splitter, seed).split(X, y, groups)):
        where = f"fold {number}"
        train, test = (row_numbers(part, len(y), where) for part in (train, test))
        _check_parts(number, train, test, groups)
        yield Fold(seed, number, train, test)


def with_seed(splitter: Any, seed: Any) -> Any:
    """A copy in which each random state left open is `seed`, inner splitters included."""
    seeded = copy.copy(splitter)
    inner = getattr(seeded, "cv", None)
    if hasattr(inner, "split"):
        seeded.cv = with_seed(inner, seed)
    shuffles = getattr(seeded, "shuffle", True)
    if shuffles and getattr(seeded, "random_state", seed) is None:
        seeded.random_state = seed
    return seeded


def _number_of_splits(asked: int | None, y: NDArray[Any], groups: Any) -> int:
    classes, counts = np.unique(y, return_counts=True)
    rarest = int(counts.argmin())
    most, limit = int(counts[rarest]), f"class {plain(classes[rarest])!r}"
    if groups is not None:
        n_groups = _count_groups(groups)
        if n_groups < most:
            most, limit = n_groups, "the set of groups"
    if asked is None:
        asked = max(2, min(DEFAULT_SPLITS, most))
    if asked > most:
        unit = "group(s)" if limit == "the set of groups" else "row(s)"
        fewer = "ask for fewer folds, " if most > 1 else ""
        # Of a column of numbers or names of files in the place of the classes: nearly all.
        short = int((counts < asked).sum())
        others = f" ({short} of {len(classes)} classes have too few)" if short > 1 else ""
        raise ValueError(
            f"{asked} folds need at least {asked} rows of each class (and as many groups, "
            f"where groups are given), and {limit} has {most} {unit}{others}; {fewer}add "
            "rows, or drop that class."
        )
    return asked


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
