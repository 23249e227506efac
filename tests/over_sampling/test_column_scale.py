"""Standardised columns and back, at any magnitude and in any type."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skmiaug.over_sampling._column_scale import ColumnScale, fit_into_types

from skmiaug.over_sampling import _row_blocks


def there_and_back(X):
    scale = ColumnScale.standard(X)
    out = np.empty_like(X)
    scale.inverse_into(scale.transform(X), out)
    return out


def normal(n=200, d=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


@given(st.integers(-300, 300), st.floats(-3, 3))
def test_columns_of_any_magnitude_become_standard_and_come_back(exponent, offset):
    X = (normal() + offset) * 10.0**exponent
    scale = ColumnScale.standard(X)
    Z = scale.transform(X)
    assert Z.dtype == np.float32
    np.testing.assert_allclose(Z.mean(axis=0, dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(Z.std(axis=0, dtype=float), 1, atol=1e-5)
    np.testing.assert_allclose(there_and_back(X), X, atol=1e-6 * 10.0**exponent, rtol=1e-6)


@given(st.lists(st.sampled_from([1e-30, 1e-5, 1.0, 1e5, 1e30]), min_size=2, max_size=5))
def test_each_column_has_its_own_magnitude_in_float32_too(units):
    X = normal(d=len(units), dtype=np.float32) * np.array(units, dtype=np.float32)
    Z = ColumnScale.standard(X).transform(X)
    np.testing.assert_allclose(Z.std(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(
        there_and_back(X) / np.float32(units), X / np.float32(units), atol=1e-5
    )


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 20), st.integers(1, 4)),
        elements=st.floats(-1e300, 1e300),
    )
)
def test_whatever_finite_comes_in_finite_goes_out(X):
    scale = ColumnScale.standard(X)
    assert np.isfinite(scale.transform(X)).all()
    assert np.isfinite(there_and_back(X)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.int64])
@pytest.mark.parametrize("value", [0, 3, -117])
def test_a_constant_column_comes_back_exactly_whatever_is_drawn(dtype, value):
    X = np.full((5, 1), value, dtype=dtype)
    scale = ColumnScale.standard(X)
    assert (scale.transform(X) == 0).all()
    out = np.empty_like(X)
    scale.inverse_into(np.full((5, 1), 12.5, dtype=np.float32), out)
    np.testing.assert_array_equal(out, X)


@pytest.mark.parametrize("value", [0.1, 1e30, -1e-30, 1 / 3])
def test_a_constant_that_float32_cannot_hold_comes_back_exactly(value):
    X = np.column_stack([np.full(7, value), np.arange(7.0)])
    np.testing.assert_array_equal(there_and_back(X)[:, 0], X[:, 0])


@given(
    hnp.arrays(np.int32, (6, 2), elements=st.integers(-(2**20), 2**20)),
)
def test_whole_numbers_come_back_whole(X):
    np.testing.assert_array_equal(there_and_back(X), X)


def drawn(X, z):
    """What standardised draws ``z`` become in the columns of ``X``."""
    out = np.empty((len(z), X.shape[1]), dtype=X.dtype)
    ColumnScale.standard(X).inverse_into(np.float32(z)[:, None].repeat(X.shape[1], 1), out)
    return out


def test_integers_are_rounded_and_not_cut():
    X = np.array([[0], [2]], dtype=np.int16)  # mean 1, deviation 1
    assert drawn(X, [0.4, 0.6, -0.4, -0.6, -1.6]).ravel().tolist() == [1, 2, 1, 0, -1]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.uint64])
def test_integers_stop_at_the_ends_of_their_type(dtype):
    limits = np.iinfo(dtype)
    X = np.array([[limits.min], [limits.max]], dtype=dtype)
    low, high = drawn(X, [-1e6, 1e6]).ravel().tolist()
    assert (low, high) == (limits.min, limits.max)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_stop_at_the_ends_of_their_type(dtype):
    limit = np.finfo(dtype).max / 2
    X = np.array([[-limit], [limit]], dtype=dtype)
    low, high = drawn(X, [-1e6, 1e6]).ravel()
    assert low == np.finfo(dtype).min
    assert high == np.finfo(dtype).max


def test_truth_values_stay_truth_values():
    X = np.array([[True], [False], [True]])
    assert there_and_back(X).tolist() == X.tolist()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_type_comes_back_with_its_own_precision(dtype):
    X = normal(dtype=dtype) + 3
    out = there_and_back(X)
    assert out.dtype == dtype
    # Standardised values are float32, whatever the type.
    precision = max(np.finfo(dtype).eps, np.finfo(np.float32).eps)
    np.testing.assert_allclose(
        out.astype(float), X.astype(float), rtol=0, atol=4 * precision * 6
    )


def test_the_size_of_the_chunks_does_not_matter(monkeypatch):
    X = normal()
    whole = ColumnScale.standard(X)
    Z = whole.transform(X)
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 7)
    np.testing.assert_allclose(ColumnScale.standard(X).scale, whole.scale, rtol=1e-12)
    np.testing.assert_array_equal(whole.transform(X), Z)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_memory_order_does_not_change_a_bit(order):
    X = normal(n=5000)
    one, other = ColumnScale.standard(X), ColumnScale.standard(np.asarray(X, order=order))
    np.testing.assert_array_equal(one.center, other.center)
    np.testing.assert_array_equal(one.scale, other.scale)


def test_columns_of_a_frame_are_fitted_into_their_own_types():
    rows = np.array([[1.4, 1.4, 0.7], [300.0, -2.6, 0.2]])
    fit_into_types(rows, [np.dtype(np.uint8), np.dtype(float), np.dtype(bool)])
    assert rows.tolist() == [[1.0, 1.4, 1.0], [255.0, -2.6, 0.0]]
