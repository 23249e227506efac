"""The samples that a quality report judges: split, resampled, generated."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils import _safe_indexing

from skmiaug.evaluation._labels import counted, listed, plain
from skmiaug.evaluation.comparison._cell import seeded_clone
from skmiaug.evaluation.comparison._folds import Fold, make_folds, possible_splits
from skmiaug.evaluation.report._targets import Targets
from skmiaug.model_selection._balanced import group_options
from skmiaug.model_selection._neighbors import TooFewRowsError, adapt_neighbors

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

    For other targets than classes, y names the stratum of each row, `values` has the
    targets of each part, and `synthetic` has a sample for the target of each training row:
    those that balancing adds have other targets than real rows.
    """

    train: Labelled
    held_out: Labelled
    resampled: Labelled
    synthetic: Labelled
    in_their_place: Labelled
    classes: list[Any]
    sampler: Any
    targets: Targets | None = None
    values: dict[str, NDArray[Any]] = field(default_factory=dict)
    n_train_groups: int | None = None
    n_held_out_groups: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def target_type(self) -> str:
        """That of the sampler; "multiclass" for one that has none."""
        return "multiclass" if self.targets is None else self.targets.target_type

    def counts(self, which: str) -> dict[Any, int]:
        """Samples of each class in "train", "held_out", "resampled" or "synthetic"."""
        labels = getattr(self, which)[1]
        return {label: int(np.sum(labels == label)) for label in self.classes}

    def amounts(self, which: str) -> dict[Any, int]:
        """What is balanced: `counts`, or votes of each class, or rows of each label."""
        if self.targets is None:
            return self.counts(which)
        return self.targets.amounts(self.values[which])


def prepare_samples(
    sampler: Any,
    X: NDArray[Any],
    y: Any,
    groups: NDArray[Any] | None,
    cv: Any,
    seed: int,
    targets: Targets | None = None,
) -> ReportSamples:
    """Fit a clone of the sampler to the training part of one fold.

    Raises
    ------
    ValueError
        The sampler is not an over-sampler, or adds nothing and cannot be asked for more.
    """
    _check_sampler(sampler, targets)
    labels = to_split = y
    if targets is not None:
        labels = to_split = targets.stratum_of(targets.values)
        if np.unique(labels, return_counts=True)[1].min() < _SPLITS:
            to_split = np.zeros(len(labels), dtype=int)
    fold = judged_fold(cv, X, to_split, groups, seed)
    scaler = StandardScaler().fit(X[fold.train])
    train = scaler.transform(X[fold.train]), labels[fold.train]
    fitted = seeded_clone(sampler, seed)
    notes = [_adapted(fitted, train[1])]
    own = group_options(fitted, None if groups is None else groups[fold.train])
    found = fitted.fit_resample(train[0], _safe_indexing(y, fold.train), **own)
    X_resampled, n = np.asarray(found[0]), len(train[0])
    if len(X_resampled) < n or not np.array_equal(X_resampled[:n], train[0]):
        raise ValueError(
            "expected an over-sampler, which returns the given rows before its synthetic "
            f"samples; {type(sampler).__name__} does not."
        )
    values: dict[str, NDArray[Any]] = {}
    if targets is None:
        resampled = X_resampled, np.asarray(found[1])
        synthetic = X_resampled[n:], resampled[1][n:]
        if len(synthetic[0]) < _MIN_ADDED:
            notes.append(
                f"balancing adds {counted(len(synthetic[0]), 'sample')} here: as many of "
                "each class as in the training part were generated to be judged"
            )
            synthetic = _as_many_of_each(sampler, fitted, train, seed, notes)
        without = ~np.isin(train[1], synthetic[1])
        in_their_place = joined(synthetic, (train[0][without], train[1][without]))
    else:
        values = {
            "train": targets.values[fold.train],
            "held_out": targets.values[fold.test],
            "resampled": targets.read(found[1]),
        }
        resampled = X_resampled, targets.stratum_of(values["resampled"])
        synthetic = fitted.sample(n, values["train"])[0], train[1]
        in_their_place = synthetic[0], values["train"]
    samples = ReportSamples(
        train=train,
        held_out=(scaler.transform(X[fold.test]), labels[fold.test]),
        resampled=resampled,
        synthetic=synthetic,
        in_their_place=in_their_place,
        classes=[plain(label) for label in np.unique(labels)],
        sampler=fitted,
        targets=targets,
        values=values,
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


def _check_sampler(sampler: Any, targets: Targets | None) -> None:
    if targets is not None and not hasattr(sampler, "sample"):
        raise ValueError(
            f"target_type={targets.target_type!r} needs an augmenter with sample(n, y); "
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
        found = fitted.sample(len(y), np.sort(y))
        return np.asarray(found[0]), np.asarray(found[1])
    labels, counts = np.unique(y, return_counts=True)
    twice = {plain(c): 2 * int(n) for c, n in zip(labels, counts, strict=True)}
    again = seeded_clone(sampler, seed).set_params(sampling_strategy=twice)
    notes.append(_adapted(again, y))
    found = again.fit_resample(X, y)
    return np.asarray(found[0])[len(X) :], np.asarray(found[1])[len(X) :]


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


def joined(one: Labelled, other: Labelled) -> Labelled:
    """Both sets, one below the other."""
    return np.vstack([one[0], other[0]]), np.concatenate([one[1], other[1]])
