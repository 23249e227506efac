"""Mutual information at the start: class means kept where rows tell of the class."""

from dataclasses import replace

import numpy as np

from skmiaug.over_sampling._class_gaussian import ClassGaussian
from skmiaug.over_sampling._mean_shrinkage import weighed_shrinkage


def informing_factors(gaussian: ClassGaussian, mi_weight: float) -> np.ndarray:
    """Factors on the class means that part their shrinkage by information.

    The means of the start were shrunken by the share s of all their information that is
    noise. In a block of directions b that share is s_b, and with λ = ``mi_weight`` the
    means there are to be shrunken by

        s_b(λ) = s + min(λ, 1) (s_b - s),

    hence m_cb ← m_cb (1 - s_b(λ)) / (1 - s). For λ = 0 nothing moves. From λ = 1 on each
    block keeps what it surely tells of the class; what is beyond has taught less.

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
    factors = np.ones(gaussian.means.shape, dtype=np.float32)
    for c in np.flatnonzero(gaussian.mean_shrinkage > 0):
        share = float(gaussian.mean_shrinkage[c])
        taken = weighed_shrinkage(share, gaussian.direction_shrinkage, mi_weight)
        factors[c] = (1 - taken) / (1 - share)
    return factors


def informed(gaussian: ClassGaussian, mi_weight: float) -> ClassGaussian:
    """Return the start with its means times :func:`informing_factors`."""
    factors = informing_factors(gaussian, mi_weight)
    return replace(gaussian, means=gaussian.means * factors)
