"""Shrinkage of the coefficients of a regression on target codes.

In whitened coordinates the squared length of a class mean is twice the information of the
class, in nats, as long as that is little: I(c; x) ≈ ½ mean_c |μ_c|² for Gaussian rows of
unit variance. A mean of n rows in d directions has noise of expected squared length d / n,
so that classes without any information seem to have ½ mean_c d / n_c.
"""

from itertools import pairwise

import numpy as np

MAX_SHRINKAGE = 0.8
_MAX_BLOCKS = 12
_MIN_NUMBERS = 40


def james_stein_shrinkage(
    coefficients: np.ndarray, variances: np.ndarray, n_directions: int | None = None
) -> float:
    """Return the share of the coefficients to take away, in [0, 0.8].

    The share is the expected squared length of their noise over their squared length (James
    and Stein, 1961, with one factor for all targets: a factor for each would move a class
    of a few rows onto the grand mean). The limit keeps classes apart however few rows there
    are.

    Parameters
    ----------
    coefficients : ndarray of shape (n_targets, n_features)
        Class means less the grand mean, in coordinates where rows have unit variance.
    variances : ndarray of shape (n_targets,)
        Variance of a coefficient of each target; 1 / n_c for classes.
    n_directions : int or None
        In how many directions there is noise; None: n_features.
    """
    if n_directions is None:
        n_directions = coefficients.shape[1]
    length = np.square(coefficients).sum()
    noise = n_directions * variances.sum()
    # Not over less than the noise: a length of 0 would overflow.
    return float(min(noise / max(length, noise, 1e-300), MAX_SHRINKAGE))


def shrinkage_by_direction(
    coefficients: np.ndarray, variances: np.ndarray, n_free: int, n_directions: int
) -> np.ndarray:
    """Return the share to take away in each direction, by blocks of neighbours.

    The share of a block is James and Stein's of the block alone (Cai, 1999, for wavelets).
    Where rows have no information about the target, the means are all but given up; where
    they have much, the means are kept.

    Parameters
    ----------
    coefficients : ndarray of shape (n_targets, n_features)
        In directions of falling variance.
    variances : ndarray of shape (n_targets,)
    n_free : int
        In how many directions the rows vary within targets at most.
    n_directions : int
        All directions, those among them that are not represented.

    Returns
    -------
    ndarray of shape (n_features,)
        In [0, 0.8]; constant within a block.
    """
    n_targets, n_features = coefficients.shape
    shares = np.empty(n_features)
    for block in direction_blocks(n_features, n_free, n_targets):
        is_last = block.stop == n_features
        width = (n_directions if is_last else block.stop) - block.start
        shares[block] = james_stein_shrinkage(coefficients[:, block], variances, width)
    return shares


def direction_blocks(n_features: int, n_free: int, n_targets: int) -> list[slice]:
    """Divide the directions into blocks of neighbours.

    Up to twelve blocks of about equal size, each with at least 40 numbers in which the
    coefficients differ (directions times targets less one), since the noise of a few is
    not near its mean. Directions in which no row leaves its class mean have no order and
    are one block.
    """
    least = -(-_MIN_NUMBERS // max(n_targets - 1, 1))
    varying = min(n_features, max(n_free, 1))
    n_blocks = max(1, min(_MAX_BLOCKS, varying // least))
    ends = np.linspace(0, varying, n_blocks + 1).round().astype(int).tolist()
    if varying < n_features:
        ends.append(n_features)
    return [slice(*span) for span in pairwise(ends)]
