"""Rows of several modalities, whitened one modality at a time and sorted by class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skmiaug.over_sampling._class_gaussian import fit_class_gaussian, means_by_class
from skmiaug.over_sampling._coherence import Deviations, fit_coherence
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._joint_gaussian import JointGaussian
from skmiaug.over_sampling._streams import FOLDS
from skmiaug.utils._random import numpy_generator

# Directions of a modality that may go together with others: one for three rows, within.
_COHERENT = 512, 1024


@dataclass
class JointRows:
    """What is known of the rows before training.

    Attributes
    ----------
    scales : tuple of ColumnScale
        One for each modality.
    gaussian : JointGaussian
    classes : ndarray of shape (n_whole,)
        Classes of the rows that have all modalities, sorted.
    whitened : list of ndarray of shape (n_whole, n_columns), float32
        Those rows, for each modality.
    """

    scales: tuple[ColumnScale, ...]
    gaussian: JointGaussian
    classes: np.ndarray
    whitened: list[np.ndarray]

    def leading(self) -> np.ndarray:
        """Return the coordinates that the networks see, (n_whole, sum of sizes) float32."""
        sizes = self.gaussian.sizes
        return np.hstack([U[:, :m] for U, m in zip(self.whitened, sizes, strict=True)])

    def class_begin(self) -> np.ndarray:
        """Return where each class begins, and the end, (n_classes + 1,)."""
        n_classes = len(self.gaussian.parts[0].means)
        return np.searchsorted(self.classes, np.arange(n_classes + 1))

    def take_deviations(self) -> list[np.ndarray]:
        """Turn ``whitened`` into deviations from the class means, in place."""
        n_classes = len(self.gaussian.parts[0].means)
        for U in self.whitened:
            U -= means_by_class(U, self.classes, n_classes).astype(np.float32)[self.classes]
        return self.whitened


def whole_rows(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Mask (n,) of the rows that lack no modality; a missing one is all NaN."""
    return ~np.any([np.isnan(part).any(axis=1) for part in parts], axis=0)


def prepare_joint_rows(
    parts: Sequence[np.ndarray],
    classes: np.ndarray,
    n_classes: int,
    sizes: tuple[int, ...],
    seed: int,
    marginals: str,
) -> JointRows:
    """Fit the class Gaussian of each modality, and their coherence.

    A row that lacks a modality counts for the Gaussians of those that it has.

    Parameters
    ----------
    parts : sequence of ndarray of shape (n, n_columns)
        The rows of each modality; NaN where one is missing.
    classes : ndarray of shape (n,)
        Class indices; each class has a row with all modalities.
    n_classes : int
    sizes : tuple of int
        Leading coordinates of each modality that the networks see.
    seed : int
    marginals : str
        As the augmenter's.
    """
    order = np.argsort(classes, kind="stable")
    whole = whole_rows(parts)
    scales, gaussians, whitened, counts = [], [], [], []
    for part in parts:
        there = order[~np.isnan(part[order]).any(axis=1)]
        rows = np.ascontiguousarray(part[there])
        scale = ColumnScale.fit(rows, classes[there], marginals)
        Z = scale.transform(rows)
        gaussian = fit_class_gaussian(Z, classes[there], n_classes)
        U = gaussian.whiten_in_place(Z)
        counts.append(np.bincount(classes[there], minlength=n_classes))
        scales.append(scale)
        gaussians.append(gaussian)
        whitened.append(U if whole[there].all() else U[whole[there]])
    sorted_classes = classes[order[whole[order]]]
    coherent_sizes, deviations = [], []
    for U, m, own, gaussian in zip(whitened, sizes, counts, gaussians, strict=True):
        n_rows = int(own.sum())
        most = min(max(_COHERENT[0], n_rows // 3), _COHERENT[1], n_rows)
        n_coherent = max(m, min(U.shape[1], most))
        lead = U[:, :n_coherent]
        means = means_by_class(lead, sorted_classes, n_classes)
        coherent_sizes.append(n_coherent)
        deviations.append(Deviations.of(lead, means, sorted_classes, own, gaussian))
    coherence = fit_coherence(deviations, sorted_classes, numpy_generator(seed, FOLDS))
    gaussian_of_all = JointGaussian(
        tuple(gaussians), sizes, tuple(coherent_sizes), coherence
    )
    return JointRows(tuple(scales), gaussian_of_all, sorted_classes, whitened)
