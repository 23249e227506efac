"""How the noise of the prior may depend on rows and classes: its families.

In whitened coordinates, where the pooled covariance within classes is the identity, a
sample of class c is

    m_c + sqrt(1 - s²) u + s e,

with the shrunken class mean m_c, standard normal e, the bandwidth s, and u of covariance
close to the identity as well, so that s changes the shape of the samples and not their
scatter:

- "gaussian": s = 1. One normal distribution for all classes.
- "class_gaussian": u is normal with the covariance of the class. Its weight 1 - s² is
  n_c / (n_c + k) for n_c rows, as in Friedman (1989); see :func:`class_weights`.
- "residuals": u is the residual x - m_c of a training row of any class. What is not normal
  about the rows is transferred from the large classes to the small ones.
- "class_residuals": the residual of a training row of the class. Samples lie near real
  rows.

Reference: Friedman (1989), Regularized Discriminant Analysis.
"""

import math

import numpy as np

from skmiaug.over_sampling.targets._regression import Gram
from skmiaug.utils.tables._row_blocks import row_blocks

NOISES = ("gaussian", "class_gaussian", "residuals", "class_residuals")
# Rows k that the pooled covariance counts for, over the number of coordinates.
_PRIOR_COUNTS = (0.02, 0.1, 0.3, 1.0, 3.0, 10.0, math.inf)


def unbiased_residuals(
    Z: np.ndarray, T: np.ndarray, coefficients: np.ndarray, gram: Gram | None = None
) -> None:
    """Turn rows ``Z`` (n, D) into residuals of unit variance, in place, in blocks.

    A residual of leverage h has 1 - h of the variance of the noise. The row of a target
    that no other row has is its own regression: its residual stays 0. ``gram`` is that of
    all rows where ``T`` (n, q) are the targets of some.
    """
    left = 1 - (gram or Gram.of(T)).leverage(T)
    factor = (1 / np.sqrt(np.where(left < 1e-6, 1.0, left))).astype(np.float32)
    for rows in row_blocks(len(Z)):
        Z[rows] -= T[rows] @ coefficients
        Z[rows] *= factor[rows, None]


def class_weights(
    residuals: np.ndarray, classes: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Weight of each class's own covariance beside the pooled one, n_c / (n_c + k).

    The k is the one of a few under which left-out residuals are most likely, all classes
    weighing the same. Without the row i of class c, the covariance is

        w S_c + (1 - w) I - a r_i r_iᵀ,    a = w / (n_c - 1),

    if S_c is scaled by n_c / (n_c - 1), so that its inverse and determinant follow from
    those with the row (Sherman and Morrison): nothing is fitted anew.

    Parameters
    ----------
    residuals : ndarray of shape (n, n_features), float32
        Of some rows of each class, whitened, see :func:`unbiased_residuals`.
    classes : ndarray of shape (n,)
    counts : ndarray of shape (n_classes,)
        All rows of each class.

    Returns
    -------
    ndarray of shape (n_classes,)
        In [0, 1); 0 for a class of fewer than two rows.
    """
    n_features = residuals.shape[1]
    spectra = []
    for c in np.flatnonzero(counts > 1):
        own = residuals[classes == c].astype(np.float64)
        spectra.append((counts[c], *_spectrum(own)))
    totals = [
        sum(
            _left_out_log_likelihood(n / (n + k * n_features), *spectrum, n_features)
            for n, *spectrum in spectra
        )
        for k in _PRIOR_COUNTS
    ]
    k = _PRIOR_COUNTS[int(np.argmax(totals))] * n_features
    return np.where(counts > 1, counts / (counts + k), 0.0)


def _spectrum(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (m,) of the mean of r rᵀ, and squares (n, m) of the rows along them."""
    n = len(rows)
    axes, lengths, _ = np.linalg.svd(rows, full_matrices=False)
    return lengths**2 / n, (axes * lengths) ** 2


def _left_out_log_likelihood(
    weight: float, values: np.ndarray, squares: np.ndarray, n_features: int
) -> float:
    """Mean log likelihood of the rows of a class, each left out, up to a constant."""
    n, rest = len(squares), n_features - len(values)
    scaled = weight * n / (n - 1) * values + 1 - weight
    log_det = np.log(scaled).sum() + (rest * math.log1p(-weight) if rest else 0.0)
    along = squares @ (1 / scaled)
    left = np.maximum(1 - weight / (n - 1) * along, 1e-12)
    return float(-0.5 * (log_det + np.log(left) + along / left).mean())
