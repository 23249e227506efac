"""The samples that a quality report judges: split, resampled, generated."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from skmiaug.evaluation._labels import counted, listed, plain
from skmiaug.evaluation.comparison._cell import seeded_clone
from skmiaug.evaluation.comparison._folds import Fold, make_folds, possible_splits
from skmiaug.evaluation.comparison._targets import Classes
from skmiaug.model_selection._samplers import (
    TooFewRowsError,
    adapt_neighbors,
    group_options,
)

_SPLITS = 3
# With fewer added samples, nothing could be said about them.
_MIN_ADDED = 20

# What the rows of a stratum have in common, for readers.
SIMILAR = {
    "distribution": "rows of one plurality class",
    "multilabel": "rows with the same rarest label",
    "continuous": "rows in the same fifth of the first attribute",
}

Labelled = tuple[NDArray[Any], NDArray[Any]]


@dataclass
class ReportSamples:
    """Samples of one split as (X, y), on the scale of the training part.

    The sampler has seen `train` only. `resampled` holds the training part after
    ``fit_resample``, real rows first. `synthetic` holds the samples that it added, of the
    classes with enough held-out rows to judge them; `in_their_place` all of them, and the
    training rows of the classes that got none. `notes` report what was adapted or left out.

    Of other targets than classes, `synthetic` has a sample for the target of each training
    row, since those that balancing adds have other targets than real rows. Where rows are
    compared class by class, their strata of similar targets stand for classes: in
    `synthetic`, `train_strata` and `strata`, those of held-out rows.
    """

    target: Classes
    train: Labelled
    held_out: Labelled
    resampled: Labelled
    synthetic: Labelled
    in_their_place: Labelled
    train_strata: NDArray[Any]
    strata: NDArray[Any]
    sampler: Any
    n_train_groups: int | None = None
    n_held_out_groups: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def classes(self) -> list[Any]:
        """Classes, or strata."""
        return np.union1d(self.train_strata, self.strata).tolist()

    def counts(self, which: str) -> dict[Any, int]:
        """Samples of each class in "train" or "resampled", or what else is balanced."""
        return self.target.counts(getattr(self, which)[1], self.target.names.tolist())


def prepare_samples(
    sampler: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    cv: Any,
    seed: int,
    target: Classes,
) -> ReportSamples:
    """Fit a clone of the sampler to the training part of one fold.

    Raises
    ------
    ValueError
        The sampler is not an over-sampler, or adds nothing and cannot be asked for more.
    """
    of_classes = target.name == "multiclass"
    _check_sampler(sampler, target.name)
    fold = judged_fold(cv, X, target.strata(y, _SPLITS), groups, seed)
    scaler = StandardScaler().fit(X[fold.train])
    train, held_out = (
        (scaler.transform(X[part]), y[part]) for part in (fold.train, fold.test)
    )
    fitted, notes = seeded_clone(sampler, seed), []
    if of_classes:
        notes.append(_adapted(fitted, train[1]))
    own = group_options(fitted, None if groups is None else groups[fold.train])
    given: Any = train[1]
    if given.ndim == 2:  # sampling_strategy may name columns
        given = pd.DataFrame(given, columns=target.names)
    resampled = _arrays(fitted.fit_resample(train[0], given, **own))
    n = len(train[0])
    if len(resampled[0]) < n or not np.array_equal(resampled[0][:n], train[0]):
        raise ValueError(
            "expected an over-sampler, which returns the given rows before its synthetic "
            f"samples; {type(sampler).__name__} does not."
        )
    strata = strata_of(target, y)
    synthetic = resampled[0][n:], resampled[1][n:]
    if not of_classes:
        in_their_place = fitted.sample(n, train[1])[0], train[1]
        synthetic = in_their_place[0], strata[fold.train]
    else:
        if len(synthetic[0]) < _MIN_ADDED:
            notes.append(
                f"balancing adds {counted(len(synthetic[0]), 'sample')} here: as many of "
                "each class as in the training part were generated to be judged"
            )
            synthetic = _as_many_of_each(sampler, fitted, train, seed, notes)
        without = ~np.isin(train[1], synthetic[1])
        in_their_place = joined(synthetic, (train[0][without], train[1][without]))
    samples = ReportSamples(
        target=target,
        train=train,
        held_out=held_out,
        resampled=resampled,
        synthetic=synthetic,
        in_their_place=in_their_place,
        train_strata=strata[fold.train],
        strata=strata[fold.test],
        sampler=fitted,
    )
    if groups is not None:
        samples.n_train_groups = len(np.unique(groups[fold.train]))
        samples.n_held_out_groups = len(np.unique(groups[fold.test]))
    _leave_out_unknown_classes(samples, notes)
    samples.notes = [note for note in notes if note]
    return samples


def strata_of(target: Classes, y: NDArray[Any]) -> NDArray[Any]:
    """The stratum of similar targets of each row, by name; of classes y itself."""
    names = np.array([str(name) for name in target.names])
    if target.name == "multiclass":
        return y
    if target.name == "continuous":
        first = y if y.ndim == 1 else y[:, 0]
        ends = np.unique(np.quantile(first, np.linspace(0, 1, 6)))
        fifths = [f"{names[0]} {a:.3g} to {b:.3g}" for a, b in pairwise(ends)]
        return np.array(fifths)[np.searchsorted(ends[1:-1], first, side="right")]
    # The rarest label of a row, or the class with most votes.
    order = np.arange(len(names))
    if target.name == "multilabel":
        order = np.argsort(y.sum(axis=0), kind="stable")
    found = names[order][y[:, order].argmax(axis=1)]
    return np.where(y.any(axis=1), found, "no label")


def judged_fold(
    cv: Any, X: NDArray[Any], y: NDArray[Any], groups: NDArray[Any] | None, seed: int
) -> Fold:
    """The fold whose held-out part has most rows of its rarest class, the first of equals.

    With few groups, a held-out part may have hardly any row of some classes, which then
    could not be judged.
    """
    splitter = default_splits(y, groups) if cv is None else cv
    labels = np.unique(y)

    def rows_of_the_rarest(fold: Fold) -> int:
        return int((y[fold.test, None] == labels).sum(axis=0).min())

    return max(make_folds(splitter, X, y, groups, [seed]), key=rows_of_the_rarest)


def default_splits(y: NDArray[Any], groups: NDArray[Any] | None) -> int:
    """A third of the rows is held out, or half where there are too few."""
    return possible_splits(_SPLITS, y, groups)


def _adapted(sampler: Any, y: NDArray[Any]) -> str:
    try:
        return adapt_neighbors(sampler, y)
    except TooFewRowsError as error:
        raise ValueError(
            f"{type(sampler).__name__} {error} in the training part; add rows, or leave "
            "that class out."
        ) from error


def _check_sampler(sampler: Any, target_type: str) -> None:
    if target_type != "multiclass" and not hasattr(sampler, "sample"):
        raise ValueError(
            f"target_type={target_type!r} needs an augmenter with sample(n, y); "
            f"{type(sampler).__name__} has none."
        )
    generates = hasattr(sampler, "sample") or (
        hasattr(sampler, "get_params") and "sampling_strategy" in sampler.get_params()
    )
    if not hasattr(sampler, "fit_resample") or not generates:
        raise ValueError(
            "expected an over-sampler with fit_resample, and sample(n, y) or "
            f"sampling_strategy to ask for samples of every class; got {sampler!r}."
        )


def _as_many_of_each(
    sampler: Any, fitted: Any, train: Labelled, seed: int, notes: list[str]
) -> Labelled:
    """Synthetic samples, as many of each class as there are in ``train``."""
    X, y = train
    if hasattr(fitted, "sample"):
        return _arrays(fitted.sample(len(y), np.sort(y)))
    labels, counts = np.unique(y, return_counts=True)
    twice = {plain(c): 2 * int(n) for c, n in zip(labels, counts, strict=True)}
    again = seeded_clone(sampler, seed).set_params(sampling_strategy=twice)
    notes.append(_adapted(again, y))
    found = _arrays(again.fit_resample(X, y))
    return found[0][len(X) :], found[1][len(X) :]


def _leave_out_unknown_classes(samples: ReportSamples, notes: list[str]) -> None:
    """Judge synthetic samples only of classes with at least two of them and held out."""
    X, y = samples.synthetic
    labels, counts = np.unique(y, return_counts=True)
    several = np.isin(y, labels[counts > 1])
    X, y = samples.synthetic = X[several], y[several]
    labels, counts = np.unique(samples.strata, return_counts=True)
    known = np.isin(y, labels[counts > 1])
    if not known.all():
        notes.append(
            f"synthetic samples of {listed(np.unique(y[~known]))} are not judged: fewer "
            "than 2 rows of that class are held out"
        )
        samples.synthetic = X[known], y[known]
    if not len(samples.synthetic[1]):
        raise ValueError(
            "expected synthetic samples of a class that has at least 2 held-out rows; hold "
            "more rows out (cv), or leave tiny classes out."
        )


def joined(one: Labelled, other: Labelled) -> Labelled:
    """Both sets, one below the other."""
    return np.vstack([one[0], other[0]]), np.concatenate([one[1], other[1]])


def _arrays(pair: Any) -> Labelled:
    return np.asarray(pair[0]), np.asarray(pair[1])
