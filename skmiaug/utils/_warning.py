"""Warnings that point at the line of the user's own program."""

import sys
import warnings

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
