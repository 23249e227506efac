"""Normal scores: the marginals of a Gaussian copula.

A column whose tails are heavier than an exponential distribution's (skewness above 2 or
kurtosis above 9, within classes) is badly described by mean and deviation: a few outliers
make them. Its values are replaced by Φ⁻¹ of their rank, and samples are mapped back by
interpolation, so that they are distributed as the values of the column and stay in their
range. Values that occur often (the zeros of a count) share a span of scores: each such row
takes a place in the span by its number, and all places lead back to the value.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

MAX_SKEWNESS, MAX_KURTOSIS = 2.0, 9.0
MAX_KNOTS = 1024


@dataclass(frozen=True)
class ColumnScores:
    """Knots between the values of one column and their normal scores.

    Attributes
    ----------
    values : ndarray of shape (n_knots,), float64
        Rising; a value that occurs often has two knots, the ends of its span.
    ranks : ndarray of shape (n_knots,), float64
        Share of the distribution below each knot, strictly rising in (0, 1).
    """

    values: np.ndarray
    ranks: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, weights: np.ndarray) -> "ColumnScores":
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
        return cls(np.repeat(rising[first], 2)[thinned], knots[thinned])

    @cached_property
    def scores(self) -> np.ndarray:
        """Normal scores of the knots, (n_knots,)."""
        return ndtri(self.ranks)

    @cached_property
    def has_spans(self) -> bool:
        """Whether a value is frequent."""
        return bool((self.values[1:] == self.values[:-1]).any())

    def to_scores(self, values: np.ndarray, places: np.ndarray | None) -> np.ndarray:
        """Return the normal scores of ``values`` (n,).

        ``places`` (n,) in [0, 1) say where in its span the score of a frequent value lies;
        they are not needed where none is. Values beyond the knots have the score of the
        last one.
        """
        scores = np.interp(values, self.values, self.scores)
        if places is None or not self.has_spans:
            return scores
        low = np.searchsorted(self.values, values, side="left")
        high = np.searchsorted(self.values, values, side="right") - 1
        tied = np.flatnonzero(high > low)
        left, right = self.ranks[low[tied]], self.ranks[high[tied]]
        scores[tied] = ndtri(left + places[tied] * (right - left))
        return scores

    def to_values(self, scores: np.ndarray) -> np.ndarray:
        """Return the values (n,) that ``scores`` stand for."""
        return np.interp(scores, self.scores, self.values)

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


@dataclass(frozen=True)
class NormalScores:
    """Some columns of a table as normal scores, standardised.

    Attributes
    ----------
    columns : ndarray of shape (n_columns,)
        Their numbers.
    knots : tuple of ColumnScores
        One for each of them.
    center, scale : ndarray of shape (n_columns,), float64
        Mean and standard deviation of the scores.
    """

    columns: np.ndarray
    knots: tuple[ColumnScores, ...]
    center: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(
        cls, values: np.ndarray, weights: np.ndarray, columns: np.ndarray
    ) -> "NormalScores":
        """Fit the scores of ``columns`` to their ``values`` (n, n_columns), float64.

        ``weights`` (n,) balance the targets: most samples are generated for rare ones.
        """
        knots = tuple(ColumnScores.fit(own, weights) for own in values.T)
        raw = cls(columns, knots, np.zeros(len(columns)), np.ones(len(columns)))
        scores = raw.to_scores(values, 0)
        deviation = scores.std(axis=0)
        return cls(
            columns, knots, scores.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
        )

    def to_scores(self, values: np.ndarray, first_row: int) -> np.ndarray:
        """Return the standardised scores of ``values`` (n, n_columns).

        ``first_row`` is the number of the first row, see :func:`places_in_span`.
        """
        scores = np.empty(values.shape)
        for k, (column, knots) in enumerate(zip(self.columns, self.knots, strict=True)):
            places = None
            if knots.has_spans:
                places = places_in_span(first_row, len(values), int(column))
            scores[:, k] = knots.to_scores(values[:, k], places)
        scores -= self.center
        scores /= self.scale
        return scores

    def to_values(self, scores: np.ndarray) -> np.ndarray:
        """Return the values that standardised ``scores`` (n, n_columns) stand for."""
        raw = scores * self.scale + self.center
        for k, knots in enumerate(self.knots):
            raw[:, k] = knots.to_values(raw[:, k])
        return raw

    def check(self) -> None:
        """Raise ValueError if the arrays do not belong together."""
        n = len(self.knots)
        for name in ("columns", "center", "scale"):
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name} of other columns than the {n} of the knots")
        if not (self.scale > 0).all():
            raise ValueError("scale is not above 0")


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
