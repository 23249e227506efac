"""Losses: pure functions of tensors, each with its equation."""

# ruff: noqa: F401 (the imports are the names of this package)

from skmiaug.losses._gan import (
    categorical_information,
    class_cross_entropy,
    critic_hinge_loss,
    gaussian_code_information,
    generator_hinge_loss,
    residual_penalty,
)
from skmiaug.losses._representation import (
    LARGEST_LOG_SCALE,
    RECONSTRUCTION_ERRORS,
    SAME_CLASS_ROLES,
    cosine_scores,
    info_nce_information,
    masked_reconstruction_loss,
    symmetric_info_nce,
)
