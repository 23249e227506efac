"""Seconds and peak memory of calls."""

import ctypes
import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

_CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
_clock = "wall"


def choose_clock(name: str) -> None:
    """Measure by the ``"wall"`` clock, or in seconds of the ``"cpu"`` on a busy machine."""
    global _clock
    _clock = name


def now() -> float:
    """Seconds by the clock that was chosen."""
    return _CLOCKS[_clock]()


class Cost(NamedTuple):
    """What a call took.

    Attributes
    ----------
    seconds : float
        By the clock that was chosen.
    megabytes : float
        By how much the process grew at its peak; NaN where the system does not tell.
    """

    seconds: float
    megabytes: float


def cost_of(call: Callable[[], object]) -> Cost:
    """Run once and measure."""
    before = _restart_peak()
    start = now()
    call()
    seconds = now() - start
    return Cost(seconds, _status("VmHWM:") - before)


def _restart_peak() -> float:
    """Let the peak begin at what is held now, MB."""
    gc.collect()
    if sys.platform == "linux":
        # What was freed goes back to the system: else the call gets it for nothing.
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS:")


def _status(key: str) -> float:
    if sys.platform != "linux":
        return float("nan")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def interleaved_medians(*calls: Callable[[], object], repeats: int = 150) -> list[float]:
    """Median seconds of each, taken in turns so that all meet the same load."""
    seconds = np.empty((repeats, len(calls)))
    for call in calls:
        for _ in range(5):
            call()
    for turn in seconds:
        for k, call in enumerate(calls):
            start = now()
            call()
            turn[k] = now() - start
    return np.median(seconds, axis=0).tolist()


@contextmanager
def timed_parts(module: ModuleType, names: Sequence[str]) -> Iterator[dict[str, float]]:
    """Yield the seconds spent in functions of a module, as they are called inside."""
    seconds = dict.fromkeys(names, 0.0)

    def timed(name: str) -> Callable[..., Any]:
        inner = getattr(module, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            start = now()
            try:
                return inner(*args, **kwargs)
            finally:
                seconds[name] += now() - start

        return call

    with ExitStack() as stack:
        for name in names:
            stack.enter_context(mock.patch.object(module, name, timed(name)))
        yield seconds
