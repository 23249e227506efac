"""The child process that decodes untrusted files (run by ``python -m``, not imported).

Requests arrive on standard input and answers go to standard output, each one line of JSON;
the samples follow a successful answer as little-endian float32. The process ends with its
input, and by its own alarm if decoding takes too long, so that it cannot outlive a parent
that was killed.
"""

import contextlib
import json
import os
import signal
import sys
from typing import BinaryIO

from skmiaug.utils.audio._decode import AudioDecodeError, decode

# Address space, in bytes: a header that makes the decoder ask for more fails cleanly.
_MEMORY_LIMIT = 16 * 2**30


def main() -> None:
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


if __name__ == "__main__":
    main()
