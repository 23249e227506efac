"""How many rows of each class to generate, or to look at where not all are needed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skmiaug.utils.tables._labels import wanted_counts

# Of each class; fewer where there are over 128 classes, since the work grows with both.
_MEASURED_ROWS, _MIN_MEASURED, _ALL_MEASURED = 256, 32, 2**15
_MAX_ROWS = 2000


def class_keys(names: np.ndarray) -> list[Any]:
    """Return class labels as keys of ``sampling_strategy_``."""
    # Of datetime64 in nanoseconds tolist makes integers.
    return list(names) if names.dtype.kind in "mM" else names.tolist()


def measured_rows(n_classes: int) -> int:
    """Return on how many rows of each class the information is measured."""
    return max(min(_MEASURED_ROWS, _ALL_MEASURED // n_classes), _MIN_MEASURED)


def wanted_rows(
    strategy: Any, expansion: float, names: np.ndarray, present: np.ndarray, y: Any
) -> dict[Any, int]:
    """Return how many rows each class lacks, by sampling strategy and expansion.

    Parameters
    ----------
    strategy : float, str, dict or callable
        As in imbalanced-learn.
    expansion : float
    names : ndarray of shape (n_classes,)
    present : ndarray of shape (n_classes,), int
        Rows of each class.
    y : array-like
        What a callable is called with.

    Raises
    ------
    ValueError
        ``expansion`` is not 1 and the strategy is no text, or the strategy does not fit.
    """
    if expansion != 1 and not isinstance(strategy, str):
        raise ValueError(
            "expansion grows every class to the same size, so sampling_strategy must "
            f"be text such as 'auto', got {strategy!r}. Leave expansion at 1, or name the "
            "wanted rows of each class in a dict."
        )
    wanted = wanted_counts(strategy, names, present, y)
    keys = class_keys(names)
    return expanded_counts(
        wanted, dict(zip(keys, present.tolist(), strict=True)), expansion
    )


def expanded_counts(
    to_generate: Mapping[Any, int], present: Mapping[Any, int], expansion: float
) -> dict[Any, int]:
    """Return the rows to generate so that classes grow to ``expansion`` times the largest.

    Parameters
    ----------
    to_generate : mapping of class to int
        The request of the sampling strategy.
    present : mapping of class to int
        Rows of every class in the data.
    expansion : float
        1 leaves ``to_generate`` as it is; above 1 every class, the largest too, grows to
        ``expansion`` times the largest class after balancing.
    """
    if expansion == 1:
        return dict(to_generate)
    balanced = max(n + to_generate.get(c, 0) for c, n in present.items())
    target = int(np.rint(expansion * balanced))
    return {c: target - n for c, n in present.items()}


def requested_classes(
    n_samples: int, y: Any, classes: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Return the class index of each row that ``sample(n_samples, y)`` generates.

    ``y`` is None (shares of the training rows, as near as whole rows come, in blocks), a
    class, or an array of ``n_samples`` classes.

    Raises
    ------
    ValueError
        A class is not one of ``classes``, or the array has another length.
    """
    if y is None:
        return np.repeat(np.arange(len(classes)), apportion(n_samples, shares))
    if isinstance(y, Mapping):
        raise ValueError(
            "y must be None, one class, or an array of a class for each row, got a dict. "
            "For so many rows of each class pass np.repeat(list(y), list(y.values()))."
        )
    wanted = np.asarray(y)
    if wanted.ndim == 0:
        wanted = np.full(n_samples, wanted[()])
    if wanted.shape != (n_samples,):
        raise ValueError(
            f"y must be None, one class, or an array of n_samples={n_samples} classes; got "
            f"an array of shape {wanted.shape}."
        )
    known = {c: i for i, c in enumerate(classes.tolist())}
    # Of times in nanoseconds tolist makes integers: both must be of one type.
    wanted = wanted.astype(classes.dtype) if classes.dtype.kind in "mM" else wanted
    unknown = sorted({str(c) for c in wanted.tolist() if c not in known})
    if unknown:
        raise ValueError(
            f"y asks for classes that were not in the training data: {', '.join(unknown)}. "
            f"Known are: {', '.join(map(str, classes))}."
        )
    return np.array([known[c] for c in wanted.tolist()], dtype=np.intp)


def plain_labels(classes: np.ndarray) -> np.ndarray:
    """Return class labels in a type that a file can hold without pickle.

    Raises
    ------
    ValueError
        They are objects of several kinds.
    """
    plain = np.array(classes.tolist()) if classes.dtype.hasobject else classes
    if plain.dtype.hasobject or plain.ndim != 1 or plain.tolist() != classes.tolist():
        raise ValueError(
            "Labels are written to a file as numbers or as text, and these are objects of "
            f"other kinds: {', '.join(map(repr, classes[:5]))}. Fit with labels of one "
            "kind."
        )
    return plain


def apportion(n: int, shares: np.ndarray) -> np.ndarray:
    """Return whole numbers that sum to n, by largest remainders."""
    exact = n * shares
    whole = np.floor(exact).astype(int)
    largest = np.argsort(whole - exact, kind="stable")[: n - whole.sum()]
    whole[largest] += 1
    return whole


def subsample(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pick about 2,000 rows at most, equally many of each class where it has them.

    A pick regardless of class would miss rare ones: 20 of 100,000 rows would hardly ever
    be there.

    Parameters
    ----------
    classes : ndarray of shape (n,)
        Class indices.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int
        Row numbers, rising.
    """
    if len(classes) <= _MAX_ROWS:
        return np.arange(len(classes))
    counts = np.bincount(classes)
    wanted = even_shares(counts, max(_MAX_ROWS, 2 * len(counts)))
    picked = [
        rng.choice(np.flatnonzero(classes == c), n, replace=False)
        for c, n in enumerate(wanted)
    ]
    return np.sort(np.concatenate(picked))


def even_shares(counts: np.ndarray, total: int) -> np.ndarray:
    """Divide a total among classes, as evenly as their rows allow.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Rows of each class.
    total : int
        At least one for each class that has rows.

    Returns
    -------
    ndarray of shape (n_classes,)
        At most ``counts``; their sum is at most ``total``, and less by fewer than the
        number of classes where there are rows enough.
    """
    shares = np.zeros_like(counts)
    left, todo = total, len(counts)
    # From the rarest on: what a class does not use is for those with more rows.
    for c in np.argsort(counts, kind="stable"):
        shares[c] = min(counts[c], left // todo)
        left, todo = left - shares[c], todo - 1
    return shares
