"""target_type="continuous": attributes of a row, such as valence and activation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.interpolate import BSpline
from scipy.ndimage import gaussian_filter1d

from skmiaug.base import require_array, require_state
from skmiaug.metrics.information import InformationEstimate
from skmiaug.over_sampling.targets._information import attribute_information
from skmiaug.over_sampling.targets._matrix import (
    pick_evenly,
    read_matrix,
    refuse_columns,
    refuse_rows,
    requested_matrix,
    rows_within,
)
from skmiaug.over_sampling.targets._regression import simplest_codes
from skmiaug.over_sampling.targets._target import ReadTarget

_TYPE = "continuous"
ATTRIBUTE_STRATEGIES = ("uniform", "inverse_density", "inverse_sqrt")
# Degree and number of intervals: a line, a parabola, and curves with one to three knots.
_SPLINES = ((1, 1), (2, 1), (3, 2), (3, 4))
_N_BINS = 512
_N_STRATA = 5
_N_MEASURED = 1024
# Rows after resampling over rows before, at most: one outlier makes a wide range.
_MOST = 10.0


@dataclass
class AttributeTarget:
    """Attributes; T are B-splines of each.

    The splines of one attribute are non-negative and sum to 1, and those of q attributes
    are divided by q. Whether they are lines or curves is chosen by how well a regression on
    them predicts X.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_attributes), float64
    bandwidth : ndarray of shape (n_attributes,), float64
        Standard deviation of the kernel of the densities.
    integer : ndarray of shape (n_attributes,), bool
        Columns of whole numbers, to which new targets are rounded.
    is_column : bool
        Whether y has the shape (n,).
    degree, n_intervals : int
        Of the splines.
    weights : ndarray of shape (n_rows,), float64
        How often to draw a new target around that of a row, relative to others.
    """

    rows: np.ndarray
    bandwidth: np.ndarray
    integer: np.ndarray
    is_column: bool
    degree: int
    n_intervals: int
    weights: np.ndarray

    @classmethod
    def read(cls, y: Any, X: np.ndarray) -> ReadTarget:
        """Read attributes (n_samples,) or (n_samples, n_attributes) of the rows X."""
        values, names, container = read_matrix(y, X, _TYPE, columns=False)
        refuse_rows(
            np.isnan(values).any(axis=1),
            _TYPE,
            "an attribute is missing; leave the rows out",
        )
        constant = values.min(axis=0) == values.max(axis=0)
        refuse_columns(
            constant, names, _TYPE, "an attribute has the same value in all rows"
        )
        degree, n_intervals = choose_splines(values, X)
        target = cls(
            rows=values,
            bandwidth=kernel_bandwidth(values),
            integer=np.array([dtype.kind in "iub" for dtype in container.dtypes]),
            is_column=container.is_column,
            degree=degree,
            n_intervals=n_intervals,
            weights=np.ones(len(values)),
        )
        return ReadTarget(target, values, names, container)

    @property
    def n_names(self) -> int:
        """Classes, labels or attributes."""
        return self.rows.shape[1]

    @property
    def n_codes(self) -> int:
        """Splines of all attributes."""
        return self.rows.shape[1] * (self.n_intervals + self.degree)

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest value of each attribute."""
        return self.rows.min(axis=0), self.rows.max(axis=0)

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return the splines."""
        return spline_codes(values, *self.limits, self.degree, self.n_intervals)

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return the fifth of the rows, by their first attribute."""
        shares = np.linspace(0, 1, _N_STRATA + 1)[1:-1]
        return np.searchsorted(np.quantile(self.rows[:, 0], shares), values[:, 0])

    def plan(
        self, strategy: Any, expansion: float, names: np.ndarray, y: Any
    ) -> dict[Any, int]:
        """Return the rows to generate, and note around which rows to draw them."""
        name = "uniform" if isinstance(strategy, str) and strategy == "auto" else strategy
        if not callable(name) and name not in ATTRIBUTE_STRATEGIES:
            raise ValueError(
                f"target_type={_TYPE!r} has no classes to balance: sampling_strategy must "
                f"be 'auto', 'uniform', 'inverse_density', 'inverse_sqrt' or a callable, "
                f"got {strategy!r:.80}."
            )
        relative, peak = relative_density(self.rows, self.bandwidth)
        grown = min(float(expansion) * float(peak.mean()), _MOST)
        if callable(name):
            self.weights = _checked_weights(name(y), len(self.rows))
            name = getattr(name, "__name__", "callable")
        elif name == "uniform":
            lacking = np.maximum(expansion * peak - relative, 0) / relative
            # An attribute of even values lacks nothing anywhere.
            shares = lacking / np.where(lacking.any(axis=0), lacking.mean(axis=0), 1)
            self.weights = shares.mean(axis=1) if shares.any() else np.ones(len(shares))
        else:
            power = 1.0 if name == "inverse_density" else 0.5
            self.weights = (relative**-power).mean(axis=1)
        return {name: int(np.rint((grown - 1) * len(self.rows)))}

    def draw(
        self, to_generate: dict[Any, int], names: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return attributes near those of real rows, as the densities ask for."""
        picked = pick_evenly(self.weights, sum(to_generate.values()), rng)
        return self._near(self.rows[picked], *self.limits, rng)

    def _near(
        self,
        values: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Add the noise of the kernel, which is reflected at the limits."""
        moved = values + self.bandwidth * rng.standard_normal(values.shape)
        moved = np.where(moved < low, 2 * low - moved, moved)
        moved = np.where(moved > high, 2 * high - moved, moved)
        return np.clip(np.where(self.integer, np.rint(moved), moved), low, high)

    def requested(
        self, n: int, y: Any, names: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return attributes that are passed, or those of training rows that fit them."""
        if y is None:
            return self.rows[pick_evenly(np.ones(len(self.rows)), n, rng)]
        if isinstance(y, Mapping):
            return self._within(n, y, names, rng)
        wanted = requested_matrix(n, y, self.rows.shape[1], _TYPE)
        self._refuse_outside(wanted.min(axis=0), wanted.max(axis=0), names)
        return wanted

    def _within(
        self, n: int, y: Mapping[Any, Any], names: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw targets near those of rows that meet conditions, which hold for them too.

        A single number is met by the rows within a bandwidth.
        """
        known = {name: k for k, name in enumerate(names.tolist())}
        widened = {
            name: (value - self.bandwidth[known[name]], value + self.bandwidth[known[name]])
            if np.ndim(value) == 0 and name in known
            else value
            for name, value in y.items()
        }
        met, ranges = rows_within(self.rows, widened, names, _TYPE)
        low, high = self.limits
        for name, value in y.items():
            k = known[name]
            ends = ranges[k] if np.ndim(value) else (float(value), float(value))
            low[k], high[k] = max(low[k], ends[0]), min(high[k], ends[1])
        self._refuse_outside(low, high, names)
        picked = met[pick_evenly(np.ones(len(met)), n, rng)]
        return self._near(self.rows[picked], low, high, rng)

    def _refuse_outside(self, low: np.ndarray, high: np.ndarray, names: np.ndarray) -> None:
        least, largest = self.limits
        outside = np.flatnonzero((low < least) | (high > largest) | (low > high))
        if len(outside):
            k = outside[0]
            raise ValueError(
                f"target_type={_TYPE!r}: training rows have {names[k]} from {least[k]:g} "
                f"to {largest[k]:g}, and sample was asked for {low[k]:g} to {high[k]:g}."
            )

    def given_back(self, values: np.ndarray, names: np.ndarray) -> np.ndarray:
        """Return attributes in the shape of y."""
        return values[:, 0] if self.is_column else values

    def balanced(self, rng: np.random.Generator) -> np.ndarray:
        """Return attributes of real rows, spread evenly over their range."""
        relative, _ = relative_density(self.rows, self.bandwidth)
        return self.rows[pick_evenly((1 / relative).mean(axis=1), _N_MEASURED, rng)]

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        """Return the information by the errors of a regression, see its function."""
        return attribute_information(Z_real, real, Z, values)

    def check(self) -> None:
        """Raise ValueError if the arrays do not belong together."""
        require_array("rows", self.rows, (None, None), "float64")
        n, q = self.rows.shape
        require_array("bandwidth", self.bandwidth, (q,), "float64")
        require_array("integer", self.integer, (q,), "b")
        require_array("weights", self.weights, (n,), "float64")
        low, high = self.limits
        require_state((low < high).all() and (self.bandwidth > 0).all(), "rows")
        require_state(self.weights.min() >= 0 and self.weights.any(), "weights")
        require_state((self.degree, self.n_intervals) in _SPLINES, "degree")
        require_state(not self.is_column or q == 1, "is_column")


def spline_codes(
    values: np.ndarray, low: np.ndarray, high: np.ndarray, degree: int, n_intervals: int
) -> np.ndarray:
    """Return B-splines of each attribute from low to high, side by side, float32.

    On ``n_intervals`` of equal length; (n, n_attributes * (n_intervals + degree)). They sum
    to 1.
    """
    inner = np.linspace(0, 1, n_intervals + 1)
    knots = np.concatenate([np.zeros(degree), inner, np.ones(degree)])
    scaled = np.clip((values - low) / (high - low), 0, 1)
    parts = [BSpline.design_matrix(own, knots, degree).toarray() for own in scaled.T]
    return (np.hstack(parts) / len(parts)).astype(np.float32)


def choose_splines(values: np.ndarray, X: np.ndarray) -> tuple[int, int]:
    """Return degree and number of intervals by :func:`simplest_codes`."""
    limits = values.min(axis=0), values.max(axis=0)
    return _SPLINES[
        simplest_codes([partial(spline_codes, values, *limits, *s) for s in _SPLINES], X)
    ]


def kernel_bandwidth(values: np.ndarray) -> np.ndarray:
    """Return Silverman's bandwidth of each column, (n_columns,).

    On a scale of few values at least half of the mean step between them, so that the
    density has no waves.
    """
    n, unit = len(values), np.ptp(values, axis=0)
    values = _within_unit(values)
    deviation = values.std(axis=0)
    quartiles = np.diff(np.quantile(values, [0.25, 0.75], axis=0), axis=0)[0] / 1.34
    scale = np.where(quartiles > 0, np.minimum(deviation, quartiles), deviation)
    steps = np.array([len(np.unique(column)) - 1 for column in values.T])
    return np.asarray(np.maximum(0.9 * scale * n**-0.2, 0.5 / steps) * unit)


def _within_unit(values: np.ndarray) -> np.ndarray:
    """Return each column from 0 to 1, whose squares are neither 0 nor infinite."""
    return np.asarray((values - values.min(axis=0)) / np.ptp(values, axis=0))


def relative_density(
    values: np.ndarray, bandwidth: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the density of each attribute at each row over that of even values.

    A kernel estimate on bins, reflected at the least and the largest value, beyond which
    there is none.

    Returns
    -------
    relative : ndarray of shape (n_rows, n_attributes)
    peak : ndarray of shape (n_attributes,)
        Its largest value; at least 1.
    """
    relative, peak = np.empty(values.shape), np.empty(values.shape[1])
    widths = bandwidth / np.ptp(values, axis=0) * _N_BINS
    for k, column in enumerate(_within_unit(values).T):
        counts, edges = np.histogram(column, _N_BINS, (0, 1))
        smooth = gaussian_filter1d(
            counts * (_N_BINS / len(column)), max(widths[k], 0.5), mode="reflect"
        )
        bins = np.minimum(np.searchsorted(edges, column, side="right"), _N_BINS) - 1
        relative[:, k], peak[k] = smooth[bins], smooth.max()
    return relative, peak


def _checked_weights(found: Any, n: int) -> np.ndarray:
    weights = np.asarray(found, dtype=np.float64)
    if weights.shape != (n,) or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise ValueError(
            f"target_type={_TYPE!r}: a callable as sampling_strategy takes y and returns a "
            f"weight for each of the {n} rows, not negative and not all 0; got an array of "
            f"shape {weights.shape}."
        )
    return weights
