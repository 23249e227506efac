"""Files that make the decoder hang or crash have no effect on other files."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from skmiaug import TransformerFeatures
from skmiaug.exceptions import MissingExtraError
from skmiaug.feature_extraction import AudioDecodeError, FailedInputWarning
from skmiaug.utils.audio import DecoderProcess, decode, shared_decoder

from ._helpers import RATE, voice, write


def hanging_wav():
    """104 bytes on which ``sf_open`` of libsndfile 1.2.2 never returns.

    An INFO chunk with a text of 0xFFFFFFF8 bytes: skipping it wraps around to where it
    began (libsndfile issue 1118).
    """
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    info = (
        b"LIST"
        + struct.pack("<I", 0x7FFFFFFF)
        + b"INFOXXXX"
        + struct.pack("<I", 0xFFFFFFF8)
    )
    body = b"WAVE" + fmt + info + b"abcdefgh" + b"data" + struct.pack("<I", 32) + bytes(32)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture
def decoder():
    decoder = DecoderProcess()
    yield decoder
    decoder.close()


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "good.wav", voice(0.5), subtype="FLOAT")


def ask(decoder, path, timeout=20.0, max_seconds=60.0):
    return decoder.decode(path, max_seconds=max_seconds, timeout=timeout)


def test_relative_paths_follow_the_working_directory(decoder, good, tmp_path, monkeypatch):
    ask(decoder, good)
    child = decoder.pid
    monkeypatch.chdir(tmp_path)
    assert len(ask(decoder, "good.wav")[0]) == RATE // 2
    assert decoder.pid == child


def test_the_child_gives_the_same_samples(decoder, good):
    samples, rate = ask(decoder, good)
    expected, expected_rate = decode(good, max_seconds=60.0)
    np.testing.assert_array_equal(samples, expected)
    assert rate == expected_rate


def test_one_child_serves_all_files_and_survives_bad_ones(decoder, good, tmp_path):
    ask(decoder, good)
    pid = decoder.pid
    (tmp_path / "bad.wav").write_text("no audio")
    for _ in range(3):
        with pytest.raises(AudioDecodeError, match="libsndfile can read"):
            ask(decoder, tmp_path / "bad.wav")
        ask(decoder, good)
    assert decoder.pid == pid


def test_a_malformed_file_that_hangs_the_decoder(tmp_path, tiny, good):
    bad = tmp_path / "hang.wav"
    bad.write_bytes(hanging_wav())
    features = TransformerFeatures(
        model=tiny("wav2vec2-group"), decode_timeout=1.0, on_error="nan"
    )
    start = time.perf_counter()
    with pytest.warns(FailedInputWarning, match="1 of 3.*hang.wav.*done in 1 s"):
        got = features.transform([good, str(bad), good])
    assert time.perf_counter() - start < 20
    assert np.isnan(got).any(axis=1).tolist() == [False, True, False]


def test_a_child_that_stops_is_killed_and_replaced(decoder, good):
    ask(decoder, good)
    pid = decoder.pid
    os.kill(pid, signal.SIGSTOP)
    start = time.perf_counter()
    with pytest.raises(AudioDecodeError, match=r"done in 0\.5 s.*raise decode_timeout"):
        ask(decoder, good, timeout=0.5)
    assert time.perf_counter() - start < 10
    assert not psutil.pid_exists(pid)
    samples, _ = ask(decoder, good)
    assert len(samples) == RATE // 2
    assert decoder.pid != pid


def test_a_child_killed_between_files_is_replaced_silently(decoder, good):
    ask(decoder, good)
    os.kill(decoder.pid, signal.SIGKILL)
    samples, _ = ask(decoder, good)
    assert len(samples) == RATE // 2


CRASHING = """
import os, sys
print("{}", flush=True)
sys.stdin.readline()
os.abort()
"""


def test_a_file_that_crashes_the_child_twice_is_an_error(good):
    decoder = DecoderProcess([sys.executable, "-c", CRASHING])
    with pytest.raises(AudioDecodeError, match=r"ends the decoder \(exit code -6\)"):
        ask(decoder, good)
    assert decoder.pid is None


def test_the_error_of_a_child_that_does_not_start_has_a_remedy(good):
    decoder = DecoderProcess([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(RuntimeError, match=r"did not start \(exit code 3\).*trusted=True"):
        ask(decoder, good)


def test_the_alarm_ends_a_child_without_parent(tmp_path):
    # A killed parent cannot kill a child that hangs; the alarm of the child does.
    bad = tmp_path / "hang.wav"
    bad.write_bytes(hanging_wav())
    child = subprocess.Popen(
        [sys.executable, "-c", "from skmiaug.utils.audio import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    request = b'{"path": "%s", "max_seconds": 60, "timeout": 1.0}' % str(bad).encode()
    child.stdin.write(request + b"\n")
    child.stdin.close()
    assert child.wait(timeout=20) == -signal.SIGALRM
    child.stdout.close()


@pytest.mark.parametrize("name", ["zażółć 声.wav", "'quoted\" \n.wav", "latin-\udce9.wav"])
def test_any_file_name(decoder, tmp_path, name):
    write(tmp_path / "plain.wav", voice(0.5))
    path = (tmp_path / "plain.wav").rename(tmp_path / name)
    samples, _ = ask(decoder, path)
    assert len(samples) == RATE // 2


def test_threads_take_turns(decoder, tmp_path):
    paths = [
        write(tmp_path / f"{n}.wav", voice(0.1 * n, n), subtype="FLOAT")
        for n in range(1, 9)
    ]
    lengths = {}

    def work(n):
        for _ in range(5):
            lengths[n] = len(ask(decoder, paths[n - 1])[0])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == {n: int(0.1 * n * RATE) for n in range(1, 9)}


def test_a_fork_has_a_child_of_its_own(good):
    ask(shared_decoder(), good)
    before = shared_decoder().pid
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            ask(shared_decoder(), good)
            os.write(writer, str(shared_decoder().pid).encode())
            shared_decoder().close()
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    other = os.read(reader, 100).decode()
    os.close(reader)
    assert other
    assert int(other) != before
    ask(shared_decoder(), good)
    assert shared_decoder().pid == before


def test_it_ends_with_its_process(good):
    code = (
        "from skmiaug.utils.audio import shared_decoder as d;"
        f"d().decode({good!r}, max_seconds=60, timeout=20); print(d().pid)"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    for _ in range(100):
        if not psutil.pid_exists(int(run.stdout)):
            break
        time.sleep(0.05)
    assert not psutil.pid_exists(int(run.stdout))


def test_without_soundfile_the_remedy_is_named(monkeypatch, good, decoder):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    for call in (lambda: ask(decoder, good), lambda: decode(good, max_seconds=60)):
        with pytest.raises(MissingExtraError, match=r"soundfile.*skmiaug\[audio\]"):
            call()


def test_without_soxr_only_other_rates_fail(monkeypatch, tiny, tmp_path, good):
    monkeypatch.setitem(sys.modules, "soxr", None)
    features = TransformerFeatures(model=tiny("wav2vec2-group"))
    assert np.isfinite(features.transform([good])).all()
    other = write(tmp_path / "other.wav", voice(0.5), 8000)
    with pytest.raises(
        MissingExtraError, match=r"soxr.*resample 8000 Hz.*skmiaug\[audio\]"
    ):
        features.transform([other])
