"""Arrays in files: which are, and scratch room that goes away with its array."""

import errno
import gc
import os
import pickle
import tempfile

import numpy as np
import pytest
from joblib import Parallel, delayed

from skmiaug.utils.files import _memory_map
from skmiaug.utils.files._memory_map import is_memory_mapped, scratch_array


@pytest.fixture
def on_disk(tmp_path):
    np.save(tmp_path / "rows.npy", np.arange(12.0).reshape(4, 3))
    return np.load(tmp_path / "rows.npy", mmap_mode="r")


@pytest.mark.parametrize(
    "view", [np.asarray, lambda m: m[1:], lambda m: np.asarray(m).T[:, ::2]]
)
def test_a_map_is_told_by_its_views(on_disk, view):
    assert is_memory_mapped(on_disk)
    assert is_memory_mapped(view(on_disk))


@pytest.mark.parametrize(
    "copy", [np.array, lambda m: m[[0, 2]], lambda m: m + 1, lambda m: np.array(m)[1:]]
)
def test_what_was_read_from_a_map_is_none(on_disk, copy):
    assert not is_memory_mapped(copy(on_disk))


@pytest.mark.parametrize("other", [None, [1, 2], np.frombuffer(b"12345678"), np.zeros(3)])
def test_nor_is_anything_else(other):
    assert not is_memory_mapped(other)


def test_scratch_room_is_an_array_of_zeros_that_can_be_written():
    array = scratch_array((3, 4), np.float32)
    assert type(array) is np.ndarray
    assert array.dtype == np.float32
    assert (array == 0).all()
    array[1] = 7
    assert array.sum() == 28
    assert is_memory_mapped(array)
    assert scratch_array((0, 4), float).shape == (0, 4)


def test_it_travels_as_a_plain_array():
    array = scratch_array((300_000,), float)
    array[:] = np.arange(len(array))
    copy = pickle.loads(pickle.dumps(array))
    assert not is_memory_mapped(copy)
    np.testing.assert_array_equal(copy, array)
    # Above a megabyte joblib sends a file's name in place of an array that has one.
    (total,) = Parallel(2)(delayed(np.sum)(a) for a in [array])
    assert total == array.sum()


def test_no_file_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    array = scratch_array((1000,), float)
    if os.name == "posix":
        assert not list(tmp_path.iterdir())
    del array
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_too_little_room_is_said_with_the_remedy(tmp_path, monkeypatch):
    def full(descriptor, size):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(_memory_map, "reserve", full)
    with pytest.raises(OSError, match=r"8,000 bytes.*No space left.*TMPDIR") as caught:
        scratch_array((1000,), float)
    assert caught.value.errno == errno.ENOSPC
    assert not list(tmp_path.iterdir())
