"""Around a fit: its times, its signals, its progress bar, all attributes or none."""

import logging
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from tqdm import tqdm

_LOGGER = logging.getLogger("skmiaug")


@contextmanager
def phase(what: str, name: str) -> Iterator[None]:
    """Log how long the block took: phase ``name`` of ``what``, a class of estimators."""
    begin = time.perf_counter()
    yield
    _LOGGER.debug("%s: %s took %.3f s", what, name, time.perf_counter() - begin)


@contextmanager
def whole_fit(estimator: Any) -> Iterator[None]:
    """Restore the estimator when the block is left by an error.

    A fit sets some attributes before it trains and others after. Ctrl-C between them would
    leave the classes of the new data with the model of the old.
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        estimator.__dict__ = before
        raise


_LIBRARIES = ("skmiaug", "imblearn", "sklearn", "joblib")


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn as of the first caller outside this package and those that it is called by.

    How deep a fit is depends on what it was called through: a pipeline, a search.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _of_library(frame.f_back.f_globals):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


def _of_library(names: dict[str, object]) -> bool:
    return str(names.get("__name__", "")).partition(".")[0] in _LIBRARIES


class StopRequest:
    """Holds SIGINT and SIGTERM back, and remembers the one that came."""

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._former: dict[int, Callable[[int, FrameType | None], Any] | int] = {}

    def __bool__(self) -> bool:
        return self.signal_number is not None

    def hold(self) -> None:
        """Take over both signals, where they are not ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            # None: a handler that was not set from Python and could not be put back.
            if handler is not None and handler != signal.SIG_IGN:
                signal.signal(number, self._note)
                self._former[number] = handler

    def release(self) -> None:
        """Put the former handlers back."""
        while self._former:
            signal.signal(*self._former.popitem())

    def act(self) -> None:
        """Do what the signal does when nobody holds it back.

        Returns when no signal came, or when its handler lets the program go on.
        """
        if self.signal_number is None:
            return
        number, self.signal_number = self.signal_number, None
        held = bool(self._former)
        self.release()
        signal.raise_signal(number)
        if held:
            self.hold()

    def _note(self, signal_number: int, frame: FrameType | None) -> None:
        """Signal handler: remember the first; a second one does not wait."""
        if self.signal_number is not None:
            raise KeyboardInterrupt
        self.signal_number = signal_number


@contextmanager
def deferred_signals() -> Iterator[StopRequest]:
    """Hold SIGINT and SIGTERM back inside, then let them act.

    Inside, ask the request between steps and call its ``act``. After the block, left by
    an error too, the former handlers are back and a signal that came acts through them.
    Only the main thread can set handlers; elsewhere this does nothing.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    request.hold()
    try:
        yield request
    finally:
        request.release()
        request.act()


class ProgressBar:
    """A tqdm bar that shows named figures, or nothing at all unless ``enabled``.

    As a context it is closed at the end, full if the work ended without an error: a
    training that stops early is complete. ``phase`` stands behind the description.
    """

    def __init__(
        self,
        total: int,
        description: str,
        *,
        enabled: bool,
        phase: str | None = None,
        unit: str = "it",
    ):
        self._description = description
        title = description if phase is None else f"{description}, {phase}"
        self._bar = tqdm(total=total, desc=title, unit=unit, disable=not enabled)

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._bar.set_description(self._description, refresh=False)
            self._bar.total = self._bar.n
            self._bar.refresh()
        self._bar.close()

    def phase(self, name: str) -> None:
        """Show the name of the current phase."""
        self._bar.set_description(f"{self._description}, {name}")

    def show(self, done: int, **figures: float) -> None:
        """Move to ``done`` steps, with the figures behind the bar."""
        self._bar.set_postfix({k: f"{v:.3f}" for k, v in figures.items()}, refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar."""
        self._bar.close()
