"""How many CPU threads small networks are worth."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Multiply-adds of a matrix product below which a second thread is not worth its waiting. At
# 2**26 a step took 26 ms on one thread and 20 ms on two of an idle machine, but 40 ms and
# 670 ms on a busy one: threads that wait for each other wait for the scheduler too.
_WORTH_A_SECOND_THREAD = 2**28


@contextmanager
def cpu_threads_for(multiply_adds: int, device: torch.device) -> Iterator[None]:
    """Run on one CPU thread inside if the largest product has few ``multiply_adds``."""
    before = torch.get_num_threads()
    if device.type != "cpu" or multiply_adds >= _WORTH_A_SECOND_THREAD or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def threads_to_spare(multiply_adds: int, device: torch.device) -> int:
    """How many separate models of such products can train side by side on the CPU.

    1 where :func:`cpu_threads_for` lets all threads share each product, and off the CPU.
    """
    if device.type != "cpu" or multiply_adds >= _WORTH_A_SECOND_THREAD:
        return 1
    return torch.get_num_threads()
