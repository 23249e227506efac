"""Targets with a column for each class, label or attribute: reading and asking for them."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skmiaug.utils.files._untrusted import first_few
from skmiaug.utils.tables._tables import TableLike, read_table


class MatrixLike:
    """The container of a y of numbers: a table, or a column of one.

    ``dtypes`` are the numpy types of its columns.
    """

    def __init__(self, given: Any, table: TableLike, *, is_column: bool):
        self._given, self._table, self.is_column = given, table, is_column
        # A column that holds one value so far may hold others.
        table.constants = {}
        self.dtypes = table.dtypes

    def append(self, values: np.ndarray) -> Any:
        """Return y exactly as given, followed by ``values`` (n, n_columns)."""
        whole = self._table.append(values)
        if not self.is_column:
            return whole
        given, root = self._given, type(self._given).__module__.partition(".")[0]
        if root == "polars":
            return whole.to_series(0)
        if root == "pyarrow":
            column = whole.column(0)
            return column if hasattr(given, "chunks") else column.combine_chunks()
        if hasattr(given, "iloc"):
            return whole.iloc[:, 0].rename(given.name)
        column = np.asarray(whole).ravel()
        return type(given)(column.tolist()) if isinstance(given, (list, tuple)) else column


def read_matrix(
    y: Any, X: np.ndarray, target_type: str, *, columns: bool
) -> tuple[np.ndarray, np.ndarray, MatrixLike]:
    """Return the numbers of y, (n, n_columns) float64, its names, and its container.

    Parameters
    ----------
    y : array-like of shape (n_samples, n_columns) or (n_samples,)
        Missing values are NaN.
    X : ndarray of shape (n_samples, n_features)
        The rows, to compare lengths.
    target_type : str
        For error messages.
    columns : bool
        Whether at least two columns are expected; else one will do, as (n_samples,) too.

    Raises
    ------
    ValueError
        y is no table of numbers of this shape, or two columns have one name.
    """
    what = f"target_type={target_type!r}"
    text = y is None or isinstance(y, (str, bytes, Mapping)) or np.isscalar(y)
    shape = () if text else getattr(y, "shape", None) or np.shape(y)
    if len(shape) not in ((2,) if columns else (1, 2)):
        wanted = "(n_samples, n_columns)" if columns else "(n_samples,) or with columns"
        raise ValueError(
            f"{what} needs y of shape {wanted}, got "
            f"{'None' if y is None else f'{type(y).__name__} of shape {shape}'}. For one "
            "class a row, use target_type='multiclass'."
        )
    is_column = len(shape) == 1
    try:
        array, table = read_table(_as_table(y) if is_column else y)
    except (TypeError, ValueError) as error:
        reason = str(error).replace("X", "y")
        raise ValueError(f"{what} needs y to hold numbers. {reason}") from error
    check_consistent_length(X, array)
    values = np.asarray(array, dtype=np.float64)
    if columns and values.shape[1] < 2:
        raise ValueError(
            f"{what} needs at least two columns in y, got one. For one class a row, use "
            "target_type='multiclass'; for one attribute, 'continuous'."
        )
    if np.isinf(values).any():
        rows = np.flatnonzero(np.isinf(values).any(axis=1))
        raise ValueError(f"Input y of {what} contains infinity, in rows {first_few(rows)}.")
    return (
        values,
        _names(y, values.shape[1], what),
        MatrixLike(y, table, is_column=is_column),
    )


def _as_table(column: Any) -> Any:
    if hasattr(column, "to_frame"):  # pandas, polars
        return column.to_frame()
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and isinstance(column, (arrow.Array, arrow.ChunkedArray)):
        return arrow.table({"y": column})
    return np.asarray(column).reshape(-1, 1)


def _names(y: Any, n: int, what: str) -> np.ndarray:
    columns = getattr(y, "columns", None)
    if type(y).__module__.startswith("pyarrow"):
        columns = getattr(y, "column_names", None)
    if columns is None:
        name = getattr(y, "name", None)
        columns = range(n) if name is None or n > 1 else [name]
    listed = list(columns)
    if len(set(listed)) < n:
        raise ValueError(f"{what} needs columns of different names in y, got {listed}.")
    if all(isinstance(name, str) for name in listed) or isinstance(columns, range):
        return np.array(listed)
    names = np.empty(n, dtype=object)
    names[:] = listed
    return names


def refuse_rows(wrong: Any, target_type: str, fault: str) -> None:
    """Raise a ValueError that names the rows with a fault, if there are any."""
    if wrong.any():
        rows = np.flatnonzero(wrong)
        raise ValueError(
            f"target_type={target_type!r}: {fault}. Rows of y, {len(rows)} in all: "
            f"{first_few(rows)}."
        )


def refuse_columns(
    wrong: np.ndarray, names: np.ndarray, target_type: str, fault: str
) -> None:
    """Raise a ValueError that names the columns with a fault, if there are any."""
    if wrong.any():
        raise ValueError(
            f"target_type={target_type!r}: {fault}: {first_few(list(names[wrong]))}. Leave "
            "these columns out."
        )


def requested_matrix(n: int, y: Any, n_columns: int, target_type: str) -> np.ndarray:
    """Return the targets that are passed to ``sample``, (n, n_columns) float64.

    Raises
    ------
    ValueError
        ``y`` is neither one target nor one for each of n rows.
    """
    try:
        wanted = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError):
        wanted = np.full((), np.nan)
    if wanted.ndim == 0 and n_columns == 1:
        wanted = wanted.reshape(1)
    if wanted.ndim == 1:
        as_column = n_columns == 1 and len(wanted) == n
        wanted = wanted[:, None] if as_column else np.broadcast_to(wanted, (n, len(wanted)))
    if wanted.shape != (n, n_columns) or not np.isfinite(wanted).all():
        raise ValueError(
            f"target_type={target_type!r}: y of sample must be one target of {n_columns} "
            f"numbers, or {n} of them, (n_samples, {n_columns}), or a dict of conditions "
            f"by name; got {y!r:.80}."
        )
    return np.array(wanted)


def rows_within(
    rows: np.ndarray, conditions: Mapping[Any, Any], names: np.ndarray, target_type: str
) -> tuple[np.ndarray, dict[int, tuple[float, float]]]:
    """Return the rows (m,) that meet all conditions, and the range of each column.

    Parameters
    ----------
    rows : ndarray of shape (n, n_columns)
    conditions : mapping of name to number or (low, high)
        Both ends included.

    Raises
    ------
    ValueError
        A name is unknown, a range is none, or no row meets all conditions.
    """
    known = {name: k for k, name in enumerate(names.tolist())}
    ranges, met = {}, np.ones(len(rows), dtype=bool)
    for name, value in conditions.items():
        if name not in known:
            raise ValueError(
                f"target_type={target_type!r}: y of sample names {name!r}; known are "
                f"{first_few(names.tolist())}."
            )
        try:
            low, high = np.broadcast_to(np.asarray(value, dtype=float), (2,)).tolist()
        except (TypeError, ValueError):
            low, high = np.nan, np.nan
        if not low <= high:
            raise ValueError(
                f"target_type={target_type!r}: the condition of {name!r} must be a number "
                f"or (low, high), got {value!r:.80}."
            )
        k = known[name]
        ranges[k] = low, high
        met &= (rows[:, k] >= low) & (rows[:, k] <= high)
    if not met.any():
        found = ", ".join(
            f"{names[k]!s} from {rows[:, k].min():g} to {rows[:, k].max():g}"
            for k in ranges
        )
        raise ValueError(
            f"target_type={target_type!r}: no training row meets the conditions "
            f"{dict(conditions)!r:.120}; rows have {found}."
        )
    return np.flatnonzero(met), ranges


def pick_evenly(weights: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Pick n row numbers, each as often as its weight asks for, within one (systematic).

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Not negative, not all 0.
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n,)
        Rising.
    """
    cumulative = np.cumsum(weights, dtype=np.float64)
    places = (np.arange(n) + rng.random()) / max(n, 1) * cumulative[-1]
    last = np.flatnonzero(weights)[-1]
    return np.minimum(np.searchsorted(cumulative, places, side="right"), last)
