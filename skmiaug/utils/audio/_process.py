"""Decoding in a process that can be killed: a bad file costs its time-out, no more."""

import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import IO

import numpy as np

from skmiaug.utils._optional import require
from skmiaug.utils._paths import absolute_path
from skmiaug.utils.audio._headers import AudioDecodeError

_START_SECONDS = 60.0
_COMMAND = (sys.executable, "-P", "-m", "skmiaug.utils.audio._worker")


class DecoderProcess:
    """One child that decodes file after file, replaced when it hangs or crashes.

    Parameters
    ----------
    command : sequence of str
        What to start. Tests put a decoder that misbehaves here.

    Notes
    -----
    Safe to use from several threads, which take turns. ``concurrent.futures`` would not
    do: its pool starts children that import the caller's main script again, and Python
    before 3.14 has no public way to kill a worker that hangs.
    """

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._command = list(command)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._finalizer: weakref.finalize | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return None if self._child is None else self._child.pid

    def decode(
        self, path: str | os.PathLike[str], *, max_seconds: float, timeout: float
    ) -> tuple[np.ndarray, int]:
        """Decode like :func:`skmiaug.utils.audio.decode`, in the child.

        Parameters
        ----------
        timeout : float
            Seconds after which the child is killed.

        Raises
        ------
        AudioDecodeError
            As there, or the decoder hung or crashed on this file.
        """
        require("soundfile", extra="audio", purpose="decode audio files")
        request = {
            # The child stays in the folder it was started in, this process may not.
            "path": absolute_path(path),
            "max_seconds": max_seconds,
            # The child's own alarm comes later than ours: it is for a parent that is gone.
            "timeout": 2 * timeout + 1,
        }
        with self._lock:
            try:
                try:
                    return self._ask(request, timeout)
                except _ChildDiedError:
                    # It may have died of something else (out of memory, a signal) between
                    # two files. A second child that dies too dies of this file.
                    return self._ask(request, timeout)
            except _TimedOutError:
                raise AudioDecodeError(
                    f"expected the decoder to be done in {timeout:g} s, it was not and was "
                    "stopped: the file is malformed, or raise decode_timeout"
                ) from None
            except _ChildDiedError as error:
                raise AudioDecodeError(
                    f"expected audio, got a file that ends the decoder ({error}); leave "
                    "it out"
                ) from None

    def _ask(self, request: dict, timeout: float) -> tuple[np.ndarray, int]:
        child = self._running()
        text = json.dumps(request).encode()
        try:
            return _within(timeout, child, lambda: _exchange(child, text))
        except AudioDecodeError:
            raise  # an answer like any other: the child is well
        except (EOFError, OSError):
            raise _ChildDiedError(f"exit code {self._stop()}") from None
        except BaseException:
            # A time-out, or an interrupt that leaves the pipe out of step.
            self._stop()
            raise

    def close(self) -> None:
        """End the child. The next :meth:`decode` starts another."""
        with self._lock:
            self._stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._stop()
        child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_child_environment(),
        )
        self._child = child
        self._finalizer = weakref.finalize(self, _end, child)
        try:
            _within(_START_SECONDS, child, lambda: _receive_head(_pipe(child.stdout)))
        except (_TimedOutError, EOFError, OSError) as error:
            code = self._stop()
            raise RuntimeError(
                f"the decoder process {' '.join(self._command)} did not start (exit code "
                f"{code}); decode files you trust in this process with trusted=True"
            ) from error
        return child

    def _stop(self) -> int | None:
        child, self._child = self._child, None
        if self._finalizer is not None:
            self._finalizer.detach()
        return None if child is None else _end(child)


class _TimedOutError(Exception):
    pass


class _ChildDiedError(Exception):
    pass


def _within(seconds, child, exchange):
    """Run ``exchange``; when time is up kill ``child``, which ends every wait for it."""
    timed_out = threading.Event()

    def kill() -> None:
        timed_out.set()
        child.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        return exchange()
    except (EOFError, OSError):
        if timed_out.is_set():
            raise _TimedOutError from None
        raise
    finally:
        timer.cancel()


def _exchange(child: subprocess.Popen[bytes], request: bytes) -> tuple[np.ndarray, int]:
    stdin, stdout = _pipe(child.stdin), _pipe(child.stdout)
    stdin.write(struct.pack("<I", len(request)) + request)
    stdin.flush()
    head = _receive_head(stdout)
    if "error" in head:
        raise AudioDecodeError(head["error"])
    samples = np.empty(head["n"], dtype="<f4")
    view = memoryview(samples.view(np.uint8))  # type: ignore[arg-type]
    while len(view):
        got = stdout.readinto(view)  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        view = view[got:]
    return samples, head["rate"]


def _receive_head(stdout: IO[bytes]) -> dict:
    length = stdout.read(4)
    if len(length) < 4:
        raise EOFError
    text = stdout.read(struct.unpack("<I", length)[0])
    try:
        return json.loads(text)
    except ValueError:
        raise EOFError from None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _end(child: subprocess.Popen[bytes]) -> int | None:
    child.kill()
    for stream in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):  # unsent bytes for a child that is gone
            _pipe(stream).close()
    return child.wait()


def _child_environment() -> dict[str, str]:
    # What this process can import, the child can; one thread is enough to decode.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}


_shared = DecoderProcess()
_of_the_parent: list[DecoderProcess] = []


def shared_decoder() -> DecoderProcess:
    """The decoder of this process; it starts its child on first use."""
    return _shared


def _forget_after_fork() -> None:
    # A forked child must not talk to, nor end, the decoder of its parent: keep the object
    # from being collected and make another.
    global _shared
    if _shared._finalizer is not None:
        _shared._finalizer.detach()
    _of_the_parent.append(_shared)
    _shared = DecoderProcess()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
