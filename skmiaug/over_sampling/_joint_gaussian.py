"""Where the generator of several modalities starts: class Gaussians that go together.

Each modality has its own class Gaussian. In the coordinates that whiten each of them, only
their coherence is left: the covariance of the leading coordinates of one modality with
those of another. Its singular values are the canonical correlations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from skmiaug.over_sampling._class_gaussian import ClassGaussian


@dataclass(frozen=True)
class JointGaussian:
    """Class Gaussians of several modalities and their coherence.

    Attributes
    ----------
    parts : tuple of ClassGaussian
        One for each modality.
    sizes : tuple of int
        How many leading whitened coordinates of each modality the networks see.
    coherent_sizes : tuple of int
        How many of them go together with those of the other modalities, as many as
        ``sizes`` or more; the rest of them is independent.
    coherence : ndarray of shape (m, m), float32
        Correlations of those that go together, all modalities side by side: blocks of
        ones on the diagonal, coherences between.
    """

    parts: tuple[ClassGaussian, ...]
    sizes: tuple[int, ...]
    coherent_sizes: tuple[int, ...]
    coherence: np.ndarray

    def means(self) -> np.ndarray:
        """Return the shrunken class means where modalities go together, (n_classes, m)."""
        pairs = zip(self.parts, self.coherent_sizes, strict=True)
        return np.hstack([part.means[:, :m] for part, m in pairs])

    def kept_means(self) -> np.ndarray:
        """Return what is left of a class mean after its shrinkage, (n_classes, m)."""
        kept = [
            np.repeat(1 - part.mean_shrinkage[:, None], m, axis=1)
            for part, m in zip(self.parts, self.coherent_sizes, strict=True)
        ]
        return np.hstack(kept).astype(np.float32)

    def columns(self, modalities: Sequence[int]) -> np.ndarray:
        """Return which of the m coordinates are those of some modalities."""
        return self._first(self.coherent_sizes, modalities)

    def seen(self, modalities: Sequence[int] | None = None) -> np.ndarray:
        """Return which of the m coordinates of modalities (all) the networks see."""
        return self._first(
            self.sizes, range(len(self.sizes)) if modalities is None else modalities
        )

    @cached_property
    def factor(self) -> np.ndarray:
        """Lower triangular F with F Fᵀ the coherence, (m, m) float32."""
        return np.linalg.cholesky(self.coherence.astype(float)).astype(np.float32)

    def factor_of(self, columns: np.ndarray) -> np.ndarray:
        """Return the same of some of the coordinates."""
        C = self.coherence[np.ix_(columns, columns)].astype(float)
        return np.linalg.cholesky(C).astype(np.float32)

    def __getstate__(self) -> dict[str, Any]:
        # What is cached is made anew in another process.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def whitening(self, columns: np.ndarray) -> np.ndarray:
        """Return W so that the noise of some of the coordinates, times W, is white."""
        C = self.coherence[np.ix_(columns, columns)].astype(float)
        return np.linalg.inv(np.linalg.cholesky(C)).T.astype(np.float32)

    def regression(self, known: np.ndarray, unknown: np.ndarray) -> np.ndarray:
        """Return what moves some coordinates per unit of others.

        Parameters
        ----------
        known, unknown : ndarray of int
            Which of the m coordinates are known, and which are to be moved.

        Returns
        -------
        ndarray of shape (n_known, n_unknown), float32
        """
        C = self.coherence.astype(float)
        known_known, known_unknown = C[np.ix_(known, known)], C[np.ix_(known, unknown)]
        return np.linalg.solve(known_known, known_unknown).astype(np.float32)

    def _first(self, sizes: Sequence[int], modalities: Sequence[int]) -> np.ndarray:
        begin = np.cumsum([0, *self.coherent_sizes])
        return np.concatenate([begin[k] + np.arange(sizes[k]) for k in modalities])
