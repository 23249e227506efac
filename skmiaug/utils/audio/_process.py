"""Decoding in a child process, which is killed if a bad file makes it hang."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from skmiaug.utils import require
from skmiaug.utils.audio._decode import AudioDecodeError, decode
from skmiaug.utils.files._untrusted import absolute_path

_START_SECONDS = 60.0
_COMMAND = (sys.executable, "-P", "-c", f"from {__name__} import serve; serve()")


class DecoderProcess:
    """One child, started by ``command``, that decodes file after file.

    It is replaced when it hangs or crashes; threads take turns. A pool of
    ``concurrent.futures`` is not an alternative: its children import the main script of the
    caller again, and there is no public way to kill a worker that hangs before Python 3.14.
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

        It is killed after ``timeout`` seconds. That it hung or crashed on this file is an
        AudioDecodeError too.
        """
        require("soundfile", extra="audio", purpose="decode audio files")
        request = {
            # This process may have changed its working directory, the child has not.
            "path": absolute_path(path),
            "max_seconds": max_seconds,
            # Later than the time-out here: it ends a child whose parent was killed.
            "timeout": 2 * timeout + 1,
        }
        with self._lock:
            try:
                try:
                    return self._ask(request, timeout)
                except _ChildDiedError:
                    # It may have died for another reason (out of memory, a signal) before
                    # this file. If a second child dies too, the file is the reason.
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
            raise  # a regular answer of a healthy child
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
            _within(_START_SECONDS, child, lambda: _receive_head(child))
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
    """Run ``exchange``, and kill ``child`` after ``seconds``, which ends the exchange."""
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


def _exchange(child: Any, request: bytes) -> tuple[np.ndarray, int]:
    child.stdin.write(request + b"\n")
    child.stdin.flush()
    head = _receive_head(child)
    if "error" in head:
        raise AudioDecodeError(head["error"])
    samples = np.empty(head["n"], dtype="<f4")
    view = memoryview(samples.view(np.uint8))  # type: ignore[arg-type]
    while len(view):
        got = child.stdout.readinto(view)
        if not got:
            raise EOFError
        view = view[got:]
    return samples, head["rate"]


def _receive_head(child: Any) -> dict:
    try:
        return json.loads(child.stdout.readline())
    except ValueError:  # an empty or broken line
        raise EOFError from None


def _end(child: Any) -> int | None:
    child.kill()
    for stream in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):  # unsent bytes for a child that is gone
            stream.close()
    return child.wait()


def _child_environment() -> dict[str, str]:
    # The child can import what this process can; one thread is enough to decode.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}


_shared = DecoderProcess()
_of_the_parent: list[DecoderProcess] = []


def shared_decoder() -> DecoderProcess:
    """The decoder of this process; it starts its child on first use."""
    return _shared


def _forget_after_fork() -> None:
    # A forked child must neither use nor end the decoder of its parent: keep the object
    # alive and make another.
    global _shared
    if _shared._finalizer is not None:
        _shared._finalizer.detach()
    _of_the_parent.append(_shared)
    _shared = DecoderProcess()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)


# ---------------------------------------------------------------- the child

# Address space, in bytes: a header that makes the decoder ask for more fails cleanly.
_MEMORY_LIMIT = 16 * 2**30


def serve() -> None:
    """Decode as the child: what it is asked on standard input, to standard output.

    Each request and answer is one line of JSON; the samples follow a successful answer as
    little-endian float32. The child ends with its input, and by its own alarm if decoding
    takes too long, so that it cannot outlive a parent that was killed.
    """
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not land between the answers.
    os.dup2(2, 1)
    _limit_memory()
    import soundfile  # noqa: F401  (its cost belongs before the first request's clock)

    _send(answers, {"ready": True})
    while line := requests.readline():
        request = json.loads(line)
        _set_alarm(request["timeout"])
        try:
            samples, rate = decode(request["path"], max_seconds=request["max_seconds"])
        except AudioDecodeError as error:
            _send(answers, {"error": str(error)})
        else:
            _send(answers, {"rate": rate, "n": len(samples)}, samples.astype("<f4").data)
        _set_alarm(0)


def _send(answers: BinaryIO, head: dict, samples: memoryview | None = None) -> None:
    answers.write(json.dumps(head).encode() + b"\n")
    if samples is not None:
        answers.write(samples)
    answers.flush()


def _set_alarm(seconds: float) -> None:
    # The default action of the signal ends the process, also in the midst of C code.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
