"""Normal scores: the marginals of a Gaussian copula.

A column whose tails are heavier than an exponential distribution's (skewness above 2 or
kurtosis above 9, within classes) is badly described by mean and deviation: a few outliers
make them. Its values are replaced by Φ⁻¹ of their rank, and samples are mapped back by
interpolation, so that they are distributed as the values of the column and stay in their
range. Values that occur often (the zeros of a count) share a span of scores: each such row
takes a place in the span by its number, and all places lead back to the value.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

MAX_SKEWNESS, MAX_KURTOSIS = 2.0, 9.0
MAX_KNOTS = 1024


@dataclass(frozen=True)
class ColumnScores:
    """Knots between the values of one column and their standardised normal scores.

    Attributes
    ----------
    column : int
        Its number.
    values : ndarray of shape (n_knots,), float64
        Rising; a value that occurs often has two knots, the ends of its span.
    ranks : ndarray of shape (n_knots,), float64
        Share of the distribution below each knot, strictly rising in (0, 1).
    center, scale : float
        Mean and standard deviation of the scores of the rows.
    """

    column: int
    values: np.ndarray
    ranks: np.ndarray
    center: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, values: np.ndarray, weights: np.ndarray, column: int = 0) -> "ColumnScores":
        """Take the knots from ``values`` (n,), each of which counts by its weight (n,)."""
        order = np.argsort(values, kind="stable")
        rising = values[order]
        first = np.flatnonzero(np.append(True, rising[1:] != rising[:-1]))
        count = np.diff(np.append(first, len(rising)))
        above = np.cumsum(weights[order]) / weights.sum()
        right = above[first + count - 1]
        left = np.append(0.0, right[:-1])
        # A single row stands in the middle of its step; a span leaves a hair to its
        # neighbour, so that hardly any draw falls between two frequent values.
        margin = np.where(count > 1, 1e-6, 0.5) * (right - left)
        knots = np.stack([left + margin, right - margin], axis=1).ravel()
        # The ends of the distribution are as far out as those of a sample of its size.
        end = 0.5 / len(values)
        knots = np.clip(knots, end, 1 - end)
        kept = np.append(True, np.diff(knots) > 0)
        thinned = _thin(np.flatnonzero(kept), np.repeat(count > 1, 2)[kept])
        return cls(column, np.repeat(rising[first], 2)[thinned], knots[thinned])

    @cached_property
    def scores(self) -> np.ndarray:
        """Normal scores of the knots, (n_knots,)."""
        return ndtri(self.ranks)

    @cached_property
    def has_spans(self) -> bool:
        """Whether a value is frequent."""
        return bool((self.values[1:] == self.values[:-1]).any())

    def to_scores(self, values: np.ndarray, first_row: int = 0) -> np.ndarray:
        """Return the scores of ``values`` (n,).

        The number of its row, counted from ``first_row``, determines where in its span the
        score of a frequent value lies, see :func:`places_in_span`. Values beyond the knots
        have the score of the last one.
        """
        if not self.has_spans:
            return self.at_places(values, None)
        return self.at_places(values, places_in_span(first_row, len(values), self.column))

    def at_places(self, values: np.ndarray, places: np.ndarray | None) -> np.ndarray:
        """Return the scores of ``values`` (n,) at ``places`` (n,) in [0, 1) of their spans.

        No places are needed where no value is frequent.
        """
        scores = np.interp(values, self.values, self.scores)
        if places is None:
            return self._standardised(scores)
        low = np.searchsorted(self.values, values, side="left")
        high = np.searchsorted(self.values, values, side="right") - 1
        tied = np.flatnonzero(high > low)
        left, right = self.ranks[low[tied]], self.ranks[high[tied]]
        scores[tied] = ndtri(left + places[tied] * (right - left))
        return self._standardised(scores)

    def _standardised(self, scores: np.ndarray) -> np.ndarray:
        return (scores - self.center) / self.scale

    def to_values(self, scores: np.ndarray) -> np.ndarray:
        """Return the values (n,) that ``scores`` stand for."""
        return np.interp(scores * self.scale + self.center, self.scores, self.values)

    def check(self) -> None:
        """Raise ValueError if these are no knots of a distribution."""
        if self.values.ndim != 1 or self.values.shape != self.ranks.shape:
            raise ValueError(
                f"values and ranks of shapes {self.values.shape} and {self.ranks.shape}"
            )
        if not len(self.ranks) or self.ranks.min() <= 0 or self.ranks.max() >= 1:
            raise ValueError("ranks outside of (0, 1)")
        if (np.diff(self.ranks) <= 0).any() or (np.diff(self.values) < 0).any():
            raise ValueError("values or ranks do not rise")
        if not self.scale > 0 or self.column < 0:
            raise ValueError("scale is not above 0, or column is none")


def fit_scores(
    values: np.ndarray, weights: np.ndarray, columns: np.ndarray
) -> tuple[ColumnScores, ...]:
    """Fit the scores of ``columns`` to their ``values`` (n, n_columns), float64.

    ``weights`` (n,) balance the targets: most samples are generated for rare ones.
    """
    pairs = zip(values.T, columns.tolist(), strict=True)
    knots = [ColumnScores.of(own, weights, column) for own, column in pairs]
    raw = np.empty(values.shape)
    for k, own in enumerate(knots):
        raw[:, k] = own.to_scores(values[:, k])
    deviation = raw.std(axis=0)
    moments = raw.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
    return tuple(
        replace(own, center=float(center), scale=float(scale))
        for own, center, scale in zip(knots, *moments, strict=True)
    )


def _thin(knots: np.ndarray, frequent: np.ndarray) -> np.ndarray:
    """Keep the first and last knot, those of frequent values, and enough of the rest."""
    if len(knots) <= MAX_KNOTS:
        return knots
    kept = np.zeros(len(knots), dtype=bool)
    kept[np.linspace(0, len(knots) - 1, MAX_KNOTS).round().astype(int)] = True
    return knots[kept | frequent]


def heavy_tailed_columns(deviations: np.ndarray) -> np.ndarray:
    """Return the columns whose tails are too heavy for a mean and a deviation.

    Parameters
    ----------
    deviations : ndarray of shape (n, n_columns), float64
        Residuals of the regression on the targets: a small class that lies apart is no
        tail. Overwritten.
    """
    largest = np.abs(deviations).max(axis=0)
    deviations /= np.where(largest > 0, largest, 1.0)
    squares = np.square(deviations)
    variance = squares.mean(axis=0)
    # A column that is constant within classes has no tails.
    variance[largest == 0] = np.inf
    skewness = np.abs((squares * deviations).mean(axis=0)) / variance**1.5
    kurtosis = np.square(squares).mean(axis=0) / variance**2
    return np.flatnonzero((skewness > MAX_SKEWNESS) | (kurtosis > MAX_KURTOSIS))


def places_in_span(first_row: int, n_rows: int, column: int) -> np.ndarray:
    """Uniform numbers in [0, 1), fixed for each row number and column.

    From the bits of SplitMix64 (Steele, Lea and Flood, 2014), so that the same row has the
    same place in whatever block it is read.
    """
    bits = np.arange(first_row, first_row + n_rows, dtype=np.uint64)
    bits += np.uint64((column << 40) + 1)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits ^= bits >> np.uint64(shift)
        bits *= np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)) * 2.0**-53
