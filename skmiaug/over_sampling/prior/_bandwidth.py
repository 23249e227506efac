"""Choice of the bandwidth of the prior, by leaving one row out.

With bandwidth s, a row of class c is drawn from a mixture of normals. For the row j of the
class, whose residual is r_j, there is one with

    centre m_c + w r_j,    w = sqrt(1 - s²),    covariance s² S,

where m_c is the shrunken class mean and S the shrunken covariance that all classes share.
At s = 1 the mixture is the class Gaussian. In whitened coordinates S is the identity.

A row measures how well the mixtures describe new rows only if it is left out of everything
that was estimated from it. For the row i of leverage h_i (1 / n_c in a class of n_c rows)
these are

- its own normal;
- the mean of its class: without it, the mean is off by -h_i / (1 - h_i) r_i, and with the
  share k_c of the mean that its shrinkage has left, the centres of its own class move by
  (w - k_c) h_i / (1 - h_i) r_i;
- the covariance: with the weight v that r rᵀ had in it, it is I - b_i r_i r_iᵀ without the
  row, b_i = v / (1 - h_i). The inverse is I + g_i r_i r_iᵀ with
  g_i = b_i / (1 - b_i |r_i|²) (Sherman and Morrison). With fewer rows than features this
  matters most: S has been stretched to just where the row is.

The amounts of shrinkage are not chosen anew.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.optimize import minimize_scalar

from skmiaug.utils.tables._row_blocks import row_blocks

BANDWIDTHS = (0.3, 0.5, 0.7, 0.85, 1.0)
_AS_GOOD = 1e-3
_FLATTEST, _STEEPEST = 1e-4, 10.0
_NEGLIGIBLE = -60.0
_MIN_LEFT = 1e-4
_MAX_TABLE = 2**22


@dataclass(frozen=True)
class FittedRows:
    """Residuals of rows and what was fitted to these rows, in whitened coordinates.

    Attributes
    ----------
    residuals : ndarray of shape (n, n_features), float32
        Of all rows, or of some of each class.
    classes : ndarray of shape (n,)
    row_means, means : ndarray of shape (n_classes, n_features), float32
        Means of the rows of each class, and the same shrunken.
    kept : ndarray of shape (n_classes,)
        Share of each class mean that its shrinkage has left.
    leverage : ndarray of shape (n,)
        Of each row, among all rows that were fitted to.
    weight : float
        Of the square of one residual in the covariance; 0 to leave no row out of it.
    """

    residuals: np.ndarray
    classes: np.ndarray
    row_means: np.ndarray
    means: np.ndarray
    kept: np.ndarray
    leverage: np.ndarray
    weight: float = 0.0

    def left_out_log_densities(self, bandwidths: Sequence[float]) -> np.ndarray:
        """Log densities of all rows under all classes, each row left out of its own.

        The log density of the normal j at the row i is -(|v|² + g_i (r_i·v)²) / 2s² with
        v = x_i + t_i r_i - m - w r_j. Here t_i = (k - w) h_i / (1 - h_i) moves a row
        instead of the centres of its class, and is 0 for the other classes. In powers of
        r_i·r_j, one product of the residuals serves all bandwidths.

        Returns
        -------
        ndarray of shape (n_bandwidths, n_classes, n), float64
            Up to a constant of each row and bandwidth; -inf for a class without rows.
            Without meaning for the class whose only row it is.
        """
        # By class: the sum over the normals of a class is one over neighbours.
        order = np.argsort(self.classes, kind="stable")
        own = replace(
            self,
            residuals=self.residuals[order],
            classes=self.classes[order],
            leverage=self.leverage[order],
        )
        densities = np.empty((len(bandwidths), len(self.means), len(order)))
        densities[:, :, order] = own._of_sorted(bandwidths)
        densities[:, np.bincount(self.classes, minlength=len(self.means)) == 0] = -np.inf
        return densities

    def _of_sorted(self, bandwidths: Sequence[float]) -> np.ndarray:
        r, classes, n = self.residuals, self.classes, len(self.residuals)
        densities = np.empty((len(bandwidths), len(self.means), n))
        slopes = np.empty(densities.shape, dtype=r.dtype)
        for k, bandwidth in enumerate(bandwidths):
            densities[k], slopes[k] = self._without_neighbours(bandwidth)
        with_row_means, with_means = self._with_means
        relative = with_row_means - with_means[classes, np.arange(n)]
        for rows in row_blocks(n, max(_MAX_TABLE // n, 1)):
            # One column for each row i of the block, one line for each normal j.
            products = r @ r[rows].T  # r_i·r_j
            from_centre = products + relative[classes[rows]].T  # (x_i - m)·r_j
            for k, bandwidth in enumerate(bandwidths):
                if bandwidth == 1:
                    continue
                w, factor = math.sqrt(1 - bandwidth**2), -0.5 / bandwidth**2
                exponent = (w**2 * factor * self.stretch[rows]).astype(r.dtype) * products
                exponent += slopes[k][classes, rows]
                exponent *= products
                exponent -= 2 * w * factor * from_centre
                exponent += (w**2 * factor * self.lengths)[:, None]
                itself = np.arange(rows.start, rows.stop)
                exponent[itself, itself - rows.start] = -np.inf
                densities[k, :, rows] += self._log_mean_exp(exponent, classes[rows])
        return densities

    def _without_neighbours(self, bandwidth: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the terms without r_i·r_j, and the factor of r_i·r_j in the others.

        Both (n_classes, n); the factor is without the part that comes from x_i - m.
        """
        w, factor = math.sqrt(1 - bandwidth**2), -0.5 / bandwidth**2
        with_row_means, with_means = self._with_means
        # |x - m|² - |x|² and r·(x - m), for x = row mean + r.
        distance = (self.means @ self.row_means.T)[:, self.classes] + with_means
        distance = np.square(self.means).sum(axis=1)[:, None] - 2 * distance
        own = with_row_means[self.classes, np.arange(len(self.classes))]
        along = own + self.lengths - with_means
        member = np.arange(len(self.means))[:, None] == self.classes
        step = self.leverage / np.maximum(1 - self.leverage, _MIN_LEFT)
        t = (self.kept[:, None] - w) * step * member
        moved = along + t * self.lengths
        constant = distance + t * (along + moved) + self.stretch * np.square(moved)
        return factor * constant, -2 * w * factor * (t + self.stretch * moved)

    def _log_mean_exp(self, exponent: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Return the log of the mean density of the normals of each class.

        Overwrites ``exponent`` (n, n_rows); ``members`` (n_rows,) are the classes of the
        rows, which are not counted in their own. Returns (n_classes, n_rows).
        """
        present, begin, counts = np.unique(
            self.classes, return_index=True, return_counts=True
        )
        largest = np.maximum.reduceat(exponent, begin, axis=0)
        np.maximum(largest, np.finfo(exponent.dtype).min, out=largest)
        exponent -= np.repeat(largest, counts, axis=0)
        # The exponential of what is nearly 0 takes ten times as long.
        np.maximum(exponent, _NEGLIGIBLE, out=exponent)
        np.exp(exponent, out=exponent)
        n_others = counts[:, None] - (present[:, None] == members)
        means = np.zeros((len(self.means), exponent.shape[1]))
        means[present] = np.log(np.add.reduceat(exponent, begin, axis=0)) + largest
        means[present] -= np.log(np.maximum(n_others, 1))
        return means

    @cached_property
    def _with_means(self) -> tuple[np.ndarray, np.ndarray]:
        """Products of the residuals with row_means and with means, (n_classes, n)."""
        return self.row_means @ self.residuals.T, self.means @ self.residuals.T

    @cached_property
    def lengths(self) -> np.ndarray:
        """Squared lengths of the residuals, (n,)."""
        return np.square(self.residuals).sum(axis=1)

    @cached_property
    def stretch(self) -> np.ndarray:
        """The g of each row, (n,)."""
        taken = self.weight / np.maximum(1 - self.leverage, _MIN_LEFT)
        return taken / np.maximum(1 - taken * self.lengths, _MIN_LEFT)


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
    overconfident. This does not matter for samples from them, since a classifier calibrates
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
    return np.array(
        [
            calibrated_log_posterior(densities, classes, weights / weights.sum())
            for densities in fitted.left_out_log_densities(grid)[..., usable]
        ]
    )


def calibrated_log_posterior(
    log_densities: np.ndarray, classes: np.ndarray, weights: np.ndarray
) -> float:
    """Return the weighted mean of log softmax(a l) of the own class, at the best a > 0.

    Parameters
    ----------
    log_densities : ndarray of shape (n_classes, n)
    classes : ndarray of shape (n,)
    weights : ndarray of shape (n,)
        Sum to 1.

    Returns
    -------
    float
        With a between 0.0001 and 10; the mean is concave in a.
    """
    largest = log_densities.max(axis=0)
    behind = (log_densities - largest).astype(np.float32)
    lead = largest - log_densities[classes, np.arange(len(classes))]

    def loss(log_power: float) -> float:
        power = math.exp(log_power)
        total = np.exp(np.maximum(power * behind, _NEGLIGIBLE)).sum(axis=0)
        return float((power * lead + np.log(total)) @ weights)

    bounds = math.log(_FLATTEST), math.log(_STEEPEST)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-3})
    return -float(found.fun)
