"""Some rows of each class, where not all are needed."""

import numpy as np

_MAX_ROWS = 2000


def subsample(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pick about 2,000 rows at most, equally many of each class where it has them.

    A pick regardless of class would miss rare ones: 20 of 100,000 rows would hardly ever
    be there.

    Parameters
    ----------
    classes : ndarray of shape (n,)
        Class indices.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int
        Row numbers, rising.
    """
    if len(classes) <= _MAX_ROWS:
        return np.arange(len(classes))
    counts = np.bincount(classes)
    wanted = even_shares(counts, max(_MAX_ROWS, 2 * len(counts)))
    picked = [
        rng.choice(np.flatnonzero(classes == c), n, replace=False)
        for c, n in enumerate(wanted)
    ]
    return np.sort(np.concatenate(picked))


def even_shares(counts: np.ndarray, total: int) -> np.ndarray:
    """Divide a total among classes, as evenly as their rows allow.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Rows of each class.
    total : int
        At least one for each class that has rows.

    Returns
    -------
    ndarray of shape (n_classes,)
        At most ``counts``; their sum is at most ``total``, and less by fewer than the
        number of classes where there are rows enough.
    """
    shares = np.zeros_like(counts)
    left, todo = total, len(counts)
    # From the rarest on: what a class does not use is for those with more rows.
    for c in np.argsort(counts, kind="stable"):
        shares[c] = min(counts[c], left // todo)
        left, todo = left - shares[c], todo - 1
    return shares
