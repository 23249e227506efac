"""What restores hidden timesteps without learning anything: straight lines."""

import numpy as np


def interpolate_masked(values: np.ndarray, masked: np.ndarray) -> np.ndarray:
    """Return ``values`` with hidden timesteps on lines between their neighbours.

    Each feature of a hidden timestep lies on the straight line between the nearest
    timesteps before and after it that are not hidden; at either end of a sequence it is
    that of the nearest one.

    Parameters
    ----------
    values : ndarray of shape (n_timesteps, n_features)
        One sequence, finite.
    masked : ndarray of shape (n_timesteps,), bool
        Not all of them.

    Returns
    -------
    ndarray of shape (n_timesteps, n_features)

    Raises
    ------
    ValueError
        All timesteps are hidden.
    """
    shown = np.flatnonzero(~masked)
    if len(shown) == 0:
        raise ValueError("All timesteps are hidden; there is nothing to interpolate from.")
    hidden = np.flatnonzero(masked)
    behind = np.searchsorted(shown, hidden)
    before = shown[np.maximum(behind - 1, 0)]
    after = shown[np.minimum(behind, len(shown) - 1)]
    # At the ends both neighbours are one: any share will do.
    share = (hidden - before) / np.maximum(after - before, 1)
    share = np.clip(share, 0.0, 1.0)[:, None]
    restored = values.copy()
    restored[hidden] = (1 - share) * values[before] + share * values[after]
    return restored
