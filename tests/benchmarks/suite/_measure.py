"""Seconds and peak memory of calls."""

import ctypes
import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

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
        By how much the process grew at its peak; NaN where the system does not report it.
    """

    seconds: float
    megabytes: float


@contextmanager
def torch_threads(n_threads: int) -> Iterator[None]:
    """Give torch so many threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def show(label: str, figure: str) -> None:
    """Print a figure, and how busy the machine was."""
    load = os.getloadavg()[0]
    print(f"\n{label:48s} {figure}   (load {load:.1f} on {os.cpu_count()} cores)", end="")


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
        # Freed memory goes back to the system: else the call would reuse it unnoticed.
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


class _Phases(logging.Handler):
    """Adds up the seconds that phases of fits take, by their names."""

    def __init__(self, seconds: dict[str, float]):
        super().__init__(logging.DEBUG)
        self.seconds = seconds

    def emit(self, record: logging.LogRecord) -> None:
        _, name, seconds = record.args  # type: ignore[misc]
        if name in self.seconds:
            self.seconds[name] += seconds  # type: ignore[operator]


@contextmanager
def timed_phases(names: Sequence[str]) -> Iterator[dict[str, float]]:
    """Yield the seconds of phases that are logged inside, as they end."""
    seconds = dict.fromkeys(names, 0.0)
    logger, handler = logging.getLogger("skmiaug"), _Phases(seconds)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield seconds
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
