"""Ctrl-C and SIGTERM that wait for the end of the training step."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Remembers the signal that asked for the end, until the loop looks."""

    def __init__(self) -> None:
        self.signal_number: int | None = None

    def __bool__(self) -> bool:
        return self.signal_number is not None

    def note(self, signal_number: int, frame: FrameType | None) -> None:
        """Signal handler: remember the first; a second one acts at once."""
        if self.signal_number is not None:
            raise KeyboardInterrupt
        self.signal_number = signal_number

    def act(self) -> None:
        """Do what the signal does when nobody waits for it."""
        if self.signal_number == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal_number is not None:
            os.kill(os.getpid(), self.signal_number)


@contextmanager
def deferred_signals() -> Iterator[StopRequest]:
    """Hold SIGINT and SIGTERM back inside, then let them act.

    Inside, ask the returned request between steps. After the block the former handlers
    are back and a signal that came acts through them. Only the main thread can set
    handlers; elsewhere this does nothing.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    former = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        # None: a handler that was not set from Python and could not be put back.
        if signal.getsignal(number) is not None:
            former[number] = signal.signal(number, request.note)
    try:
        yield request
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    request.act()
