"""Sets made skewed on purpose, and a splitter that skews only the training parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmiaug.evaluation._labels import listed, plain
from skmiaug.evaluation._splits import resolve_cv, with_seed

__all__ = ["SkewedTraining", "make_skewed"]

Fractions = Mapping[Any, float] | Sequence[float]


def make_skewed(
    X: ArrayLike,
    y: ArrayLike,
    fractions: Fractions,
    *,
    min_rows: int = 5,
    random_state: int | np.random.RandomState | None = 0,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Keep only a fraction of the rows of each class.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        The rows.
    y : array-like of shape (n_samples,)
        Their classes.
    fractions : sequence or mapping of float in (0, 1]
        The part of each class that stays: one value for each class in the sorted order
        of the labels, or a mapping from class to value (classes not named stay whole).
    min_rows : int, default=5
        No class falls below this many rows (or below what it has).
    random_state : int, RandomState or None, default=0
        Seed of the draw.

    Returns
    -------
    X_skewed, y_skewed : ndarray
        ``max(min_rows, int(fraction * n))`` rows of each class, in their old order.

    Raises
    ------
    ValueError
        A fraction is outside (0, 1], their number is not that of the classes, or a class
        of the mapping is not in `y`.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.evaluation import make_skewed
    >>> X, y = np.zeros((200, 3)), np.repeat([0, 1], 100)
    >>> np.bincount(make_skewed(X, y, [1, 0.1])[1])
    array([100,  10])
    """
    X, y = np.asarray(X), np.asarray(y)
    by_class = fractions_by_class(fractions, y)
    rows = draw_rows(y, np.arange(len(y)), by_class, min_rows, _generator(random_state))
    rows.sort()
    return X[rows], y[rows]


class SkewedTraining:
    """Splitter that thins out the classes of the training parts and no test part.

    One generator runs over the folds in the order of the inner splitter and, within a
    fold, over the classes in the order of `fractions`. Around
    ``LeaveOneGroupOut`` this is the skewed protocol of the project's data: rare classes
    are learnt from few rows and measured on many.

    Parameters
    ----------
    cv : splitter, int, "logo", list of (train, test) or None
        Any scikit-learn splitter, for example ``LeaveOneGroupOut()``, or what
        `compare_samplers` takes in its place; folds that it shuffles have the seed of the
        draw.
    fractions : sequence or mapping of float in (0, 1]
        As in `make_skewed`.
    min_rows : int, default=5
        As in `make_skewed`.
    random_state : int, RandomState or None, default=None
        Seed of the draw. `compare_samplers` fills in the seed of each repeat where this
        is None.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import StratifiedKFold
    >>> from skmiaug.evaluation import SkewedTraining
    >>> X, y = np.zeros((200, 1)), np.repeat([0, 1], 100)
    >>> cv = SkewedTraining(StratifiedKFold(2), [1, 0.2], random_state=0)
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

    def _splitter(self, y: Any, groups: Any) -> Any:
        if hasattr(self.cv, "split") and hasattr(self.cv, "get_n_splits"):
            return self.cv
        groups = None if groups is None else np.asarray(groups)
        return with_seed(resolve_cv(self.cv, np.asarray(y), groups), self.random_state)

    def split(
        self, X: Any, y: ArrayLike, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield (training rows, test rows) of each fold.

        Training rows come class by class in the order drawn.
        """
        labels = np.asarray(y)
        by_class = fractions_by_class(self.fractions, labels)
        rng = _generator(self.random_state)
        for train, test in self._splitter(labels, groups).split(X, labels, groups):
            yield draw_rows(labels, train, by_class, self.min_rows, rng), test

    def __repr__(self) -> str:
        return f"SkewedTraining({self.cv!r}, {self.fractions!r}, min_rows={self.min_rows})"


def fractions_by_class(fractions: Fractions, y: NDArray[Any]) -> dict[Any, float]:
    """Check `fractions` against the classes of `y`; the result is in order of the draw."""
    classes = list(np.unique(y))
    if isinstance(fractions, Mapping):
        unknown = [label for label in fractions if label not in classes]
        if unknown:
            raise ValueError(
                f"fractions name class {plain(unknown[0])!r}, and y holds only "
                f"{listed(classes)}."
            )
        by_class = dict(fractions)
        by_class.update({label: 1.0 for label in classes if label not in by_class})
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


def draw_rows(
    y: NDArray[Any],
    rows: NDArray[np.intp],
    by_class: Mapping[Any, float],
    min_rows: int,
    rng: np.random.RandomState,
) -> NDArray[np.intp]:
    """Those of `rows` that stay, class by class."""
    kept = []
    for label, fraction in by_class.items():
        own = rows[y[rows] == label]
        size = min(len(own), max(min_rows, int(fraction * len(own))))
        if size:
            # A draw of all rows also moves the generator on: part of the protocol.
            kept.append(rng.choice(own, size, replace=False))
    return np.concatenate(kept) if kept else rows[:0]


def _generator(seed: int | np.random.RandomState | None) -> np.random.RandomState:
    if isinstance(seed, np.random.RandomState):
        return seed
    return np.random.RandomState(seed)
