"""Standardised features, of values with outliers, unknown ones and any magnitude."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skmiaug.base import register_state, require_array, require_state

_CHUNK_ROWS = 4096
_QUANTILE_ROWS = 65536
# Further out than any real value: beyond, squares in float32 would overflow.
_FARTHEST = 1e6
_UNLIMITED = np.finfo(np.float64).max
_ALL = slice(None)


@register_state
@dataclass(frozen=True)
class FeatureScale:
    """Limits each feature, then maps it to mean 0 and standard deviation 1."""

    # (n_features,), float64, limits of the values
    low: np.ndarray
    high: np.ndarray
    # (n_features,), float64, mean and standard deviation after that; the scale of a
    # constant feature is 0
    center: np.ndarray
    scale: np.ndarray

    def check(self) -> None:
        for name, array in vars(self).items():
            require_array(name, array, self.low.shape, "float64")
        require_state(self.low.ndim == 1 and (self.low <= self.high).all(), "low")
        require_state((self.scale >= 0).all(), "scale")

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        columns: np.ndarray | slice = _ALL,
        *,
        clip: float | None = None,
    ) -> "FeatureScale":
        """Measure the finite ``values`` (n, n_all_features) of some columns.

        ``clip`` is the share of the values of each feature that is limited at either end,
        measured on 65,536 evenly spaced rows where there are more; 0 limits to the smallest
        and the largest. None limits constant features alone. Raises a ValueError if a
        feature has no finite value.
        """
        n_features = values[:0, columns].shape[1]
        low, high = np.full((2, n_features), np.nan)
        count, total, squares = np.zeros((3, n_features))
        for part in _chunks(values, columns):
            low = np.fmin(low, np.fmin.reduce(part))
            high = np.fmax(high, np.fmax.reduce(part))
            count += np.isfinite(part).sum(axis=0)
        missing = np.flatnonzero(count == 0)
        if len(missing):
            raise ValueError(
                f"Feature {missing[0]} has no finite value in any sequence "
                f"({len(missing)} such in all). Drop it."
            )
        if clip:
            low, high = _quantiles(values, columns, clip, low, high)
        # Sums of squares of 1e300 would overflow, and those of 1e-300 vanish.
        magnitude = np.maximum(np.abs(low), np.abs(high))
        magnitude = np.where(magnitude == 0, 1.0, magnitude)
        for part in _chunks(values, columns, low, high):
            total += np.nansum(part / magnitude, axis=0)
        mean = total / count
        for part in _chunks(values, columns, low, high):
            squares += np.nansum(np.square(part / magnitude - mean), axis=0)
        constant = low == high
        center = np.where(constant, low, mean * magnitude)
        scale = np.where(constant, 0.0, np.sqrt(squares / count) * magnitude)
        if clip is None:
            low = np.where(constant, low, -_UNLIMITED)
            high = np.where(constant, high, _UNLIMITED)
        return cls(low, high, center, scale)

    def transform(
        self,
        values: np.ndarray,
        columns: np.ndarray | slice = _ALL,
        dtype: type[np.floating] = np.float32,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Standardise some columns of ``values`` (n, n_all_features).

        Returns the standardised values (n, n_features), 0 where one is not finite and where
        a feature is constant; and which are finite, bool of that shape, None when all are.
        """
        standardised = np.empty((len(values), len(self.low)), dtype=dtype)
        known = np.ones(standardised.shape, dtype=bool)
        divisor = np.where(self.scale > 0, self.scale, 1.0)
        begin = 0
        for part in _chunks(values, columns, self.low, self.high):
            rows = slice(begin, begin + len(part))
            known[rows] = ~np.isnan(part)
            with np.errstate(over="ignore"):
                part -= self.center
                part /= divisor
            part[~known[rows]] = 0.0
            standardised[rows] = np.clip(part, -_FARTHEST, _FARTHEST)
            begin = rows.stop
        return standardised, None if known.all() else known

    def inverse(self, standardised: np.ndarray) -> np.ndarray:
        """Return features in their units from standardised ones, float64."""
        return standardised * self.scale + self.center


def _quantiles(
    values: np.ndarray,
    columns: np.ndarray | slice,
    clip: float,
    low: np.ndarray,
    high: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Narrow the limits of each feature to its quantiles."""
    n = min(len(values), _QUANTILE_ROWS)
    some = np.linspace(0, len(values) - 1, n).astype(np.int64)
    low, high = low.copy(), high.copy()
    for j, column in enumerate(values[some][:, columns].T):
        known = column[np.isfinite(column)].astype(np.float64)
        if len(known):
            low[j], high[j] = np.quantile(known, [clip, 1 - clip], method="nearest")
    return low, high


def _chunks(
    values: np.ndarray,
    columns: np.ndarray | slice,
    low: np.ndarray | float = -np.inf,
    high: np.ndarray | float = np.inf,
) -> Iterator[np.ndarray]:
    """Yield rows in float64, limited, NaN where a value is not finite."""
    for begin in range(0, len(values), _CHUNK_ROWS):
        part = values[begin : begin + _CHUNK_ROWS, columns].astype(np.float64)
        part[np.isinf(part)] = np.nan
        yield np.clip(part, low, high, out=part)
