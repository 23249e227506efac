"""The samples that a quality report judges: split, resampled, generated."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from skmiaug.evaluation._labels import counted, listed, plain
from skmiaug.evaluation.comparison._cell import seeded_clone
from skmiaug.evaluation.comparison._folds import Fold, make_folds, possible_splits
from skmiaug.model_selection._balanced import group_options
from skmiaug.model_selection._neighbors import TooFewRowsError, adapt_neighbors

__all__ = ["ReportSamples", "default_splits", "judged_fold", "prepare_samples"]

_SPLITS = 3
# With fewer added samples, nothing could be said about them.
_MIN_ADDED = 20

Labelled = tuple[NDArray[Any], NDArray[Any]]


@dataclass
class ReportSamples:
    """Samples of one split as (X, y), on the scale of the training part.

    The sampler has seen `train` only. `resampled` holds the training part after
    ``fit_resample``, real rows first. `synthetic` holds the samples that it added, of the
    classes with enough held-out rows to judge them; `in_their_place` all of them, and the
    training rows of the classes that got none. `notes` report what was adapted or left out.
    """

    train: Labelled
    held_out: Labelled
    resampled: Labelled
    synthetic: Labelled
    in_their_place: Labelled
    classes: list[Any]
    sampler: Any
    n_train_groups: int | None = None
    n_held_out_groups: int | None = None
    notes: list[str] = field(default_factory=list)

    def counts(self, which: str) -> dict[Any, int]:
        """Samples of each class in "train", "held_out", "resampled" or "synthetic"."""
        labels = getattr(self, which)[1]
        return {label: int(np.sum(labels == label)) for label in self.classes}


def prepare_samples(
    sampler: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    cv: Any,
    seed: int,
) -> ReportSamples:
    """Fit a clone of the sampler to the training part of one fold.

    Raises
    ------
    ValueError
        The sampler is not an over-sampler, or adds nothing and cannot be asked for more.
    """
    _check_sampler(sampler)
    fold = judged_fold(cv, X, y, groups, seed)
    scaler = StandardScaler().fit(X[fold.train])
    train = scaler.transform(X[fold.train]), y[fold.train]
    fitted = seeded_clone(sampler, seed)
    notes = [_adapted(fitted, train[1])]
    own = group_options(fitted, None if groups is None else groups[fold.train])
    resampled = _arrays(fitted.fit_resample(*train, **own))
    n = len(train[0])
    if len(resampled[0]) < n or not np.array_equal(resampled[0][:n], train[0]):
        raise ValueError(
            "expected an over-sampler, which returns the given rows before its synthetic "
            f"samples; {type(sampler).__name__} does not."
        )
    synthetic = resampled[0][n:], resampled[1][n:]
    if len(synthetic[0]) < _MIN_ADDED:
        notes.append(
            f"balancing adds {counted(len(synthetic[0]), 'sample')} here: as many of each "
            "class as in the training part were generated to be judged"
        )
        synthetic = _as_many_of_each(sampler, fitted, train, seed, notes)
    others = ~np.isin(train[1], synthetic[1])
    samples = ReportSamples(
        train=train,
        held_out=(scaler.transform(X[fold.test]), y[fold.test]),
        resampled=resampled,
        synthetic=synthetic,
        in_their_place=(
            np.vstack([synthetic[0], train[0][others]]),
            np.concatenate([synthetic[1], train[1][others]]),
        ),
        classes=[plain(label) for label in np.unique(y)],
        sampler=fitted,
    )
    if groups is not None:
        samples.n_train_groups = len(np.unique(groups[fold.train]))
        samples.n_held_out_groups = len(np.unique(groups[fold.test]))
    _leave_out_unknown_classes(samples, notes)
    samples.notes = [note for note in notes if note]
    return samples


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
        return min(int(np.sum(y[fold.test] == label)) for label in labels)

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


def _check_sampler(sampler: Any) -> None:
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
    labels, counts = np.unique(samples.held_out[1], return_counts=True)
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


def _arrays(pair: Any) -> Labelled:
    return np.asarray(pair[0]), np.asarray(pair[1])
