"""Tables come back as they were given, in every container and of every type."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skmiaug.utils.tables._tables import cast_column, read_table
from tests._helpers import label_of as name_of

WHOLE = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
NUMPY = [*WHOLE, "f2", "f4", "f8", ">i4", ">f8", "?", "g"]
PANDAS = [
    *[f"{sign}nt{bits}" for sign in ("I", "UI") for bits in (8, 16, 32, 64)],
    "Float32", "Float64", "boolean", "int16", "uint64", "float16", "float64", "bool",
    *[f"{kind}[pyarrow]" for kind in ("int8", "uint64", "int64", "float", "bool")],
    "object",
]  # fmt: skip
INT128 = getattr(pl, "Int128", pl.Int64)  # of newer versions
POLARS = [
    pl.Int8, pl.Int16, pl.Int32, pl.Int64, INT128, pl.UInt8, pl.UInt16, pl.UInt32,
    pl.UInt64, pl.Float32, pl.Float64, pl.Boolean, pl.Decimal(20, 2),
]  # fmt: skip
ARROW = [
    pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
    pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_(),
]  # fmt: skip
NUMBERS = st.lists(st.integers(0, 1), min_size=1, max_size=5)
LARGE = 2**60 + 1


def frame_of(columns):
    """Frame of pandas whose columns may have the same name."""
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = [f"c{k // 2}" for k in range(len(columns))]
    return frame


@settings(max_examples=60, derandomize=True, deadline=None)
@given(dtype=st.sampled_from(NUMPY), values=NUMBERS, order=st.sampled_from("CF"))
def test_arrays_of_numpy(dtype, values, order):
    X = np.array([values, values[::-1]], dtype, order=order).T
    array, table = read_table(X)
    assert np.shares_memory(array, X)
    for rows in (array, array.astype(float)):
        both = table.append(rows)
        assert both.dtype == X.dtype
        np.testing.assert_array_equal(both, np.concatenate([X, X]))
        assert table.restore(rows).dtype == X.dtype


@settings(max_examples=100, derandomize=True, deadline=None)
@given(types=st.lists(st.sampled_from(PANDAS), min_size=1, max_size=4), values=NUMBERS)
def test_frames_of_pandas(types, values):
    X = frame_of([pd.Series(values).astype(t) for t in types])
    X.index = X.index[::-1] + 7
    X.attrs["source"] = "here"
    array, table = read_table(X)
    assert array.dtype.kind in "biuf"
    both = table.append(array.astype(float))
    twice = pd.concat([X, X], ignore_index=True)
    pd.testing.assert_frame_equal(both, twice)
    assert isinstance(both.index, pd.RangeIndex)
    assert both.attrs == X.attrs
    pd.testing.assert_frame_equal(table.restore(array), X.reset_index(drop=True))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(types=st.lists(st.sampled_from(POLARS), min_size=1, max_size=4), values=NUMBERS)
def test_frames_of_polars(types, values):
    X = pl.DataFrame(
        [pl.Series(f"c{k}", values).cast(kind) for k, kind in enumerate(types)]
    )
    array, table = read_table(X)
    both = table.append(array.astype(float))
    assert both.schema == X.schema
    assert both.equals(pl.concat([X, X]))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    types=st.lists(st.sampled_from(ARROW), min_size=1, max_size=4),
    values=NUMBERS,
    batch=st.booleans(),
)
def test_tables_of_pyarrow(types, values, batch):
    schema = pa.schema([(f"c{k}", kind) for k, kind in enumerate(types)], {"made": "here"})
    columns = [pa.array(np.array(values, kind.to_pandas_dtype()), kind) for kind in types]
    X = pa.Table.from_arrays(columns, schema=schema)
    X = X.combine_chunks().to_batches()[0] if batch else X
    array, table = read_table(X)
    both = table.append(array.astype(float))
    assert type(both) is type(X)
    assert both.schema.equals(X.schema, check_metadata=True)
    assert both.slice(0, len(values)).equals(X)
    assert both.slice(len(values)).equals(X)


@pytest.mark.parametrize("kind", [list, lambda rows: list(map(np.array, rows))])
def test_lists_of_rows(kind):
    X = kind([[1.5, 2.0], [3.5, 4.0]])
    array, table = read_table(X)
    both = table.append(array)
    assert isinstance(both, list)
    assert both[0] is X[0]
    assert type(both[3]) is type(X[0])
    assert list(both[3]) == [3.5, 4.0]


class Frame(pd.DataFrame):
    """A subclass that knows how to make more of itself."""

    _metadata = ("source",)

    @property
    def _constructor(self):
        return Frame


class PlainFrame(pd.DataFrame):
    """A subclass that does not."""


@pytest.mark.parametrize("kind", [Frame, PlainFrame])
def test_subclasses_of_frames(kind):
    X = kind({"a": [1.5, 2.5], "b": [1, 2]})
    if kind is Frame:
        X.source = "here"
    array, table = read_table(X)
    for back in (table.append(array), table.restore(array), table.fill(array)):
        assert type(back) is kind
        assert kind is PlainFrame or back.source == "here"


# ---------------------------------------------------------------- exactness


EXACT = [
    lambda v: np.array(v)[:, None],
    lambda v: np.array([[n] for n in v], dtype=object),
    lambda v: pd.DataFrame({"a": v}),
    lambda v: pd.DataFrame({"a": v, "b": 0.5}),
    lambda v: pd.DataFrame({"a": pd.array(v, dtype="Int64")}),
    lambda v: pd.DataFrame({"a": v}, dtype="int64[pyarrow]"),
    lambda v: pd.DataFrame({"a": v}, dtype=object),
    lambda v: pl.DataFrame({"a": v, "b": [0.5] * len(v)}),
    lambda v: pa.table({"a": v, "b": [0.5] * len(v)}),
]


def first_column(table):
    if isinstance(table, pd.DataFrame):
        return table.iloc[:, 0].tolist()
    if isinstance(table, pl.DataFrame):
        return table.to_series(0).to_list()
    return (
        table.column(0).to_pylist() if isinstance(table, pa.Table) else table[:, 0].tolist()
    )


@pytest.mark.parametrize("container", EXACT)
def test_integers_that_float64_does_not_hold_are_kept(container):
    values = [LARGE, LARGE + 1]
    array, table = read_table(container(values))
    assert first_column(table.append(array.astype(float)))[:2] == values
    array, table = read_table(container([LARGE, LARGE]))
    assert first_column(table.append(array.astype(float))) == [LARGE] * 4
    assert table.constants[0] == LARGE


def test_whole_numbers_are_rounded_and_stop_at_the_ends_of_their_type():
    ends = np.array([-np.inf, -1e30, -0.6, 0.4, 1e30, np.inf])
    for dtype in map(np.dtype, WHOLE):
        limits = np.iinfo(dtype)
        low, mid = limits.min, max(-1, limits.min)
        expected = [low, low, mid, 0, limits.max, limits.max]
        assert cast_column(ends, dtype).tolist() == expected
    wide = np.array([-(2**60), 300], dtype=np.int64)
    assert cast_column(wide, np.dtype("u1")).tolist() == [0, 255]
    assert cast_column(ends, np.dtype("f2")).max() == np.finfo("f2").max
    assert cast_column(ends, np.dtype("?")).tolist() == [False] * 4 + [True] * 2


def test_missing_values_are_nan_and_can_be_filled():
    wanted = {"a": [1, None], "b": [None, True], "c": [None, 2.5]}
    frames = [
        pd.DataFrame({"a": pd.array([1, None], "Int64"),
                      "b": pd.array([None, True], "boolean"),
                      "c": pd.array([None, 2.5], "Float32")}, index=[5, 3]),
        pd.DataFrame(wanted, dtype=object, index=[5, 3])[["a", "c"]],
        pd.DataFrame({"a": pd.array([1, None], "int64[pyarrow]"),
                      "c": pd.array([None, 2.5], "double[pyarrow]")}, index=[5, 3]),
        pl.DataFrame(wanted),
        pa.table(wanted),
    ]  # fmt: skip
    for X in frames:
        array, table = read_table(X)
        names = list(getattr(X, "column_names", X.columns))
        assert np.isnan(array[1, 0])
        assert np.isnan(array[0, 1:]).all()
        rows = np.tile([7.0, 0.9, 1.5][: len(names) - 1] + [1.5], (2, 1))
        back = table.fill(rows)
        assert type(back) is type(X)
        if isinstance(X, pd.DataFrame):
            pd.testing.assert_index_equal(back.index, X.index)
            assert (back.dtypes == X.dtypes).all()
        plain = back.to_pandas() if not isinstance(back, pd.DataFrame) else back
        assert plain["a"].tolist() == [1, 1 if "a" in names and table.constants else 7]
        assert plain["c"].tolist() == [1.5, 2.5]
        np.testing.assert_array_equal(read_table(table.fill(array))[0], array)
    X = np.array([[1.0, np.nan], [np.nan, 2.0]], dtype=np.float32)
    back = read_table(X)[1].fill(np.zeros((2, 2)))
    assert back.dtype == np.float32
    assert back.tolist() == [[1, 0], [0, 2]]


# ---------------------------------------------------------------- refused


TIMES = pd.to_datetime(["2020", "2021"])


@pytest.mark.parametrize(
    "column",
    [
        ["low", "high"],
        pd.Series(["low", "high"], dtype=object),
        pd.Series([True, False], dtype=object),
        pd.Series([True, 1.0], dtype=object),
        pd.Series(["00007", "00008"], dtype=object),
        pd.Series([None, None], dtype=object),
        pd.Categorical([1, 2]),
        TIMES,
        TIMES - TIMES[0],
        pd.array(["low", "high"], dtype="string[pyarrow]"),
        pd.Series(TIMES).astype("timestamp[ns][pyarrow]"),
    ],
    ids=name_of,
)
def test_columns_without_numbers_are_named(column):
    X = pd.DataFrame({"pitch": [1.0, 2.0], "mood": column})
    with pytest.raises(ValueError, match=r"do not: mood \(.*\)\. Encode .*OrdinalEncoder"):
        read_table(X)


@pytest.mark.parametrize(
    "X",
    [
        pl.DataFrame({"pitch": [1.0], "mood": ["low"]}),
        pl.DataFrame({"pitch": [1.0], "mood": pl.Series(["low"], dtype=pl.Categorical)}),
        pl.DataFrame({"pitch": [1.0], "mood": TIMES[:1]}),
        pl.DataFrame({"pitch": [1.0], "mood": [None]}),
        pa.table({"pitch": [1.0], "mood": ["low"]}),
        pa.table({"pitch": [1.0], "mood": pa.array([1]).dictionary_encode()}),
        pa.table({"pitch": [1.0], "mood": TIMES[:1]}),
        pd.DataFrame({f"{'mood' if k == 1 else k}": ["low"] for k in range(1, 9)}),
    ],
    ids=name_of,
)
def test_columns_of_other_frames_are_named(X):
    with pytest.raises(ValueError, match=r"these columns do not: mood \("):
        read_table(X)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.array([["2020"]], "M8[D]"), ValueError, r"datetime64.*timedelta64\(1, 's'\)"),
        (np.array([["x"]]), ValueError, "must hold numbers, got an array of <U1"),
        (np.array([["00007", 1]], object), ValueError, r"0 \(object, such as '00007'\)"),
        (np.array([[1.5, True]], object), ValueError, r"1 \(object, such as True\)"),
        ([[1.5, True]], ValueError, r"1 \(truth values\)"),
        ([["00007", 1.0]], ValueError, "such as '00007'"),
        (np.array([[{}, 1]], object), TypeError, "argument must be a string.* number"),
        (np.array([[np.timedelta64(1), 1]], object), ValueError, r"0 \(object"),
        (np.array([[1j]]), ValueError, "Complex data not supported"),
        (np.ma.array([[1.0, 2.0]], mask=[[0, 1]]), ValueError, "1 masked values"),
        ({"a": [1.0]}, TypeError, r"table, got dict\. Pass pandas\.DataFrame\(X\)"),
        (pl.LazyFrame({"a": [1.0]}), TypeError, r"got LazyFrame\. Pass X\.collect\(\)"),
        (sparse.csr_array(np.eye(2)), TypeError, r"dense data .*\.toarray\(\)"),
        (pd.DataFrame({"a": [Decimal(1)]}), ValueError, r"a \(object, such as Decimal"),
        (pd.DataFrame({"a": pd.arrays.SparseArray([0.0])}), TypeError, "a. .*to_dense"),
        (pa.table({"a": [Decimal(1)]}), TypeError, r"decimals: a\. .*astype\(float\)"),
    ],
    ids=name_of,
)  # fmt: skip
def test_what_is_refused_is_named_with_the_remedy(X, error, message):
    with pytest.raises(error, match=message):
        read_table(X)


LISTS = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"n": [1, 2], "vector": LISTS}),
        pd.DataFrame({"n": [1, 2], "vector": [None, np.ones(2)]}),
        pl.DataFrame({"n": [1, 2], "vector": LISTS}),
        pl.DataFrame({"vector": pl.Series(LISTS, dtype=pl.Array(pl.Float32, 2))}),
        pl.DataFrame({"vector": [{"a": 1}, {"a": 2}]}),
        pa.table({"n": [1, 2], "vector": LISTS}),
        pa.table({"vector": pa.array(LISTS, pa.list_(pa.float32(), 2))}),
        pa.table({"vector": [{"a": 1}, {"a": 2}]}),
        pa.table({"vector": LISTS}).to_pandas(types_mapper=pd.ArrowDtype),
    ],
    ids=name_of,
)
def test_lists_in_cells_are_refused_as_such(X):
    with pytest.raises(ValueError, match=r"lists or records: vector\. .*of its own"):
        read_table(X)


@pytest.mark.parametrize("X", [np.zeros(3), np.zeros((2, 2, 2)), [1.0, 2.0], 3.0])
def test_shapes_are_left_to_scikit_learn(X):
    np.testing.assert_array_equal(read_table(X)[0], X)


def test_an_array_without_masked_values_is_taken():
    X = np.ma.array([[1.0, 2.0]], mask=False)
    array, table = read_table(X)
    assert isinstance(table.append(array), np.ma.MaskedArray)
    assert table.append(array).shape == (2, 2)
