"""The rows that a quality report looks at: split, resampled, generated."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from skmiaug.evaluation._cell import seeded_clone
from skmiaug.evaluation._labels import listed, plain
from skmiaug.evaluation._neighbors import TooFewRowsError, adapt_neighbors
from skmiaug.evaluation._splits import Fold, make_folds

__all__ = ["ReportRows", "Rows", "default_splits", "judged_fold", "prepare_rows"]

_SPLITS = 3

Rows = tuple[NDArray[Any], NDArray[Any]]


@dataclass
class ReportRows:
    """Rows of one split, on the scale of the training part.

    Attributes
    ----------
    train, held_out : tuple of (X, y)
        Real rows; the sampler has seen the first alone.
    resampled : tuple of (X, y)
        What ``fit_resample`` made of the training part, real rows first.
    made : tuple of (X, y)
        Generated rows, as many of each class as the training part has, of the classes
        that the held-out rows can tell something about.
    all_made : tuple of (X, y)
        Those of all classes.
    classes : list
        Sorted labels.
    sampler : estimator
        The fitted clone.
    n_train_groups, n_held_out_groups : int or None
    notes : list of str
        What was adapted or left out.
    """

    train: Rows
    held_out: Rows
    resampled: Rows
    made: Rows
    all_made: Rows
    classes: list[Any]
    sampler: Any
    n_train_groups: int | None = None
    n_held_out_groups: int | None = None
    notes: list[str] = field(default_factory=list)

    def counts(self, which: str) -> dict[Any, int]:
        """Rows of each class in "train", "held_out", "resampled" or "made"."""
        labels = getattr(self, which)[1]
        return {label: int(np.sum(labels == label)) for label in self.classes}


def prepare_rows(
    sampler: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    cv: Any,
    seed: int,
) -> ReportRows:
    """Fit a clone of the sampler to the training part of one fold.

    Raises
    ------
    ValueError
        The sampler is no over-sampler that can make rows of every class.
    """
    _check_sampler(sampler)
    fold = judged_fold(cv, X, y, groups, seed)
    scaler = StandardScaler().fit(X[fold.train])
    train = scaler.transform(X[fold.train]), y[fold.train]
    held_out = scaler.transform(X[fold.test]), y[fold.test]
    fitted = seeded_clone(sampler, seed)
    notes = [_adapted(fitted, train[1])]
    resampled = _arrays(fitted.fit_resample(*train))
    n = len(train[0])
    if len(resampled[0]) < n or not np.array_equal(resampled[0][:n], train[0]):
        raise ValueError(
            "expected an over-sampler, which returns the rows given before those it "
            f"makes; {type(sampler).__name__} does not."
        )
    made = _as_many_of_each(sampler, fitted, train, seed, notes)
    rows = ReportRows(
        train=train,
        held_out=held_out,
        resampled=resampled,
        made=made,
        all_made=made,
        classes=[plain(label) for label in np.unique(y)],
        sampler=fitted,
    )
    if groups is not None:
        rows.n_train_groups = len(np.unique(groups[fold.train]))
        rows.n_held_out_groups = len(np.unique(groups[fold.test]))
    _leave_out_unknown_classes(rows, notes)
    rows.notes = [note for note in notes if note]
    return rows


def judged_fold(
    cv: Any, X: NDArray[Any], y: NDArray[Any], groups: NDArray[Any] | None, seed: int
) -> Fold:
    """The fold whose held-out part has most rows of its rarest class, the first of equals.

    With few groups some classes may be all but absent from a held-out part, and nothing
    could be told of them.
    """
    splitter = default_splits(y, groups) if cv is None else cv
    labels = np.unique(y)

    def rows_of_the_rarest(fold: Fold) -> int:
        return min(int(np.sum(y[fold.test] == label)) for label in labels)

    return max(make_folds(splitter, X, y, groups, [seed]), key=rows_of_the_rarest)


def _adapted(sampler: Any, y: NDArray[Any]) -> str:
    try:
        return adapt_neighbors(sampler, y)
    except TooFewRowsError as error:
        raise ValueError(
            f"{type(sampler).__name__} {error} in the training part; add rows, or leave "
            "that class out."
        ) from error


def _check_sampler(sampler: Any) -> None:
    makes = hasattr(sampler, "sample") or (
        hasattr(sampler, "get_params") and "sampling_strategy" in sampler.get_params()
    )
    if not hasattr(sampler, "fit_resample") or not makes:
        raise ValueError(
            "expected an over-sampler with fit_resample, and sample(n, y) or "
            f"sampling_strategy to ask for rows of every class; got {sampler!r}."
        )


def default_splits(y: NDArray[Any], groups: NDArray[Any] | None) -> int:
    """A third of the rows is held out, or half where there is too little."""
    most = int(np.unique(y, return_counts=True)[1].min())
    if groups is not None:
        most = min(most, len(np.unique(groups)))
    return max(2, min(_SPLITS, most))


def _as_many_of_each(
    sampler: Any, fitted: Any, train: Rows, seed: int, notes: list[str]
) -> Rows:
    """Generated rows, as many of each class as there are in ``train``."""
    X, y = train
    if hasattr(fitted, "sample"):
        return _arrays(fitted.sample(len(y), np.sort(y)))
    labels, counts = np.unique(y, return_counts=True)
    twice = {plain(c): 2 * int(n) for c, n in zip(labels, counts, strict=True)}
    again = seeded_clone(sampler, seed).set_params(sampling_strategy=twice)
    notes.append(_adapted(again, y))
    made = _arrays(again.fit_resample(X, y))
    return made[0][len(X) :], made[1][len(X) :]


def _leave_out_unknown_classes(rows: ReportRows, notes: list[str]) -> None:
    """Judge made rows only of classes that the held-out rows can tell something about."""
    missing = np.setdiff1d(np.unique(rows.train[1]), rows.made[1])
    if len(missing):
        notes.append(f"no rows were made of {listed(missing)}")
    labels, counts = np.unique(rows.held_out[1], return_counts=True)
    known = np.isin(rows.made[1], labels[counts > 1])
    if not known.all():
        left_out = np.unique(rows.made[1][~known])
        notes.append(
            f"made rows of {listed(left_out)} are not judged: fewer than 2 rows of that "
            "class are held out"
        )
        rows.made = rows.made[0][known], rows.made[1][known]
    if len(np.unique(rows.made[1])) < 2:
        raise ValueError(
            "expected made rows of at least 2 classes that have 2 held-out rows each; hold "
            "more rows out (cv), or leave tiny classes out."
        )


def _arrays(made: Any) -> Rows:
    return np.asarray(made[0]), np.asarray(made[1])
