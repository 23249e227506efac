"""Around a fit: times in the log, all attributes or none, warnings at the caller's line."""

import logging
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
