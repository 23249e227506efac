"""How many rows of each class to make."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def expanded_counts(
    to_make: Mapping[Any, int], present: Mapping[Any, int], expansion: float
) -> dict[Any, int]:
    """Rows to make of each class so that all grow to ``expansion`` times the largest.

    Parameters
    ----------
    to_make : mapping of class to int
        What the sampling strategy asks for.
    present : mapping of class to int
        Rows of every class in the data.
    expansion : float
        1 leaves ``to_make`` as it is; above 1 every class, the largest too, grows to
        ``expansion`` times the largest class after balancing.
    """
    if expansion == 1:
        return dict(to_make)
    balanced = max(n + to_make.get(c, 0) for c, n in present.items())
    target = int(np.rint(expansion * balanced))
    return {c: target - n for c, n in present.items()}


def whole_counts(
    to_make: Mapping[Any, float], present: Mapping[Any, int]
) -> dict[Any, int]:
    """Rows to make of each class as ints; 50.0 is 50, and 50.5 is refused.

    Shares of a count are what a callable or a dict for ``sampling_strategy`` is often made
    of, and floats would end in an error of ``range`` after training.

    Parameters
    ----------
    to_make : mapping of class to number
    present : mapping of class to int
        Rows of every class in the data; the error names what was asked for in all.

    Raises
    ------
    ValueError
        A number is not whole.
    """
    for label, n in to_make.items():
        if not float(n).is_integer():
            raise ValueError(
                f"sampling_strategy asks for {n + present[label]:g} rows of class "
                f"{label!s}: rows are whole, so round the numbers, for example with int()."
            )
    return {label: int(n) for label, n in to_make.items()}


def requested_classes(
    n_samples: int, y: Any, classes: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Return the class index of each row that ``sample(n_samples, y)`` is to make.

    ``y`` is None (shares of the training rows, as near as whole rows come, in blocks), a
    class, or an array of ``n_samples`` classes.

    Raises
    ------
    ValueError
        A class is not one of ``classes``, or the array has another length.
    """
    if y is None:
        return np.repeat(np.arange(len(classes)), _apportion(n_samples, shares))
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


def _apportion(n: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers that sum to n, by largest remainders."""
    exact = n * shares
    whole = np.floor(exact).astype(int)
    largest = np.argsort(whole - exact, kind="stable")[: n - whole.sum()]
    whole[largest] += 1
    return whole
