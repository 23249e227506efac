"""Phases of a fit and their times, for ``logging.getLogger("skmiaug")`` at DEBUG."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGER = logging.getLogger("skmiaug")


@contextmanager
def phase(what: str, name: str) -> Iterator[None]:
    """Log how long the block took: phase ``name`` of ``what``, a class of estimators."""
    begin = time.perf_counter()
    yield
    _LOGGER.debug("%s: %s took %.3f s", what, name, time.perf_counter() - begin)
