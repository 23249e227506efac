"""Tables of numbers: read from any container as an array, given back as they came.

narwhals, which scikit-learn depends on from 1.9 on, reads frames by one interface. Rows
would still be given back library by library, in each column's own type.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from skmiaug.utils.files._untrusted import first_few

_ENCODE = (
    "Encode or drop them first, for example with sklearn.preprocessing.OrdinalEncoder; "
    "astype(bool) for truth values, (t - t.min()) / np.timedelta64(1, 's') for times."
)


class TableLike:
    """The container of a table, to give rows back in the same one.

    Attributes
    ----------
    dtypes : tuple of numpy.dtype
        The numpy type that the values of each column have; that of a column of Python
        objects is int64 if all are whole numbers, else float64.
    constants : dict of int to int
        Value of each column of whole numbers that has only one. float64 does not hold all
        of them beyond 2**53.

    Notes
    -----
    Whole numbers in the rows that methods take may be floats: they are rounded, and clipped
    to the limits of their type. The index of a frame is not kept, as in imbalanced-learn.
    """

    def __init__(
        self,
        given: Any,
        array: np.ndarray,
        dtypes: Sequence[np.dtype],
        columns: Iterable[np.ndarray],
    ):
        self._given = given
        self._array = array
        self.dtypes = tuple(dtypes)
        self.constants = {
            k: int(values[0])
            for k, (values, dtype) in enumerate(zip(columns, dtypes, strict=True))
            if dtype.kind in "iu" and len(values) and (values == values[0]).all()
        }

    def restore(self, rows: np.ndarray) -> Any:
        """Return ``rows``, (n, n_columns), in the container and types of the table."""
        return self._like(self._make(np.asarray(rows)))

    def append(self, rows: np.ndarray) -> Any:
        """Return the rows of the table, exactly as given, followed by ``rows``."""
        return self._like(self._concatenate(self._make(np.asarray(rows))))

    def fill(self, rows: np.ndarray) -> Any:
        """Return the table with its missing values taken from ``rows``.

        Nothing else changes; the index of a frame is kept. What is NaN in ``rows``, too,
        stays as it was.
        """
        if self._array.dtype.kind != "f":
            return self._given
        rows = np.asarray(rows)
        missing = np.isnan(self._array) & ~np.isnan(rows)
        return self._like(self._filled(rows, missing))

    def _cast(self, position: int, values: np.ndarray) -> np.ndarray:
        constant = self.constants.get(position)
        return cast_column(values, self.dtypes[position], constant)

    def _cast_all(self, rows: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Rows of columns that share a type."""
        cast = cast_column(rows, dtype)
        for position, value in self.constants.items():
            cast[:, position] = value
        return cast

    def _make(self, rows: np.ndarray) -> Any:
        raise NotImplementedError

    def _concatenate(self, new: Any) -> Any:
        raise NotImplementedError

    def _filled(self, rows: np.ndarray, missing: np.ndarray) -> Any:
        raise NotImplementedError

    def _like(self, table: Any) -> Any:
        return table


def read_table(X: Any) -> tuple[np.ndarray, TableLike]:
    """Return the numbers of a table, and the means to give rows back as it came.

    ``X`` is an array, a list of rows, a pandas or polars DataFrame, or a pyarrow Table or
    RecordBatch; its shape and finiteness are left to scikit-learn's ``validate_data``. The
    array (n_samples, n_features) is of the columns' own type if they have one in common,
    else float64; a missing value is NaN. It may share memory with ``X``.

    Raises
    ------
    ValueError
        Some columns hold text, categories, times, lists, or objects that are not numbers;
        the array is complex or has masked values. Columns are named.
    TypeError
        ``X`` is no table, is sparse, or has columns of decimals that pandas or pyarrow
        hold.
    """
    polars, arrow = map(sys.modules.get, ("polars", "pyarrow"))
    if isinstance(X, pd.DataFrame):
        types = set(X.dtypes)
        kind = types.pop() if len(types) == 1 else None
        if isinstance(kind, np.dtype) and kind.kind in "biuf":
            array = X.to_numpy()  # which seldom copies
            return array, _PandasTable(X, array, [kind] * X.shape[1], array.T)
        columns = [_pandas_column(X.iloc[:, k]) for k in range(X.shape[1])]
        return _table(_PandasTable, X, list(map(str, X.columns)), columns)
    if polars is not None and isinstance(X, polars.DataFrame):
        return _table(_PolarsTable, X, X.columns, list(map(_polars_column, X)))
    if arrow is not None and isinstance(X, (arrow.Table, arrow.RecordBatch)):
        frame = _frame_of_arrow(X)
        columns = [_pandas_column(frame.iloc[:, k]) for k in range(frame.shape[1])]
        return _table(partial(_ArrowTable, X), frame, X.schema.names, columns)
    return _read_array(X)


def cast_column(
    values: np.ndarray, dtype: np.dtype, constant: int | None = None
) -> np.ndarray:
    """Round and clip ``values`` to what ``dtype`` holds, without overflow.

    ``dtype`` is boolean (above one half is true), integer or floating. ``constant`` is the
    value that all get, for columns of whole numbers that have only one.
    """
    if constant is not None:
        return np.full(values.shape, constant, dtype)
    if dtype.kind == values.dtype.kind == "b" or values.dtype == dtype:
        return values.astype(dtype)
    if dtype.kind == "b":
        return np.asarray(values > 0.5)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if values.dtype.kind in "iub":
            return np.clip(values, limits.min, limits.max).astype(dtype)
        # float64 rounds the ends of int64 outwards: compare before the cast.
        rounded = np.rint(values.astype(np.float64))
        inside = np.asarray(
            np.clip(rounded, float(limits.min), np.nextafter(float(limits.max), 0))
        ).astype(dtype)
        inside[rounded >= float(limits.max)] = limits.max
        return inside
    floating = np.finfo(dtype)
    return np.clip(values, floating.min, floating.max).astype(dtype)


# ---------------------------------------------------------------- columns of frames


class _Column(NamedTuple):
    """Values of a column, or why it has none that are numbers.

    ``values`` has NaN where one is missing, and then is floating; ``exact`` are those
    that are there, in the column's own type.
    """

    kind: str
    dtype: Any = None
    values: Any = None
    exact: Any = None
    fault: str = "not numbers"


def _table(
    factory: Callable[..., TableLike],
    X: Any,
    names: Sequence[str],
    columns: Sequence[_Column],
) -> tuple[np.ndarray, TableLike]:
    _check_columns(names, columns)
    exact = [c.values if c.exact is None else c.exact for c in columns]
    array = _stack([c.values for c in columns], len(X))
    return array, factory(X, array, [c.dtype for c in columns], exact)


def _check_columns(names: Iterable[str], columns: Sequence[_Column]) -> None:
    faults: dict[str, list[str]] = {}
    for name, column in zip(names, columns, strict=True):
        if column.values is None:
            label = f"{name} ({column.kind})" if column.fault == "not numbers" else name
            faults.setdefault(column.fault, []).append(label)
    if "sparse" in faults:
        raise TypeError(
            "X must be dense; these columns are sparse: "
            f"{first_few(faults['sparse'])}. Use X.sparse.to_dense() first."
        )
    if "decimal" in faults:
        raise TypeError(
            "X must hold binary numbers; these columns are decimals: "
            f"{first_few(faults['decimal'])}. Use X.astype(float) first."
        )
    if "lists" in faults:
        raise ValueError(
            "X must hold a number in each cell; these columns hold lists or records: "
            f"{first_few(faults['lists'])}. Give each of their values a column of its own, "
            "for example with pandas.DataFrame(X[name].to_list())."
        )
    if faults:
        raise ValueError(
            "X must hold numbers; these columns do not: "
            f"{first_few(faults['not numbers'])}. {_ENCODE}"
        )


def _stack(values: Sequence[np.ndarray], n_rows: int) -> np.ndarray:
    """One array of all columns: of their type if they share one, else float64."""
    if not values:
        return np.empty((n_rows, 0))
    types = {v.dtype for v in values}
    if len(types) == 1:
        dtype = types.pop()
    elif all(t.kind == "f" for t in types):
        dtype = np.result_type(*types)
    else:
        dtype = np.dtype(np.float64)
    array = np.empty((n_rows, len(values)), dtype, order="F")
    for position, column in enumerate(values):
        array[:, position] = column
    return np.ascontiguousarray(array)


def _numbers(kind: str, dtype: np.dtype, values: Any, missing: np.ndarray) -> _Column:
    """Column of numbers; ``values`` has any value where one is ``missing``."""
    values = np.asarray(values)
    if not missing.any():
        return _Column(kind, dtype, values.astype(dtype, copy=False))
    floats = values.astype(dtype if dtype.kind == "f" else np.float64)
    floats[missing] = np.nan
    return _Column(kind, dtype, floats, values[~missing].astype(dtype, copy=False))


def _object_column(values: np.ndarray) -> _Column:
    """Column of Python objects, which all have to be plain numbers or missing."""
    missing = np.fromiter(
        (v is None or v is pd.NA or (isinstance(v, float) and v != v) for v in values),
        bool,
        len(values),
    )
    whole = True
    for v in values[~missing]:
        if isinstance(v, (list, tuple, dict, np.ndarray)):
            return _Column("object", fault="lists")
        # To numpy a timedelta64 is an integer.
        if isinstance(v, (bool, np.bool_, np.timedelta64)) or not isinstance(
            v, (int, float, np.integer, np.floating)
        ):
            return _Column(f"object, such as {v!r:.40}")
        whole = whole and isinstance(v, (int, np.integer))
    if missing.all():
        return _Column("object, all missing" if len(values) else "object")
    there = values[~missing]
    dtype: np.dtype = np.dtype(np.float64)
    if whole and np.iinfo(np.int64).min <= min(there) <= max(there) < 2**63:
        dtype = np.dtype(np.int64)
    floats = np.full(len(values), np.nan)
    floats[~missing] = [float(v) for v in there]
    return _Column("object", dtype, floats, there.astype(dtype))


def _pandas_column(column: Any) -> _Column:
    dtype, kind = column.dtype, str(column.dtype)
    if isinstance(dtype, pd.SparseDtype):
        return _Column(kind, fault="sparse")
    if kind == "object":
        return _object_column(column.to_numpy())
    if kind.startswith(("list", "large_list", "fixed_size_list", "struct", "map")):
        return _Column(kind, fault="lists")
    plain = getattr(dtype, "numpy_dtype", dtype)
    if not isinstance(plain, np.dtype):
        return _Column(kind)
    if plain.kind == "O" and pd.api.types.is_numeric_dtype(dtype):
        return _Column(kind, fault="decimal")
    if plain.kind not in "biuf":
        return _Column(kind)
    missing = column.isna().to_numpy(bool)
    if isinstance(dtype, np.dtype) or plain.kind == "f":
        values = column.to_numpy(plain, na_value=np.nan) if missing.any() else column
        return _Column(kind, plain, np.asarray(values, plain))
    filled = column.fillna(plain.type(0)) if missing.any() else column
    return _numbers(kind, plain, filled.to_numpy(plain), missing)


def _polars_column(column: Any) -> _Column:
    import polars as pl

    kind = str(column.dtype)
    if column.dtype.is_nested():
        return _Column(kind, fault="lists")
    if column.dtype.is_decimal() or kind in ("Int128", "UInt128"):
        plain = np.dtype(np.float64)
        column = column.cast(pl.Float64)
    elif not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return _Column(kind)
    else:
        plain = column.clear().to_numpy().dtype
    missing = column.is_null().to_numpy()
    filled = column.fill_null(False if plain.kind == "b" else 0)
    return _numbers(kind, plain, filled.to_numpy(), missing)


# ---------------------------------------------------------------- containers


class _PandasTable(TableLike):
    def _make(self, rows: np.ndarray) -> Any:
        types = set(self._given.dtypes)
        if types == {self.dtypes[0]}:
            frame = pd.DataFrame(self._cast_all(rows, self.dtypes[0]))
        else:
            columns = (self._series(k, rows[:, k]) for k in range(rows.shape[1]))
            frame = pd.DataFrame(dict(enumerate(columns)))
        frame.columns = self._given.columns
        return frame

    def _series(self, position: int, values: np.ndarray) -> Any:
        values, dtype = self._cast(position, values), self._given.dtypes.iloc[position]
        return pd.Series(
            list(values.tolist()) if str(dtype) == "object" else values, dtype=dtype
        )

    def _concatenate(self, new: Any) -> Any:
        return pd.concat([self._given, new], ignore_index=True)

    def _filled(self, rows: np.ndarray, missing: np.ndarray) -> Any:
        frame = self._given.copy()
        for position in np.flatnonzero(missing.any(axis=0)).tolist():
            where = missing[:, position]
            column = frame.iloc[:, position].copy()
            column[where] = self._series(position, rows[where, position]).array
            frame.isetitem(position, column)
        return frame

    def _like(self, table: Any) -> Any:
        kind = type(self._given)
        if type(table) is not kind:
            table = self._given._constructor(table)
        if type(table) is not kind:
            try:
                table = kind(table)
            except TypeError:  # its constructor takes more than data
                return table
        return table.__finalize__(self._given)


class _PolarsTable(TableLike):
    def _make(self, rows: np.ndarray) -> Any:
        import polars as pl

        return pl.DataFrame([self._series(k, rows[:, k]) for k in range(rows.shape[1])])

    def _series(self, position: int, values: np.ndarray) -> Any:
        import polars as pl

        given, values = self._given.to_series(position), self._cast(position, values)
        if "Int128" in str(given.dtype):
            limit = 2.0**126
            whole = np.rint(np.clip(values, -limit, limit)).tolist()
            low = 0 if str(given.dtype).startswith("U") else None
            numbers = [int(v) if low is None else max(int(v), low) for v in whole]
            return pl.Series(given.name, numbers, dtype=given.dtype)
        return pl.Series(given.name, values).cast(given.dtype)

    def _concatenate(self, new: Any) -> Any:
        import polars as pl

        return pl.concat([self._given, new])

    def _filled(self, rows: np.ndarray, missing: np.ndarray) -> Any:
        frame = self._given
        for position in np.flatnonzero(missing.any(axis=0)).tolist():
            where = np.flatnonzero(missing[:, position])
            new = self._series(position, rows[where, position])
            frame = frame.with_columns(
                frame.to_series(position).clone().scatter(where, new)
            )
        return frame


def _frame_of_arrow(table: Any) -> Any:
    """pandas frame of the same columns, which may have the same name."""
    import pyarrow as pa

    parts = [pa.chunked_array([c]) if isinstance(c, pa.Array) else c for c in table.columns]
    columns = map(pd.arrays.ArrowExtensionArray, parts)
    frame = pd.DataFrame({k: pd.Series(column) for k, column in enumerate(columns)})
    frame.columns = table.schema.names
    return frame


class _ArrowTable(_PandasTable):
    """Tables of pyarrow, read as frames of its types."""

    def __init__(self, original: Any, *read: Any):
        self._original = original
        super().__init__(*read)

    def _like(self, table: Any) -> Any:
        import pyarrow as pa

        schema = self._original.schema
        parts = (pa.array(table.iloc[:, k].array, t) for k, t in enumerate(schema.types))
        whole = pa.Table.from_arrays(list(parts), schema=schema)
        if isinstance(self._original, pa.Table):
            return whole
        batches = whole.combine_chunks().to_batches()
        return batches[0] if batches else self._original.slice(0, 0)


class _ArrayTable(TableLike):
    """numpy arrays of numbers, and lists of rows."""

    def _make(self, rows: np.ndarray) -> np.ndarray:
        return self._cast_all(rows, self._array.dtype)

    def _concatenate(self, new: np.ndarray) -> Any:
        if isinstance(self._given, (list, tuple)):
            return [*self._given, *self._rows(new)]
        out = np.empty((len(self._array) + len(new), new.shape[1]), self._array.dtype)
        return np.concatenate([self._array, new], out=out)

    def _filled(self, rows: np.ndarray, missing: np.ndarray) -> np.ndarray:
        filled = np.array(self._array)
        filled[missing] = self._make(rows)[missing]
        return filled

    def _like(self, table: Any) -> Any:
        if isinstance(self._given, (list, tuple)):
            rows = table if isinstance(table, list) else self._rows(table)
            return type(self._given)(rows)
        return np.ma.asarray(table) if isinstance(self._given, np.ma.MaskedArray) else table

    def _rows(self, table: np.ndarray) -> list[Any]:
        of_arrays = len(self._given) and isinstance(self._given[0], np.ndarray)
        return list(table) if of_arrays else table.tolist()


class _ObjectTable(_PandasTable):
    """numpy arrays of Python objects that are numbers, read as a frame of such columns."""

    def _like(self, table: Any) -> np.ndarray:
        return np.asarray(table.to_numpy(dtype=object))


def _read_array(X: Any) -> tuple[np.ndarray, TableLike]:
    if sparse.issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required. Use '.toarray()' to "
            "convert to a dense numpy array."
        )
    if isinstance(X, Mapping) or type(X).__name__ == "LazyFrame":
        remedy = "pandas.DataFrame(X)" if isinstance(X, Mapping) else "X.collect()"
        raise TypeError(f"X must be a table, got {type(X).__name__}. Pass {remedy}.")
    if isinstance(X, np.ma.MaskedArray) and np.ma.getmaskarray(X).any():
        raise ValueError(
            f"X has {int(np.ma.getmaskarray(X).sum())} masked values, and rows are "
            "expected without gaps. Drop the rows, impute the values, or pass "
            "X.filled(np.nan) if X holds modalities that rows may lack."
        )
    array = np.asarray(X)
    if array.ndim != 2:  # validate_data raises the error
        return array, _ArrayTable(X, array, (), ())
    kind = array.dtype.kind
    if kind == "c":
        raise ValueError(f"Complex data not supported, got X of dtype {array.dtype}.")
    if kind == "O":
        return _read_objects(array)
    if kind not in "biuf":
        value = f"such as {str(array.flat[0])!r:.40}" if array.size else "empty"
        raise ValueError(
            f"X must hold numbers, got an array of {array.dtype}, {value}. {_ENCODE}"
        )
    if kind != "b" and isinstance(X, (list, tuple)):
        mixed = {
            k for row in X for k, v in enumerate(row) if isinstance(v, (bool, np.bool_))
        }
        columns = [
            _Column("truth values") if k in mixed else _Column("", array.dtype, array)
            for k in range(array.shape[1])
        ]
        _check_columns(map(str, range(len(columns))), columns)
    return array, _ArrayTable(X, array, [array.dtype] * array.shape[1], array.T)


def _read_objects(array: np.ndarray) -> tuple[np.ndarray, TableLike]:
    for value in array.flat:
        # scikit-learn's check of objects expects this class and these words.
        if isinstance(value, (dict, list, set, tuple, np.ndarray)):
            raise TypeError(
                "X must hold numbers: argument must be a string or a real number, "
                f"not {type(value).__name__} ({value!r:.40})."
            )
    columns = [_object_column(column) for column in array.T]
    names = list(map(str, range(len(columns))))
    return _table(_ObjectTable, pd.DataFrame(array), names, columns)
