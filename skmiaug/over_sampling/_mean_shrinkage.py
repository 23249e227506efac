"""How much of the class means is noise: of all directions together, and of some of them.

The squared length of a class mean in whitened directions is twice what a class tells
there, in nats, as long as that is little: I(c; x) ≈ ½ mean_c |μ_c|² for normal rows of unit
variance. A mean of n rows in d directions carries noise of expected squared length d / n,
so that classes which tell nothing seem to tell ½ mean_c d / n_c.
"""

from itertools import pairwise

import numpy as np

_MOST_SHRINKAGE = 0.8
_MOST_BLOCKS = 12
_LEAST_NUMBERS = 40


def james_stein_shrinkage(whitened_means: np.ndarray, counts: np.ndarray) -> float:
    """Share of the class means' distances to the grand mean to take away.

    The share is the noise of all means over their squared distances (James and Stein,
    1961, with one factor for all classes: a factor for each would move a class of a few
    rows onto the grand mean and leave nothing of it). At most 0.8, so that classes stay
    apart however few rows there are.

    Parameters
    ----------
    whitened_means : ndarray of shape (n_classes, n_features)
        Class means less the grand mean, in coordinates where rows have unit variance.
    counts : ndarray of shape (n_classes,)
        Rows of each class.
    """
    distance = np.square(whitened_means).sum()
    noise = whitened_means.shape[1] * (1.0 / counts).sum()
    # Not over less than the noise: a distance of 0 would overflow.
    return float(min(noise / max(distance, noise), _MOST_SHRINKAGE))


def shrinkage_by_direction(
    whitened_means: np.ndarray, counts: np.ndarray, n_free: int
) -> np.ndarray:
    """Share of the class means to take away in each direction, by blocks of neighbours.

    In a block, the share is that of its information which is noise: James and Stein's of
    the block alone (Cai, 1999, who does so for wavelets). Where rows tell nothing of the
    class, the means are all but given up; where they tell much, they are kept.

    Parameters
    ----------
    whitened_means : ndarray of shape (n_classes, n_features)
        In directions of falling variance.
    counts : ndarray of shape (n_classes,)
    n_free : int
        In how many directions the rows vary within classes at most.

    Returns
    -------
    ndarray of shape (n_features,)
        In [0, 0.8]; the same within a block.
    """
    n_classes, n_features = whitened_means.shape
    shares = np.empty(n_features)
    for block in direction_blocks(n_features, n_free, n_classes):
        shares[block] = james_stein_shrinkage(whitened_means[:, block], counts)
    return shares


def direction_blocks(n_features: int, n_free: int, n_classes: int) -> list[slice]:
    """Part the directions into blocks of neighbours, and those without rows from them.

    Up to twelve about equal blocks, each with at least 40 numbers in which class means
    differ (directions times classes less one), since the noise of few is not near its
    mean. Directions in which no row leaves its class mean have no order among them and are
    one block.
    """
    least = -(-_LEAST_NUMBERS // max(n_classes - 1, 1))
    varying = min(n_features, max(n_free, 1))
    n_blocks = max(1, min(_MOST_BLOCKS, varying // least))
    ends = np.linspace(0, varying, n_blocks + 1).round().astype(int).tolist()
    if varying < n_features:
        ends.append(n_features)
    return [slice(*span) for span in pairwise(ends)]


def weighed_shrinkage(share: float, by_direction: np.ndarray, weight: float) -> np.ndarray:
    """Shares between one for all (weight 0) and each direction's own (1 and above).

    Returns
    -------
    ndarray of shape (n_features,)
        share + min(weight, 1) · (by_direction - share).
    """
    return share + min(weight, 1.0) * (by_direction - share)
