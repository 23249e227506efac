"""Losses: pure functions of tensors, each with its equation."""

from skmiaug.losses._adversarial import (
    critic_hinge_loss,
    generator_hinge_loss,
    residual_penalty,
)
from skmiaug.losses._contrastive import (
    LARGEST_LOG_SCALE,
    SAME_CLASS_ROLES,
    cosine_scores,
    info_nce_information,
    symmetric_info_nce,
)
from skmiaug.losses._masked import RECONSTRUCTION_ERRORS, masked_reconstruction_loss
from skmiaug.losses._mutual_information import (
    categorical_information,
    class_cross_entropy,
    gaussian_code_information,
)

__all__ = [
    "LARGEST_LOG_SCALE",
    "RECONSTRUCTION_ERRORS",
    "SAME_CLASS_ROLES",
    "categorical_information",
    "class_cross_entropy",
    "cosine_scores",
    "critic_hinge_loss",
    "gaussian_code_information",
    "generator_hinge_loss",
    "info_nce_information",
    "masked_reconstruction_loss",
    "residual_penalty",
    "symmetric_info_nce",
]
