"""Fits to a memory map: the bits of a fit in memory, without the memory."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmiaug import MIGANAugmenter
from skmiaug.over_sampling.columns import _scale, _transform
from skmiaug.utils.tables import _row_blocks
from tests._helpers import assert_same_fit, small
from tests._internals import is_memory_mapped


def classed(n=900, d=9, n_classes=3, dtype=np.float32, seed=0):
    """Rows of several classes in no order."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n) * rng.integers(0, 2, n)
    y[: 2 * n_classes] = np.tile(np.arange(n_classes), 2)
    X = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3) + y[:, None]
    return (100 * X).astype(dtype), y


def mapped(path, X):
    np.save(path, X)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("bandwidth", [0.5, 1.0, "auto"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_a_map_gives_the_bits_of_the_array(tmp_path, dtype, bandwidth):
    X, y = classed(dtype=dtype)
    on_disk = mapped(tmp_path / "X.npy", X)
    one, other = (small(bandwidth=bandwidth).fit(rows, y) for rows in (X, on_disk))
    assert_same_fit(one, other)
    assert one.bandwidth_ == other.bandwidth_
    assert is_memory_mapped(other._generator.prior.residuals) == (other.bandwidth_ < 1)


@given(chunk=st.integers(1, 1000), n=st.integers(12, 200), seed=st.integers(0, 5))
@settings(max_examples=8)
def test_whatever_the_blocks(tmp_path_factory, chunk, n, seed):
    X, y = classed(n=n, seed=seed)
    on_disk = mapped(tmp_path_factory.mktemp("map") / "X.npy", X)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_row_blocks, "_BLOCK_ROWS", chunk)
        fits = [small(bandwidth=0.5, max_iter=2).fit(rows, y) for rows in (X, on_disk)]
    assert_same_fit(*fits)


def test_frequent_values_of_heavy_tails_have_the_same_places(tmp_path, monkeypatch):
    X, y = classed(n=300)
    X[:, 0] = np.random.default_rng(1).poisson(0.05, size=300)
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 70)
    on_disk = mapped(tmp_path / "X.npy", X)
    one, other = (small(bandwidth=0.5, max_iter=2).fit(rows, y) for rows in (X, on_disk))
    assert [own.column for own in one._transform.groups[0].scale.scores] == [0]
    assert_same_fit(one, other)


def test_few_rows_of_many_columns(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 80)).astype(np.float32), np.repeat([0, 1], [20, 10])
    monkeypatch.setattr(_transform, "_MANY_COLUMNS", 80)
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 7)
    on_disk = mapped(tmp_path / "X.npy", X)
    one, other = (small(bandwidth=0.5, max_iter=2).fit(rows, y) for rows in (X, on_disk))
    assert_same_fit(one, other)


@pytest.mark.parametrize("order", ["sorted", "Fortran", "view"])
def test_whatever_the_layout(tmp_path, order):
    X, y = classed()
    if order == "sorted":
        X, y = X[np.argsort(y, kind="stable")], np.sort(y)
    on_disk = mapped(tmp_path / "X.npy", np.asfortranarray(X) if order == "Fortran" else X)
    if order == "view":
        X, on_disk, y = X[::2, 1:], on_disk[::2, 1:], y[::2]
    one, other = (small(bandwidth=0.5).fit(rows, y) for rows in (X, on_disk))
    assert_same_fit(one, other)


def test_fit_resample_returns_arrays_of_its_own(tmp_path):
    X, y = classed()
    on_disk = mapped(tmp_path / "X.npy", X)
    expected = small(bandwidth=0.5).fit_resample(X, y)
    got = small(bandwidth=0.5).fit_resample(on_disk, y)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert not is_memory_mapped(one)
    np.testing.assert_array_equal(on_disk, X)


def test_a_fitted_augmenter_does_not_need_the_file_any_more(tmp_path):
    X, y = classed()
    augmenter = small(bandwidth=0.5).fit(mapped(tmp_path / "X.npy", X), y)
    expected = augmenter.sample(20)[0]
    (tmp_path / "X.npy").write_bytes(b"something else")
    copy = pickle.loads(pickle.dumps(augmenter))
    np.testing.assert_array_equal(copy.sample(20)[0], expected)
    np.testing.assert_array_equal(augmenter.sample(20)[0], expected)


def test_no_copy_of_the_rows_is_made(tmp_path, monkeypatch):
    # Blocks that are small even for so few rows.
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 1024)
    monkeypatch.setattr(_scale, "_MARGINAL_ROWS", 1000)
    X, y = classed(n=60_000, d=64)
    on_disk = mapped(tmp_path / "X.npy", X)

    def peak(rows, bandwidth):
        augmenter = MIGANAugmenter(
            n_components=8, max_iter=0, device="cpu", random_state=0, bandwidth=bandwidth
        )
        tracemalloc.start()
        augmenter.fit(rows, y)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    for bandwidth in (1.0, 0.5):
        # numpy tells tracemalloc of every array, and not of those in scratch files.
        assert peak(on_disk, bandwidth) < 0.7 * X.nbytes < peak(X, bandwidth)


def test_a_value_that_is_not_finite_is_found(tmp_path):
    X, y = classed()
    X[700, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        small().fit(mapped(tmp_path / "X.npy", X), y)
