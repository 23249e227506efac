"""Regression on target codes: class means for one-hot codes, least squares for others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.over_sampling.targets import Gram, centre, move_to, regress, target_weights
from skmiaug.utils.tables import _row_blocks
from tests.over_sampling._rows import classed_rows, one_hot, shares

rng = np.random.default_rng(0)
TWICE = shares(25, 3, seed=2)
CODES = {
    "classes": one_hot([0] * 9 + [1] * 5 + [2]),
    "classes without rows": one_hot([0] * 9 + [2] * 5, 4),
    "shares": shares(25, 3),
    "indicators": rng.integers(0, 2, size=(30, 4)).astype(np.float32),
    "a code twice": np.hstack([TWICE, TWICE[:, :1]]),
    "more codes than rows": shares(5, 8),
}


@pytest.fixture(params=CODES, ids=str)
def T(request):
    return CODES[request.param]


def noise_of(T, d=4, seed=1):
    return np.random.default_rng(seed).normal(size=(len(T), d)).astype(np.float32)


def hat_matrix(T):
    T = T.astype(float)
    return T @ np.linalg.pinv(T)


def test_one_hot_codes_give_class_means():
    rows, classes = classed_rows()
    expected = [rows[classes == c].mean(axis=0, dtype=float) for c in range(3)]
    np.testing.assert_allclose(regress(rows, one_hot(classes)), expected, atol=1e-6)
    variances = Gram.of(one_hot(classes)).inverse
    np.testing.assert_allclose(variances, np.diag([1 / 40, 1 / 20, 1 / 9]))


@pytest.mark.parametrize("block_rows", [4096, 7])
def test_coefficients_are_those_of_least_squares(T, block_rows, monkeypatch):
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", block_rows)
    Z = noise_of(T)
    # Of several solutions the shortest: a code that no row has gets 0.
    expected = np.linalg.lstsq(T.astype(float), Z.astype(float), rcond=1e-6)[0]
    np.testing.assert_allclose(regress(Z, T), expected, atol=1e-4)
    np.testing.assert_allclose(regress(Z, T, Gram.of(T)), regress(Z, T))


def test_leverage_and_degrees_of_freedom_are_those_of_the_hat_matrix(T):
    gram, H = Gram.of(T), hat_matrix(T)
    np.testing.assert_allclose(gram.leverage(T), np.diag(H), atol=1e-4)
    assert gram.n_free == max(len(T) - round(np.trace(H)), 1)


def test_variances_are_those_of_coefficients_of_noise():
    T = shares(30, 3)
    drawn = regress(noise_of(T, d=40_000), T).var(axis=1)
    np.testing.assert_allclose(drawn, Gram.of(T).inverse.diagonal(), rtol=0.05)


def test_rows_are_taken_off():
    T = CODES["shares"]
    rest, whole = Gram.of(T).without(T[:6]), Gram.of(T[6:])
    assert rest.n == whole.n
    np.testing.assert_allclose(rest.matrix, whole.matrix, atol=1e-6)
    one, other = Gram.of(CODES["classes"]).without(CODES["classes"][-1:]), CODES["classes"]
    assert one.is_diagonal
    np.testing.assert_allclose(one.inverse, Gram.of(other[:-1]).inverse)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5))
def test_weights_give_each_class_the_same_mass(counts):
    T = one_hot(np.repeat(np.arange(len(counts)), counts), len(counts) + 1)
    mass = target_weights(T) @ T
    np.testing.assert_allclose(mass[:-1], 1 / len(counts), rtol=1e-5)


def test_centred_noise_of_a_class_has_mean_0_and_is_as_wide_as_before():
    T = CODES["classes"]
    noise = noise_of(T, d=5000)
    centred = noise.copy()
    centre(centred, T)
    means = regress(centred, T)
    np.testing.assert_allclose(means[:2], 0, atol=1e-6)
    # The only row of its class stays.
    np.testing.assert_array_equal(centred[-1], noise[-1])
    # Two rows of a class, say, have half of the variance around their mean.
    np.testing.assert_allclose(np.square(centred).mean(axis=1), 1, atol=0.1)
    expected = (noise[:9] - noise[:9].mean(axis=0)) * np.sqrt(9 / 8)
    np.testing.assert_allclose(centred[:9], expected, atol=1e-5)


def test_noise_is_centred_by_its_standardised_residuals(T):
    noise, H = noise_of(T), hat_matrix(T)
    centred = noise.copy()
    centre(centred, T)
    alone = np.diag(H) > 1 - 1e-6
    left = np.where(alone, 1, 1 - np.diag(H))[:, None]
    expected = np.where(alone[:, None], noise, noise - H @ noise) / np.sqrt(left)
    np.testing.assert_allclose(centred, expected, atol=2e-3)


def test_rows_are_moved_until_their_regression_is_as_wished():
    wished = rng.normal(size=(3, 4)).astype(np.float32)
    for name in ("classes", "shares"):
        T = CODES[name]
        Z = noise_of(T)
        moved = move_to(Z, T, wished)
        alone = Gram.of(T).leverage(T) > 1 - 1e-6
        T, Z, moved = T[~alone], Z[~alone], moved[~alone]
        several = T.sum(axis=0) > 0
        found = regress(moved, T)[several]
        np.testing.assert_allclose(found, wished[several], atol=1e-5)
        residuals = [rows - T @ regress(rows, T) for rows in (Z, moved)]
        np.testing.assert_allclose(*residuals, atol=1e-5)
    T = CODES["classes"]
    np.testing.assert_array_equal(move_to(noise_of(T), T, wished)[-1], noise_of(T)[-1])
