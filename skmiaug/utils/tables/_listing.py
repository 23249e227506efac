"""Lists in error messages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skmiaug.utils.files._untrusted import printable

_SHOWN = 5


def first_few(items: Sequence[Any] | np.ndarray) -> str:
    """Return the first five as printable text, followed by dots if there are more."""
    dots = ", ..." if len(items) > _SHOWN else ""
    return ", ".join(map(printable, items[:_SHOWN])) + dots
