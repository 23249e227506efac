"""Containers at the door, without imports that nobody asked for."""

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skmiaug.utils._containers import (
    check_numeric_columns,
    like_polars,
    mixed_dtypes,
    polars_to_pandas,
)


@pytest.mark.parametrize("data", [np.zeros((2, 2)), pd.DataFrame({"a": [1]}), [1], None])
def test_what_is_not_polars_passes_through(data):
    assert polars_to_pandas(data) is data
    assert like_polars(data, [1]) is data


def test_polars_there_and_back():
    frame = pl.DataFrame(
        {"a": [1.5, 2.5], "b": [True, False], "c": [1, 2]},
        schema={"a": pl.Float32, "b": pl.Boolean, "c": pl.UInt16},
    )
    middle = polars_to_pandas(frame)
    assert isinstance(middle, pd.DataFrame)
    assert [str(t) for t in middle.dtypes] == ["float32", "bool", "uint16"]
    assert like_polars(middle, frame).equals(frame)
    series = pl.Series("y", ["u", "v"], dtype=pl.Categorical)
    assert like_polars(polars_to_pandas(series), series).equals(series)


def test_nulls_of_polars_there_and_back():
    frame = pl.DataFrame(
        {"a": [1.5, None, np.nan], "b": [True, None, False], "c": [None, 1, 2]},
        schema={"a": pl.Float32, "b": pl.Boolean, "c": pl.UInt16},
    )
    middle = polars_to_pandas(frame)
    assert [str(t) for t in middle.dtypes] == ["float32", "boolean", "UInt16"]
    assert like_polars(middle, frame).equals(frame)
    filled = middle.fillna({"a": 4.5, "b": True, "c": 3})
    more = pd.concat([filled, filled], ignore_index=True)
    back = like_polars(more, frame)
    assert sum(back.null_count().row(0)) == 0
    assert back["c"].to_list() == [3, 1, 2] * 2


def test_long_lists_of_bad_columns_are_cut():
    frame = pd.DataFrame(np.full((2, 9), "x"), columns=list("abcdefghi"))
    with pytest.raises(
        ValueError, match=r"a \((str|object)\), .*e \(\w+\), \.\.\.\. Encode"
    ):
        check_numeric_columns(frame)


@pytest.mark.parametrize("data", [np.array([["x"]]), [["x"]], pl.DataFrame({"a": ["x"]})])
def test_only_pandas_columns_are_looked_at(data):
    check_numeric_columns(data)
    assert mixed_dtypes(data) is None


def test_types_of_columns_are_told_where_they_differ():
    same = pd.DataFrame({"a": [1.0], "b": [2.0]})
    assert mixed_dtypes(same) is None
    assert mixed_dtypes(same.astype({"b": object})) is None
    mixed = same.astype({"a": "Int8", "b": bool})
    assert mixed_dtypes(mixed) == (np.dtype(np.int8), np.dtype(bool))


def test_polars_is_not_imported_for_those_who_do_not_use_it():
    script = (
        "import sys; from skmiaug.utils._containers import is_polars;"
        "assert not is_polars([1]); assert 'polars' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
