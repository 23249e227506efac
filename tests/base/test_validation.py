"""Which rows are held out: the same share of each stratum, and whole groups."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skmiaug.base import class_labels, validation_mask

STRATA = np.repeat(["a", "b", "c", "d"], [200, 40, 5, 4])


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [
        (0.0, [0, 0, 0, 0]),
        (0.01, [2, 1, 1, 0]),
        (0.2, [40, 8, 1, 0]),
        (0.57, [114, 22, 2, 0]),
    ],
)
def test_each_stratum_of_five_rows_is_split(fraction, expected):
    held = validation_mask(STRATA, fraction, rng())
    assert [held[s == STRATA].sum() for s in "abcd"] == expected


def test_a_share_is_not_rounded_down_by_floating_point():
    assert validation_mask(np.zeros(100), 0.57, rng()).sum() == 57


def test_the_seed_decides():
    one, same, other = (validation_mask(STRATA, 0.2, rng(s)) for s in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_every_row_is_held_out_as_often_as_another():
    held = [validation_mask(np.zeros(20), 0.25, rng(seed)) for seed in range(2000)]
    np.testing.assert_allclose(np.mean(held, axis=0), 0.25, atol=0.05)


@pytest.mark.parametrize("trial", range(5))
@pytest.mark.parametrize("n_groups", [4, 12, 300])
def test_groups_are_held_out_whole_with_the_shares_of_the_classes(trial, n_groups):
    draw = rng(trial)
    strata = draw.choice(3, size=1200, p=[0.6, 0.3, 0.1])
    groups = draw.integers(n_groups, size=1200)
    held = validation_mask(strata, 0.25, rng(trial), groups=groups)
    assert not set(groups[held]) & set(groups[~held])
    shares = [held[strata == s].mean() for s in range(3)]
    np.testing.assert_allclose(shares, 0.25, atol=0.12)


def test_the_choice_of_groups_is_near_the_best():
    """Two classes, eight groups: all 2**8 choices are looked at."""
    strata = rng(0).integers(2, size=200)
    groups = rng(1).integers(8, size=200)
    total = np.bincount(strata)
    wanted = np.floor(total * 0.3)

    def distance(held):
        return (np.square(np.bincount(strata[held], minlength=2) - wanted) / total).sum()

    choices = [np.isin(groups, [g for g in range(8) if n >> g & 1]) for n in range(1, 255)]
    best = sorted(map(distance, choices))
    assert distance(validation_mask(strata, 0.3, rng(), groups=groups)) <= best[5]


def test_no_class_is_held_out_as_a_whole():
    strata = np.repeat([0, 1], [50, 6])
    groups = np.concatenate([np.arange(50) % 5, np.full(6, 5)])
    for seed in range(20):
        held = validation_mask(strata, 0.2, rng(seed), groups=groups)
        assert held.any()
        assert not held[strata == 1].any()


def test_where_no_group_can_be_held_out_no_row_is():
    strata = np.zeros(20)
    assert not validation_mask(strata, 0.2, rng(), groups=np.zeros(20)).any()
    assert not validation_mask(np.zeros(4), 0.5, rng(), groups=np.arange(4)).any()
    # However large it is, one group is held out.
    assert validation_mask(strata, 0.05, rng(), groups=np.arange(20) % 2).sum() == 10


def test_many_groups_take_no_time():
    strata = rng().integers(5, size=100_000)
    held = validation_mask(strata, 0.2, rng(), groups=np.arange(100_000) // 2)
    assert abs(held.mean() - 0.2) < 0.001


# ---------------------------------------------------------------- labels

BIG = [2**60, 2**60 + 1, 2**60, 7]


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (["b", "a"], np.array(["b", "a"])),
        (np.array([1, 2], dtype=object), np.array([1, 2])),
        (np.array([True, False], dtype=object), np.array([True, False])),
        (np.array(["b", "a"], dtype=object), np.array(["b", "a"], dtype=object)),
        (np.array(BIG, dtype=object), np.array(BIG)),
        (pd.Series(BIG, dtype="Int64"), np.array(BIG)),
        (pd.Series(BIG, dtype="int64[pyarrow]"), np.array(BIG)),
        (pd.Series([True, False], dtype="boolean"), np.array([True, False])),
        (pd.Series(["b", "a"], dtype="string"), np.array(["b", "a"], dtype=object)),
        (pd.Series(["b", "a"], dtype="category"), np.array(["b", "a"], dtype=object)),
        (pd.Series([2, 1], dtype="category"), np.array([2, 1])),
        (pl.Series(BIG), np.array(BIG)),
        (np.array(["2020-01-01"], dtype="M8[D]"), np.array(["2020-01-01"], "M8[D]")),
    ],
    ids=str,
)
def test_labels_are_as_given(y, expected):
    labels = class_labels(y)
    assert labels.dtype.kind == expected.dtype.kind
    np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", None], "rows without a class"),
        (pd.Series([1, pd.NA], dtype="Int64"), "rows without a class"),
        (np.array([0.5, 1.2]), "Unknown label type"),
        (np.array([1, "a"], dtype=object), "have no order"),
        (np.zeros((3, 2)), "1d array"),
    ],
    ids=str,
)
def test_what_are_no_labels_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        class_labels(y)
