"""Balance by decisions, by votes as targets, or by whichever way cross-validates best."""

from skmiaug.model_selection._decisions import (
    LogitAdjustedClassifier,
    ThresholdTunedClassifier,
)
from skmiaug.model_selection._prior_correction import PriorCorrectedClassifier
from skmiaug.model_selection._search import BalancingSearchCV
from skmiaug.model_selection._soft_labels import SoftLabelClassifier

__all__ = [
    "BalancingSearchCV",
    "LogitAdjustedClassifier",
    "PriorCorrectedClassifier",
    "SoftLabelClassifier",
    "ThresholdTunedClassifier",
]
