""".npy files are whole, or what they were before."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from skmiaug.utils.files import _memory_map
from skmiaug.utils.files._memory_map import NpyFile, new_npy_files, npy_path

FLOAT = np.dtype(float)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_both_files_appear_at_the_end(tmp_path):
    files = [
        NpyFile(tmp_path / "a.npy", (3, 2), FLOAT),
        NpyFile(tmp_path / "b.npy", (3,), np.dtype("U5")),
    ]
    with new_npy_files(files) as (a, b):
        a[...], b[...] = 2.5, "anger"
        assert "a.npy" not in names(tmp_path)
    assert names(tmp_path) == ["a.npy", "b.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.full((3, 2), 2.5))
    assert np.load(tmp_path / "b.npy").tolist() == ["anger"] * 3
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "a.npy").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_interruption_leaves_what_was_there(tmp_path, error):
    np.save(tmp_path / "a.npy", np.arange(4))
    files = [NpyFile(tmp_path / f"{n}.npy", (3, 2), FLOAT) for n in "ab"]

    def half():
        with new_npy_files(files) as (a, _):
            a[0] = 1
            raise error

    with pytest.raises(error):
        half()
    assert names(tmp_path) == ["a.npy"]
    assert np.load(tmp_path / "a.npy").tolist() == [0, 1, 2, 3]


def test_a_full_disk_is_found_out_before_anything_is_written(tmp_path, monkeypatch):
    def full(descriptor, size):
        if size > 100_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(_memory_map, "reserve", full)
    files = [
        NpyFile(tmp_path / "a.npy", (10,), FLOAT),
        NpyFile(tmp_path / "b.npy", (100_000,), FLOAT),
    ]
    entered = []
    with (
        pytest.raises(OSError, match=r"800,000 bytes do not fit.*No space left") as caught,
        new_npy_files(files),
    ):
        entered.append(True)
    assert not entered
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_real_limit_of_the_system_is_met_before_the_block(tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with (
            pytest.raises(OSError, match="800,000 bytes do not fit"),
            new_npy_files([NpyFile(tmp_path / "a.npy", (100_000,), FLOAT)]),
        ):
            pytest.fail("entered")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == []


def test_the_room_is_taken_and_not_only_promised(tmp_path):
    path = tmp_path / "a.npy"
    with new_npy_files([NpyFile(path, (500_000,), FLOAT)]):
        pass
    assert path.stat().st_blocks * 512 >= 4_000_000


def test_a_folder_that_is_not_there(tmp_path):
    with (
        pytest.raises(FileNotFoundError),
        new_npy_files([NpyFile(tmp_path / "none" / "a.npy", (1,), FLOAT)]),
    ):
        pytest.fail("entered")


def test_the_ending_is_that_of_numpy():
    assert npy_path("a/b") == Path("a/b.npy")
    assert npy_path("a/b.npy") == Path("a/b.npy")
    assert npy_path(Path("a/b.1")) == Path("a/b.1.npy")
