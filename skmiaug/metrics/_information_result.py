"""One record for every estimate of mutual information, and how its parts are made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "InformationResult",
    "bootstrap_interval",
    "bootstrap_within_classes",
    "class_entropy",
    "finished",
]

_ROUNDING = 1e-6


@dataclass(frozen=True)
class InformationResult:
    """An estimate of mutual information with what is needed to doubt it.

    Attributes
    ----------
    estimate : float
        Nats. Below 0 where nothing is found: information itself is never negative, its
        estimates are.
    ceiling : float
        The most the method can say on these rows, nats: H(c) where one side is a class,
        ln N for InfoNCE, about ln(n / k) for KSG, infinite for the Gaussian closed form.
    interval : tuple of float
        Lower and upper end. Each function says what it covers.
    confidence_level : float
        Of the interval.
    p_value : float
        Share of the permutations, counting the data themselves as one, that score at least
        as high; NaN without permutations. The least it can be is 1 / (n_permutations + 1).
    null : ndarray of shape (n_permutations,)
        The same procedure on rows whose partners were shuffled, nats.
    n_samples : int
        Rows that were used.
    method : str
        Name of the estimator.
    """

    estimate: float
    ceiling: float
    interval: tuple[float, float]
    confidence_level: float
    p_value: float
    null: NDArray[np.float64] = field(repr=False)
    n_samples: int
    method: str

    @property
    def null_mean(self) -> float:
        """Mean of the null, nats; NaN without permutations."""
        return float(np.mean(self.null)) if len(self.null) else math.nan

    def null_quantile(self, q: float = 0.95) -> float:
        """Quantile of the null, nats: what chance exceeds in 1 - q of the cases."""
        return float(np.quantile(self.null, q)) if len(self.null) else math.nan

    def __str__(self) -> str:
        low, high = self.interval
        ceiling = "none" if math.isinf(self.ceiling) else f"{self.ceiling:.3f}"
        text = (
            f"{self.estimate:.3f} nats ({100 * self.confidence_level:g} % interval "
            f"{low:.3f} to {high:.3f}, ceiling {ceiling}"
        )
        if len(self.null):
            text += f", null 95 % {self.null_quantile():.3f}, p = {self.p_value:.2g}"
        return text + f"; {self.method}, {self.n_samples} rows)"


def finished(
    method: str,
    estimate: float,
    *,
    ceiling: float,
    interval: tuple[float, float],
    confidence_level: float,
    null: Sequence[float] | NDArray[np.float64],
    n_samples: int,
    statistic: float | None = None,
) -> InformationResult:
    """The record, with the p-value from the null.

    ``statistic`` is what the null is compared with, where that is not the estimate. The
    upper end of the interval is raised to 0: information cannot be less.
    """
    shuffled = np.asarray(null, dtype=np.float64)
    observed = estimate if statistic is None else statistic
    p_value = math.nan
    if len(shuffled):
        # Equal up to rounding (of float32 products) counts as at least as high.
        reached = shuffled >= observed - _ROUNDING
        p_value = (1 + int(reached.sum())) / (1 + len(shuffled))
    return InformationResult(
        estimate=float(estimate),
        ceiling=float(ceiling),
        interval=(float(interval[0]), max(float(interval[1]), 0.0)),
        confidence_level=float(confidence_level),
        p_value=p_value,
        null=shuffled,
        n_samples=int(n_samples),
        method=method,
    )


def class_entropy(shares: NDArray[np.float64]) -> float:
    """H(c) in nats of class shares that sum to 1; 0 ln 0 counts as 0."""
    present = shares[shares > 0]
    return float(-(present * np.log(present)).sum())


def bootstrap_interval(
    terms: NDArray[np.float64],
    confidence_level: float,
    n_bootstrap: int,
    rng: np.random.Generator,
    groups: NDArray[np.intp] | None = None,
) -> tuple[float, float]:
    """Percentile bootstrap of the mean of ``terms`` (n,), over rows or whole groups.

    Parameters
    ----------
    groups : ndarray of shape (n,) of int from 0, or None
        Rows of one group are drawn together: they do not count as independent.
    """
    n = len(terms)
    one_each = np.arange(n) if groups is None else groups
    sums = np.bincount(one_each, weights=terms)
    sizes = np.bincount(one_each)
    means = np.empty(n_bootstrap)
    for b in range(n_bootstrap):
        drawn = rng.integers(len(sums), size=len(sums))
        means[b] = sums[drawn].sum() / sizes[drawn].sum()
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def bootstrap_within_classes(
    terms: NDArray[np.float64],
    classes: NDArray[np.intp],
    confidence_level: float,
    n_bootstrap: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Percentile bootstrap of the mean of ``terms`` (n,), the counts of classes kept."""
    order = np.argsort(classes, kind="stable")
    sizes = np.bincount(classes)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    size = np.repeat(sizes, sizes)
    ordered = terms[order]
    means = np.empty(n_bootstrap)
    for b in range(n_bootstrap):
        drawn = first + (rng.random(len(terms)) * size).astype(np.intp)
        means[b] = ordered[drawn].mean()
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
