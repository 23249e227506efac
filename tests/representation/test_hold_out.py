"""Rows held out for early stopping."""

import numpy as np
import pytest

from skmiaug.representation._hold_out import held_out_rows


@pytest.mark.parametrize(("fraction", "expected"), [(0.25, 5), (0.01, 1), (0.99, 19)])
def test_a_share_of_each_group_at_least_one_row(fraction, expected):
    groups = np.repeat(["a", "b"], 20)[::-1]
    held = held_out_rows(groups, fraction, np.random.default_rng(0))
    assert [held[groups == name].sum() for name in "ab"] == [expected, expected]


def test_groups_below_five_rows_are_trained_on():
    groups = np.repeat([0, 1, 2], [4, 5, 1])
    held = held_out_rows(groups, 0.9, np.random.default_rng(0))
    assert [held[groups == group].sum() for group in range(3)] == [0, 4, 0]


def test_none_without_a_share():
    assert not held_out_rows(np.zeros(50), 0.0, np.random.default_rng(0)).any()


def test_the_same_generator_draws_the_same_rows():
    one, other = (
        held_out_rows(np.zeros(50), 0.2, np.random.default_rng(4)) for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)
