"""Values so large that their squares are no numbers any more."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "first_too_large"]

# Deviations and distances sum up squares: room for 1e100 of them below 1e308.
LARGEST = 1e100


def first_too_large(X: NDArray[np.floating]) -> tuple[int, int] | None:
    """Row and column of the first value beyond `LARGEST`; None where there is none."""
    if not X.size or max(float(X.max()), -float(X.min())) <= LARGEST:
        return None
    row, column = np.argwhere(np.abs(X) > LARGEST)[0]
    return int(row), int(column)
