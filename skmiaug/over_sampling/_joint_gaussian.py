"""Where the generator of several modalities starts: class Gaussians that go together.

Each modality has its own class Gaussian. In the coordinates that whiten each of them, only
their coherence is left: the covariance of the leading coordinates of one modality with
those of another. Its singular values are the canonical correlations.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from sklearn.isotonic import IsotonicRegression

from skmiaug.over_sampling._class_gaussian import ClassGaussian

_FOLDS = 5
_MOST_COHERENCE = 0.995
_LEAST_EIGENVALUE = 0.005


@dataclass(frozen=True)
class JointGaussian:
    """Class Gaussians of several modalities and their coherence.

    Attributes
    ----------
    parts : tuple of ClassGaussian
        One for each modality.
    sizes : tuple of int
        How many leading whitened coordinates of each modality go together with those of
        the others; the rest of them is independent.
    coherence : ndarray of shape (m, m), float32
        Correlations of the leading coordinates of all modalities side by side: blocks of
        ones on the diagonal, coherences between.
    """

    parts: tuple[ClassGaussian, ...]
    sizes: tuple[int, ...]
    coherence: np.ndarray

    def means(self) -> np.ndarray:
        """Return the shrunken class means in leading coordinates, (n_classes, m)."""
        return np.hstack(
            [part.means[:, :m] for part, m in zip(self.parts, self.sizes, strict=True)]
        )

    def kept_means(self) -> np.ndarray:
        """Return what is left of a class mean after its shrinkage, (n_classes, m)."""
        kept = [
            np.repeat(1 - part.mean_shrinkage[:, None], m, axis=1)
            for part, m in zip(self.parts, self.sizes, strict=True)
        ]
        return np.hstack(kept).astype(np.float32)

    def columns(self, modalities: tuple[int, ...]) -> np.ndarray:
        """Return the numbers of the leading coordinates of some modalities."""
        ends = np.cumsum([0, *self.sizes])
        spans = [np.arange(*span) for span in pairwise(ends)]
        return np.concatenate([spans[k] for k in modalities])

    def factor(self) -> np.ndarray:
        """Return the lower triangular F with F Fᵀ the coherence, (m, m) float32."""
        return np.linalg.cholesky(self.coherence.astype(float)).astype(np.float32)

    def whitening(self, columns: np.ndarray) -> np.ndarray:
        """Return W so that the noise of some leading coordinates, times W, is white."""
        C = self.coherence[np.ix_(columns, columns)].astype(float)
        return np.linalg.inv(np.linalg.cholesky(C)).T.astype(np.float32)

    def regression(self, given: tuple[int, ...]) -> np.ndarray:
        """Return what moves the other modalities per unit of the given ones.

        Returns
        -------
        ndarray of shape (n_given columns, n_other columns), float32
        """
        others = tuple(k for k in range(len(self.sizes)) if k not in given)
        known, unknown = self.columns(given), self.columns(others)
        C = self.coherence.astype(float)
        known_known, known_unknown = C[np.ix_(known, known)], C[np.ix_(known, unknown)]
        return np.linalg.solve(known_known, known_unknown).astype(np.float32)


def fit_coherence(deviations: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Return the correlations of the leading coordinates of all modalities.

    Parameters
    ----------
    deviations : list of ndarray of shape (n, m_k)
        For each modality, whitened rows less their class mean.
    rng : numpy.random.Generator
        Draws the folds.

    Returns
    -------
    ndarray of shape (m, m), float32
    """
    n = len(deviations[0])
    ends = np.cumsum([0, *(rows.shape[1] for rows in deviations)])
    spans = [slice(*span) for span in pairwise(ends)]
    C = np.eye(ends[-1])
    folds = rng.permutation(n) % _FOLDS
    for (i, one), (j, other) in combinations(enumerate(deviations), 2):
        block = cross_validated_coherence(one.astype(float), other.astype(float), folds)
        C[spans[i], spans[j]] = block
        C[spans[j], spans[i]] = block.T
    return _made_positive(C).astype(np.float32)


def cross_validated_coherence(
    one: np.ndarray, other: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """Mean of x yᵀ with correlations that hold on rows it was not taken from.

    In many directions and few rows some directions of the two modalities seem to go
    together by chance. The singular vectors of the rows outside a fold are therefore
    measured on the rows in it; their correlations there, made to fall, take the place of
    the singular values. What is chance is 0 in expectation, and what holds is kept whole
    (linear shrinkage would take as much from it as from the rest). Correlations, not
    covariances: whitening by a shrunken covariance leaves variances of about 1, and where
    a correlation is high, a few percent of variance are a large part of the information.

    Parameters
    ----------
    one : ndarray of shape (n, p)
        Centred rows x.
    other : ndarray of shape (n, q)
        Centred rows y.
    folds : ndarray of shape (n,)
        Fold of each row, from 0 on.

    Returns
    -------
    ndarray of shape (p, q)
        Its singular values are in [0, 0.995].
    """
    total = one.T @ other
    products, of_one, of_other = np.zeros((3, min(total.shape)))
    for fold in np.unique(folds):
        x, y = one[folds == fold], other[folds == fold]
        left, _, right = np.linalg.svd(total - x.T @ y, full_matrices=False)
        x, y = x @ left, y @ right.T
        products += (x * y).sum(axis=0)
        of_one += np.square(x).sum(axis=0)
        of_other += np.square(y).sum(axis=0)
    held = products / np.sqrt(np.maximum(of_one * of_other, np.finfo(float).tiny))
    falling = IsotonicRegression(increasing=False).fit_transform(np.arange(len(held)), held)
    left, _, right = np.linalg.svd(total, full_matrices=False)
    return (left * np.clip(falling, 0.0, _MOST_COHERENCE)) @ right


def _made_positive(C: np.ndarray) -> np.ndarray:
    """Scale the blocks off the diagonal down until the least eigenvalue is positive.

    Blocks that were estimated one by one need not belong to any joint distribution.
    """
    least = np.linalg.eigvalsh(C)[0]
    if least >= _LEAST_EIGENVALUE:
        return C
    identity = np.eye(len(C))
    return identity + (C - identity) * (1 - _LEAST_EIGENVALUE) / (1 - least)
