"""Rows held out while training, for early stopping and the choice of the strength."""

import numpy as np

from skmiaug.over_sampling._streams import HOLD_OUT
from skmiaug.utils._random import numpy_generator


def hold_out(classes: np.ndarray, n_classes: int, fraction: float, seed: int) -> np.ndarray:
    """Mask (n,) of the rows to hold out, drawn class by class."""
    rng = numpy_generator(seed, HOLD_OUT)
    wanted = _held_out_counts(np.bincount(classes, minlength=n_classes), fraction)
    held = np.zeros(len(classes), dtype=bool)
    for c in range(n_classes):
        held[rng.choice(np.flatnonzero(classes == c), wanted[c], replace=False)] = True
    return held


def _held_out_counts(counts: np.ndarray, fraction: float) -> np.ndarray:
    """Rows of each class to hold out: none where fewer than 5 would show anything."""
    wanted = np.floor(counts * fraction).astype(int)
    return np.where(counts >= 5, np.maximum(wanted, 1), 0) if fraction > 0 else wanted * 0
