"""Columns and whitened coordinates: scale, covariance, wide data, files, missing groups."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.covariance import ledoit_wolf_shrinkage as sklearn_shrinkage

from skmiaug.over_sampling.columns import (
    ColumnScale,
    _scale,
    _transform,
    fit_columns,
    ledoit_wolf_shrinkage,
)
from skmiaug.over_sampling.targets import regress
from skmiaug.utils.tables import _row_blocks
from tests._internals import is_memory_mapped
from tests.over_sampling._rows import classed_rows, columns_of, one_hot, shares

# ---- scale


def there_and_back(X):
    scale = ColumnScale.standard(X)
    return scale.inverse(scale.transform(X))


def normal(n=200, d=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


@given(st.integers(-300, 300), st.floats(-3, 3))
def test_columns_of_any_magnitude_become_standard_and_come_back(exponent, offset):
    X = (normal() + offset) * 10.0**exponent
    Z = ColumnScale.standard(X).transform(X)
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
def test_finite_columns_stay_finite(X):
    scale = ColumnScale.standard(X)
    assert np.isfinite(scale.transform(X)).all()
    assert np.isfinite(there_and_back(X)).all()


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(0.1, float), (1e30, float), (-1e-30, float), (3, np.int8), (-117, np.float16)],
)
def test_a_constant_column_comes_back_exactly_whatever_is_drawn(value, dtype):
    X = np.column_stack([np.full(7, value), np.arange(7)]).astype(dtype)
    scale = ColumnScale.standard(X)
    assert (scale.transform(X)[:, 0] == 0).all()
    drawn = scale.inverse(np.full((5, 2), 12.5, dtype=np.float32))
    np.testing.assert_array_equal(drawn[:, 0], X[:5, 0])


@given(hnp.arrays(np.int32, (6, 2), elements=st.integers(-(2**20), 2**20)))
def test_whole_numbers_come_back_whole(X):
    np.testing.assert_array_equal(there_and_back(X), X)


def drawn(X, z):
    """Values of standardised draws ``z`` in the only column of ``X``."""
    return ColumnScale.standard(X).inverse(np.float32(z)[:, None]).ravel().tolist()


def test_integers_are_rounded_and_not_truncated():
    X = np.array([[0], [2]], dtype=np.int16)  # mean 1, deviation 1
    assert drawn(X, [0.4, 0.6, -0.4, -0.6, -1.6]) == [1, 2, 1, 0, -1]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint64, np.float16, np.float64])
def test_values_stop_at_the_ends_of_their_type(dtype):
    limits = (np.iinfo if np.issubdtype(dtype, np.integer) else np.finfo)(dtype)
    ends = [limits.min // 2, limits.max // 2]
    X = np.array(ends, dtype=dtype)[:, None]
    assert drawn(X, [-1e6, 1e6]) == [limits.min, limits.max]


def test_truth_values_stay_truth_values():
    X = np.array([[True], [False], [True]])
    assert there_and_back(X).tolist() == X.tolist()


def test_neither_blocks_nor_memory_order_change_a_bit(monkeypatch):
    X = normal(n=5000)
    one, other = ColumnScale.standard(X), ColumnScale.standard(np.asfortranarray(X))
    np.testing.assert_array_equal(one.center, other.center)
    np.testing.assert_array_equal(one.scale, other.scale)
    Z = one.transform(X)
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 7)
    np.testing.assert_array_equal(one.transform(X), Z)
    np.testing.assert_allclose(ColumnScale.standard(X).scale, one.scale, rtol=1e-12)


# ---- whitening


def fit(X, T, marginals="gaussian"):
    transform, Z = fit_columns(columns_of(X), T, marginals=marginals)
    return transform.groups[0], Z


def covariance_of(group):
    """Of the standardised columns, by the coordinates of the group."""
    colouring = group.axes * group.deviation
    return colouring.astype(float) @ colouring.T


def pooled(X, T):
    """Standardised residuals, and their covariance shrunken as in the textbook."""
    Z = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(float)
    r = Z - T @ np.linalg.lstsq(T.astype(float), Z, rcond=None)[0]
    d, n_free = X.shape[1], len(r) - np.linalg.matrix_rank(T)
    S, s = r.T @ r / n_free, sklearn_shrinkage(r, assume_centered=True)
    return s, (1 - s) * S + s * np.trace(S) / d * np.eye(d)


@pytest.mark.parametrize("shape", [(200, 5), (50, 20), (30, 100), (3, 8), (500, 1)])
def test_shrinkage_is_that_of_scikit_learn(shape):
    n, d = shape
    rows = np.random.default_rng(n).normal(size=shape) * np.linspace(1, 3, d)
    S = rows.T @ rows / n
    fourth = np.mean(np.square(rows).sum(axis=1) ** 2)
    expected = sklearn_shrinkage(rows, assume_centered=True)
    assert ledoit_wolf_shrinkage(S, fourth, n, d) == pytest.approx(expected, abs=1e-6)
    assert ledoit_wolf_shrinkage(3 * np.eye(4), 100.0, 10, 4) == 0


@pytest.mark.parametrize("n", [69, 12])
@pytest.mark.parametrize("codes", ["classes", "shares"])
def test_the_covariance_is_the_pooled_one_shrunken_to_its_mean_variance(codes, n):
    X, classes = classed_rows((40, 20, 9))
    order = np.random.default_rng(1).permutation(69)[:n]
    T = one_hot(classes, 3) if codes == "classes" else shares(69, 3)
    X, T = X[order], T[order]
    group, _ = fit(X, T)
    shrinkage, expected = pooled(X, T)
    assert group.shrinkage == pytest.approx(shrinkage, abs=1e-5)
    np.testing.assert_allclose(covariance_of(group), expected, atol=1e-4)


def test_residuals_of_many_rows_have_unit_covariance():
    X, classes = classed_rows((6000, 3000, 1000))
    T = one_hot(classes)
    _, Z = fit(X, T)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov((Z - T @ regress(Z, T)).T), np.eye(6), atol=0.05)


def test_directions_come_in_order_of_falling_variance():
    X, classes = classed_rows()
    group, _ = fit(X, one_hot(classes))
    assert (np.diff(group.deviation) <= 0).all()
    # Eigenvectors are known up to their signs, and libraries differ in those they give.
    assert (group.axes.max(axis=0) == np.abs(group.axes).max(axis=0)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("counts", [(40, 20, 9), (8, 3)])
def test_rows_come_back_from_their_coordinates(counts, dtype):
    X, classes = classed_rows(counts, d=12)
    X = (10 * X + 3).astype(dtype)
    group, Z = fit(X, one_hot(classes))
    np.testing.assert_array_equal(group.whiten(X), Z)
    assert group.inverse(Z).dtype == dtype
    np.testing.assert_allclose(group.inverse(Z), X, atol=1e-3)


def test_identical_rows_of_each_class_have_coordinates():
    X = np.repeat([[0.0, 1.0], [1.0, 0.0]], 3, axis=0)
    group, Z = fit(X, one_hot(np.repeat([0, 1], 3)))
    assert np.isfinite(Z).all()
    assert (group.deviation > 0).all()
    assert (group.deviation < 0.01).all()


def test_order_of_rows_and_numbers_of_classes_do_not_matter():
    X, classes = classed_rows()
    whole = fit(X, one_hot(classes))[0]
    order, number = np.random.default_rng(1).permutation(len(X)), np.array([2, 0, 1])
    for own in (
        fit(X[order], one_hot(classes[order]))[0],
        fit(X, one_hot(number[classes]))[0],
    ):
        np.testing.assert_allclose(covariance_of(own), covariance_of(whole), atol=1e-4)
        assert own.shrinkage == pytest.approx(whole.shrinkage, abs=1e-5)


# ---- wide data


def decomposed(monkeypatch):
    """Sizes of the matrices that are decomposed from now on."""
    sizes, eigh = [], np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: sizes.append(len(a)) or eigh(a))
    return sizes


@pytest.mark.parametrize("counts", [(20, 12, 8), (37, 2, 1), (3, 1)])
def test_few_rows_of_many_columns_have_the_same_covariance_where_they_vary(
    counts, monkeypatch
):
    X, classes = classed_rows(counts, d=90)
    X[:, 7] = 0.0
    T = one_hot(classes)
    whole, Z = fit(X, T)
    monkeypatch.setattr(_transform, "_MANY_COLUMNS", 90)
    sizes = decomposed(monkeypatch)
    found, own = fit(X, T)
    assert sizes == [len(X)]
    assert found.width < len(X) + 3
    assert found.shrinkage == pytest.approx(whole.shrinkage, abs=1e-5)
    np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(found.width), atol=1e-4)
    projection = found.axes.astype(float) @ found.axes.T
    np.testing.assert_allclose(
        covariance_of(found), projection @ covariance_of(whole) @ projection, atol=1e-4
    )
    # Distances between rows are what the prior is fitted to.
    np.testing.assert_allclose(own @ own.T, Z @ Z.T, rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(found.inverse(own), X, atol=1e-4)


def test_wide_rows_come_back_without_a_square_matrix_of_columns():
    d = 6000
    X, classes = normal(n=40, d=d, dtype=np.float32), np.repeat([0, 1], 20)
    tracemalloc.start()
    group, Z = fit(X, one_hot(classes))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < d * d * 4 / 4
    assert Z.shape[1] <= len(X)
    np.testing.assert_allclose(group.inverse(Z), X, atol=1e-4)


def test_wide_rows_that_are_all_alike_have_coordinates(monkeypatch):
    monkeypatch.setattr(_transform, "_MANY_COLUMNS", 90)
    group, Z = fit(np.zeros((6, 90)), one_hot(np.repeat([0, 1], 3)))
    assert np.isfinite(Z).all()
    assert (group.inverse(Z) == 0).all()


# ---- files


@pytest.mark.parametrize("many_columns", [2049, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_a_memory_map_gives_the_bits_of_the_array(
    tmp_path, dtype, many_columns, monkeypatch
):
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 7)
    monkeypatch.setattr(_scale, "_MARGINAL_ROWS", 15)
    monkeypatch.setattr(_transform, "_MANY_COLUMNS", many_columns)
    rows, classes = classed_rows((12, 8), d=40)
    rows[:, 0] = np.exp(3 * rows[:, 0])
    X = (100 * rows).astype(dtype)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    T = one_hot(classes)
    for parts in ([slice(0, 40)], [slice(0, 25), slice(25, 40)]):
        numbers = [np.arange(40)[part] for part in parts]
        one, Z = fit_columns([(X, columns) for columns in numbers], T)
        other, on_disk = fit_columns([(mapped, columns) for columns in numbers], T)
        assert is_memory_mapped(on_disk)
        assert not is_memory_mapped(Z)
        np.testing.assert_array_equal(on_disk, Z)
        for own, of_map in zip(one.groups, other.groups, strict=True):
            for name in ("axes", "deviation", "shrinkage"):
                np.testing.assert_array_equal(getattr(own, name), getattr(of_map, name))


# ---- groups


def test_a_group_is_fitted_to_the_rows_that_have_it():
    X, classes = classed_rows(d=7)
    X, T = X.astype(float), one_hot(classes)
    missing = np.arange(len(X)) % 4 == 1
    gaps = X.copy()
    gaps[np.ix_(missing, [1, 3])] = np.nan
    sources = [(gaps, np.array([1, 3])), (gaps, np.array([0, 2, 4, 5, 6]))]
    transform, Z = fit_columns(sources, T)
    assert transform.widths == (2, 5)
    assert np.isnan(Z[missing, :2]).all()
    assert np.isfinite(Z[~missing]).all()
    alone, own = fit(X[~missing][:, [1, 3]], T[~missing], "auto")
    np.testing.assert_array_equal(Z[~missing, transform.span(0)], own)
    np.testing.assert_array_equal(transform.groups[0].axes, alone.axes)
    np.testing.assert_array_equal(transform.transform(gaps), Z)
    out = np.empty((len(X), 7))
    transform.inverse_into(Z, out)
    np.testing.assert_allclose(out, gaps, atol=1e-4)


def test_the_condition_is_the_last_group_and_no_column_of_X():
    X, classes = classed_rows(d=7)
    condition = X[:, 5:] ** 3
    sources = [(X[:, :5], np.arange(5)), (condition, np.arange(2))]
    transform, Z = fit_columns(sources, one_hot(classes), n_generated=1)
    np.testing.assert_array_equal(transform.transform(X[:, :5], condition), Z)
    out = np.empty((len(X), 5), dtype=np.float32)
    transform.inverse_into(Z, out)
    np.testing.assert_allclose(out, X[:, :5], atol=1e-4)
    again = transform.inverse_condition(Z)
    np.testing.assert_allclose(again, condition, rtol=1e-3, atol=1e-3)


def without_last(name):
    def change(part):
        return replace(part, **{name: getattr(part, name)[:-1]})

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_last("deviation"), "deviation has the shape"),
        (without_last("columns"), "columns has the shape"),
        (lambda g: replace(g, deviation=-g.deviation), "deviation does not fit"),
        (
            lambda g: replace(g, scale=without_last("scale")(g.scale)),
            "scale.scale has the shape",
        ),
        (lambda g: changed_scores(g, column=6), "beyond the 6"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(change, message):
    X, classes = classed_rows()
    X[:, 2] = np.exp(4 * X[:, 2])
    group, _ = fit(X, one_hot(classes), "auto")
    assert [own.column for own in group.scale.scores] == [2]
    group.check()
    with pytest.raises(ValueError, match=message):
        change(group).check()


def changed_scores(group, **changes):
    (scores,) = group.scale.scores
    scale = replace(group.scale, scores=(replace(scores, **changes),))
    return replace(group, scale=scale)


@pytest.mark.parametrize("n_generated", [0, 2])
def test_a_wrong_number_of_generated_groups_is_refused(n_generated):
    X, classes = classed_rows()
    transform, _ = fit_columns(columns_of(X), one_hot(classes))
    transform.check()
    with pytest.raises(ValueError, match="of 1 groups"):
        replace(transform, n_generated=n_generated).check()
