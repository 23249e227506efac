"""Mutual information of continuous columns: Gaussian, and from nearest neighbours (KSG)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from scipy.special import digamma, ndtri
from scipy.stats import rankdata

from skmiaug.metrics._checks import (
    Floats,
    Indices,
    check_count,
    check_pair,
    check_resampling,
    generator,
    seed_from,
)
from skmiaug.metrics.information._result import (
    InformationResult,
    PartSpread,
    information_result,
    interval_around,
    spread_over_parts,
    stratified_parts,
)

# 1 - r² below this is rounding: columns that determine each other.
_MIN_REMAINDER = 1e-14
_MAX_COLUMNS = 100
_N_REFERENCES = 4
# Trees are faster up to here; beyond, they visit nearly all pairs one by one.
_MAX_TREE_COLUMNS = 4
# Pairs held at once: few enough to stay in the cache of the processor.
_BLOCK_PAIRS = 2**17
_SAMPLE, _PARTS, _SHUFFLE, _REFERENCE = range(4)

Counts = tuple[Indices, Indices, Indices]


def gaussian_information(
    x: ArrayLike,
    y: ArrayLike,
    *,
    n_permutations: int = 100,
    confidence_level: float = 0.95,
    random_state: Any = 0,
) -> InformationResult:
    """Mutual information of x and y if they are jointly Gaussian: -½ Σ ln(1 - ρᵢ²).

    The ρᵢ are the canonical correlations. The bias of the sample determinants is removed
    exactly for Gaussian rows. On other rows it measures the linear part of the dependence.

    Parameters
    ----------
    x : array-like of shape (n_samples, n_x) or (n_samples,)
    y : array-like of shape (n_samples, n_y) or (n_samples,)
        Columns that are determined by others of their side are dropped.
    n_permutations : int, default=100
        Permutations of y for the null distribution; 0 omits it.
    confidence_level : float, default=0.95
        The interval uses the variance of the pointwise information, plus that of the
        estimate between independent columns (to first order the former is 0 there).
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        Its maximum is infinite.

    Raises
    ------
    ValueError
        There are not more than n_x + n_y + 2 rows.

    See Also
    --------
    ksg_information : Nonlinear dependence of few columns.

    References
    ----------
    Cover and Thomas, Elements of Information Theory, 2nd ed., equation 8.56. Expected
    log-determinant of a Wishart matrix: Bishop, Pattern Recognition and Machine Learning,
    equation B.81.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import gaussian_information
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=2000)
    >>> y = 0.6 * x + 0.8 * rng.normal(size=2000)
    >>> low, high = gaussian_information(x, y).interval
    >>> bool(low < -0.5 * np.log(1 - 0.6**2) < high)
    True
    """
    check_resampling(n_permutations, confidence_level)
    left, right = check_pair(x, y, at_least=4)
    rng = generator(seed_from(random_state), 0)
    u, v = orthonormal_columns(left), orthonormal_columns(right)
    n, p, q = len(u), u.shape[1], v.shape[1]
    check_rows_exceed_columns(n, p, q)
    bias = plug_in_bias(n, p, q)
    rotation, correlations, other = np.linalg.svd(u.T @ v)
    estimate = _from_correlations(correlations) - bias
    terms = _pointwise(u @ rotation, v @ other.T, correlations)
    error = math.sqrt(terms.var() / n + p * q / (2 * n**2))
    reach = float(stats.norm.ppf((1 + confidence_level) / 2)) * error
    a, b = u.astype(np.float32), v.astype(np.float32)
    null = [
        _from_cross_products(a.T @ b[rng.permutation(n)]) - bias
        for _ in range(n_permutations)
    ]
    return information_result(
        "Gaussian",
        estimate,
        maximum=math.inf,
        interval=(estimate - reach, estimate + reach),
        confidence_level=confidence_level,
        null=null,
        n_samples=n,
    )


def orthonormal_columns(x: Floats) -> Floats:
    """Orthonormal basis (n, rank) of the centred columns (n, d)."""
    # Scaled by powers of two, which is exact, so that squares do not over- or underflow.
    x = np.ldexp(x, -np.frexp(np.abs(x).max(axis=0, initial=0))[1])
    centred = x - x.mean(axis=0)
    deviation = centred.std(axis=0)
    # The deviation of a constant column is the rounding of its value.
    varies = deviation > 1e-12 * np.abs(x).max(axis=0, initial=0)
    centred = centred[:, varies] / deviation[varies]
    left, strength, _ = np.linalg.svd(centred, full_matrices=False)
    return left[:, strength > 1e-10 * max(strength.max(initial=0), 1e-300)]


def check_rows_exceed_columns(n: int, p: int, q: int) -> None:
    """Require n > p + q + 2: otherwise some columns correlate perfectly by chance."""
    if n <= p + q + 2:
        raise ValueError(
            f"expected more than {p + q + 2} rows for {p} + {q} columns, got {n}; reduce "
            "the columns first, for example with sklearn.decomposition.PCA."
        )


def _from_correlations(correlations: Floats) -> float:
    remainder = np.maximum(1 - np.minimum(correlations, 1) ** 2, _MIN_REMAINDER)
    return float(-0.5 * np.log(remainder).sum())


def _from_cross_products(products: NDArray[np.floating[Any]]) -> float:
    """As `_from_correlations`, from Q_x'Q_y: a determinant costs less than an SVD."""
    if products.shape[0] < products.shape[1]:
        products = products.T
    exact = products.astype(np.float64)
    remainder = np.eye(exact.shape[1]) - exact.T @ exact
    return float(-0.5 * np.linalg.slogdet(remainder)[1])


def plug_in_bias(n: int, p: int, q: int) -> float:
    """Bias of the plug-in estimate on n Gaussian rows of p and q columns, nats."""

    def log_determinant(d: int) -> float:
        half = (n - 1 - np.arange(d)) / 2
        return float(digamma(half).sum() - d * math.log((n - 1) / 2))

    return 0.5 * (log_determinant(p) + log_determinant(q) - log_determinant(p + q))


def _pointwise(u: Floats, v: Floats, correlations: Floats) -> Floats:
    """ln p(x, y) - ln p(x) p(y) of each row, up to a constant."""
    k = len(correlations)
    a, b = u[:, :k] * math.sqrt(len(u)), v[:, :k] * math.sqrt(len(v))
    remainder = np.maximum(1 - correlations**2, _MIN_REMAINDER)
    joint = correlations * a * b - 0.5 * correlations**2 * (a**2 + b**2)
    return (joint / remainder).sum(axis=1)


# ---- nearest neighbours


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
    mutual information unchanged: each column to normal scores, each side to its canonical
    directions.

    Parameters
    ----------
    x : array-like of shape (n_samples, n_x) or (n_samples,)
    y : array-like of shape (n_samples, n_y) or (n_samples,)
        Continuous values, at most 100 columns in both together. In more than about ten
        columns the estimate rests on the correction.
    n_neighbors : int, default=3
        k: few neighbours keep the bias small, many the variance.
    bias_correction : bool, default=True
        Above two columns in all, subtract the bias of the estimator on Gaussian rows of the
        same canonical correlations, where the truth is known. (The correction is ours. It
        is right for Gaussian rows; on others it removes part of the bias.)
    max_samples : int or None, default=2000
        Maximum number of rows, drawn at random; None uses all.
    n_permutations : int, default=100
        Permutations of y for the null distribution; 0 omits it. Both sides of that
        comparison are uncorrected.
    confidence_level : float, default=0.95
        The interval comes from disjoint parts of the rows and is widened by the drift of
        the estimate from a part to all rows: it covers more often than its level.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        Its maximum is ψ(n) - ψ(k).

    Raises
    ------
    ValueError
        Fewer than 10 (k + 2) rows, more than 100 columns, or not more rows than columns.

    See Also
    --------
    gaussian_information : Linear dependence, any number of columns.
    mixed_information : One side is a class.

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
    check_resampling(n_permutations, confidence_level)
    u, v, seed = _prepared(x, y, k, max_samples, random_state)
    n = len(u)
    u, v, correlations = canonical_columns(u, v)
    check_rows_exceed_columns(n, u.shape[1], v.shape[1])
    uncorrected, spread = _estimate(u, v, k, seed)
    estimate = uncorrected
    if bias_correction and u.shape[1] + v.shape[1] > 2:
        estimate, spread = _corrected(estimate, spread, correlations, u, v, k, seed)
    rng = generator(seed, _SHUFFLE)
    # Canonical directions are found anew: those of one pairing favour that pairing.
    null = [
        ksg_mean(*canonical_columns(u, v[rng.permutation(n)])[:2], k)
        for _ in range(n_permutations)
    ]
    return information_result(
        "KSG",
        estimate,
        maximum=float(digamma(n) - digamma(k)),
        interval=interval_around(estimate, *spread, confidence_level),
        confidence_level=confidence_level,
        null=null,
        n_samples=n,
        statistic=uncorrected,
    )


def ksg_mean(u: Floats, v: Floats, k: int) -> float:
    """ψ(k) + ψ(n) - mean of ψ(n_u + 1) + ψ(n_v + 1), in the maximum norm, nats.

    n_u and n_v count the other rows that are nearer on one side than the k-th neighbour in
    both sides together.
    """
    if 0 in (u.shape[1], v.shape[1]):
        return 0.0  # a constant side has no columns left
    few = u.shape[1] + v.shape[1] <= _MAX_TREE_COLUMNS
    n_joint, near_u, near_v = (counts_by_tree if few else counts_by_pairs)(u, v, k)
    return float(
        digamma(len(u))
        + np.mean(digamma(n_joint) - digamma(near_u + 1) - digamma(near_v + 1))
    )


def counts_by_tree(u: Floats, v: Floats, k: int) -> Counts:
    """Neighbours of each row in the maximum norm: n_joint, near_u and near_v, (n,) each.

    n_joint is k, or the number of duplicates of the row where those are more. The others
    count the rows nearer on this side alone than the k-th neighbour in both together; where
    that is at distance 0, the duplicates on this side.
    """
    both = np.hstack([u, v])
    joint = cKDTree(both)
    reach = joint.query(both, k + 1, p=np.inf)[0][:, k]
    duplicates = reach == 0
    # Just below the k-th neighbour, which is not counted; duplicates are.
    radius = np.where(duplicates, 0.0, np.nextafter(reach, 0.0))
    near_u, near_v = (
        cKDTree(side).query_ball_point(side, radius, p=np.inf, return_length=True) - 1
        for side in (u, v)
    )
    n_joint = np.full(len(u), k)
    if duplicates.any():
        same = joint.query_ball_point(both[duplicates], 0.0, p=np.inf, return_length=True)
        n_joint[duplicates] = same - 1
    return n_joint, near_u, near_v


def counts_by_pairs(u: Floats, v: Floats, k: int) -> Counts:
    """The same as `counts_by_tree`, from the distances of all pairs, in blocks."""
    n = len(u)
    counts = np.empty((3, n), dtype=np.intp)
    n_rows = max(1, _BLOCK_PAIRS // n)
    for start in range(0, n, n_rows):
        block = slice(start, start + n_rows)
        far_u, far_v = (cdist(side[block], side, "chebyshev") for side in (u, v))
        joint = np.maximum(far_u, far_v)
        reach = np.partition(joint, k, axis=1)[:, k, None]
        # Nearer than the k-th neighbour; at distance 0 where that is a copy.
        limit = np.where(reach == 0, np.finfo(float).tiny, reach)
        counts[0, block] = np.maximum(k, np.count_nonzero(joint == 0, axis=1) - 1)
        counts[1, block] = np.count_nonzero(far_u < limit, axis=1) - 1
        counts[2, block] = np.count_nonzero(far_v < limit, axis=1) - 1
    return counts[0], counts[1], counts[2]


def canonical_columns(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Canonical variates of both sides, of unit variance, and their correlations."""
    u, v = orthonormal_columns(x), orthonormal_columns(y)
    rotation, correlations, other = np.linalg.svd(u.T @ v)
    scale = math.sqrt(len(x))
    # Rounded, since products of equal rows may differ in their last digit.
    rotated = (np.round(scale * side, 12) for side in (u @ rotation, v @ other.T))
    return *rotated, correlations


def _prepared(
    x: ArrayLike, y: ArrayLike, k: int, max_samples: int | None, random_state: Any
) -> tuple[Floats, Floats, int]:
    """Normal scores of the rows that are used, and the seed."""
    least = 10 * (k + 2)
    left, right = check_pair(x, y, at_least=least)
    n_columns = left.shape[1] + right.shape[1]
    if n_columns > _MAX_COLUMNS:
        raise ValueError(
            "nearest neighbours are uninformative in many dimensions: expected at most "
            f"{_MAX_COLUMNS} columns in x and y together, got {n_columns}; reduce them "
            "first, for example with sklearn.decomposition.PCA."
        )
    seed = seed_from(random_state)
    if max_samples is not None and len(left) > check_count(
        "max_samples", max_samples, least
    ):
        drawn = generator(seed, _SAMPLE).permutation(len(left))[:max_samples]
        left, right = left[drawn], right[drawn]
    # Normal scores: each column by its ranks; equal values stay equal.
    left, right = (ndtri((rankdata(s, axis=0) - 0.5) / len(s)) for s in (left, right))
    return left, right, seed


def _estimate(u: Floats, v: Floats, k: int, seed: int) -> tuple[float, PartSpread]:
    value = ksg_mean(u, v, k)
    parts = stratified_parts(np.zeros(len(u), dtype=np.intp), generator(seed, _PARTS))
    spread = spread_over_parts(lambda rows: ksg_mean(u[rows], v[rows], k), value, parts)
    return value, spread


def _corrected(
    estimate: float,
    spread: PartSpread,
    correlations: Floats,
    u: Floats,
    v: Floats,
    k: int,
    seed: int,
) -> tuple[float, PartSpread]:
    """Subtract the mean bias and drift on Gaussian rows of these correlations."""
    n, p, q = len(u), u.shape[1], v.shape[1]
    chance = plug_in_bias(n, p, q)
    r = _without_chance(np.minimum(correlations, 0.99999), chance)
    shared = len(r)
    rng = generator(seed, _REFERENCE)
    biases, drifts = np.empty(_N_REFERENCES), np.empty(_N_REFERENCES)
    for i in range(_N_REFERENCES):
        a, b = rng.normal(size=u.shape), rng.normal(size=v.shape)
        b[:, :shared] = r * a[:, :shared] + np.sqrt(1 - r**2) * b[:, :shared]
        a, b, own = canonical_columns(a, b)
        value, of_parts = _estimate(a, b, k, seed + 1 + i)
        # Against its own correlations, whose mean excess over r is known: that varies less
        # than the difference from r.
        biases[i] = value + 0.5 * np.log(1 - own**2).sum() + chance
        drifts[i] = of_parts.drift
    # Parts of few rows in many columns vary too little: at least as uncertain as the
    # closed form on such rows.
    least = math.sqrt((r**2).sum() / n + p * q / (2 * n**2))
    error = math.hypot(
        max(spread.error, least), biases.std(ddof=1) / math.sqrt(_N_REFERENCES)
    )
    drift = spread.drift - float(drifts.mean())
    return estimate - float(biases.mean()), PartSpread(error, drift, spread.n_parts)


def _without_chance(correlations: Floats, chance: float) -> Floats:
    """Correlations of ``chance`` nats less, the information of each cut by one factor.

    The directions are those in which these rows agree most. Between many columns of few
    rows that agreement is due to chance, and rows drawn with it would gain it anew.
    """
    information = -0.5 * np.log(1 - correlations**2)
    share = max(0.0, 1 - chance / max(float(information.sum()), 1e-300))
    return np.sqrt(-np.expm1(-2 * share * information))
