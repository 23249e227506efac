"""Ways to balance that change decisions instead of samples, and the search among all."""

from skmiaug.model_selection._decisions import (
    LogitAdjustedClassifier,
    ThresholdTunedClassifier,
)
from skmiaug.model_selection._prior_correction import PriorCorrectedClassifier
from skmiaug.model_selection._search import BalancingSearchCV

__all__ = [
    "BalancingSearchCV",
    "LogitAdjustedClassifier",
    "PriorCorrectedClassifier",
    "ThresholdTunedClassifier",
]
