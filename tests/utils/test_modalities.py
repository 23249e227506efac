"""Named column groups: what they mean, and what is refused."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.utils.tables._modalities import resolve_modalities

NAMES = ["pitch", "energy", "word_1", "word_2", "word_3"]


def numbers(modalities, names=None, n=5) -> dict[str, list[int]]:
    groups = resolve_modalities(modalities, n, names)
    assert all(group.dtype == np.intp for group in groups.values())
    return {name: group.tolist() for name, group in groups.items()}


@pytest.mark.parametrize(
    "text",
    [
        slice(2, 5),
        slice(2, None),
        slice(-3, None),
        [2, 3, 4],
        (2, 3, 4),
        range(2, 5),
        np.arange(2, 5),
        np.array([2, 3, 4], dtype=np.uint8),
        [-3, -2, -1],
        [False, False, True, True, True],
        np.array([0, 0, 1, 1, 1], dtype=bool),
        NAMES[2:],
        np.array(NAMES[2:]),
        np.array(NAMES[2:], dtype=object),
        pd.Index(NAMES[2:]),
        pd.Series(NAMES[2:]),
    ],
    ids=repr,
)
def test_each_way_to_name_columns_gives_their_numbers(text):
    groups = numbers({"audio": slice(0, 2), "text": text}, NAMES)
    assert groups == {"audio": [0, 1], "text": [2, 3, 4]}
    assert list(groups) == ["audio", "text"]


def test_the_order_given_is_kept():
    assert numbers({"b": [4, 0], "a": slice(3, 0, -1)}) == {"b": [4, 0], "a": [3, 2, 1]}
    assert numbers({"b": NAMES[::-1]}, NAMES) == {"b": [4, 3, 2, 1, 0]}


def test_one_modality_and_one_column_are_enough():
    assert numbers({"audio": slice(None)}) == {"audio": [0, 1, 2, 3, 4]}
    assert numbers({"audio": [0]}, n=1) == {"audio": [0]}


@given(st.data())
def test_any_partition_comes_back(data):
    n = data.draw(st.integers(1, 12))
    owner = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    names = np.array([f"column {i}" for i in range(n)])
    wanted = {f"m{k}": np.flatnonzero(owner == k) for k in np.unique(owner)}
    kind = data.draw(st.sampled_from(["numbers", "masks", "names"]))
    given_as = {
        "numbers": wanted,
        "masks": {name: owner == int(name[1:]) for name in wanted},
        "names": {name: names[group].tolist() for name, group in wanted.items()},
    }[kind]
    groups = resolve_modalities(given_as, n, names)
    for name, group in groups.items():
        np.testing.assert_array_equal(group, wanted[name])
    assert sorted(np.concatenate(list(groups.values()))) == list(range(n))


@pytest.mark.parametrize(
    ("modalities", "message"),
    [
        ({}, "at least one group"),
        ({"a": slice(0, 3), "b": slice(2, 5)}, "'a' and 'b' share columns: 2."),
        ({"a": [0, 1], "b": [2, 3, 4], "c": [-1]}, "'b' and 'c' share columns: 4."),
        ({"a": slice(0, 5), "b": []}, "['b']=[] names none of the 5 columns"),
        ({"a": slice(0, 5), "b": slice(3, 3)}, "names none"),
        ({"a": slice(0, 5), "b": [False] * 5}, "names none"),
        (
            {"a": slice(0, 2), "b": slice(2, 6)},
            "beyond the 5 columns of X, numbered 0",
        ),
        ({"a": slice(-6, 5)}, "beyond"),
        ({"a": [0, 1, 5]}, "beyond"),
        ({"a": [0, -6]}, "beyond"),
        ({"a": slice(0, 5, 0)}, "step cannot be zero"),
        ({"a": [True] * 4}, "a mask of 4 columns, and X has 5"),
        ({"a": [0, 1, 1, 2, 3, 4]}, "['a'] names columns more than once: 1."),
        ({"a": [0, -5, 1, 2, 3, 4]}, "more than once: 0."),
        ({"a": slice(0, 2), "b": [3]}, "2 of the 5 columns belong to no modality: 2, 4."),
        ({"a": NAMES}, "X has none. Pass a DataFrame"),
    ],
    ids=str,
)
def test_groups_that_do_not_fit_are_refused(modalities, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        resolve_modalities(modalities, 5)


@pytest.mark.parametrize(
    ("modalities", "message"),
    [
        (
            {"a": [*NAMES, "loudness", "mood"]},
            "does not have: loudness, mood. X has: pitch, energy, word_1, word_2, word_3.",
        ),
        ({"a": NAMES[:2], "b": NAMES[1:]}, "share columns: energy."),
        ({"a": NAMES[:2]}, "no modality: word_1, word_2, word_3."),
        ({"a": [*NAMES, "pitch"]}, "more than once: pitch"),
    ],
    ids=str,
)
def test_columns_are_called_by_their_names(modalities, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        resolve_modalities(modalities, 5, NAMES)


def test_a_name_that_two_columns_have_is_refused():
    with pytest.raises(ValueError, match=r"X has more than once: a\. Rename"):
        resolve_modalities({"one": ["a", "b"]}, 3, ["a", "b", "a"])


@pytest.mark.parametrize(
    ("modalities", "message"),
    [
        (None, "must be a dict of named column groups"),
        ([slice(0, 5)], "must be a dict"),
        ({0: slice(0, 5)}, "Names of modalities must be text, got 0"),
        ({"": slice(0, 5)}, "must be text"),
        ({"a": "pitch"}, "got 'pitch'"),
        ({"a": 3}, "must be a slice"),
        ({"a": None}, "must be a slice"),
        ({"a": [[0, 1]]}, "must be a slice"),
        ({"a": [0.5]}, "numbers or column names"),
        ({"a": [0, "pitch"]}, "not both nor anything else"),
        ({"a": slice("pitch", "word_3")}, "List the names"),
    ],
    ids=str,
)
def test_things_that_are_no_groups_are_refused(modalities, message):
    with pytest.raises((TypeError, ValueError), match=message):
        resolve_modalities(modalities, 5, NAMES)


def test_long_lists_are_cut():
    with pytest.raises(ValueError, match=r"no modality: 1, 2, 3, 4, 5, \.\.\.\. Add"):
        resolve_modalities({"a": [0]}, 1000)
