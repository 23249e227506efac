"""Cross-covariance of groups of columns, estimated so that chance counts for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.isotonic import IsotonicRegression

from skmiaug.over_sampling.columns._transform import ColumnGroup
from skmiaug.over_sampling.targets._regression import Gram, regress

_FOLDS = 5
_MAX_CORRELATION = 0.995
_MIN_EIGENVALUE = 0.005
_MIN_VARIANCE = 1e-4


@dataclass(frozen=True)
class GroupRows:
    """Residuals of one group of columns, and the covariance that whitened them.

    Attributes
    ----------
    rows : ndarray of shape (n, m)
        Leading whitened coordinates of the rows that have all groups, less their own
        regression on the targets.
    seen : ndarray of shape (n, m)
        The same less the regression of all rows that have this group.
    gram : Gram
        Of the codes of these.
    identity : ndarray of shape (m,)
        How much of the variance of 1 comes from the shrinkage and not from the rows.
    shrinkage : float
        Weight of the identity in the covariance.
    """

    rows: np.ndarray
    seen: np.ndarray
    gram: Gram
    identity: np.ndarray
    shrinkage: float

    @classmethod
    def of(
        cls,
        Z: np.ndarray,
        T: np.ndarray,
        row_means: np.ndarray,
        gram: Gram,
        group: ColumnGroup,
    ) -> "GroupRows":
        """Gather them for one group.

        Parameters
        ----------
        Z : ndarray of shape (n, m)
            Leading coordinates of the rows that have all groups.
        T : ndarray of shape (n, n_targets)
            Their codes.
        row_means : ndarray of shape (n_targets, m)
            Coefficients of all rows that have this group.
        gram : Gram
            Of the codes of these.
        group : ColumnGroup
            The transform that whitened them.
        """
        variance = np.square(group.deviation.astype(float))
        # The identity was added before the whitening, times the mean variance of all
        # columns: directions that no coordinate stands for have that much and no more.
        d, k = group.axes.shape
        mean_variance = variance.sum() / (d - (d - k) * group.shrinkage)
        return cls(
            rows=Z - T @ regress(Z, T).astype(np.float32),
            seen=Z - T @ row_means,
            gram=gram,
            identity=group.shrinkage * mean_variance / variance[: Z.shape[1]],
            shrinkage=group.shrinkage,
        )

    def factor_without(self, T: np.ndarray, fold: np.ndarray) -> np.ndarray:
        """Return the lower triangular L with L Lᵀ the covariance of all rows but a fold.

        The rows are whitened by a covariance that has seen all of them: among fewer rows
        than columns, each one then lies apart from all others, and would seem to have
        nothing in common with them. What the fold gave to the covariance is taken off.
        """
        n_free, seen = self.gram.n_free, self.seen[fold]
        given = seen.T @ left_out_residuals(seen, T[fold], self.gram)
        S = (self.shrinkage - 1.0) / n_free * (given + given.T) / 2
        S[np.diag_indices_from(S)] += 1.0 - self.identity
        S *= n_free / max(n_free - len(seen), 1)
        S[np.diag_indices_from(S)] += self.identity + _MIN_VARIANCE
        return np.linalg.cholesky(S)


def left_out_residuals(residuals: np.ndarray, T: np.ndarray, gram: Gram) -> np.ndarray:
    """Return the residuals (m, n_features) of rows from a regression without them.

    Parameters
    ----------
    residuals : ndarray of shape (m, n_features)
        Of the regression that has seen them.
    T : ndarray of shape (m, n_targets)
        Their codes.
    gram : Gram
        Of all rows of that regression.
    """
    moved = gram.without(T).inverse @ (T.T @ residuals)
    return residuals + T @ moved.astype(residuals.dtype)


def fit_cross_covariance(
    parts: Sequence[GroupRows], T: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the correlations of the coordinates of all groups, (m, m) float32.

    Parameters
    ----------
    parts : sequence of GroupRows
        One for each group.
    T : ndarray of shape (n, n_targets)
        Codes of their rows.
    rng : numpy.random.Generator
        Draws the folds.
    """
    ends = np.cumsum([0, *(part.rows.shape[1] for part in parts)])
    spans = [slice(*span) for span in pairwise(ends)]
    C = np.eye(ends[-1])
    folds = draw_folds(T.argmax(axis=1), rng)
    for (i, one), (j, other) in combinations(enumerate(parts), 2):
        block = cross_validated_correlation(one, other, T, folds)
        C[spans[i], spans[j]] = block
        C[spans[j], spans[i]] = block.T
    # Of two modalities the least eigenvalue is 1 less the largest singular value.
    return (C if len(parts) == 2 else _made_positive(C)).astype(np.float32)


def draw_folds(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the fold of each row, (n,), from 0 on: no class lies in one fold alone.

    Rows of a class of one row are in none, -1: they have no deviation.
    """
    folds, begin = np.full(len(classes), -1), 0
    for c in np.unique(classes):
        own = np.flatnonzero(classes == c)
        if len(own) > 1:
            folds[rng.permutation(own)] = (begin + np.arange(len(own))) % _FOLDS
            begin += len(own)
    return folds


def cross_validated_correlation(
    one: GroupRows, other: GroupRows, T: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """Mean of x yᵀ with correlations that hold on rows it was not taken from.

    In many directions and few rows some directions of the two groups correlate by chance.
    The singular vectors of the rows outside a fold, whitened without it, are therefore
    measured on the rows in it; their correlations there, made to fall, take the place of
    the singular values. Chance is 0 in expectation, and real dependence is kept whole
    (linear shrinkage would take as much from it as from the rest).
    Correlations, not covariances: whitening by a shrunken covariance leaves variances of
    about 1, and where a correlation is high, a few percent of variance are a large part of
    the information.

    Parameters
    ----------
    one, other : GroupRows
        Of p and of q coordinates.
    T : ndarray of shape (n, n_targets)
        Codes.
    folds : ndarray of shape (n,)
        Fold of each row; those below 0 are always kept.

    Returns
    -------
    ndarray of shape (p, q)
        Its singular values are in [0, 0.995].
    """
    total, gram = one.rows.T @ other.rows, Gram.of(T)
    left, _, right = np.linalg.svd(total, full_matrices=False)
    products, of_one, of_other = np.zeros((3, min(total.shape)))
    for number in np.unique(folds[folds >= 0]):
        fold = folds == number
        x, y = (left_out_residuals(g.rows[fold], T[fold], gram) for g in (one, other))
        L, M = (g.factor_without(T, fold) for g in (one, other))
        rest = _solved(M, _solved(L, total - one.rows[fold].T @ y).T).T
        left_fold, right_fold = _singular_vectors(rest)
        x, y = _solved(L, x.T).T @ left_fold, _solved(M, y.T).T @ right_fold
        products += np.einsum("ij,ij->j", x, y)
        of_one += np.einsum("ij,ij->j", x, x)
        of_other += np.einsum("ij,ij->j", y, y)
    held = products / np.sqrt(np.maximum(of_one * of_other, np.finfo(float).tiny))
    falling = IsotonicRegression(increasing=False).fit_transform(np.arange(len(held)), held)
    return (left * np.clip(falling, 0.0, _MAX_CORRELATION)) @ right


def _singular_vectors(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right singular vectors in columns, the largest singular value first.

    By way of the smaller of A Aᵀ and Aᵀ A, at a quarter of the time. What belongs to
    singular values near 0 is not orthogonal; nothing goes together there in any case.
    """
    if len(A) < A.shape[1]:
        right, left = _singular_vectors(A.T)
        return left, right
    right = np.linalg.eigh((A.T @ A).astype(float))[1][:, ::-1].astype(np.float32)
    left = A @ right
    left /= np.maximum(np.linalg.norm(left, axis=0), np.finfo(np.float32).tiny)
    return left, right


def _solved(L: np.ndarray, right: np.ndarray) -> np.ndarray:
    return solve_triangular(L, right, lower=True, check_finite=False)


def _made_positive(C: np.ndarray) -> np.ndarray:
    """Scale the blocks off the diagonal down until the least eigenvalue is positive.

    Blocks that were estimated one by one need not belong to any joint distribution.
    """
    least = np.linalg.eigvalsh(C)[0]
    if least >= _MIN_EIGENVALUE:
        return C
    identity = np.eye(len(C))
    return identity + (C - identity) * (1 - _MIN_EIGENVALUE) / (1 - least)
