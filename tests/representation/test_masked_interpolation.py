"""Straight lines between the timesteps that are not hidden, against numpy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.representation._masked_interpolation import interpolate_masked


@given(st.integers(0, 99), st.integers(1, 12), st.floats(0.05, 0.95))
def test_it_is_numpys_interpolation_of_each_feature(seed, n_steps, ratio):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_steps, 3))
    masked = rng.uniform(size=n_steps) < ratio
    masked[rng.integers(n_steps)] = False
    restored = interpolate_masked(values, masked)
    shown, steps = np.flatnonzero(~masked), np.arange(n_steps)
    for j in range(3):
        expected = np.interp(steps, shown, values[shown, j])
        np.testing.assert_allclose(restored[:, j], expected, atol=1e-12)


def test_hidden_values_are_not_looked_at():
    values = np.array([[0.0], [np.nan], [np.nan], [3.0], [np.nan]])
    restored = interpolate_masked(values, np.isnan(values[:, 0]))
    np.testing.assert_allclose(restored[:, 0], [0, 1, 2, 3, 3])


def test_there_must_be_something_to_go_by():
    with pytest.raises(ValueError, match="All timesteps are hidden"):
        interpolate_masked(np.ones((3, 2)), np.ones(3, dtype=bool))
