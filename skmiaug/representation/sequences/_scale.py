"""Standardised features of timesteps with outliers and unknown values."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skmiaug.base import register_state, require_array, require_state

_CHUNK_STEPS = 16384
_QUANTILE_STEPS = 65536


@register_state
@dataclass(frozen=True)
class SequenceScale:
    """Limits each feature, then maps it to mean 0 and standard deviation 1.

    Attributes
    ----------
    low, high : ndarray of shape (n_features,), float64
        Limits of the values.
    center, scale : ndarray of shape (n_features,), float64
        Mean and standard deviation after that; the scale of a constant feature is 0.
    """

    low: np.ndarray
    high: np.ndarray
    center: np.ndarray
    scale: np.ndarray

    def check(self) -> None:
        """Refuse arrays from a file that do not belong together."""
        for name, array in vars(self).items():
            require_array(name, array, self.low.shape, "float64")
        require_state(self.low.ndim == 1 and (self.low <= self.high).all(), "low")
        require_state((self.scale >= 0).all(), "scale")

    @classmethod
    def fit(cls, steps: np.ndarray, clip: float) -> "SequenceScale":
        """Measure the finite cells of ``steps`` (n_steps, n_features).

        Parameters
        ----------
        steps : ndarray of shape (n_steps, n_features)
        clip : float in [0, 0.5)
            Share of the values of each feature that is limited at either end, measured on
            65,536 evenly spaced timesteps where there are more.

        Raises
        ------
        ValueError
            A feature has no finite value at all.
        """
        finite = np.isfinite(steps)
        missing = np.flatnonzero(~finite.any(axis=0))
        if len(missing):
            raise ValueError(
                f"Feature {missing[0]} has no finite value in any sequence "
                f"({len(missing)} such in all). Drop it."
            )
        low, high = _limits(steps, finite, clip)
        # Sums of squares of 1e300 would overflow, and those of 1e-300 vanish.
        magnitude = np.maximum(np.abs(low), np.abs(high))
        magnitude[magnitude == 0] = 1.0
        count = finite.sum(axis=0)
        total = np.zeros(steps.shape[1])
        for values in _clipped(steps, low, high):
            total += np.nansum(values / magnitude, axis=0)
        mean = total / count
        squares = np.zeros(steps.shape[1])
        for values in _clipped(steps, low, high):
            squares += np.nansum(np.square(values / magnitude - mean), axis=0)
        scale = np.sqrt(squares / count) * magnitude
        constant = low == high
        center = np.where(constant, low, mean * magnitude)
        return cls(low, high, center, np.where(constant, 0.0, scale))

    def transform(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Standardise.

        Parameters
        ----------
        steps : ndarray of shape (n_steps, n_features)

        Returns
        -------
        standardised : ndarray of shape (n_steps, n_features), float32
            0 where a cell is not finite and where a feature is constant.
        known : ndarray of that shape, bool, or None
            Which cells are finite; None when all are.
        """
        standardised = np.empty(steps.shape, dtype=np.float32)
        divisor = np.where(self.scale > 0, self.scale, 1.0)
        complete = True
        begin = 0
        for values in _clipped(steps, self.low, self.high):
            values -= self.center
            values /= divisor
            unknown = np.isnan(values)
            if unknown.any():
                complete = False
                values[unknown] = 0.0
            standardised[begin : begin + len(values)] = values
            begin += len(values)
        return standardised, None if complete else np.isfinite(steps)

    def inverse(self, standardised: np.ndarray) -> np.ndarray:
        """Return features in their units from standardised ones, float64."""
        return standardised * self.scale + self.center


def _limits(
    steps: np.ndarray, finite: np.ndarray, clip: float
) -> tuple[np.ndarray, np.ndarray]:
    if clip == 0:
        low = np.where(finite, steps, np.inf).min(axis=0)
        high = np.where(finite, steps, -np.inf).max(axis=0)
        return low.astype(np.float64), high.astype(np.float64)
    n = min(len(steps), _QUANTILE_STEPS)
    some = np.linspace(0, len(steps) - 1, n).astype(np.int64)
    limits = np.empty((2, steps.shape[1]))
    for j, column in enumerate(steps.T):
        values = column[some].astype(np.float64)
        values = values[np.isfinite(values)]
        if len(values) == 0:
            # All of the few finite ones lie between the timesteps that were taken.
            values = column[finite[:, j]].astype(np.float64)
        limits[:, j] = np.quantile(values, [clip, 1 - clip], method="nearest")
    return limits[0], limits[1]


def _clipped(steps: np.ndarray, low: np.ndarray, high: np.ndarray) -> Iterator[np.ndarray]:
    """Yield chunks of timesteps in float64, limited, NaN where a cell is not finite."""
    for begin in range(0, len(steps), _CHUNK_STEPS):
        values = steps[begin : begin + _CHUNK_STEPS].astype(np.float64)
        values[np.isinf(values)] = np.nan
        yield np.clip(values, low, high, out=values)
