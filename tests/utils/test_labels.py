"""Labels that classes can be made of, and those that cannot."""

import numpy as np
import pandas as pd
import pytest

from skmiaug.utils._labels import check_labels

LABELS = ["joy", "fear", "joy"]


@pytest.mark.parametrize(
    "y",
    [
        LABELS,
        np.array(LABELS),
        np.array(LABELS, dtype=object),
        pd.Series(LABELS, dtype="category"),
        pd.DataFrame({"emotion": LABELS}),
        [0, 1, 0],
        np.array([True, False, True]),
        np.eye(3),
        np.eye(3).tolist(),
        ["", "nan", "None"],
        [],
        None,
        3,
    ],
    ids=str,
)
def test_whole_labels_and_what_others_refuse_pass(y):
    check_labels(y)


@pytest.mark.parametrize(
    "y",
    [
        ["joy", None, "joy"],
        [1.0, float("nan"), 2.0],
        np.array([0, np.nan, 1], dtype=np.float16),
        np.array(["2020", "NaT", "2021"], dtype="M8[D]"),
        pd.Series(["joy", pd.NA, "joy"], dtype="string"),
        pd.DataFrame({"emotion": ["joy", None, "joy"]}),
    ],
    ids=str,
)
def test_rows_without_a_label_are_named(y):
    with pytest.raises(ValueError, match="1 in all: 1"):
        check_labels(y)


def test_five_rows_are_named_at_most():
    with pytest.raises(ValueError, match=r"9 in all: 0, 1, 2, 3, 4, \.\.\."):
        check_labels([None] * 9)


def test_text_and_numbers_have_no_order():
    with pytest.raises(ValueError, match="such as 'joy' and 1"):
        check_labels(["joy", 1])
