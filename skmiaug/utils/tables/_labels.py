"""Class labels: read from any container as class numbers, given back as they came."""

import math
from collections.abc import Callable, Mapping
from copy import copy
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from skmiaug.utils.files._untrusted import first_few


class LabelsLike:
    """The container of labels, to give labels back in the same one.

    A label is given back as a copy of the first one of its class, so that no type of any
    container has to be built anew. The index of a Series or frame is not kept.
    """

    def __init__(self, given: Any, first_rows: np.ndarray):
        self._given = given
        self._first_rows = first_rows

    def restore(self, indices: np.ndarray) -> Any:
        """Return the labels of the classes with these ``indices``, (n,)."""
        return self._take(self._first_rows[np.asarray(indices, dtype=np.intp)])

    def append(self, indices: np.ndarray) -> Any:
        """Return the labels exactly as given, followed by those of ``indices``."""
        new = self._first_rows[np.asarray(indices, dtype=np.intp)]
        return self._take(np.concatenate([np.arange(_length(self._given)), new]))

    def _take(self, rows: np.ndarray) -> Any:
        given = self._given
        if hasattr(given, "iloc"):
            return given.iloc[rows].reset_index(drop=True)
        if isinstance(given, (list, tuple)):
            # A row of a one-hot list is an object of its own.
            return type(given)([copy(given[row]) for row in rows])
        if sparse.issparse(given):
            return given.tocsr()[rows].asformat(given.format)
        root = _package(given)
        if root == "polars":
            return given[rows]
        if root in ("pandas", "pyarrow"):  # an Index, a Categorical, an array, a Table
            return given.take(rows)
        return np.asarray(given)[rows]


def read_labels(y: Any, name: str = "y") -> tuple[np.ndarray, np.ndarray, LabelsLike]:
    """Return classes, the class number of each row, and the means to give labels back.

    ``y`` has one label for each row, in any container, or a column of 0 and 1 for each
    class (one-hot); ``name`` is what error messages call it. Classes are in ascending
    order; those of one-hot labels are the numbers of the columns that have rows. Python
    integers, truth values and whole floats become numpy's.

    Raises
    ------
    ValueError
        A label is missing, is not a class (a float that is not whole), or cannot be ordered
        among the others; a one-hot row has no 1 or several. Rows are named.
    """
    no_order = (str, bytes, Mapping, set, frozenset)
    if y is None or isinstance(y, no_order) or type(y).__name__ == "LazyFrame":
        found = "None" if y is None else type(y).__name__
        raise ValueError(
            # scikit-learn's check of y=None expects these words.
            f"Expected array-like (array or non-string sequence), got {found} for {name}."
        )
    if isinstance(y, np.ma.MaskedArray) and np.ma.getmaskarray(y).any():
        masked = np.ma.getmaskarray(y).reshape(len(y), -1)
        _refuse_missing(np.asarray(masked.any(axis=1)), name)
    if sparse.issparse(y):
        values = y.toarray()
    else:
        check_labels(y, name)
        values = _columns(y)
    if values.ndim != 2:
        raise ValueError(
            f"{name} should be a 1d array, or have a column for each class; got an array "
            f"of shape {values.shape} instead."
        )
    if values.shape[1] == 1:
        classes, first, indices = _distinct(values[:, 0], name)
    else:
        classes, first, indices = np.unique(
            _hot_columns(values, name), return_index=True, return_inverse=True
        )
    return classes, indices.astype(np.intp, copy=False), LabelsLike(y, first)


def check_labels(y: Any, name: str = "y") -> None:
    """Refuse rows without a label, and text mixed with other labels, by a ValueError.

    What comes later sorts the labels, and an error of ``<`` names neither row nor remedy.
    """
    if y is None or getattr(y, "ndim", 1) > 2:
        return
    if _package(y) in ("polars", "pyarrow"):
        y = _columns(y)
    _refuse_missing(_missing(y), name)
    values = y if getattr(y, "dtype", None) is not None else np.asarray(y, dtype=object)
    if values.dtype == object and values.ndim == 1:
        _check_one_kind(np.asarray(values), name)


def read_groups(groups: Any, n_rows: int) -> np.ndarray | None:
    """Return the number of each row's group, (n_rows,); None if there are no groups.

    ``groups`` are values of any kind in any container. A row without one, or another number
    of rows, is a ValueError.
    """
    if groups is None:
        return None
    values = _columns(groups)
    if values.ndim != 2 or values.shape[1] != 1:
        raise ValueError(
            f"groups should be a 1d array, got an array of shape {values.shape} instead."
        )
    values = values[:, 0]
    if len(values) != n_rows:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {n_rows} rows "
            f"and {len(values)} groups."
        )
    missing = np.asarray(pd.isna(values))
    if missing.any():
        rows = np.flatnonzero(missing)
        raise ValueError(
            f"Input groups contains NaN or None; rows without a group, {len(rows)} in all: "
            f"{first_few(rows)}. Leave them out, or give each of them a group of its own."
        )
    try:
        return np.asarray(pd.factorize(values)[0])
    except TypeError as error:
        raise ValueError(
            f"groups must hold one value for each row, got such as {values[0]!r:.40} "
            f"({error}). Make all of them text, for example with [str(g) for g in groups]."
        ) from error


def wanted_counts(
    sampling_strategy: float | str | Mapping[Any, int] | Callable[..., Any],
    classes: np.ndarray,
    counts: np.ndarray,
    y: Any = None,
) -> dict[Any, int]:
    """Return how many samples to generate of each class that ``sampling_strategy`` names.

    It is as for the over-sampling methods of imbalanced-learn, but that a share is not
    truncated to one row too few: 0.57 of 100 rows is 57, 0.29 is 29. ``counts`` are the
    rows of each of ``classes``. ``y`` is what a callable is called with, by default each
    class repeated ``counts`` times. The keys of the result are Python's own scalars where a
    class has one that is equal. Errors are imbalanced-learn's; a number of rows that is not
    whole is a ValueError too.
    """
    from imblearn.utils import check_sampling_strategy

    # Of datetime64 in nanoseconds tolist makes integers.
    keys = list(classes) if classes.dtype.kind in "mM" else classes.tolist()
    present = dict(zip(keys, map(int, counts), strict=True))
    strategy: Any = sampling_strategy
    if callable(strategy):
        strategy = strategy(np.repeat(classes, counts) if y is None else y)
    if isinstance(strategy, Real) and len(classes) == 2 and 0 < float(strategy) <= 1:
        largest = max(present, key=present.__getitem__)
        # The product of a share may lie just below a whole number: 0.57 * 100 does.
        wanted = math.floor(float(strategy) * present[largest] + 1e-3)
        strategy = {key: wanted for key in keys if key != largest}
        if any(wanted <= present[key] for key in strategy):
            raise ValueError(
                "The specified ratio required to remove samples from the minority class "
                "while trying to generate new samples. Please increase the ratio."
            )
    elif isinstance(strategy, Mapping):
        if classes.dtype.kind in "mM":  # a Timestamp is equal, but has another hash
            strategy = {
                next((own for own in keys if own == key), key): n
                for key, n in strategy.items()
            }
        _check_whole(strategy)
        strategy = {key: int(n) for key, n in strategy.items()}
    chosen = check_sampling_strategy(strategy, np.repeat(classes, counts), "over-sampling")
    if chosen is None:
        raise ValueError(
            "sampling_strategy must be a float, text, a dict or a callable, got "
            f"{sampling_strategy!r:.80}."
        )
    return {key: int(chosen[key]) for key in keys if key in chosen}


def _check_whole(wanted: Mapping[Any, Any]) -> None:
    for label, n in wanted.items():
        if not isinstance(n, Real) or not float(n).is_integer():
            raise ValueError(
                f"sampling_strategy asks for {n} rows of class {label!s}: rows are whole, "
                "so round the numbers, for example with int()."
            )


# ---------------------------------------------------------------- reading


def _package(y: Any) -> str:
    return type(y).__module__.partition(".")[0]


def _length(y: Any) -> int:
    return int(y.shape[0]) if hasattr(y, "shape") else len(y)


def _columns(y: Any) -> np.ndarray:
    """Labels of any container as an array of two dimensions, without rounding any."""
    root = _package(y)
    if isinstance(y, (list, tuple)):
        values = np.array(y, dtype=object) if len(y) else np.empty(0, object)
        return values.reshape(-1, 1) if values.ndim == 1 else values
    columns = getattr(y, "columns", None)
    if root == "polars" and columns is not None:
        columns = y.get_columns()
    elif hasattr(y, "iloc") and columns is not None:
        columns = [y.iloc[:, k] for k in range(y.shape[1])]
    elif root == "pyarrow" and columns is not None:
        columns = y.columns
    else:
        values = _values(y)
        return values.reshape(-1, 1) if values.ndim == 1 else values
    parts = [_values(column) for column in columns]
    if not parts:
        return np.empty((_length(y), 0))
    if len(parts) == 1:
        return parts[0].reshape(-1, 1)
    if len({part.dtype for part in parts}) > 1:
        parts = [part.astype(object) for part in parts]
    return np.stack(parts, axis=1)


def _values(column: Any) -> np.ndarray:
    """Labels of one column as an array: of numpy's type that holds all, or objects."""
    root = _package(column)
    if root == "pyarrow" or (
        root == "polars" and (column.dtype.is_nested() or "128" in str(column.dtype))
    ):
        column = column.to_pylist() if root == "pyarrow" else column.to_list()
        values = np.empty(len(column), dtype=object)
        for row, label in enumerate(column):  # at once, lists would be further dimensions
            values[row] = label
        return values
    if root == "polars":
        return np.asarray(column.to_numpy())
    plain = getattr(getattr(column, "dtype", None), "numpy_dtype", None)
    if plain is not None and plain.kind in "iubf":
        # On its way through objects or float64 a large integer could change.
        return np.asarray(column.to_numpy(dtype=plain))
    return np.asarray(column)


def _distinct(values: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, the first row of each, and the class number of each row."""
    if values.dtype == object:
        values = _plain(values, name)
    kind = values.dtype.kind
    if kind == "f":
        if np.isinf(values).any():
            rows = np.flatnonzero(np.isinf(values))
            raise ValueError(f"Input {name} contains infinity, in rows {first_few(rows)}.")
        if (values != np.floor(values)).any():
            row = int(np.flatnonzero(values != np.floor(values))[0])
            raise ValueError(
                f"Unknown label type: continuous. {name} must hold classes, and row {row} "
                f"holds {values[row]}. Cut the range into classes, for example with "
                "sklearn.preprocessing.KBinsDiscretizer."
            )
    elif kind not in "biuUSOmM":
        what = "Complex data not supported" if kind == "c" else "Unknown label type"
        raise ValueError(f"{what}: {name} must hold classes, got dtype {values.dtype}.")
    try:
        found = np.unique(values, return_index=True, return_inverse=True)
        if kind == "O":
            set(found[0])  # a list has an order, but counts cannot be told by it
        return found
    except (TypeError, ValueError) as error:  # the second of arrays as labels
        raise ValueError(
            f"Unknown label type: unknown. {name} holds labels without an order, such as "
            f"{values[0]!r:.40} ({error}). Make all of them text, for example with "
            f"[str(label) for label in {name}]."
        ) from error


def _plain(values: np.ndarray, name: str) -> np.ndarray:
    """Objects as an array of numpy's own type, if they are numbers or truth values."""
    _check_one_kind(values, name)
    truth = np.fromiter(
        (isinstance(v, (bool, np.bool_)) for v in values), bool, len(values)
    )
    if truth.all():
        return values.astype(bool) if len(values) else values
    if truth.any():
        raise ValueError(
            f"{name} has truth values and other labels, such as {values[truth][0]!r} and "
            f"{values[~truth][0]!r}. Make all of them text, for example with [str(label) "
            f"for label in {name}]."
        )
    if any(isinstance(v, np.timedelta64) for v in values):  # to numpy an integer
        return values
    if all(isinstance(v, (int, np.integer)) for v in values):
        low, high = min(values), max(values)
        for dtype in (np.int64, np.uint64):
            if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
                return values.astype(dtype)
        return values
    if all(isinstance(v, (int, float, np.integer, np.floating)) for v in values):
        floats = values.astype(np.float64)
        if (floats == values).all() or (floats != np.floor(floats)).any():
            return floats
    return values


def _hot_columns(values: np.ndarray, name: str) -> np.ndarray:
    """Number of the column that holds the 1 of each row, (n,)."""
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        numbers = np.full(values.shape, 2.0)
    if not np.isin(numbers, (0, 1)).all():
        whole = (numbers == np.floor(numbers)).all()
        kind = "" if whole else "Unknown label type: continuous-multioutput. "
        raise ValueError(
            f"{kind}{name} should be a 1d array, or have a column of 0 and 1 for each "
            f"class; got an array of shape {values.shape} instead with other values. "
            "Multilabel and multioutput targets are not supported."
        )
    ones = numbers.sum(axis=1)
    several, none = np.flatnonzero(ones > 1), np.flatnonzero(ones == 0)
    if len(several):
        raise ValueError(
            f"Rows of {name} have more than one 1, {len(several)} in all: "
            f"{first_few(several)}. Multilabel and multioutput targets are not supported."
        )
    if len(none):
        raise ValueError(
            f"Rows of {name} have no 1 and so no class, {len(none)} in all: "
            f"{first_few(none)}. Leave them out, or give them a column of their own."
        )
    return np.asarray(numbers.argmax(axis=1))


# ---------------------------------------------------------------- faults


def _check_one_kind(labels: np.ndarray, name: str) -> None:
    text = np.fromiter((isinstance(v, str) for v in labels), bool, len(labels))
    if text.any() and not text.all():
        raise ValueError(
            f"{name} has text and other labels, such as {str(labels[text][0])!r} and "
            f"{labels[~text][0]!r}, which have no order. Make all of them text, for "
            f"example with [str(label) for label in {name}]."
        )


def _refuse_missing(missing: np.ndarray, name: str) -> None:
    if missing.any():
        rows = np.flatnonzero(missing)
        raise ValueError(
            f"Input {name} contains NaN or None; rows without a class, {len(rows)} in all: "
            f"{first_few(rows)}. Leave them out, or give them a class of "
            "their own, of the type of the other labels."
        )


def _missing(y: Any) -> np.ndarray:
    """Which rows lack a label, (n,)."""
    try:
        values = y if hasattr(y, "dtype") else np.asarray(y, dtype=object)
        found: np.ndarray = np.atleast_1d(np.asarray(pd.isna(values)))
    except (TypeError, ValueError):  # rows of different lengths: for others to refuse
        return np.zeros(0, dtype=bool)
    return np.asarray(found.any(axis=1)) if found.ndim == 2 else found
