"""How the noise of the prior may depend on rows and classes: its families.

In whitened coordinates, where the pooled covariance within classes is the identity, a
sample of class c is

    m_c + sqrt(1 - s²) u + s e,

with the shrunken class mean m_c, standard normal e, the bandwidth s, and u of covariance
close to the identity as well, so that s changes the shape of the samples and not their
scatter:

- "gaussian": s = 1. One normal distribution for all classes.
- "class_gaussian": u is normal with the covariance of the class, and e has the mean
  variance of the class. The weight 1 - s² is n_c / (n_c + k) for n_c rows, as in Friedman
  (1989); see :func:`class_covariances`.
- "residuals": u is the residual x - m_c of a training row of any class. What is not normal
  about the rows is transferred from the large classes to the small ones.
- "class_residuals": the difference between a training row of the class and m_c, so that
  samples lie near real rows: at s = 0 they are real rows, of the unshrunken mean.

Reference: Friedman (1989), Regularized Discriminant Analysis.
"""

import math
from itertools import product

import numpy as np

from skmiaug.over_sampling.targets._regression import Gram
from skmiaug.utils.tables._row_blocks import row_blocks

NOISES = ("gaussian", "class_gaussian", "residuals", "class_residuals")
# Rows k that the common covariance counts for, over the number of coordinates.
_COVARIANCE_COUNTS = (0.02, 0.1, 0.3, 1.0, 3.0, 10.0, math.inf)
# Rows that the common mean variance counts for.
_SCALE_COUNTS = (3.0, math.inf)


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


def class_covariances(
    residuals: np.ndarray, classes: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the w and b of each class in its covariance w S_c + (1 - w) b I.

    S_c is the covariance of the rows of class c, w = n_c / (n_c + k), and b the mean of
    its eigenvalues, shrunken to 1 with the weight l / (n_c + l). The numbers k and l are
    those of a few under which left-out residuals are most likely, all classes weighing the
    same. Without the row i, with S_c scaled by n_c / (n_c - 1), the covariance is

        A - a r_i r_iᵀ,    A = w S_c + (1 - w) b_i I,    a = w / (n_c - 1),

    so that its inverse and determinant follow from the eigenvectors of S_c (Sherman and
    Morrison): nothing is fitted anew.

    Parameters
    ----------
    residuals : ndarray of shape (n, n_features), float32
        Of some rows of each class, whitened, see :func:`unbiased_residuals`.
    classes : ndarray of shape (n,)
    counts : ndarray of shape (n_classes,)
        All rows of each class.

    Returns
    -------
    ndarray of shape (2, n_classes)
        The w, in [0, 1), and the b; 0 and 1 for a class of fewer than two rows.
    """
    d, several = residuals.shape[1], counts > 1
    spectra = {
        c: _spectrum(residuals[classes == c].astype(np.float64))
        for c in np.flatnonzero(several)
    }
    grid = np.array(list(product(_COVARIANCE_COUNTS, _SCALE_COUNTS)))
    total = np.zeros(len(grid))
    for c, own in spectra.items():
        k, m = grid.T
        n = counts[c]
        total += _left_out_log_likelihoods(*own, d, n / (n + k * d), n / (n + m))
    k, m = grid[total.argmax()]
    scale = np.ones(len(counts))
    for c, (values, _) in spectra.items():
        scale[c] = 1 + counts[c] / (counts[c] + m) * (values.sum() / d - 1)
    return np.array([np.where(several, counts / (counts + k * d), 0.0), scale])


def _spectrum(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (m,) of the mean of r rᵀ, and squares (n, m) of the rows along them."""
    n, d = rows.shape
    values, axes = np.linalg.eigh(rows.T @ rows if n > d else rows @ rows.T)
    values = np.maximum(values, 0)
    return values / n, np.square(rows @ axes if n > d else axes * np.sqrt(values))


def _left_out_log_likelihoods(
    values: np.ndarray,
    squares: np.ndarray,
    d: int,
    weights: np.ndarray,
    own_scales: np.ndarray,
) -> np.ndarray:
    """Mean log likelihoods of the rows of a class, each left out, up to a constant.

    One for each pair of ``weights`` and ``own_scales``.
    """
    n = len(squares)
    w, own_scale = weights[:, None], own_scales[:, None]
    left_out = (n * values.sum() - squares.sum(axis=1)) / (n - 1) / d
    rest = (1 - w) * (1 + own_scale * (left_out - 1))
    scaled = (w * n / (n - 1) * values)[:, None] + rest[:, :, None]
    log_det = np.log(scaled).sum(axis=2) + (d - len(values)) * np.log(rest)
    along = (squares / scaled).sum(axis=2)
    left = np.maximum(1 - w / (n - 1) * along, 1e-12)
    return -0.5 * (log_det + np.log(left) + along / left).mean(axis=1)
