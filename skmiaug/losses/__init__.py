"""Losses as pure functions of tensors; each names its equation."""

from skmiaug.losses._adversarial import critic_hinge_loss, generator_hinge_loss
from skmiaug.losses._leash import leash_penalty
from skmiaug.losses._mutual_information import (
    categorical_information,
    class_entropy,
    gaussian_code_information,
)

__all__ = [
    "categorical_information",
    "class_entropy",
    "critic_hinge_loss",
    "gaussian_code_information",
    "generator_hinge_loss",
    "leash_penalty",
]
