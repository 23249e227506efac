"""Signals that wait: each acts after the block, through the handler that was there."""

import os
import signal
import threading

import pytest

from skmiaug.exceptions import TrainingDivergedError
from skmiaug.utils._fit import deferred_signals


@pytest.fixture(autouse=True)
def handlers():
    """Handlers as Python sets them, and as they were after the test."""
    former = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


def send(number):
    os.kill(os.getpid(), number)


def test_ctrl_c_acts_after_the_block():
    reached = []

    def block():
        with deferred_signals() as request:
            assert not request
            send(signal.SIGINT)
            reached.append(bool(request))
        reached.append("too far")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert reached == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_acts_in_the_block_when_asked():
    reached = []

    def block():
        with deferred_signals() as request:
            send(signal.SIGINT)
            request.act()
            reached.append("too far")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert not reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_former_handler_gets_the_signal():
    seen = []
    signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    with deferred_signals() as request:
        send(signal.SIGTERM)
        assert not seen
        request.act()
        assert seen == [signal.SIGTERM]
        assert not request
        send(signal.SIGTERM)  # held back again
        assert len(seen) == 1
    assert seen == [signal.SIGTERM] * 2


def test_signals_that_are_ignored_stay_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with deferred_signals() as request:
        send(signal.SIGINT)
        assert not request
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_a_second_ctrl_c_does_not_wait():
    reached = []

    def block():
        with deferred_signals():
            send(signal.SIGINT)
            reached.append("held back")
            send(signal.SIGINT)
            reached.append("too far")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert reached == ["held back"]


def test_an_error_in_the_block_does_not_swallow_the_signal():
    def block():
        with deferred_signals():
            send(signal.SIGINT)
            raise TrainingDivergedError

    with pytest.raises(KeyboardInterrupt) as raised:
        block()
    assert isinstance(raised.value.__context__, TrainingDivergedError)


def test_an_error_puts_the_handlers_back():
    before = signal.getsignal(signal.SIGTERM)

    def block():
        with deferred_signals():
            assert signal.getsignal(signal.SIGTERM) is not before
            raise TrainingDivergedError

    with pytest.raises(TrainingDivergedError):
        block()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_thread_leaves_the_handlers_alone():
    before = signal.getsignal(signal.SIGINT)
    inside = []

    def run():
        with deferred_signals() as request:
            inside.append((signal.getsignal(signal.SIGINT), bool(request)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert inside == [(before, False)]
