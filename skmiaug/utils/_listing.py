"""Lists in error messages, which name a few of many."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_SHOWN = 5


def first_few(items: Sequence[Any] | np.ndarray) -> str:
    """Return the first five as text, with dots behind where there are more."""
    dots = ", ..." if len(items) > _SHOWN else ""
    return ", ".join(map(str, items[:_SHOWN])) + dots
