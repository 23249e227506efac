"""Ways to balance that change decisions instead of samples, and the search among all."""

from skmiaug.model_selection._decisions import (
    LogitAdjustedClassifier,
    ThresholdTunedClassifier,
)
from skmiaug.model_selection._prior_correction import PriorCorrectedClassifier

__all__ = [
    "LogitAdjustedClassifier",
    "PriorCorrectedClassifier",
    "ThresholdTunedClassifier",
]
