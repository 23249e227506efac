"""The closed-form prior: a shrunken regression on the targets, and noise around it."""

from skmiaug.over_sampling.prior._choice import (
    CANDIDATES,
    NoiseScore,
    candidates_of,
    choose_noise,
)
from skmiaug.over_sampling.prior._cross_covariance import (
    GroupRows,
    cross_validated_correlation,
    draw_folds,
    fit_cross_covariance,
    left_out_residuals,
)
from skmiaug.over_sampling.prior._fit_prior import fit_prior, with_noise
from skmiaug.over_sampling.prior._noise import NOISES, class_covariances, unbiased_residuals
from skmiaug.over_sampling.prior._prior import Prior, standard_normal
from skmiaug.over_sampling.prior._shrinkage import (
    direction_blocks,
    james_stein_shrinkage,
    shrinkage_by_direction,
)

__all__ = [
    "CANDIDATES",
    "NOISES",
    "GroupRows",
    "NoiseScore",
    "Prior",
    "candidates_of",
    "choose_noise",
    "class_covariances",
    "cross_validated_correlation",
    "direction_blocks",
    "draw_folds",
    "fit_cross_covariance",
    "fit_prior",
    "james_stein_shrinkage",
    "left_out_residuals",
    "shrinkage_by_direction",
    "standard_normal",
    "unbiased_residuals",
    "with_noise",
]
