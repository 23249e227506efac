"""Spread of an estimate over disjoint parts of the rows.

A plain bootstrap draws rows twice, and a row at distance 0 from its copy is what estimators
from nearest neighbours take for information. Disjoint parts have no copies.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["PartSpread", "interval_around", "spread_over_parts", "stratified_parts"]

N_PARTS, N_REPEATS = 5, 3

Parts = list[NDArray[np.intp]]


class PartSpread(NamedTuple):
    """What the parts of the rows say about the estimate on all of them.

    Attributes
    ----------
    error : float
        Standard error of the estimate.
    drift : float
        The estimate minus the mean over the parts: the sign of a bias that has not gone at
        this number of rows.
    n_parts : int
        Parts of one partition.
    """

    error: float
    drift: float
    n_parts: int


def spread_over_parts(
    estimate_on: Callable[[NDArray[np.intp]], float],
    estimate: float,
    partitions: list[Parts],
) -> PartSpread:
    """Standard error and drift from the estimates on the parts of some partitions.

    An estimate whose variance falls as 1 / n varies between m parts m times as much as on
    all rows (Holmes and Nemenman, 2019, Physical Review E 100, 022404).
    """
    errors, means = [], []
    for parts in partitions:
        values = np.array([estimate_on(part) for part in parts])
        errors.append(values.var(ddof=1) / len(values))
        means.append(values.mean())
    drift = estimate - float(np.mean(means))
    return PartSpread(math.sqrt(np.mean(errors)), drift, len(partitions[0]))


def stratified_parts(classes: NDArray[np.intp], rng: np.random.Generator) -> list[Parts]:
    """`N_REPEATS` random partitions in which each part has its share of every class.

    Parameters
    ----------
    classes : ndarray of shape (n,)
        Class of each row; all zeros for no classes. Parts are fewer than `N_PARTS` where
        the rarest class would have less than two rows in them, and 2 at least.
    """
    rarest = int(np.bincount(classes)[np.unique(classes)].min())
    n_parts = max(2, min(N_PARTS, rarest // 2))
    partitions = []
    for _ in range(N_REPEATS):
        shuffled = rng.permutation(len(classes))
        by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
        partitions.append([by_class[start::n_parts] for start in range(n_parts)])
    return partitions


def interval_around(
    estimate: float, error: float, drift: float, n_parts: int, confidence_level: float
) -> tuple[float, float]:
    """Student's interval, widened at both ends by the drift.

    Partitions of the same rows are not independent: `N_REPEATS` of them count as two.

    A bias that falls as n^-a is 1 / (5^a - 1) of its drift from fifths to all: less than
    the drift itself for a of 0.43 or more. Added, not squared and added: bias is the same
    in every sample, so it does not average out against the noise. At both ends: an estimate
    that has risen from too low may have overshot already.
    """
    t = stats.t.ppf((1 + confidence_level) / 2, 2 * (n_parts - 1))
    half_width = t * error + abs(drift)
    return estimate - half_width, estimate + half_width
