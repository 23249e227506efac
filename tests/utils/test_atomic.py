"""Files appear whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from skmiaug.utils.files._atomic import (
    replacing,
    write_bytes_atomically,
    write_text_atomically,
)


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


def test_modes_are_right_while_threads_write(tmp_path, monkeypatch):
    # The mask of a process is one for all threads: whoever sets it to read it lets other
    # threads create files that everybody may write to.
    def refuse(mask):
        raise AssertionError("umask was set")

    monkeypatch.setattr(os, "umask", refuse)
    (tmp_path / "plain").write_bytes(b"")
    expected = (tmp_path / "plain").stat().st_mode
    with ThreadPoolExecutor(8) as pool:
        names = [tmp_path / f"{k % 20}" for k in range(400)]
        list(pool.map(lambda path: write_bytes_atomically(path, b"x" * 100), names))
    assert {path.stat().st_mode for path in tmp_path.iterdir()} == {expected}
    assert {path.name for path in tmp_path.iterdir()} == {"plain", *map(str, range(20))}


KILLED = """
import os, signal, sys
from pathlib import Path
import skmiaug.utils.files._atomic as atomic
os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
atomic.write_bytes_atomically(Path(sys.argv[1]), b"half of it")
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_what_a_killed_process_leaves_is_removed_at_the_next_write(tmp_path):
    path = tmp_path / "a.json"
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert len(list(tmp_path.iterdir())) == 1
    write_bytes_atomically(path, b"whole")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"whole"


def test_a_write_leaves_that_of_another_process_alone(tmp_path):
    path = tmp_path / "a.npy"
    with replacing(path) as (_, name):
        write_bytes_atomically(path, b"second")
        assert os.path.exists(name)
        assert path.read_bytes() == b"second"
        with open(name, "wb") as file:
            file.write(b"first")
    assert path.read_bytes() == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["a.npy"]


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_that_lies_in_the_way_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / ".a.tmp").symlink_to(victim)
    write_bytes_atomically(tmp_path / "a", b"new")
    assert victim.read_bytes() == b"mine"
    assert (tmp_path / "a").read_bytes() == b"new"


def test_names_may_be_as_long_as_the_system_allows(tmp_path):
    path = tmp_path / ("x" * 250)
    write_bytes_atomically(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_full_disk_is_named_with_the_remedy(tmp_path):
    import resource

    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match=r"100,000 bytes do not fit.*Make room") as caught:
            write_bytes_atomically(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_threads_that_write_to_one_name_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "a.json"
    with ThreadPoolExecutor(8) as pool:
        texts = [f"{k % 7}" * 1000 for k in range(600)]
        list(pool.map(lambda text: write_text_atomically(path, text), texts))
    assert path.read_text() in texts
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")
def test_pipes_and_devices_are_not_replaced(tmp_path):
    # As root, /dev/null would become a file of the whole system.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for target in (pipe, tmp_path / "link"):
        with pytest.raises(OSError, match=r"pipe, socket or device.*another file"):
            write_bytes_atomically(target, b"new")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "pipe"]


@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
def test_a_link_and_the_mode_of_an_older_file_are_kept(tmp_path):
    (tmp_path / "other").mkdir()
    file, link = tmp_path / "other" / "model", tmp_path / "model"
    write_bytes_atomically(file, b"old")
    file.chmod(0o600)
    link.symlink_to(file)
    write_bytes_atomically(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "other").iterdir()] == ["model"]
