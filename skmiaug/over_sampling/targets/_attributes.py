"""target_type="continuous": attributes of a row, such as valence and activation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from scipy.interpolate import BSpline
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from skmiaug.base import require_array, require_state
from skmiaug.metrics.information import InformationEstimate
from skmiaug.over_sampling.targets._matrix import (
    pick_evenly,
    read_matrix,
    refuse_columns,
    refuse_rows,
    requested_matrix,
    rows_within,
)
from skmiaug.over_sampling.targets._regression import simplest_codes
from skmiaug.over_sampling.targets._target import Target

_TYPE = "continuous"
# Powers of the density, and whether it is that of all attributes together.
_INVERSE = {
    "inverse_density": (-1.0, False),
    "inverse_sqrt": (-0.5, False),
    "joint_inverse_density": (-1.0, True),
    "joint_inverse_sqrt": (-0.5, True),
}
ATTRIBUTE_STRATEGIES = ("uniform", *_INVERSE)
_N_BINS = 512
# Bins along each attribute of a joint density, by the number of attributes.
_JOINT_BINS = {1: _N_BINS, 2: 128, 3: 48}
_N_STRATA = 5
_PENALTIES = np.logspace(0, 5, 6)
_MIN_VARIANCE = 1e-12
_N_MEASURED = 1024
# Rows after resampling over rows before, at most: one outlier makes a wide range.
_MOST = 10.0


class Basis(NamedTuple):
    """B-splines of each attribute, or the products of those of each two attributes."""

    degree: int
    n_intervals: int
    products: bool = False

    def n_codes(self, n_attributes: int) -> int:
        """Return the number of codes."""
        n, own = n_attributes, self.degree + self.n_intervals
        return own**2 * n * (n - 1) // 2 if self.products else own * n

    def codes(self, values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return the codes of values (n, n_attributes) from low to high, float32.

        On ``n_intervals`` of equal length. None is negative, and those of a row sum to 1.
        """
        inner = np.linspace(0, 1, self.n_intervals + 1)
        knots = np.concatenate([np.zeros(self.degree), inner, np.ones(self.degree)])
        scaled = np.clip((values - low) / (high - low), 0, 1)
        parts = [
            BSpline.design_matrix(own, knots, self.degree).toarray() for own in scaled.T
        ]
        if self.products:
            parts = [
                (a[:, :, None] * b[:, None]).reshape(len(values), -1)
                for a, b in combinations(parts, 2)
            ]
        return (np.hstack(parts) / len(parts)).astype(np.float32)


# From the simplest on: lines, lines and their products, parabolas, curves.
BASES = (Basis(1, 1), Basis(1, 1, True), Basis(2, 1), Basis(3, 2), Basis(3, 4))


@dataclass
class AttributeTarget(Target):
    """Attributes; T are B-splines of each, or products of those of two.

    Which ones is chosen by how well a regression on them predicts X.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_attributes), float64
    bandwidth : ndarray of shape (n_attributes,), float64
        Standard deviation of the kernel of the densities.
    integer : ndarray of shape (n_attributes,), bool
        Columns of whole numbers, to which new targets are rounded.
    is_column : bool
        Whether y has the shape (n,).
    basis : int
        Number of the codes in ``BASES``.
    weights : ndarray of shape (n_rows,), float64
        How often to draw a new target around that of a row, relative to others.
    """

    rows: np.ndarray
    bandwidth: np.ndarray
    integer: np.ndarray
    is_column: bool
    basis: int
    weights: np.ndarray

    @classmethod
    def read(cls, y: Any, X: np.ndarray) -> tuple["AttributeTarget", np.ndarray, Any]:
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
        target = cls(
            names=names,
            rows=values,
            bandwidth=kernel_bandwidth(values),
            integer=np.array([dtype.kind in "iub" for dtype in container.dtypes]),
            is_column=container.is_column,
            basis=choose_basis(values, X),
            weights=np.ones(len(values)),
        )
        return target, values, container

    @property
    def n_codes(self) -> int:
        return BASES[self.basis].n_codes(self.rows.shape[1])

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest value of each attribute."""
        return self.rows.min(axis=0), self.rows.max(axis=0)

    def codes(self, values: np.ndarray) -> np.ndarray:
        return BASES[self.basis].codes(values, *self.limits)

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return the fifth of the rows, by their first attribute."""
        shares = np.linspace(0, 1, _N_STRATA + 1)[1:-1]
        return np.searchsorted(np.quantile(self.rows[:, 0], shares), values[:, 0])

    def plan(self, strategy: Any, expansion: float, y: Any) -> dict[Any, int]:
        """Return the rows to generate, and note around which rows to draw them."""
        name = "uniform" if isinstance(strategy, str) and strategy == "auto" else strategy
        if not callable(name) and name not in ATTRIBUTE_STRATEGIES:
            raise ValueError(
                f"target_type={_TYPE!r} has no classes to balance: sampling_strategy must "
                f"be 'auto', {', '.join(map(repr, ATTRIBUTE_STRATEGIES))} or a callable, "
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
            power, joint = _INVERSE[name]
            if joint:
                relative = joint_density(self.rows, self.bandwidth)[:, None]
            self.weights = (relative**power).mean(axis=1)
        return {name: int(np.rint((grown - 1) * len(self.rows)))}

    def draw(self, to_generate: dict[Any, int], rng: np.random.Generator) -> np.ndarray:
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

    def requested(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray:
        if y is None:
            return self.rows[pick_evenly(np.ones(len(self.rows)), n, rng)]
        if isinstance(y, Mapping):
            return self._within(n, y, rng)
        wanted = requested_matrix(n, y, self.rows.shape[1], _TYPE)
        self._refuse_outside(wanted.min(axis=0), wanted.max(axis=0))
        return wanted

    def _within(self, n: int, y: Mapping[Any, Any], rng: np.random.Generator) -> np.ndarray:
        """Draw targets near those of rows that meet conditions, which hold for them too.

        A single number is met by the rows within a bandwidth.
        """
        known = {name: k for k, name in enumerate(self.names.tolist())}
        widened = {
            name: (value - self.bandwidth[known[name]], value + self.bandwidth[known[name]])
            if np.ndim(value) == 0 and name in known
            else value
            for name, value in y.items()
        }
        met, ranges = rows_within(self.rows, widened, self.names, _TYPE)
        low, high = self.limits
        for name, value in y.items():
            k = known[name]
            ends = ranges[k] if np.ndim(value) else (float(value), float(value))
            low[k], high[k] = max(low[k], ends[0]), min(high[k], ends[1])
        self._refuse_outside(low, high)
        picked = met[pick_evenly(np.ones(len(met)), n, rng)]
        return self._near(self.rows[picked], low, high, rng)

    def _refuse_outside(self, low: np.ndarray, high: np.ndarray) -> None:
        least, largest = self.limits
        outside = np.flatnonzero((low < least) | (high > largest) | (low > high))
        if len(outside):
            k = outside[0]
            raise ValueError(
                f"target_type={_TYPE!r}: training rows have {self.names[k]} from "
                f"{least[k]:g} to {largest[k]:g}, and sample was asked for {low[k]:g} to "
                f"{high[k]:g}."
            )

    def given_back(self, values: np.ndarray) -> np.ndarray:
        return values[:, 0] if self.is_column else values

    def balanced(self, rng: np.random.Generator) -> np.ndarray:
        """Return attributes of real rows, spread evenly over their range."""
        relative, _ = relative_density(self.rows, self.bandwidth)
        return self.rows[pick_evenly((1 / relative).mean(axis=1), _N_MEASURED, rng)]

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        return attribute_information(Z_real, real, Z, values)

    def check(self) -> None:
        """Raise ValueError if the arrays do not belong together."""
        require_array("rows", self.rows, (None, len(self.names)), "float64")
        n, q = self.rows.shape
        require_array("bandwidth", self.bandwidth, (q,), "float64")
        require_array("integer", self.integer, (q,), "b")
        require_array("weights", self.weights, (n,), "float64")
        low, high = self.limits
        require_state((low < high).all() and (self.bandwidth > 0).all(), "rows")
        require_state(self.weights.min() >= 0 and self.weights.any(), "weights")
        known = 0 <= self.basis < len(BASES) and (q > 1 or not BASES[self.basis].products)
        require_state(known, "basis")
        require_state(not self.is_column or q == 1, "is_column")


def choose_basis(values: np.ndarray, X: np.ndarray) -> int:
    """Return the number of the codes of attributes by :func:`simplest_codes`."""
    limits = values.min(axis=0), values.max(axis=0)
    several = values.shape[1] > 1
    usable = [k for k, basis in enumerate(BASES) if several or not basis.products]
    ways = [partial(BASES[k].codes, values, *limits) for k in usable]
    return usable[simplest_codes(ways, X)]


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

    Returns
    -------
    relative : ndarray of shape (n_rows, n_attributes)
    peak : ndarray of shape (n_attributes,)
        Its largest value; at least 1.
    """
    found = [
        _kernel_density(values[:, [k]], bandwidth[[k]], _N_BINS)
        for k in range(values.shape[1])
    ]
    return np.column_stack([own for own, _ in found]), np.array([top for _, top in found])


def joint_density(values: np.ndarray, bandwidth: np.ndarray) -> np.ndarray:
    """Return the density of all attributes together over that of even values, (n_rows,).

    Raises
    ------
    ValueError
        There are more than three attributes: nearly all bins would be empty.
    """
    q = values.shape[1]
    if q not in _JOINT_BINS:
        raise ValueError(
            f"target_type={_TYPE!r}: joint densities are for up to {max(_JOINT_BINS)} "
            f"attributes, and y has {q}. Set sampling_strategy='inverse_density', which "
            "takes the mean over attributes."
        )
    return _kernel_density(values, bandwidth, _JOINT_BINS[q])[0]


def _kernel_density(
    values: np.ndarray, bandwidth: np.ndarray, n_bins: int
) -> tuple[np.ndarray, float]:
    """Return the density at each row over that of even values, and its largest value.

    A kernel estimate on bins, reflected at the least and the largest values, beyond which
    there is none.
    """
    unit, q = _within_unit(values), values.shape[1]
    widths = np.maximum(bandwidth / np.ptp(values, axis=0) * n_bins, 0.5)
    counts, edges = np.histogramdd(unit, n_bins, [(0, 1)] * q)
    smooth = gaussian_filter(counts * (n_bins**q / len(values)), widths, mode="reflect")
    bins = [
        np.clip(np.searchsorted(own, column, side="right") - 1, 0, n_bins - 1)
        for own, column in zip(edges, unit.T, strict=True)
    ]
    return smooth[tuple(bins)], float(smooth.max())


def attribute_information(
    X_train: np.ndarray, y_train: np.ndarray, X_test: np.ndarray, y_test: np.ndarray
) -> InformationEstimate:
    """Information of Gaussian attributes with the errors of a ridge regression.

    ½ (ln |S| - ln |E|), S the covariance of the test targets and E the second moment of
    the errors of a regression that has not seen the test rows.

    Parameters
    ----------
    X_train : ndarray of shape (n_train, n_features)
    y_train : ndarray of shape (n_train, n_attributes)
    X_test : ndarray of shape (n_test, n_features)
    y_test : ndarray of shape (n_test, n_attributes)

    Returns
    -------
    InformationEstimate
        Nats; its maximum is infinite.
    """
    unit = np.ptp(y_train, axis=0)
    varies = unit > 0  # in some of many rows, few of which differ, one may not
    if not varies.any():
        return InformationEstimate(0.0, float("inf"))
    y_train, y_test = (y[:, varies] / unit[varies] for y in (y_train, y_test))
    scaler = StandardScaler().fit(y_train)
    y_train, y_test = scaler.transform(y_train), scaler.transform(y_test)
    regression = RidgeCV(_PENALTIES).fit(X_train, y_train)
    errors = y_test - regression.predict(X_test).reshape(len(X_test), -1)
    centred = y_test - y_test.mean(axis=0)
    logs = [
        np.linalg.slogdet(a.T @ a / len(a) + _MIN_VARIANCE * np.eye(a.shape[1]))[1]
        for a in (centred, errors)
    ]
    return InformationEstimate(0.5 * float(logs[0] - logs[1]), float("inf"))


def _checked_weights(found: Any, n: int) -> np.ndarray:
    weights = np.asarray(found, dtype=np.float64)
    if weights.shape != (n,) or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise ValueError(
            f"target_type={_TYPE!r}: a callable as sampling_strategy takes y and returns a "
            f"weight for each of the {n} rows, not negative and not all 0; got an array of "
            f"shape {weights.shape}."
        )
    return weights
