"""Labels that classes can be made of come back as given, and others are refused."""

from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.utils import check_sampling_strategy
from scipy import sparse

from skmiaug.utils.tables._labels import (
    check_labels,
    read_groups,
    read_labels,
    wanted_counts,
)
from tests._helpers import label_of as name_of

LARGE = 2**60
INT128 = getattr(pl, "Int128", pl.Int64)  # of newer versions
TEXT = np.array(["joy", "fear", "00007", ""])
WHOLE = np.array([7, 0, 3, 1])
TIMES = np.array(["2020-01-01", "1999-12-31", "2020-01-02", "2000-01-01"], "M8[D]")
TRUTH = np.array([True, False])
NUMPY = [
    *[WHOLE.astype(t) for t in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4")],
    *[WHOLE.astype(t) for t in ("f2", "f4", "f8", "g")],
    TRUTH,
    TEXT,
    TEXT.astype("S"),
    *[
        values.astype(object)
        for values in (WHOLE, TEXT, TRUTH, WHOLE / 1, TEXT.astype("S"))
    ],
    *[TIMES.astype(f"M8[{unit}]") for unit in ("D", "s", "ns")],
    TIMES - TIMES[0],
    np.array([LARGE, LARGE + 1]),
    np.array([2**64 - 1, 2**64 - 2], dtype=np.uint64),
    np.array([2**70, 2**70 + 1, -1], dtype=object),
    np.array([2**63, 5, -1], dtype=object),
]
PANDAS = [
    *[pd.array([LARGE, LARGE + 1, 3], t) for t in ("Int64", "UInt64", "int64[pyarrow]")],
    *[pd.array(list(WHOLE), t) for t in ("Int8", "UInt32", "Float64", "int16[pyarrow]")],
    *[pd.array(TRUTH.tolist(), t) for t in ("boolean", "bool[pyarrow]")],
    *[pd.array(list(TEXT), t) for t in ("string", "str", "category", "string[pyarrow]")],
    pd.Categorical([2, 0], categories=[2, 1, 0], ordered=True),
    pd.Categorical(pd.array([LARGE, LARGE + 1], dtype="Int64")),
    pd.array(TIMES, dtype="datetime64[us]"),
    pd.array(TIMES, dtype="datetime64[us]").tz_localize("Europe/Berlin"),
    pd.array(TIMES.astype("M8[ns]"), dtype="timestamp[ns][pyarrow]"),
    pd.PeriodIndex(["2020-01", "1999-12"], freq="M").array,
]  # fmt: skip
POLARS = [
    *[pl.Series(WHOLE).cast(t) for t in (pl.Int8, pl.UInt64, INT128, pl.Float32)],
    pl.Series([LARGE, LARGE + 1]),
    pl.Series(TRUTH),
    *[pl.Series(TEXT.tolist(), dtype=t) for t in (pl.String, pl.Categorical)],
    pl.Series(["a", "b"], dtype=pl.Enum(["b", "c", "a"])),
    pl.Series(TIMES),
    pl.Series(TIMES.astype("M8[us]")).dt.replace_time_zone("Europe/Berlin"),
    pl.Series([b"a", b"b"]),
    pl.Series(WHOLE).cast(pl.Decimal(10, 2)),
]
ARROW = [
    *[pa.array(WHOLE.tolist(), t) for t in (pa.int8(), pa.uint64(), pa.float32())],
    pa.array([LARGE, LARGE + 1]),
    pa.array(TRUTH),
    pa.array(TEXT.tolist()),
    pa.array(TEXT.tolist()).dictionary_encode(),
    pa.chunked_array([pa.array(TEXT.tolist()), pa.array(TEXT.tolist())]),
    pa.array(TIMES),
    pa.array([b"a", b"b"]),
]


def equal(a, b):
    """Whether labels are the same in container, type, order and every bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, pd.Series):
        pd.testing.assert_series_equal(a, b, check_freq=False)
        return True
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b)
        return True
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tolist() == b.tolist()
    if isinstance(a, list):
        return list(map(type, a)) == list(map(type, b)) and a == b
    if isinstance(a, pl.Series):
        return a.dtype == b.dtype and a.equals(b)
    if isinstance(a, pa.ChunkedArray):
        return a.type == b.type and a.to_pylist() == b.to_pylist()
    return a.equals(b)


def check_round_trip(y, n):
    classes, indices, labels = read_labels(y)
    assert len(indices) == n
    assert indices.dtype == np.intp
    assert len(set(classes.tolist())) == len(classes)
    assert equal(labels.restore(indices), labels.append([]))
    both = labels.append(indices)
    again = read_labels(both)
    assert again[0].dtype == classes.dtype
    assert again[0].tolist() == classes.tolist()
    np.testing.assert_array_equal(again[1], np.tile(indices, 2))
    return labels.append([])


ROWS = st.lists(st.integers(0, 9), min_size=1, max_size=8)
CONTAINERS = {
    "array": lambda v: v,
    "column": lambda v: v[:, None],
    "list": list,
    "Series": lambda v: pd.Series(v, index=range(5, 5 + len(v)), name="emotion"),
    "DataFrame": lambda v: pd.DataFrame({"emotion": v}, index=range(5, 5 + len(v))),
}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(values=st.sampled_from(NUMPY), rows=ROWS, kind=st.sampled_from(list(CONTAINERS)))
def test_labels_of_numpy(values, rows, kind):
    if values.dtype.str in (">i4", "<f2", "<f16") and kind not in ("array", "column"):
        values = values.astype(float)
    y = CONTAINERS[kind](values[np.array(rows) % len(values)])
    back = check_round_trip(y, len(rows))
    given = y.reset_index(drop=True) if hasattr(y, "iloc") else y
    assert equal(back, given)
    classes, indices, _ = read_labels(y)
    flat = list(np.asarray(y, dtype=values.dtype).ravel())
    assert list(classes[indices]) == flat
    assert list(classes) == sorted(set(flat))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(values=st.sampled_from(PANDAS), rows=ROWS, kind=st.sampled_from(["Series", "array"]))
def test_labels_of_pandas(values, rows, kind):
    y = values.take(np.array(rows) % len(values))
    if kind == "Series":
        y = pd.Series(y, name="emotion", index=range(5, 5 + len(rows)))
    back = check_round_trip(y, len(rows))
    assert equal(back, y.reset_index(drop=True) if kind == "Series" else y)
    assert len(read_labels(y)[0]) == len({str(v) for v in y})


@settings(max_examples=100, derandomize=True, deadline=None)
@given(values=st.sampled_from([*POLARS, *ARROW]), rows=ROWS, frame=st.booleans())
def test_labels_of_polars_and_pyarrow(values, rows, frame):
    rows = np.array(rows) % len(values)
    if isinstance(values, pl.Series):
        y = values.gather(rows).alias("emotion")
        y = y.to_frame() if frame else y
        n = len({str(v) for v in values.gather(rows)})
    else:
        y = values.take(rows)
        n = len(set(y.to_pylist()))
        y = pa.table({"emotion": y}) if frame else y
    assert equal(check_round_trip(y, len(rows)), y)
    assert len(read_labels(y)[0]) == n


def test_classes_are_of_a_type_that_can_be_saved():
    for y, kind in [
        (np.array([2, 1], dtype=object), "i"),
        (np.array([True, False], dtype=object), "b"),
        ([np.int8(3), 4], "i"),
        ([1, 2.0], "f"),
        (pd.Series([1, 2], dtype="Int8"), "i"),
        (pa.array([1, 2]), "i"),
        (np.array([2**63, 1], dtype=object), "u"),
    ]:
        assert read_labels(y)[0].dtype.kind == kind


# ---------------------------------------------------------------- one-hot

HOT = np.array([[0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]])


@pytest.mark.parametrize(
    "container",
    [
        lambda y: y,
        lambda y: y.astype(bool),
        lambda y: y.astype(np.float32),
        lambda y: y.astype(object),
        lambda y: y.tolist(),
        pd.DataFrame,
        lambda y: pd.DataFrame(y, columns=list("aabc")[: y.shape[1]], dtype="Int8"),
        lambda y: pl.DataFrame(y, schema=list("abcd")[: y.shape[1]]),
        lambda y: pa.table(dict(zip("abcd", y.T, strict=False))),
        sparse.csr_array,
        sparse.csc_matrix,
    ],
)
@pytest.mark.parametrize(
    "hot", [HOT, HOT[:, [1, 3]], HOT[[0, 2]]], ids=["wide", "two", "one"]
)
def test_one_hot_labels_keep_their_columns(container, hot):
    y = container(hot)
    classes, indices, labels = read_labels(y)
    np.testing.assert_array_equal(classes, np.flatnonzero(hot.any(axis=0)))
    np.testing.assert_array_equal(classes[indices], hot.argmax(axis=1))
    back = labels.append(indices)
    assert type(back) is type(y)
    plain = back.toarray() if sparse.issparse(y) else np.asarray(back).astype(int)
    plain = np.asarray(back.to_pandas()) if isinstance(y, pa.Table) else plain
    np.testing.assert_array_equal(plain, np.concatenate([hot, hot]))


@pytest.mark.parametrize("container", [np.array, pd.DataFrame, list])
def test_one_hot_rows_without_a_class_or_with_two_are_named(container):
    with pytest.raises(ValueError, match=r"no 1 and so no class, 2 in all: 1, 3\."):
        read_labels(container([[0, 1], [0, 0], [1, 0], [0, 0]]))
    with pytest.raises(
        ValueError, match=r"1 in all: 2\. Multilabel and multioutput targets"
    ):
        read_labels(container([[0, 1], [0, 0], [1, 1]]))


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "got None"),
        ("joy", "got str"),
        ({"joy", "fear"}, "got set"),
        (pl.LazyFrame({"a": [1]}), "got LazyFrame"),
        (np.float64(3), r"1d array.* shape \(\)"),
        (np.zeros((2, 2, 2)), r"1d array.* shape \(2, 2, 2\)"),
        (np.array([[1, 2], [3, 4]]), r"1d array, .* shape \(2, 2\)"),
        (np.array([[0.5, 0.5]]), "Unknown label type: continuous-multioutput"),
        ([0.0, 1.5], r"Unknown label type: continuous\. .*row 1 holds 1\.5"),
        (np.array([0.5, 2**60 + 1], dtype=object), "Unknown label type: continuous"),
        (pd.Series([0.5, 1.5], dtype="Float64"), "Unknown label type: continuous"),
        (pl.Series([0.5, 1.5]), "Unknown label type: continuous"),
        ([0.0, np.inf], r"infinity, in rows 1"),
        (np.array([1j, 2]), "Complex data not supported"),
        (["joy", 1], "text and other labels, such as 'joy' and 1"),
        ([True, 2], "truth values and other labels, such as True and 2"),
        ([[1], [2, 3]], "Unknown label type: unknown"),
        ([{}, {}], "Unknown label type: unknown"),
        (pl.Series([["a", "b"], ["b", "c"]]), "Unknown label type: unknown"),
        (pl.Series([{"a": 1}, {"a": 2}]), "Unknown label type: unknown"),
        (pa.array([["a", "b"], ["b", "c"]]), "Unknown label type: unknown"),
        (pd.Series([np.ones(2), np.ones(2)]), "Unknown label type: unknown"),
        (np.ma.array([1, 2], mask=[0, 1]), "1 in all: 1"),
    ],
    ids=name_of,
)
def test_what_is_no_class_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        read_labels(y)


@pytest.mark.parametrize(
    "y",
    [
        ["joy", None, "joy"],
        [1.0, float("nan"), 2.0],
        np.array([0, np.nan, 1], dtype=np.float16),
        TIMES[:2].tolist()[:1] + [pd.NaT],
        np.array(["2020", "NaT", "2021"], dtype="M8[D]"),
        pd.Series(["joy", pd.NA, "joy"], dtype="string"),
        pd.Series([1, None, 2], dtype="int64[pyarrow]"),
        pd.DataFrame({"emotion": ["joy", None, "joy"]}),
        pl.Series([1, None, 2]),
        pl.DataFrame({"emotion": ["joy", None]}),
        pa.array(["joy", None]),
        pa.table({"emotion": ["joy", None]}),
        np.array([[0, 1], [np.nan, 1]]),
    ],
    ids=name_of,
)
def test_rows_without_a_label_are_named(y):
    with pytest.raises(ValueError, match="1 in all: 1"):
        check_labels(y)
    with pytest.raises(ValueError, match="1 in all: 1"):
        read_labels(y)


def test_five_rows_are_named_at_most():
    with pytest.raises(ValueError, match=r"9 in all: 0, 1, 2, 3, 4, \.\.\."):
        check_labels([None] * 9)


@pytest.mark.parametrize(
    "y", [["", "nan", "None"], [], None, 3, np.eye(3).tolist()], ids=str
)
def test_other_faults_are_left_to_others(y):
    check_labels(y)


# ---------------------------------------------------------------- numbers of rows


@pytest.mark.parametrize(
    ("counts", "share", "wanted"),
    [
        ([100, 28], 0.57, 57),
        ([100, 28], 0.29, 29),
        ([28, 100], 0.29, 29),
        ([100, 28], np.float32(0.57), 57),
        ([99, 28], 2 / 3, 66),
        ([100, 28], 1, 100),
        ([100, 28], 0.575, 57),
        ([1_000_000, 28], 0.5, 500_000),
    ],
)
def test_a_share_is_not_truncated_to_one_row_too_few(counts, share, wanted):
    classes = np.array(["a", "b"])
    small = "ab"[int(np.argmin(counts))]
    assert wanted_counts(share, classes, np.array(counts)) == {small: wanted - 28}


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    counts=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    strategy=st.sampled_from(["auto", "all", "minority", "not minority", "not majority"]),
)
def test_names_of_strategies_mean_what_they_do_in_imbalanced_learn(counts, strategy):
    for classes in (TEXT.astype(object), TIMES, WHOLE):
        classes = np.sort(classes)[: len(counts)]
        y = np.repeat(classes, counts)
        ours = wanted_counts(strategy, classes, np.array(counts))
        theirs = check_sampling_strategy(strategy, y, "over-sampling")
        assert ours == dict(theirs)


def test_numbers_of_rows_in_a_dict_or_from_a_callable():
    classes, counts = np.array([10, 20, 30]), np.array([5, 3, 2])
    assert wanted_counts({20: 5.0, 30: 2}, classes, counts) == {20: 2, 30: 0}
    seen = []

    def strategy(y):
        seen.append(Counter(np.asarray(y).tolist()))
        return {np.int64(30): 7}

    assert wanted_counts(strategy, classes, counts) == {30: 5}
    assert wanted_counts(strategy, classes, counts, y=[10] * 9) == {30: 5}
    assert seen == [{10: 5, 20: 3, 30: 2}, {10: 9}]
    for unit in ("D", "ns"):
        times = np.sort(TIMES).astype(f"M8[{unit}]")[:3]
        for key in (
            times[2],
            pd.Timestamp(times[2]),
            *([date(2020, 1, 1)] * (unit == "D")),
        ):
            assert wanted_counts({key: 9}, times, counts) == {times[2]: 7}


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ({7: 100}, r"\{7\} target class is/are not present"),
        ({0: 100}, r"\{0\} target class is/are not present"),
        (lambda y: {7: 100}, "not present"),
        ({20: 1}, "greater or equal|more than or equal"),
        ({20: 50.5}, r"asks for 50\.5 rows of class 20: .*int\(\)"),
        ({20: np.nan}, "asks for nan rows"),
        ({20: "5"}, "asks for 5 rows"),
        (0.5, "float only when"),
        (1.5, r"range \(0, 1\]"),
        ("majority", "cannot be used with over-sampler"),
        ("most", "one of"),
        ([1], "list"),
        (None, "must be a float, text, a dict or a callable, got None"),
    ],
    ids=name_of,
)
def test_strategies_that_do_not_fit_are_refused(strategy, message):
    with pytest.raises(ValueError, match=message):
        wanted_counts(strategy, np.array([10, 20, 30]), np.array([5, 3, 2]))


def test_a_share_below_the_present_one_and_one_class_are_refused_as_by_imbalanced_learn():
    with pytest.raises(ValueError, match="Please increase the ratio"):
        wanted_counts(0.2, np.array([0, 1]), np.array([100, 28]))
    with pytest.raises(ValueError, match="needs to have more than 1 class"):
        wanted_counts("auto", np.array([0]), np.array([100]))


def test_rows_of_one_hot_lists_are_not_shared():
    y = [[1, 0], [0, 1]]
    back = read_labels(y)[2].append([0, 0])
    back[3][0] = 9
    assert back == [[1, 0], [0, 1], [1, 0], [9, 0]]


# ---------------------------------------------------------------- groups


@pytest.mark.parametrize(
    "container",
    [
        list, np.array, pd.Series, pd.Categorical, pl.Series, pa.array,
        lambda g: pd.Series(g, index=range(9, 9 + len(g))),
        lambda g: pd.DataFrame({"speaker": g}), lambda g: pl.DataFrame({"speaker": g}),
        lambda g: np.array(g, dtype=object),
    ],
)  # fmt: skip
@pytest.mark.parametrize("values", [["b", "a", "c"], [2**53, 2**53 + 1, 2**53 + 2]])
def test_groups_of_any_container_are_told_apart(container, values):
    rows = [0, 1, 1, 2, 0]
    groups = read_groups(container([values[k] for k in rows]), 5)
    same = np.equal.outer(rows, rows)
    np.testing.assert_array_equal(np.equal.outer(groups, groups), same)


def test_groups_of_several_types_are_told_apart():
    groups = read_groups(np.array([1, "1", 1, date(2020, 1, 1)], dtype=object), 4)
    assert groups[0] == groups[2]
    assert len(set(groups.tolist())) == 3
    assert read_groups(None, 4) is None


@pytest.mark.parametrize("container", [list, pd.Series, pl.Series, pa.array])
@pytest.mark.parametrize("values", [["a", None, "a"], [1.0, None, 2.0]])
def test_rows_without_a_group_are_named(container, values):
    # As one group they would be a person of their own, held out together.
    with pytest.raises(ValueError, match="rows without a group, 1 in all: 1"):
        read_groups(container(values), 3)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["a", "b"], "3 rows and 2 groups"),
        (np.zeros((3, 2)), "1d array"),
        (np.zeros((3, 1, 1)), "1d array"),
        (5, "1d array"),
        (
            pl.Series([[1, 2], [1, 3], [1, 2]]),
            r"one value for each row, got such as \[1, 2",
        ),
        (pd.Series([{"a": 1}] * 3), "one value for each row"),
    ],
)
def test_groups_of_another_shape_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        read_groups(groups, 3)
