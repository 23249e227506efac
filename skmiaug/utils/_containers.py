"""Containers at the door: polars in and out, and columns that are not numbers."""

import sys
from typing import Any

import numpy as np


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
    return pd.DataFrame({name: data[name].to_numpy() for name in data.columns})


def like_polars(made: Any, original: Any) -> Any:
    """Return ``made`` (pandas) in the polars container and types of ``original``."""
    if not is_polars(original):
        return made
    import polars as pl

    if isinstance(original, pl.Series):
        return pl.Series(original.name, np.asarray(made)).cast(original.dtype)
    columns = {name: np.asarray(made[name]) for name in original.columns}
    return pl.DataFrame(columns).cast(dict(original.schema))


def check_numeric_columns(X: Any) -> None:
    """Refuse frame columns that hold no numbers, by name and with the remedy.

    Raises
    ------
    ValueError
        A column of a pandas frame is neither numeric nor boolean.
    """
    dtypes = getattr(X, "dtypes", None)
    if dtypes is None or not hasattr(dtypes, "items"):
        return
    from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_object_dtype

    def refused(dtype: Any) -> bool:
        # Object columns may hold numbers: scikit-learn converts those or says why not.
        return not (
            is_numeric_dtype(dtype) or is_bool_dtype(dtype) or is_object_dtype(dtype)
        )

    bad = [f"{name} ({dtype})" for name, dtype in dtypes.items() if refused(dtype)]
    if bad:
        raise ValueError(
            f"X must hold numbers; these columns do not: {', '.join(bad[:5])}"
            f"{' ...' if len(bad) > 5 else ''}. Encode or drop them first, for example "
            "with sklearn.preprocessing.OrdinalEncoder."
        )
