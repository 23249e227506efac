"""The result of every estimator of mutual information, and its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skmiaug.metrics._checks import Floats, Indices

_ROUNDING = 1e-6
N_PARTS, N_REPEATS = 5, 3

Parts = list[Indices]


@dataclass(frozen=True)
class InformationResult:
    """An estimate of mutual information, its interval and its null distribution.

    Attributes
    ----------
    estimate : float
        Nats. Estimates may be negative where nothing is found, although mutual information
        is not.
    maximum : float
        Upper bound of what the method can find on these rows, nats: H(c) where one side is
        a class, ln N for InfoNCE, about ln(n / k) for KSG, infinite for the Gaussian closed
        form.
    interval : tuple of float
        Lower and upper end. Each function documents what it covers.
    confidence_level : float
        Of the interval.
    p_value : float
        Share of the permutations, counting the data themselves as one, that score at least
        as high; NaN without permutations. At least 1 / (n_permutations + 1).
    null_distribution : ndarray of shape (n_permutations,)
        Estimates of the same procedure after shuffling one side, nats.
    n_samples : int
        Number of rows used.
    method : str
        Name of the estimator.
    row_values : ndarray of shape (n_samples,)
        ln q(c|x) - ln p(c) of each row, whose mean is the estimate; negative where a row
        resembles another class more. Empty where the estimator is none of a classifier.

    See Also
    --------
    mutual_information_score : Returns such a result for synthetic samples.
    """

    estimate: float
    maximum: float
    interval: tuple[float, float]
    confidence_level: float
    p_value: float
    null_distribution: NDArray[np.float64] = field(repr=False)
    n_samples: int
    method: str
    row_values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0), repr=False)

    def null_quantile(self, q: float = 0.95) -> float:
        """Quantile of the null distribution, nats; NaN without permutations."""
        null = self.null_distribution
        return float(np.quantile(null, q)) if len(null) else math.nan

    def __str__(self) -> str:
        low, high = self.interval
        maximum = "none" if math.isinf(self.maximum) else f"{self.maximum:.3f}"
        text = (
            f"{self.estimate:.3f} nats ({100 * self.confidence_level:g} % interval "
            f"{low:.3f} to {high:.3f}, maximum {maximum}"
        )
        if len(self.null_distribution):
            text += f", null 95 % {self.null_quantile():.3f}, p = {self.p_value:.2g}"
        return text + f"; {self.method}, {self.n_samples} rows)"


def information_result(
    method: str,
    estimate: float,
    *,
    maximum: float,
    interval: tuple[float, float],
    confidence_level: float,
    null: Sequence[float] | Floats,
    n_samples: int,
    statistic: float | None = None,
    row_values: Floats | None = None,
) -> InformationResult:
    """The result with the p-value of ``statistic`` (default: the estimate).

    The upper end of the interval is raised to 0, since mutual information is not negative.
    """
    shuffled = np.asarray(null, dtype=np.float64)
    observed = estimate if statistic is None else statistic
    return InformationResult(
        estimate=float(estimate),
        maximum=float(maximum),
        interval=(float(interval[0]), max(float(interval[1]), 0.0)),
        confidence_level=float(confidence_level),
        # Equal up to the rounding of float32 products counts as at least as high.
        p_value=permutation_p_value(shuffled, observed - _ROUNDING),
        null_distribution=shuffled,
        n_samples=int(n_samples),
        method=method,
        row_values=np.empty(0) if row_values is None else row_values,
    )


def permutation_p_value(null: Floats, observed: float) -> float:
    """Share of the permutations, and the data as one, of at least that; NaN of none."""
    return (1 + int((null >= observed).sum())) / (1 + len(null)) if len(null) else math.nan


def class_entropy(shares: Floats) -> float:
    """H(c) in nats of class shares that sum to 1; 0 ln 0 counts as 0."""
    return float(stats.entropy(shares))


# ---- bootstrap


def bootstrap_interval(
    terms: Floats,
    confidence_level: float,
    n_bootstrap: int,
    rng: np.random.Generator,
    groups: Indices | None = None,
) -> tuple[float, float]:
    """Percentile bootstrap of the mean of ``terms`` (n,), over rows or whole groups."""
    one_each = np.arange(len(terms)) if groups is None else groups
    sums = np.bincount(one_each, weights=terms)
    sizes = np.bincount(one_each)
    means = np.empty(n_bootstrap)
    for b in range(n_bootstrap):
        drawn = rng.integers(len(sums), size=len(sums))
        means[b] = sums[drawn].sum() / sizes[drawn].sum()
    return percentile_interval(means, confidence_level)


def bootstrap_within_classes(
    terms: Floats,
    classes: Indices,
    class_weights: Floats,
    confidence_level: float,
    n_bootstrap: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Percentile bootstrap of the weighted mean of the class means of ``terms`` (n,).

    Rows are drawn within their class, so that the counts of the classes stay fixed.
    """
    means = np.zeros(n_bootstrap)
    for c, weight in enumerate(class_weights.tolist()):
        own = terms[classes == c]
        for b in range(n_bootstrap) if len(own) else ():
            means[b] += weight * own[rng.integers(len(own), size=len(own))].mean()
    return percentile_interval(means, confidence_level)


def percentile_interval(values: Floats, confidence_level: float) -> tuple[float, float]:
    """The central interval that holds ``confidence_level`` of the values."""
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


# ---- disjoint parts: a bootstrap draws rows twice, and estimators based on nearest
# neighbours take the distance of 0 between a row and its copy for information.


class PartSpread(NamedTuple):
    """How an estimate varies over disjoint parts of the rows."""

    error: float  # Standard error of the estimate
    # The estimate minus the mean over the parts: the sign of a bias that has not vanished
    # at this number of rows
    drift: float
    n_parts: int  # Parts of one partition


def spread_over_parts(
    estimate_on: Callable[[Indices], float], estimate: float, partitions: list[Parts]
) -> PartSpread:
    """Standard error and drift from the estimates on the parts of some partitions.

    An estimate whose variance falls as 1 / n varies between m parts m times as much as on
    all rows (Holmes and Nemenman, 2019, Physical Review E 100, 022404).
    """
    values = np.array([[estimate_on(part) for part in parts] for parts in partitions])
    n_parts = values.shape[1]
    error = math.sqrt(float(np.mean(values.var(axis=1, ddof=1))) / n_parts)
    return PartSpread(error, estimate - float(values.mean()), n_parts)


def stratified_parts(classes: Indices, rng: np.random.Generator) -> list[Parts]:
    """`N_REPEATS` random partitions in which each part has its share of every class (n,).

    `N_PARTS` parts; fewer, but at least 2, where the rarest class would have less than two
    rows in each.
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

    Partitions of the same rows are not independent: `N_REPEATS` of them count as two. A
    bias that falls as n^-a is 1 / (5^a - 1) of its drift from fifths to all: less than the
    drift itself for a of 0.43 or more. It is added rather than combined in squares, since
    it is the same in every sample, and at both ends, since the estimate may have overshot.
    """
    t = stats.t.ppf((1 + confidence_level) / 2, 2 * (n_parts - 1))
    half_width = t * error + abs(drift)
    return estimate - half_width, estimate + half_width
