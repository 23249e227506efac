"""Validation of arrays, labels and numbers, and the seeds of the metrics."""

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

from skmiaug.utils.tables._labels import check_labels

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def check_rows(X: ArrayLike, name: str = "X", at_least: int = 2) -> NDArray[Any]:
    """Finite float32 or float64 rows (n, d); other types become float64."""
    return check_array(
        X, dtype=[np.float64, np.float32], ensure_min_samples=at_least, input_name=name
    )


def check_columns(y: ArrayLike, name: str, at_least: int = 1) -> Floats:
    """Finite float64 columns (n, d); a one-dimensional array becomes one column."""
    values = np.asarray(y)
    return check_array(
        values[:, None] if values.ndim == 1 else values,
        dtype=np.float64,
        ensure_min_samples=at_least,
        input_name=name,
    )


def check_pair(x: ArrayLike, y: ArrayLike, at_least: int) -> tuple[Floats, Floats]:
    """Two sets of float64 columns with the same number of rows."""
    checked = check_columns(x, "x", at_least), check_columns(y, "y", at_least)
    check_consistent_length(*checked)
    return checked


def check_labelled(
    X: ArrayLike, y: ArrayLike, names: tuple[str, str] = ("X", "y"), at_least: int = 2
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows (n, d) and their classes (n,)."""
    rows = check_rows(X, names[0], at_least)
    check_labels(y, names[1])
    labels = column_or_1d(np.asarray(y))
    check_consistent_length(rows, labels)
    return rows, labels


def check_real_and_synthetic(
    X_real: ArrayLike, X_synthetic: ArrayLike, at_least: int = 2
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Real rows and synthetic samples of the same features."""
    real = check_rows(X_real, "X_real", at_least)
    synthetic = check_rows(X_synthetic, "X_synthetic", at_least)
    check_same_width(real, synthetic)
    return real, synthetic


def check_labelled_sets(
    X_real: ArrayLike,
    y_real: ArrayLike,
    X_synthetic: ArrayLike,
    y_synthetic: ArrayLike,
    real: str = "real",
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Real rows and synthetic samples of the same features, each with its classes."""
    rows, labels = check_labelled(X_real, y_real, (f"X_{real}", f"y_{real}"))
    samples, named = check_labelled(
        X_synthetic, y_synthetic, ("X_synthetic", "y_synthetic")
    )
    check_same_width(rows, samples)
    return rows, labels, samples, named


def check_same_width(real: NDArray[Any], synthetic: NDArray[Any]) -> None:
    """Both sets have the same number of columns."""
    if real.shape[1] != synthetic.shape[1]:
        raise ValueError(
            f"the real rows have {real.shape[1]} features and the synthetic samples "
            f"{synthetic.shape[1]}; pass rows of the same features."
        )


def check_known_labels(
    labels: NDArray[Any], known: NDArray[Any], names: tuple[str, str]
) -> None:
    """Each of the ``labels`` is one of the ``known``."""
    unknown = unknown_labels(labels, known)
    if unknown:
        raise ValueError(
            f"{names[0]} has classes that {names[1]} lacks: {unknown}, not in "
            f"{np.unique(known).tolist()}; drop their rows or use the same class names."
        )


def check_common_labels(
    labels: NDArray[Any], known: NDArray[Any], names: tuple[str, str]
) -> None:
    """Some of the ``labels``, if there are any, are among the ``known``."""
    unknown = unknown_labels(labels, known)
    if unknown and len(unknown) == len(np.unique(labels)):
        raise ValueError(
            f"{names[0]} and {names[1]} have no class in common: {unknown} and "
            f"{np.unique(known).tolist()}; use the same class names, of the same type."
        )


def unknown_labels(labels: NDArray[Any], known: NDArray[Any]) -> list[Any]:
    """Those of the ``labels`` that are not ``known``; 1 and "1" differ."""
    names = set(np.unique(known).tolist())
    # NumPy's set functions would convert numbers to text when types are mixed.
    return [label for label in np.unique(labels).tolist() if label not in names]


def check_shares(T: ArrayLike, name: str) -> Floats:
    """Rows (n, n_classes) of nonnegative float64 numbers that sum to 1."""
    shares = check_array(T, dtype=np.float64, ensure_min_features=2, input_name=name)
    if shares.min() < 0 or not np.allclose(shares.sum(axis=1), 1, atol=1e-4):
        raise ValueError(
            f"{name} must hold shares of the classes, 0 or more, that sum to 1 in each "
            "row; divide votes by their number."
        )
    return shares


def has_plurality(shares: Floats) -> NDArray[np.bool_]:
    """Rows (n,) in which one class has a larger share than each other."""
    ordered = np.sort(shares, axis=1)
    # Shares of few raters tie up to rounding.
    return ordered[:, -1] - ordered[:, -2] > 1e-9


def check_count(name: str, value: Any, at_least: int) -> int:
    """An integer of ``at_least`` or more."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        raise ValueError(f"{name} must be an integer >= {at_least}, got {value!r}.")
    return int(value)


def check_confidence(value: Any) -> float:
    """A level between 0 and 1."""
    if not isinstance(value, Real) or not 0 < float(value) < 1:
        raise ValueError(f"confidence_level must be between 0 and 1, got {value!r}.")
    return float(value)


def check_resampling(
    n_permutations: Any, confidence_level: Any, n_bootstrap: Any = 1
) -> None:
    """The parameters of a null distribution and of an interval."""
    check_count("n_permutations", n_permutations, 0)
    check_count("n_bootstrap", n_bootstrap, 1)
    check_confidence(confidence_level)


def seed_from(random_state: Any) -> int:
    """The integer that seeds every random stream of a call."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def generator(seed: int, stream: int) -> np.random.Generator:
    """An independent generator for each use; the global one is untouched."""
    return np.random.default_rng([seed, stream])
