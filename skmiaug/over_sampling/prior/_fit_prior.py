"""Fitting the prior: coefficients, their shrinkage, correlation of groups, noise."""

from dataclasses import replace

import numpy as np

from skmiaug.over_sampling.columns._transform import ColumnTransform
from skmiaug.over_sampling.prior._cross_covariance import GroupRows, fit_cross_covariance
from skmiaug.over_sampling.prior._noise import class_covariances, unbiased_residuals
from skmiaug.over_sampling.prior._prior import Prior, first_columns
from skmiaug.over_sampling.prior._shrinkage import (
    james_stein_shrinkage,
    shrinkage_by_direction,
)
from skmiaug.over_sampling.targets._regression import Gram, regress

# Directions of a group that may correlate with those of others: one for three rows, within.
_MIN_CORRELATED, _MAX_CORRELATED = 512, 1024
# Rows of a class by which the weight of its covariance is chosen: the work grows with
# their cube.
_WEIGHED_ROWS = 256


def fit_prior(
    Z: np.ndarray,
    T: np.ndarray,
    transform: ColumnTransform,
    *,
    mi_weight: float = 1.0,
    noise: str = "gaussian",
    bandwidth: float | None = None,
    given_bandwidth: float | None = None,
    rng: np.random.Generator,
) -> Prior:
    """Fit the prior to coordinates ``Z`` (n, D) with target codes ``T`` (n, q).

    Parameters
    ----------
    Z : ndarray of shape (n, D), float32
        As :func:`fit_columns` returns them with ``transform``.
    T : ndarray of shape (n, q), float32
    transform : ColumnTransform
    mi_weight : float, default=1.0
        λ, see ``Prior.kept_share``.
    noise : {"gaussian", "class_gaussian", "residuals", "class_residuals"}
        See ``_noise``. Several groups allow "gaussian" and "class_residuals".
    bandwidth : float or None
        Not for "gaussian"; None for "class_gaussian" weighs the covariance of each class
        by left-out rows.
    given_bandwidth : float or None
    rng : numpy.random.Generator
        Draws folds.
    """
    widths, q, K = transform.widths, T.shape[1], len(transform.groups)
    there = ~np.isnan(Z[:, first_columns(widths)])
    coefficients, grams = _coefficients(Z, T, transform, there)
    prior = Prior(
        widths=widths,
        n_generated=transform.n_generated,
        **coefficients,
        mi_weight=float(mi_weight),
        sizes=widths if K == 1 else _correlated_sizes(widths, grams),
        correlation=None,
        noise="gaussian",
        bandwidth=1.0,
        given_bandwidth=given_bandwidth,
        class_noise=None,
        residuals=None,
        order=np.empty(0, dtype=np.intp),
        class_begin=np.zeros(q + 1, dtype=np.intp),
    )
    complete = there.all(axis=1)
    if not complete.all():
        Z, T = Z[complete], T[complete]
    if K > 1:
        prior.correlation = _correlation(Z, T, transform, prior, grams, rng)
    return with_noise(prior, Z, T, noise, bandwidth)


def _coefficients(
    Z: np.ndarray, T: np.ndarray, transform: ColumnTransform, there: np.ndarray
) -> tuple[dict[str, np.ndarray], list[Gram]]:
    """Return the regression of each group and its shrinkage, as `Prior` names them.

    ``there`` (n, K) marks the groups that a row has. The Gram matrices are those of the
    rows of each group.
    """
    D, q, K = sum(transform.widths), T.shape[1], len(transform.groups)
    row_means = np.empty((q, D), dtype=np.float32)
    shrinkage, by_direction = np.empty((2, D))
    single = np.zeros((q, K), dtype=bool)
    grams = []
    for k, group in enumerate(transform.groups):
        own = transform.span(k)
        rows, codes = Z[:, own], T
        if not there[:, k].all():
            rows, codes = rows[there[:, k]], T[there[:, k]]
        gram = Gram.of(codes)
        B, variances = regress(rows, codes, gram), gram.inverse.diagonal()
        single[:, k] = (np.count_nonzero(codes, axis=0) == 1) & (variances == 1)
        some = ~single[:, k] if not single[:, k].all() else slice(None)
        d = len(group.columns)
        row_means[:, own] = B
        shrinkage[own] = james_stein_shrinkage(B[some], variances[some], d)
        by_direction[own] = shrinkage_by_direction(B[some], variances[some], gram.n_free, d)
        grams.append(gram)
    return {
        "row_means": row_means,
        "shrinkage": shrinkage,
        "direction_shrinkage": by_direction,
        "single": single,
    }, grams


def with_noise(
    prior: Prior, Z: np.ndarray, T: np.ndarray, noise: str, bandwidth: float | None
) -> Prior:
    """Return a prior of the rows ``Z`` with another noise; the other arrays are shared."""
    if noise == "class_gaussian":
        by_class = _class_noise(Z, T, prior, bandwidth)
        own = float((1 - by_class[0].mean()) ** 0.5)
        return replace(prior, noise=noise, class_noise=by_class, bandwidth=own)
    own = 1.0 if noise == "gaussian" or bandwidth is None else float(bandwidth)
    return replace(prior, noise=noise, class_noise=None, bandwidth=own)


def _class_noise(
    Z: np.ndarray, T: np.ndarray, prior: Prior, bandwidth: float | None
) -> np.ndarray:
    """Return weight and scale in the covariance of each class, (2, q)."""
    classes, counts = T.argmax(axis=1), np.bincount(T.argmax(axis=1), minlength=T.shape[1])
    if bandwidth is not None:
        return np.where(counts > 1, [[1 - bandwidth**2], [1.0]], [[0.0], [1.0]])
    order = np.argsort(classes, kind="stable")
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    some = np.sort(order[rank < _WEIGHED_ROWS])
    residuals = Z[some]
    unbiased_residuals(residuals, T[some], prior.row_means, Gram.of(T))
    # Variances relative to that of all rows: it is below 1 where much of the covariance is
    # the identity of its shrinkage, which samples have to keep.
    squares = np.bincount(classes[some], np.square(residuals).mean(axis=1), len(counts))
    means = squares / np.maximum(np.bincount(classes[some], minlength=len(counts)), 1)
    residuals /= max(np.average(means, weights=counts), 1e-12) ** 0.5
    return class_covariances(residuals, classes[some], counts)


def _correlated_sizes(widths: tuple[int, ...], grams: list[Gram]) -> tuple[int, ...]:
    return tuple(
        min(width, max(_MIN_CORRELATED, gram.n // 3), _MAX_CORRELATED, gram.n)
        for width, gram in zip(widths, grams, strict=True)
    )


def _correlation(
    Z: np.ndarray,
    T: np.ndarray,
    transform: ColumnTransform,
    prior: Prior,
    grams: list[Gram],
    rng: np.random.Generator,
) -> np.ndarray:
    """Estimate the cross-covariance of the groups from the rows that have all of them."""
    parts = []
    for k, group in enumerate(transform.groups):
        begin = transform.span(k).start
        lead = slice(begin, begin + prior.sizes[k])
        parts.append(GroupRows.of(Z[:, lead], T, prior.row_means[:, lead], grams[k], group))
    return fit_cross_covariance(parts, T, rng)
