"""Fits that set all of their attributes, or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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
