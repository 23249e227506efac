"""Which rows are held out of training, for early stopping."""

import numpy as np

_LEAST_TO_SPLIT = 5


def held_out_rows(
    groups: np.ndarray, fraction: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw a share of each group of 5 rows or more, at least one row of each.

    Parameters
    ----------
    groups : ndarray of shape (n,)
        What each row belongs to: its class, or the same for all.
    fraction : float in [0, 1)
        0 holds out none.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n,), bool
    """
    held = np.zeros(len(groups), dtype=bool)
    if fraction == 0:
        return held
    for group in np.unique(groups):
        own = np.flatnonzero(groups == group)
        if len(own) >= _LEAST_TO_SPLIT:
            n = max(int(len(own) * fraction), 1)
            held[rng.choice(own, n, replace=False)] = True
    return held
