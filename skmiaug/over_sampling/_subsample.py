"""Some rows of each class, for what need not look at all of them."""

import numpy as np

from skmiaug.over_sampling._streams import SUBSAMPLE
from skmiaug.utils._random import numpy_generator

_MOST_ROWS = 2000


def subsample(classes: np.ndarray, seed: int) -> np.ndarray:
    """Pick about 2,000 rows at most, of each class as many, where it has as many.

    Rows picked whatever their class would leave out what is rare among many: 20 of
    100,000 rows would hardly ever be there.

    Parameters
    ----------
    classes : ndarray of shape (n,)
        Class indices.
    seed : int

    Returns
    -------
    ndarray of int
        Row numbers, rising.
    """
    if len(classes) <= _MOST_ROWS:
        return np.arange(len(classes))
    rng = numpy_generator(seed, SUBSAMPLE)
    counts = np.bincount(classes)
    wanted = even_shares(counts, max(_MOST_ROWS, 2 * len(counts)))
    picked = [
        rng.choice(np.flatnonzero(classes == c), n, replace=False)
        for c, n in enumerate(wanted)
    ]
    return np.sort(np.concatenate(picked))


def even_shares(counts: np.ndarray, total: int) -> np.ndarray:
    """Share a total out among classes, as evenly as their rows allow.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Rows of each class.
    total : int
        At least one for each class that has rows.

    Returns
    -------
    ndarray of shape (n_classes,)
        At most ``counts``; their sum is at most ``total``, and short of it by less than
        the number of classes where there are rows enough.
    """
    shares = np.zeros_like(counts)
    left, todo = total, len(counts)
    # From the rarest on: what a class leaves over is for those with more rows.
    for c in np.argsort(counts, kind="stable"):
        shares[c] = min(counts[c], left // todo)
        left, todo = left - shares[c], todo - 1
    return shares
