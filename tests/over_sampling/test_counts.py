"""How many rows of each class: exact sums, and the grammar of sample()."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skmiaug.over_sampling._counts import expanded_counts, requested_classes

CLASSES = np.array(["anger", "fear", "joy"])
SHARES = np.array([0.5, 0.3, 0.2])


# ---- sample()


@given(st.integers(0, 500), st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_the_training_shares_are_met_as_near_as_whole_rows_come(n, counts):
    shares = np.array(counts) / sum(counts)
    wanted = requested_classes(n, None, np.arange(len(counts)), shares)
    made = np.bincount(wanted, minlength=len(counts))
    assert made.sum() == n
    assert (np.abs(made - n * shares) < 1).all()
    assert (np.diff(wanted) >= 0).all()


def test_the_largest_remainders_get_the_odd_rows():
    # 2.5, 1.5 and 1.0 rows: the first of equal remainders is rounded up.
    assert requested_classes(5, None, CLASSES, SHARES).tolist() == [0, 0, 0, 1, 2]


def test_one_class():
    assert requested_classes(3, "joy", CLASSES, SHARES).tolist() == [2, 2, 2]


@pytest.mark.parametrize("container", [list, tuple, np.array])
def test_a_class_for_each_row_in_its_order(container):
    y = container(["joy", "anger", "joy", "fear"])
    assert requested_classes(4, y, CLASSES, SHARES).tolist() == [2, 0, 2, 1]


def test_numbers_as_classes():
    wanted = requested_classes(2, [7, 3], np.array([3, 7]), np.array([0.5, 0.5]))
    assert wanted.tolist() == [1, 0]
    assert requested_classes(1, 7.0, np.array([3, 7]), np.array([0.5, 0.5])).tolist() == [1]


def test_unknown_classes_are_named_beside_the_known():
    with pytest.raises(ValueError, match=r"training data: awe, rage\..*anger, fear, joy"):
        requested_classes(3, ["rage", "joy", "awe"], CLASSES, SHARES)


@pytest.mark.parametrize("y", [["joy"], ["joy"] * 3, [["joy", "joy"]]])
def test_an_array_of_another_shape_is_refused(y):
    with pytest.raises(ValueError, match="n_samples=2"):
        requested_classes(2, y, CLASSES, SHARES)


# ---- expansion

present = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 100), min_size=2)


@given(present)
def test_without_expansion_the_strategy_stands(counts):
    to_make = dict.fromkeys(counts, 5)
    found = expanded_counts(to_make, counts, 1.0)
    assert found == to_make
    assert found is not to_make


@given(present, st.floats(1.01, 5))
def test_every_class_grows_to_the_same_size(counts, expansion):
    largest = max(counts.values())
    balance = {c: largest - n for c, n in counts.items() if n < largest}
    found = expanded_counts(balance, counts, expansion)
    sizes = {n + found[c] for c, n in counts.items()}
    assert sizes == {int(np.rint(expansion * largest))}
    assert min(found.values()) >= 0


def test_expansion_starts_from_what_the_strategy_asks_for():
    # "a" is to grow to 50 rows first: everything doubles from there.
    found = expanded_counts({"a": 40}, {"a": 10, "b": 30}, 2.0)
    assert found == {"a": 90, "b": 70}
