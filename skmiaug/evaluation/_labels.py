"""Class labels as a person writes them."""

from collections.abc import Iterable
from typing import Any

import numpy as np


def plain(label: Any) -> Any:
    """A label without its NumPy type: ``1``, not ``np.int64(1)``."""
    return label.item() if isinstance(label, np.generic) else label


def listed(labels: Iterable[Any], most: int = 12) -> str:
    """At most so many labels or names, in one line."""
    shown = [repr(plain(label)) for label in labels]
    rest = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + rest


def counted(number: int, what: str) -> str:
    """``1 fold``, ``2 folds``."""
    return f"{number} {what}" + ("" if number == 1 else "s")
