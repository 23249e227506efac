"""Choice of the bandwidth of the prior, by leaving one row out.

With bandwidth s, a row of class c is drawn from a mixture of normals. For the row j of the
class, whose residual is r_j, there is one with

    centre m_c + w r_j,    w = sqrt(1 - s²),    covariance s² S,

where m_c is the shrunken class mean and S the shrunken covariance that all classes share.
At s = 1 the mixture is the class Gaussian. In whitened coordinates S is the identity.

A row measures how well the mixtures describe new rows only if it is left out of everything
that was estimated from it. For the row i these are

- its own normal;
- the mean of its class: without it, the mean is off by -r_i / (n_c - 1), and with the share
  k_c of the mean that its shrinkage has left, the centres of its own class move by
  (w - k_c) r_i / (n_c - 1);
- the covariance: with the weight v that r rᵀ had in it, it is I - b_i r_i r_iᵀ without the
  row, b_i = v n_c / (n_c - 1). The inverse is I + g_i r_i r_iᵀ with
  g_i = b_i / (1 - b_i |r_i|²) (Sherman and Morrison). With fewer rows than features this
  matters most: S has been stretched to just where the row is.

The amounts of shrinkage are not chosen anew.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logsumexp, softmax

BANDWIDTHS = (0.3, 0.5, 0.7, 0.85, 1.0)
_AS_GOOD = 1e-3
_FLATTEST, _STEEPEST, _HALVINGS = 1e-4, 10.0, 20
_NEGLIGIBLE = -60.0
_LEAST_LEFT = 1e-4


@dataclass(frozen=True)
class FittedRows:
    """Rows and what was fitted to them, in whitened coordinates.

    Attributes
    ----------
    rows : ndarray of shape (n, n_features), float32
        All rows, or some of each class.
    classes : ndarray of shape (n,)
    row_means, means : ndarray of shape (n_classes, n_features), float32
        Means of the rows of each class, and the same shrunken.
    kept : ndarray of shape (n_classes,)
        Share of each class mean that its shrinkage has left.
    counts : ndarray of shape (n_classes,)
        Rows of each class that everything was fitted to.
    weight : float
        Of the square of one residual in the covariance; 0 to leave no row out of it.
    """

    rows: np.ndarray
    classes: np.ndarray
    row_means: np.ndarray
    means: np.ndarray
    kept: np.ndarray
    counts: np.ndarray
    weight: float = 0.0

    @cached_property
    def residuals(self) -> np.ndarray:
        """Rows less the mean of their class."""
        return self.rows - self.row_means[self.classes]

    @cached_property
    def stretch(self) -> np.ndarray:
        """The g of each row, (n,)."""
        own = self.counts[self.classes]
        taken = self.weight * own / np.maximum(own - 1, 1)
        left = 1 - taken * np.square(self.residuals).sum(axis=1)
        return taken / np.maximum(left, _LEAST_LEFT)

    def left_out_log_densities(self, bandwidths: Sequence[float]) -> np.ndarray:
        """Log densities of all rows under all classes, each row left out of its own.

        Returns
        -------
        ndarray of shape (n_bandwidths, n, n_classes)
            Up to a constant of each bandwidth. Without meaning for the class whose only
            row it is.
        """
        densities = np.empty((len(bandwidths), len(self.rows), len(self.means)))
        for c in range(len(self.means)):
            mixture = _ClassMixture.of(self, c)
            for k, bandwidth in enumerate(bandwidths):
                densities[k, :, c] = mixture.log_density(bandwidth, self.stretch)
        return densities


@dataclass
class _ClassMixture:
    """Products of all rows x_i with the normals j of one class, which serve any bandwidth.

    Attributes
    ----------
    member : ndarray of shape (n,), bool
    step : float
        1 / (n_c - 1), the weight of a row in the mean of the others.
    kept : float
    distance : ndarray of shape (n,)
        |x_i - m|²
    along : ndarray of shape (n,)
        r_i·(x_i - m)
    own_length : ndarray of shape (n,)
        |r_i|²
    products : ndarray of shape (n, n_members)
        (x_i - m)·r_j
    turned : ndarray of shape (n, n_members)
        r_i·r_j
    length : ndarray of shape (n_members,)
        |r_j|²
    """

    member: np.ndarray
    step: float
    kept: float
    distance: np.ndarray
    along: np.ndarray
    own_length: np.ndarray
    products: np.ndarray
    turned: np.ndarray
    length: np.ndarray

    @classmethod
    def of(cls, fitted: FittedRows, c: int) -> "_ClassMixture":
        member = fitted.classes == c
        away, residuals = fitted.rows - fitted.means[c], fitted.residuals
        own_length = np.square(residuals).sum(axis=1)
        return cls(
            member=member,
            step=1.0 / max(int(fitted.counts[c]) - 1, 1),
            kept=float(fitted.kept[c]),
            distance=np.square(away).sum(axis=1),
            along=(residuals * away).sum(axis=1),
            own_length=own_length,
            products=away @ residuals[member].T,
            turned=residuals @ residuals[member].T,
            length=own_length[member],
        )

    def log_density(self, bandwidth: float, stretch: np.ndarray) -> np.ndarray:
        """Log density of all rows, (n,), up to a constant; of members without themselves.

        -(|v|² + g (r_i·v)²) / 2s² for each v = x_i + t r_i - m - w r_j, in powers of
        r_i·r_j. Here t = (k - w) step moves a member instead of the centres, and is 0 for
        any other row.
        """
        w, factor = math.sqrt(1 - bandwidth**2), -0.5 / bandwidth**2
        moved = (self.kept - w) * self.step * self.member
        along = self.along + moved * self.own_length
        constant = self.distance + moved * (2 * self.along + moved * self.own_length)
        constant = factor * (constant + stretch * np.square(along))
        if w == 0:
            return constant

        linear = (-2 * w * factor * (moved + stretch * along)).astype(np.float32)
        quadratic = (w**2 * factor * stretch).astype(np.float32)
        exponent = quadratic[:, None] * self.turned
        exponent += linear[:, None]
        exponent *= self.turned
        exponent += np.float32(-2 * w * factor) * self.products
        exponent += (w**2 * factor * self.length).astype(np.float32)
        exponent[np.flatnonzero(self.member), np.arange(exponent.shape[1])] = -np.inf
        n_others = np.maximum(exponent.shape[1] - self.member.astype(int), 1)
        return constant + _log_sum_exp(exponent) - np.log(n_others)


def _log_sum_exp(exponent: np.ndarray) -> np.ndarray:
    """Log of the summed exponentials of each row; overwrites them."""
    # By hand, since the exponential of what is nearly 0 takes ten times as long.
    largest = exponent.max(axis=1, keepdims=True)
    largest = np.maximum(largest, np.finfo(exponent.dtype).min)
    exponent -= largest
    np.maximum(exponent, _NEGLIGIBLE, out=exponent)
    np.exp(exponent, out=exponent)
    return np.log(exponent.sum(axis=1)) + largest[:, 0]


def choose_bandwidth(fitted: FittedRows, *, smoother: bool = True) -> float:
    """Return the most informative bandwidth if it is 1, or else the next smaller one.

    Where rows near each other inform more than the Gaussian, one step further towards them
    is taken: a classifier smooths what it learns from, and the mixtures do not, so that
    they are at their best with more smoothing than samples for a classifier need.

    Parameters
    ----------
    fitted : FittedRows
    smoother : bool, default=True
        Whether a smoother learns from the samples; False takes no step.
    """
    best = BANDWIDTHS.index(most_informative_bandwidth(fitted, BANDWIDTHS))
    if not smoother or best == len(BANDWIDTHS) - 1:
        return BANDWIDTHS[best]
    return BANDWIDTHS[max(best - 1, 0)]


def most_informative_bandwidth(fitted: FittedRows, grid: Sequence[float]) -> float:
    """Return the bandwidth whose density best predicts the class of left-out rows.

    Each row is scored by the posterior of its own class under the mixtures that are fitted
    without it (:class:`FittedRows`), classes weighing the same: the mean of its logarithm,
    and the logarithm of the number of classes, bound I(c; x) from below (Barber and Agakov,
    2003).

    The posteriors are calibrated first, by the one power of the densities of each bandwidth
    under which the rows are predicted best: normals around few rows of many features are
    overconfident, which is no fault of samples from them, since a classifier calibrates
    itself. Of bandwidths within 0.001 nats of the best, the largest is taken.

    Parameters
    ----------
    fitted : FittedRows
    grid : sequence of float
        Candidates in (0, 1], rising.

    Returns
    -------
    float
        One of ``grid``; its largest where no two classes have a row to leave out.
    """
    scores = left_out_information(fitted, grid)
    if scores is None:
        return max(grid)
    return grid[int(np.flatnonzero(scores >= scores.max() - _AS_GOOD).max())]


def left_out_information(fitted: FittedRows, grid: Sequence[float]) -> np.ndarray | None:
    """Mean log posterior of left-out rows for each bandwidth, calibrated, in nats.

    Returns
    -------
    ndarray of shape (n_bandwidths,) or None
        None where fewer than two classes have a row to leave out.
    """
    counts = np.bincount(fitted.classes, minlength=len(fitted.means))
    if (counts > 1).sum() < 2:
        return None
    usable = counts[fitted.classes] > 1
    classes = fitted.classes[usable]
    weights = 1.0 / counts[classes]
    log_densities = fitted.left_out_log_densities(grid)[:, usable]
    return calibrated_log_posterior(log_densities, classes, weights / weights.sum())


def calibrated_log_posterior(
    log_densities: np.ndarray, classes: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Weighted mean of log softmax(a l) of the own class, at the best power a > 0.

    It is concave in a, so that the best a is where its slope falls through 0.

    Parameters
    ----------
    log_densities : ndarray of shape (..., n, n_classes)
    classes : ndarray of shape (n,)
    weights : ndarray of shape (n,)
        Sum to 1.

    Returns
    -------
    ndarray of shape (...)
        a between 0.0001 and 10.
    """
    own = log_densities[..., np.arange(len(classes)), classes]
    low = np.full(own.shape[:-1], math.log(_FLATTEST))
    high = np.full(own.shape[:-1], math.log(_STEEPEST))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        posterior = softmax(np.exp(middle)[..., None, None] * log_densities, axis=-1)
        rises = (own - (posterior * log_densities).sum(axis=-1)) @ weights > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    power = np.exp((low + high) / 2)[..., None]
    log_total = logsumexp(power[..., None] * log_densities, axis=-1)
    return (power * own - log_total) @ weights
