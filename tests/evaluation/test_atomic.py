"""Files appear whole or not at all."""

import os

import pytest

from skmiaug.utils._atomic import write_bytes_atomically, write_text_atomically


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "a.txt"
    write_text_atomically(path, "erste Zeile: ü\n")
    write_text_atomically(path, "zweite: ß\n")
    assert path.read_bytes() == "zweite: ß\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("failing", ["replace", "fsync"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch, failing, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail(*args):
        raise error

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(error):
        write_bytes_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_mode_is_that_of_an_ordinary_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_bytes_atomically(tmp_path / "atomic", b"")
    modes = {(tmp_path / name).stat().st_mode for name in ("plain", "atomic")}
    assert len(modes) == 1


def test_absent_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_bytes_atomically(tmp_path / "none" / "a", b"")
