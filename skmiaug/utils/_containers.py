"""Containers at the door: polars in and out, and columns that are not numbers."""

import sys
from typing import Any

import numpy as np

from skmiaug.utils._listing import first_few


def is_polars(data: Any) -> bool:
    """Whether ``data`` is a polars DataFrame or Series; polars is not imported for it."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(data, (polars.DataFrame, polars.Series))


def polars_to_pandas(data: Any) -> Any:
    """Return a pandas frame or series of the same columns; anything else unchanged.

    imbalanced-learn takes every class called DataFrame for pandas' own.
    """
    if not is_polars(data):
        return data
    import pandas as pd
    import polars as pl

    if isinstance(data, pl.Series):
        return pd.Series(data.to_numpy(), name=data.name)
    # A Decimal would become an object, which polars does not take back.
    columns = (c.cast(pl.Float64) if c.dtype.is_decimal() else c for c in data)
    return pd.DataFrame({column.name: _pandas_values(column) for column in columns})


def like_polars(made: Any, original: Any) -> Any:
    """Return ``made`` (pandas) in the polars container and types of ``original``."""
    if not is_polars(original):
        return made
    import polars as pl

    if isinstance(original, pl.Series):
        return pl.Series(original.name, np.asarray(made)).cast(original.dtype)
    return pl.DataFrame([_polars_column(made[given.name], given) for given in original])


def _pandas_values(column: Any) -> Any:
    """Values of a polars column; whole numbers and truth values stay so beside nulls."""
    import pandas as pd
    import polars as pl

    whole = column.dtype.is_integer()
    if column.null_count() == 0 or not (whole or column.dtype == pl.Boolean):
        return column.to_numpy()
    masked = pd.arrays.IntegerArray if whole else pd.arrays.BooleanArray
    values = column.fill_null(0 if whole else False).to_numpy(writable=True)
    return masked(values, column.is_null().to_numpy(writable=True))


def _polars_column(made: Any, given: Any) -> Any:
    """Turn a column of pandas into polars, of the type of the ``given`` one.

    What was null and is missing still is null, which polars tells apart from NaN.
    """
    import polars as pl

    missing = made.isna().to_numpy(copy=True)[: len(given)]
    missing &= given.is_null().to_numpy()
    rows = np.flatnonzero(missing)
    if len(rows):
        made = made.copy()
        made.iloc[rows] = False if given.dtype == pl.Boolean else 0
    column = pl.Series(given.name, np.asarray(made)).cast(given.dtype)
    return column.scatter(rows, None) if len(rows) else column


def keep_large_integers(X_new: Any, X: Any) -> Any:
    """Put back the given whole numbers of a frame that float64 does not hold.

    A frame of several types is one array of floats on its way, which rounds numbers beyond
    2**53, such as times in nanoseconds.

    Parameters
    ----------
    X_new : DataFrame
        The rows of ``X`` and others behind; a frame of pandas is changed in place.
    X : DataFrame
        Anything but a frame of pandas is left alone.
    """
    if mixed_dtypes(X) is None:
        return X_new
    for position, dtype in enumerate(column_dtypes(X) or ()):
        given = X.iloc[:, position]
        if dtype.kind in "iu" and (given.max() > 2**53 or given.min() < -(2**53)):
            made = X_new.iloc[len(X) :, position]
            column = np.concatenate([given.to_numpy(dtype), made.to_numpy(dtype)])
            X_new.isetitem(position, type(given)(column, dtype=given.dtype))
    return X_new


def check_numeric_columns(X: Any) -> None:
    """Refuse frame columns that hold no numbers or are sparse, by name, with the remedy.

    Raises
    ------
    ValueError
        A column of a pandas frame is neither numeric nor boolean.
    TypeError
        A column is sparse, or of pyarrow's decimals.
    """
    dtypes = getattr(X, "dtypes", None)
    if dtypes is None or not hasattr(dtypes, "items"):
        return
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_object_dtype

    sparse = [str(c) for c, t in dtypes.items() if isinstance(t, pd.SparseDtype)]
    if sparse:
        raise TypeError(
            f"X must be dense; these columns are sparse: {first_few(sparse)}. Use "
            "X.sparse.to_dense() first."
        )
    # They are numbers to pandas, and in an array objects.
    decimals = [
        str(c)
        for c, t in dtypes.items()
        if np.dtype(getattr(t, "numpy_dtype", float)).hasobject
        and not is_object_dtype(t)
        and is_numeric_dtype(t)
    ]
    if decimals:
        raise TypeError(
            f"X must hold binary numbers; these columns are decimals: "
            f"{first_few(decimals)}. Use X.astype(float) first."
        )

    def refused(position: int, dtype: Any) -> bool:
        if is_object_dtype(dtype):
            return not _holds_numbers(X.iloc[:, position])
        return not (is_numeric_dtype(dtype) or is_bool_dtype(dtype))

    bad = [
        f"{name} ({dtype})"
        for position, (name, dtype) in enumerate(dtypes.items())
        if refused(position, dtype)
    ]
    if bad:
        raise ValueError(
            f"X must hold numbers; these columns do not: {first_few(bad)}. Encode "
            "or drop them first, for example with sklearn.preprocessing.OrdinalEncoder."
        )


def _holds_numbers(column: Any) -> bool:
    try:
        column.astype(float)
    except (TypeError, ValueError):
        return False
    return True


def mixed_dtypes(X: Any) -> tuple[np.dtype, ...] | None:
    """Types of a frame's columns, None where an array of the frame has them all.

    It has them where all are one type of numpy's own. Those that may hold pd.NA become
    floating-point numbers in an array, or objects. Object counts as float.
    """
    dtypes = column_dtypes(X)
    if dtypes is None:
        return None
    own = all(isinstance(dtype, np.dtype) for dtype in X.dtypes)
    return None if own and len(set(dtypes)) < 2 else dtypes


def column_dtypes(X: Any) -> tuple[np.dtype, ...] | None:
    """Types of a frame's columns, None where X is no frame; object counts as float."""
    dtypes = getattr(X, "dtypes", None)
    if dtypes is None or not hasattr(dtypes, "items"):
        return None
    # The types that may hold pd.NA say which numpy type lies beneath.
    plain = [np.dtype(getattr(dtype, "numpy_dtype", dtype)) for dtype in dtypes]
    return tuple(np.dtype(float) if dtype.hasobject else dtype for dtype in plain)
