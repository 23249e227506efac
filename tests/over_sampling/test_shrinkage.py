"""Which share of the coefficients is noise, of all directions and of blocks of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.over_sampling.prior import (
    direction_blocks,
    james_stein_shrinkage,
    shrinkage_by_direction,
)
from skmiaug.over_sampling.targets import Gram, regress
from tests.over_sampling._rows import shares


@given(d=st.integers(1, 3000), n_free=st.integers(1, 3000), q=st.integers(1, 60))
def test_blocks_divide_all_directions_in_order(d, n_free, q):
    blocks = direction_blocks(d, n_free, q)
    directions = np.concatenate([np.arange(b.start, b.stop) for b in blocks])
    np.testing.assert_array_equal(directions, np.arange(d))
    varying = [b for b in blocks if b.start < min(n_free, d)]
    assert len(varying) <= 12
    sizes = [b.stop - b.start for b in varying]
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) * max(q - 1, 1) >= 40 or len(varying) == 1


def test_directions_without_rows_are_a_block_of_their_own():
    assert direction_blocks(100, 16, 6) == [slice(0, 8), slice(8, 16), slice(16, 100)]
    assert direction_blocks(15, 1000, 6) == [slice(0, 15)]


@given(seed=st.integers(0, 1000), d=st.integers(1, 60), n_free=st.integers(1, 80))
def test_each_block_has_the_share_it_has_alone(seed, d, n_free):
    rng = np.random.default_rng(seed)
    means, variances = rng.normal(size=(3, d)), 1 / rng.integers(1, 50, size=3)
    found = shrinkage_by_direction(means, variances, n_free, d)
    for block in direction_blocks(d, n_free, 3):
        alone = james_stein_shrinkage(means[:, block], variances)
        np.testing.assert_allclose(found[block], alone)


def test_directions_that_are_not_represented_have_noise_too():
    """As zeros would in their place."""
    means, variances = np.random.default_rng(0).normal(size=(3, 60)), np.full(3, 0.004)
    means[:, 40:] /= 2
    padded = np.hstack([means, np.zeros((3, 500))])
    found = shrinkage_by_direction(means, variances, 40, 560)
    expected = shrinkage_by_direction(padded, variances, 40, 560)
    np.testing.assert_allclose(found, expected[:60])
    assert found[40:].max() < 0.8  # where all shares are equal
    assert james_stein_shrinkage(means, variances, 560) == pytest.approx(
        james_stein_shrinkage(padded, variances)
    )


def test_classes_without_information_have_noise_alone():
    """E |mean of n rows|² = d / n: the share of noise is 1 on average, and held at 0.8."""
    variances = np.array([1 / 10, 1 / 40])
    means = np.random.default_rng(0).normal(size=(2, 2400)) * np.sqrt(variances)[:, None]
    shares_taken = shrinkage_by_direction(means, variances, 5000, 2400)
    np.testing.assert_allclose(shares_taken, 0.8)
    assert james_stein_shrinkage(np.zeros((2, 5)), variances) == 0.8


@pytest.mark.parametrize("codes", ["classes", "shares"])
def test_the_share_is_the_one_of_least_squared_error(codes):
    """Known coefficients plus noise: no factor on them comes nearer by much."""
    rng = np.random.default_rng(1)
    if codes == "classes":
        T = np.eye(3)[np.repeat([0, 1, 2], [10, 20, 40])]
    else:
        T = shares(60, 3)
    true = 0.5 * rng.normal(size=(3, 4000))
    seen = regress(T @ true + rng.normal(size=(len(T), 4000)), T)
    share = james_stein_shrinkage(seen, Gram.of(T).inverse.diagonal())
    factors = np.linspace(0, 1, 101)
    errors = [np.square(f * seen - true).sum() for f in factors]
    assert 1 - share == pytest.approx(factors[np.argmin(errors)], abs=0.04)
