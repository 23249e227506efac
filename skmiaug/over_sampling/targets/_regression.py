"""Linear regression on target codes, in closed form.

Codes T (n, n_targets) are one-hot for classes: the regression of Z on T is then the class
means, and everything here costs a few sums.
"""

import numpy as np

from skmiaug.over_sampling.columns._blocks import Rows, row_blocks


def gram_inverse(T: np.ndarray) -> np.ndarray:
    """Return the (pseudo) inverse of TᵀT, (n_targets, n_targets) float64.

    Its diagonal holds the variances of the coefficients of a regression on T for noise of
    unit variance: 1 / n_c for one-hot codes. A code that no row has gets zeros.
    """
    gram = T.T.astype(np.float64) @ T if T.size < 2**22 else _blocked_gram(T)
    diagonal = gram.diagonal()
    if np.count_nonzero(gram) == np.count_nonzero(diagonal):
        return np.diag(np.divide(1.0, diagonal, where=diagonal > 0, out=0.0 * diagonal))
    return np.linalg.pinv(gram, hermitian=True)


def _blocked_gram(T: np.ndarray) -> np.ndarray:
    gram = np.zeros((T.shape[1], T.shape[1]))
    for rows in row_blocks(len(T)):
        block = T[rows].astype(np.float64)
        gram += block.T @ block
    return gram


def regress(Z: Rows, T: np.ndarray) -> np.ndarray:
    """Return the least-squares coefficients B of Z ≈ T B, (n_targets, n_features) float64.

    Parameters
    ----------
    Z : Rows of shape (n, n_features)
        Read once, in blocks.
    T : ndarray of shape (n, n_targets)
    """
    products = np.zeros((T.shape[1], Z.shape[1]))
    for rows in row_blocks(len(Z)):
        products += T[rows].T @ Z[rows].astype(np.float64)
    return gram_inverse(T) @ products


def target_weights(T: np.ndarray) -> np.ndarray:
    """Return weights (n,) that sum to 1 and give each target the same mass."""
    mass = T.sum(axis=0, dtype=np.float64)
    share = np.divide(1.0, mass, where=mass > 0, out=np.zeros_like(mass))
    weights = T @ share
    return weights / weights.sum()


def centre(noise: np.ndarray, T: np.ndarray) -> None:
    """Take the regression of ``noise`` on ``T`` off, in place; its variance is kept.

    Few rows of many features would otherwise move the class means by more than the classes
    differ. With h = diag(T (TᵀT)⁻¹ Tᵀ), the residual of a row has 1 - h of its variance and
    is divided by √(1 - h); with one-hot codes h is 1 / n_c. A row with h = 1 (the only one
    of its class) stays as it is.

    Parameters
    ----------
    noise : ndarray of shape (n, n_features), float32
        Of independent rows with mean 0.
    T : ndarray of shape (n, n_targets), float32
    """
    inverse = gram_inverse(T)
    leverage = np.einsum("ij,jk,ik->i", T, inverse, T, optimize=True)
    several = leverage < 1 - 1e-6
    coefficients = (inverse @ (T.T @ noise)).astype(np.float32)
    own = T * several[:, None].astype(np.float32)
    noise -= own @ coefficients
    factor = np.where(several, 1 / np.sqrt(np.where(several, 1 - leverage, 1.0)), 1.0)
    noise *= factor.astype(np.float32)[:, None]
