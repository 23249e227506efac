"""Mutual information of jointly Gaussian columns, in closed form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import digamma

from skmiaug.metrics._checks import (
    Floats,
    check_pair,
    check_resampling,
    generator,
    seed_from,
)
from skmiaug.metrics.information._result import InformationResult, information_result

# 1 - r² below this is rounding: columns that determine each other.
_MIN_REMAINDER = 1e-14


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
