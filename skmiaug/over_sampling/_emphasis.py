"""Mutual information at the start: one step of the class means, in closed form."""

from dataclasses import replace

import numpy as np

from skmiaug.over_sampling._class_gaussian import ClassGaussian

_STEP = 0.5
_RIDGE = 1 / 3


def emphasis(gaussian: ClassGaussian, mi_weight: float) -> np.ndarray:
    """Factors on the whitened class means that raise I(c; x) and not what is read easily.

    The start tells the classes apart by the squared whitened distances of its means,
    Σ_j m_cj², and its I(c; x) grows with their sum over classes. A regularised reader, the
    linear discriminant q with covariance Σ_q = 2/3 Σ + 1/3 v I (v the mean variance of Σ),
    is told Σ_j r_j m_cj² with r_j = w_j / (2/3 w_j + v / 3) for the variance w_j. To raise
    what q is told is to move classes apart, which makes a classifier surer than right on
    new speakers. So the means take a step of gradient ascent on the first sum with the
    second one held, and that is, up to the scale which holds it,

        m_cj ← m_cj (1 + λ / 2 · s_c r_j v / w_j),

    since r_j is linear in r_j v / w_j. In the features the step is λ / 2 · s_c v Σ_q⁻¹ μ_c.
    s_c is the share of the class mean that was taken away as noise: a step is as long as
    the mean is uncertain, and vanishes as rows grow many. The means turn away from
    directions in which rows of a class vary most (in speech: who speaks) and towards those
    in which they vary little.

    Parameters
    ----------
    gaussian : ClassGaussian
    mi_weight : float
        λ, at least 0.

    Returns
    -------
    ndarray of shape (n_classes, n_features), float32
        Rising with falling variance, by no more than 1 + 3/2 λ s_c in all. All 1 for λ = 0,
        and for a class whose mean was not shrunken (of one row).
    """
    variance = gaussian.deviation.astype(float) ** 2
    read = variance / ((1 - _RIDGE) * variance + _RIDGE * variance.mean())
    slope = read * variance.mean() / variance
    factors = 1 + mi_weight * _STEP * gaussian.mean_shrinkage[:, None] * slope
    moved = gaussian.mean_shrinkage > 0
    told = read * np.square(gaussian.means[moved].astype(float))
    more = (told * np.square(factors[moved])).sum()
    if more > 0:
        factors[moved] *= np.sqrt(told.sum() / more)
    return factors.astype(np.float32)


def emphasised(gaussian: ClassGaussian, mi_weight: float) -> ClassGaussian:
    """Return the start with its means times :func:`emphasis`."""
    return replace(gaussian, means=gaussian.means * emphasis(gaussian, mi_weight))
