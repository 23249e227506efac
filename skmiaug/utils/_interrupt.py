"""Ctrl-C and SIGTERM that wait for the end of the training step."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


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
