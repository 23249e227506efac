"""Mutual information of continuous columns, from nearest neighbours (KSG)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, ndtri
from scipy.stats import rankdata

from skmiaug.metrics._checks import (
    check_confidence,
    check_count,
    check_pair,
    generator,
    seed_from,
)
from skmiaug.metrics._gaussian_information import (
    check_rows_exceed_columns,
    orthonormal_columns,
    plug_in_bias,
)
from skmiaug.metrics._information_result import InformationResult, finished
from skmiaug.metrics._ksg_counts import counts_by_pairs, counts_by_tree
from skmiaug.metrics._subsampling import (
    PartSpread,
    interval_around,
    spread_over_parts,
    stratified_parts,
)

__all__ = ["ksg_information"]

_MOST_COLUMNS = 100
_N_REFERENCES = 4
# Trees are quicker up to here; beyond, they look at nearly all pairs, one by one.
_MOST_TREE_COLUMNS = 4
_SAMPLE, _PARTS, _SHUFFLE, _REFERENCE = range(4)


def ksg_information(
    x: ArrayLike,
    y: ArrayLike,
    *,
    n_neighbors: int = 3,
    bias_correction: bool = True,
    max_samples: int | None = 2000,
    n_permutations: int = 100,
    confidence_level: float = 0.95,
    random_state: Any = 0,
) -> InformationResult:
    """Mutual information of continuous x and y, without a model of their dependence.

    The first estimator of Kraskov, Stögbauer and Grassberger, after transforms that leave
    mutual information as it is: each column to normal scores, each side to its canonical
    directions.

    Parameters
    ----------
    x : array-like of shape (n_samples, n_x) or (n_samples,)
    y : array-like of shape (n_samples, n_y) or (n_samples,)
        Continuous values, at most 100 columns in both together. In more than about ten
        the estimate rests on the correction.
    n_neighbors : int, default=3
        k: few keep the bias small, many the variance.
    bias_correction : bool, default=True
        Above two columns in all, take out the bias that the estimator has on Gaussian rows
        of the same canonical correlations, where the truth is known. (The correction is
        ours. Right for Gaussian rows; on others it goes the right way but not all of it.)
    max_samples : int or None, default=2000
        Most rows used, drawn at random; None uses all.
    n_permutations : int, default=100
        Shuffles of y for the null; 0 leaves it out. Both sides of that comparison are
        uncorrected.
    confidence_level : float, default=0.95
        The interval comes from the spread over disjoint fifths of the rows and is widened
        by the drift of the estimate from a fifth of the rows to all: it covers more often
        than it says.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        The ceiling is that of the uncorrected estimate, ψ(n) - ψ(k), about ln(n / k).

    Raises
    ------
    ValueError
        Too few rows for ``n_neighbors``, not more rows than columns of both sides and two,
        or more than 100 columns.

    Notes
    -----
    Time grows as n ln n in few columns and towards n² in many.

    References
    ----------
    Kraskov, Stögbauer, Grassberger (2004), Physical Review E 69, 066138, equation 8. Rows
    at distance 0 from each other are counted as in Gao, Kannan, Oh, Viswanath (2017),
    arXiv 1709.06212.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import ksg_information
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=1000)
    >>> found = ksg_information(x, x**2 + rng.normal(size=1000), n_permutations=20)
    >>> found.p_value < 0.05
    True
    """
    k = check_count("n_neighbors", n_neighbors, 1)
    check_count("n_permutations", n_permutations, 0)
    check_confidence(confidence_level)
    u, v, seed = _prepared(x, y, k, max_samples, random_state)
    n = len(u)
    u, v, correlations = canonical_columns(u, v)
    check_rows_exceed_columns(u, v)
    found = _Estimate.of(u, v, k, seed)
    estimate, spread = found.value, found.spread
    if bias_correction and u.shape[1] + v.shape[1] > 2:
        estimate, spread = _corrected(found, correlations, u, v, k, seed)
    rng = generator(seed, _SHUFFLE)
    # Rotated anew each time: directions found in one pairing favour that pairing.
    null = [
        ksg_mean(*canonical_columns(u, v[rng.permutation(n)])[:2], k)
        for _ in range(n_permutations)
    ]
    return finished(
        "KSG",
        estimate,
        ceiling=float(digamma(n) - digamma(k)),
        interval=interval_around(estimate, *spread, confidence_level),
        confidence_level=confidence_level,
        null=null,
        n_samples=n,
        statistic=found.value,
    )


def ksg_mean(u: NDArray[np.float64], v: NDArray[np.float64], k: int) -> float:
    """ψ(k) + ψ(n) - mean of ψ(n_u + 1) + ψ(n_v + 1), in the maximum norm, nats.

    n_u and n_v are the other rows nearer than the k-th neighbour in both together, on one
    side alone.
    """
    if 0 in (u.shape[1], v.shape[1]):
        # Of a constant side no column is left, and it tells nothing.
        return 0.0
    few = u.shape[1] + v.shape[1] <= _MOST_TREE_COLUMNS
    n_joint, near_u, near_v = (counts_by_tree if few else counts_by_pairs)(u, v, k)
    return float(
        digamma(len(u))
        + np.mean(digamma(n_joint) - digamma(near_u + 1) - digamma(near_v + 1))
    )


def canonical_columns(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Canonical variates of both sides, of unit variance, and their correlations."""
    u, v = orthonormal_columns(x), orthonormal_columns(y)
    rotation, correlations, other = np.linalg.svd(u.T @ v)
    scale = math.sqrt(len(x))
    return scale * (u @ rotation), scale * (v @ other.T), correlations


def _prepared(
    x: ArrayLike, y: ArrayLike, k: int, max_samples: int | None, random_state: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Normal scores of the rows that are used, and the seed."""
    least = 10 * (k + 2)
    left, right = check_pair(x, y, at_least=least)
    n_columns = left.shape[1] + right.shape[1]
    if n_columns > _MOST_COLUMNS:
        raise ValueError(
            f"nearest neighbours say little in many dimensions: expected at most "
            f"{_MOST_COLUMNS} columns in x and y together, got {n_columns}; reduce them "
            "first, for example with sklearn.decomposition.PCA."
        )
    seed = seed_from(random_state)
    if max_samples is not None and len(left) > check_count(
        "max_samples", max_samples, least
    ):
        drawn = generator(seed, _SAMPLE).permutation(len(left))[:max_samples]
        left, right = left[drawn], right[drawn]
    return _normal_scores(left), _normal_scores(right), seed


def _normal_scores(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column by its ranks as if normal; equal values stay equal."""
    return ndtri((rankdata(x, axis=0) - 0.5) / len(x))


class _Estimate(NamedTuple):
    value: float
    spread: PartSpread

    @classmethod
    def of(
        cls, u: NDArray[np.float64], v: NDArray[np.float64], k: int, seed: int
    ) -> _Estimate:
        value = ksg_mean(u, v, k)
        parts = stratified_parts(np.zeros(len(u), dtype=np.intp), generator(seed, _PARTS))
        spread = spread_over_parts(lambda rows: ksg_mean(u[rows], v[rows], k), value, parts)
        return cls(value, spread)


def _corrected(
    found: _Estimate,
    correlations: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    k: int,
    seed: int,
) -> tuple[float, PartSpread]:
    """Less the mean bias and drift on Gaussian rows whose own correlations are these."""
    chance = plug_in_bias(len(u), u.shape[1], v.shape[1])
    r = _without_chance(np.minimum(correlations, 0.99999), chance)
    shared = len(r)
    rng = generator(seed, _REFERENCE)
    biases, drifts = np.empty(_N_REFERENCES), np.empty(_N_REFERENCES)
    for i in range(_N_REFERENCES):
        a, b = rng.normal(size=u.shape), rng.normal(size=v.shape)
        b[:, :shared] = r * a[:, :shared] + np.sqrt(1 - r**2) * b[:, :shared]
        a, b, own = canonical_columns(a, b)
        reference = _Estimate.of(a, b, k, seed + 1 + i)
        # By way of its own correlations, of which it is known how far they are above r on
        # average: that varies less than the difference from r.
        biases[i] = reference.value + 0.5 * np.log(1 - own**2).sum() + chance
        drifts[i] = reference.spread.drift
    # Parts of few rows in many columns find too little to differ by: at least as uncertain
    # as the closed form is on such rows.
    least = math.sqrt((r**2).sum() / len(u) + u.shape[1] * v.shape[1] / (2 * len(u) ** 2))
    error = math.hypot(
        max(found.spread.error, least), biases.std(ddof=1) / math.sqrt(_N_REFERENCES)
    )
    drift = found.spread.drift - float(drifts.mean())
    return found.value - float(biases.mean()), PartSpread(
        error, drift, found.spread.n_parts
    )


def _without_chance(
    correlations: NDArray[np.float64], chance: float
) -> NDArray[np.float64]:
    """Correlations that say ``chance`` nats less, each by the same share of what it says.

    The directions are those in which these rows agree most. Between many columns of few
    rows, that is agreement by chance, and rows drawn with as much would gain it anew.
    """
    told = -0.5 * np.log(1 - correlations**2)
    share = max(0.0, 1 - chance / max(float(told.sum()), 1e-300))
    return np.sqrt(-np.expm1(-2 * share * told))
