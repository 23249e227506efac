"""Linear regression on target codes, in closed form.

Codes T (n, n_targets) are one-hot for classes: the regression of Z on T is then the class
means, and everything here costs a few sums.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.preprocessing import StandardScaler

from skmiaug.utils.tables._row_blocks import Rows, row_blocks

# Least eigenvalue of TᵀT that counts, over the largest.
_RCOND = 1e-10
_CACHED_ROWS = 512
# Codes have to predict the columns of X better than simpler ones by this share: all
# coefficients are shrunken by one factor, which noisy ones make large.
_AS_GOOD, _ROUNDING = 2e-3, 1e-9
_MAX_ROWS, _MAX_COLUMNS = 2000, 512


@dataclass(frozen=True)
class Gram:
    """TᵀT of n rows of codes: all that a regression on them needs to know of T.

    Attributes
    ----------
    n : int
    matrix : ndarray of shape (n_targets, n_targets), float64
    """

    n: int
    matrix: np.ndarray

    @classmethod
    def of(cls, T: np.ndarray) -> "Gram":
        """Sum up codes (n, n_targets)."""
        blocks = [T[rows] for rows in row_blocks(len(T))]
        if all((np.count_nonzero(block, axis=1) <= 1).all() for block in blocks):
            squares = (np.square(block).sum(axis=0, dtype=np.float64) for block in blocks)
            return cls(len(T), np.diag(sum(squares, np.zeros(T.shape[1]))))
        matrix = np.zeros((T.shape[1], T.shape[1]))
        for block in blocks:
            matrix += block.T.astype(np.float64) @ block
        return cls(len(T), matrix)

    def without(self, T: np.ndarray) -> "Gram":
        """Return the same without some of the rows, (m, n_targets)."""
        return Gram(self.n - len(T), self.matrix - Gram.of(T).matrix)

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether no row has two targets, as with one-hot codes."""
        return np.count_nonzero(self.matrix) == np.count_nonzero(self.matrix.diagonal())

    @cached_property
    def inverse(self) -> np.ndarray:
        """Pseudo-inverse of TᵀT, (n_targets, n_targets); zeros for a code that no row has.

        Its diagonal holds the variances of the coefficients of a regression on T for noise
        of unit variance: 1 / n_c for one-hot codes.
        """
        if not self.is_diagonal:
            return np.linalg.pinv(self.matrix, rcond=_RCOND, hermitian=True)
        own = self.matrix.diagonal()
        return np.diag(np.divide(1.0, own, where=own > 0, out=np.zeros_like(own)))

    @cached_property
    def n_free(self) -> int:
        """Rows less the rank of T, at least 1: the degrees of freedom of the residuals."""
        rank = round(float(np.einsum("ij,ij->", self.inverse, self.matrix)))
        return max(self.n - rank, 1)

    def leverage(self, T: np.ndarray) -> np.ndarray:
        """Return t (TᵀT)⁻¹ tᵀ for each row t of codes (m, n_targets); (m,) float64.

        The share of the variance of a row that a regression on all of them takes up:
        1 / n_c for one-hot codes, 1 for a row that alone has its target.
        """
        leverage = np.empty(len(T))
        for rows in row_blocks(len(T)):
            if self.is_diagonal:
                leverage[rows] = np.square(T[rows]) @ self.inverse.diagonal()
            else:
                leverage[rows] = ((T[rows] @ self.inverse) * T[rows]).sum(axis=1)
        return leverage


def regress(Z: Rows, T: np.ndarray, gram: Gram | None = None) -> np.ndarray:
    """Return the least-squares coefficients B of Z ≈ T B, (n_targets, n_features) float64.

    Parameters
    ----------
    Z : Rows of shape (n, n_features)
        Read once, in blocks.
    T : ndarray of shape (n, n_targets)
    gram : Gram or None
        Of ``T``, where it is known.
    """
    products = np.zeros((T.shape[1], Z.shape[1]))
    for rows in row_blocks(len(Z)):
        products += T[rows].T @ Z[rows].astype(np.float64)
    return (gram or Gram.of(T)).inverse @ products


def target_weights(T: np.ndarray) -> np.ndarray:
    """Return weights (n,) that sum to 1 and give each target the same mass."""
    mass = T.sum(axis=0, dtype=np.float64)
    share = np.divide(1.0, mass, where=mass > 0, out=np.zeros_like(mass))
    weights = T @ share
    return weights / weights.sum()


def centre(
    noise: np.ndarray, T: np.ndarray, coefficients: np.ndarray | None = None
) -> None:
    """Subtract the regression of ``noise`` on ``T``, in place, and keep its variance.

    Few rows of many features would otherwise move the class means by more than the classes
    differ. The residual of a row of leverage h has 1 - h of its variance and is divided by
    √(1 - h). A row with h = 1 (the only one of its class) stays as it is.

    Parameters
    ----------
    noise : ndarray of shape (n, n_features), float32, in C order
        Of independent rows with mean 0.
    T : ndarray of shape (n, n_targets), float32
    coefficients : ndarray of shape (n_targets, n_features), float32, or None
        If given, T times these is added.
    """
    gram = Gram.of(T)
    left = 1 - gram.leverage(T)
    alone = left < 1e-6
    factor = (1 / np.sqrt(np.where(alone, 1.0, left))).astype(np.float32)[:, None]
    codes, added = -factor * T, (gram.inverse @ (T.T @ noise)).astype(np.float32)
    codes[alone] = 0.0
    if coefficients is not None:
        codes, added = np.hstack([codes, T]), np.vstack([added, coefficients])
    # Few rows at a time, which stay in the cache between the two passes.
    for rows in row_blocks(len(noise), _CACHED_ROWS):
        noise[rows] *= factor[rows]
        noise[rows] += codes[rows] @ added


def move_to(Z: np.ndarray, T: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return rows (n, n_features) moved so that their regression on T is ``coefficients``.

    A row of leverage 1 (the only one of its class) stays.
    """
    gram = Gram.of(T)
    shift = coefficients - gram.inverse @ (T.T @ Z)
    moved = Z + T @ shift.astype(np.float32)
    alone = gram.leverage(T) > 1 - 1e-6
    moved[alone] = Z[alone]
    return moved


def simplest_codes(candidates: Sequence[Callable[[], np.ndarray]], X: Rows) -> int:
    """Return which codes of the same targets to use, by generalised cross-validation.

    A regression of the columns of X on each is scored by its mean squared error over
    (1 - r/n)², for n rows and r free coefficients (Golub, Heath and Wahba, 1979). The first
    within a fifth of a percent of the best is taken.

    Parameters
    ----------
    candidates : sequence of callable
        They return codes (n_rows, n_codes), the simplest first.
    X : Rows of shape (n_rows, n_features)
        2,000 rows and 512 columns of it are used. NaN counts as the mean.
    """
    rows, columns = (
        slice(None, None, -(-n // most))
        for n, most in zip(X.shape, (_MAX_ROWS, _MAX_COLUMNS), strict=True)
    )
    some = np.asarray(X[rows], dtype=np.float64)[:, columns]
    Z = np.nan_to_num(StandardScaler().fit_transform(some))
    scores = []
    for codes in candidates:
        T = codes()[rows].astype(np.float64)
        coefficients, _, rank, _ = np.linalg.lstsq(T, Z, rcond=1e-6)
        error = np.square(Z - T @ coefficients).mean()
        scores.append(error / max(1 - rank / len(Z), 1e-3) ** 2)
    good = np.array(scores) <= (1 + _AS_GOOD) * min(scores) + _ROUNDING
    return int(good.argmax())
