"""Arrays and numbers at the door of the metrics, and their seeds."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import (
    check_array,
    check_consistent_length,
    check_random_state,
    column_or_1d,
)

from skmiaug.utils._labels import check_labels

__all__ = [
    "check_common_labels",
    "check_confidence",
    "check_count",
    "check_known_labels",
    "check_labelled",
    "check_pair",
    "check_rows",
    "check_same_width",
    "generator",
    "seed_from",
    "unknown_labels",
]


def check_rows(X: ArrayLike, name: str = "X", at_least: int = 2) -> NDArray[Any]:
    """Finite float32 or float64 rows (n, d); other types become float64."""
    return check_array(
        X,
        dtype=[np.float64, np.float32],
        ensure_min_samples=at_least,
        input_name=name,
    )


def check_pair(
    x: ArrayLike, y: ArrayLike, at_least: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two sets of float64 columns of one length; one-dimensional ones become a column."""
    checked = []
    for name, values in (("x", x), ("y", y)):
        array = np.asarray(values)
        if array.ndim == 1:
            array = array[:, None]
        checked.append(
            check_array(
                array, dtype=np.float64, ensure_min_samples=at_least, input_name=name
            )
        )
    check_consistent_length(*checked)
    return checked[0], checked[1]


def check_labelled(
    X: ArrayLike,
    y: ArrayLike,
    names: tuple[str, str] = ("X", "y"),
    at_least: int = 2,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows and one class for each."""
    rows = check_rows(X, names[0], at_least)
    check_labels(y, names[1])
    labels = column_or_1d(np.asarray(y))
    check_consistent_length(rows, labels)
    return rows, labels


def check_known_labels(
    labels: NDArray[Any], known: NDArray[Any], names: tuple[str, str]
) -> None:
    """Each of the ``labels`` is one of the ``known``."""
    unknown = unknown_labels(labels, known)
    if unknown:
        raise ValueError(
            f"{names[0]} holds classes that {names[1]} does not: {unknown} beside "
            f"{np.unique(known).tolist()}; leave their rows out, or name classes alike."
        )


def check_common_labels(
    labels: NDArray[Any], known: NDArray[Any], names: tuple[str, str]
) -> None:
    """Some of the ``labels``, if there are any, are among the ``known``."""
    unknown = unknown_labels(labels, known)
    if unknown and len(unknown) == len(np.unique(labels)):
        raise ValueError(
            f"{names[0]} and {names[1]} have no class in common: {unknown} beside "
            f"{np.unique(known).tolist()}; name classes alike, by values of one type."
        )


def unknown_labels(labels: NDArray[Any], known: NDArray[Any]) -> list[Any]:
    """Those of the ``labels`` that are not ``known``; 1 and "1" are not the same."""
    names = set(np.unique(known).tolist())
    # NumPy's own comparisons of sets turn numbers beside text into text.
    return [label for label in np.unique(labels).tolist() if label not in names]


def check_same_width(real: NDArray[Any], synthetic: NDArray[Any]) -> None:
    """Both sets have the same columns."""
    if real.shape[1] != synthetic.shape[1]:
        raise ValueError(
            f"real rows have {real.shape[1]} features and synthetic rows "
            f"{synthetic.shape[1]}; pass rows of the same features."
        )


def check_count(name: str, value: Any, at_least: int) -> int:
    """A whole number from ``at_least`` on."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        raise ValueError(
            f"{name} must be a whole number from {at_least} on, got {value!r}."
        )
    return int(value)


def check_confidence(value: Any) -> float:
    """A level between 0 and 1."""
    if not isinstance(value, Real) or not 0 < float(value) < 1:
        raise ValueError(f"confidence_level must be between 0 and 1, got {value!r}.")
    return float(value)


def seed_from(random_state: Any) -> int:
    """The one integer that everything random in a call follows from."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def generator(seed: int, stream: int) -> np.random.Generator:
    """A generator of its own for each use; the global one is left alone."""
    return np.random.default_rng([seed, stream])
