"""Mutual information at the start: one step of the class means, in closed form."""

from dataclasses import replace

import numpy as np

from skmiaug.over_sampling._class_gaussian import ClassGaussian

_STEP = 0.5
_RIDGE = 1 / 3


def emphasis(gaussian: ClassGaussian, mi_weight: float) -> np.ndarray:
    """Factors on the whitened class means that raise I(c; x) where it costs least.

    The variational bound with the linear discriminant q of the start, its covariance
    Σ_q = 2/3 Σ + 1/3 v I with v the mean variance of Σ, grows along

        ∂ log q(c|x) / ∂x = Σ_q⁻¹ (μ_c - Σ_k q(k|x) μ_k),

    which is Σ_q⁻¹ μ_c for rows that q is undecided on, with means taken from the grand
    mean. The step is λ / 2 · s_c v Σ_q⁻¹ μ_c, with s_c the share of the mean that was taken
    away as noise: it is as long as the mean is uncertain, and vanishes as rows grow many.
    Then all means are scaled back to their former squared length in whitened units. The
    bound is raised most by moving classes apart, which teaches a classifier to be surer
    than right on new speakers; what is left is the direction, away from what varies most
    between rows of a class (in speech: who speaks) to what varies little.

    The factors are diagonal in whitened coordinates, 1 + λ / 2 · s_c v / (2/3 w_j + v/3)
    for variance w_j, and lie between those of the directions of most and of least variance,
    for which the last term is at most 3 s_c λ / 2.

    Parameters
    ----------
    gaussian : ClassGaussian
    mi_weight : float
        λ, at least 0.

    Returns
    -------
    ndarray of shape (n_classes, n_features), float32
        All 1 for λ = 0, and for a class whose mean was not shrunken (of one row).
    """
    variance = gaussian.deviation.astype(float) ** 2
    slope = variance.mean() / ((1 - _RIDGE) * variance + _RIDGE * variance.mean())
    factors = 1 + mi_weight * _STEP * gaussian.mean_shrinkage[:, None] * slope
    moved = gaussian.mean_shrinkage > 0
    means = gaussian.means[moved].astype(float)
    length = np.square(means * factors[moved]).sum()
    if length > 0:
        factors[moved] *= np.sqrt(np.square(means).sum() / length)
    return factors.astype(np.float32)


def emphasised(gaussian: ClassGaussian, mi_weight: float) -> ClassGaussian:
    """Return the start with its means times :func:`emphasis`."""
    return replace(gaussian, means=gaussian.means * emphasis(gaussian, mi_weight))
