"""Ways to balance that change the decision of a classifier instead of its samples."""

from skmiaug.model_selection._decisions import (
    LogitAdjustedClassifier,
    ThresholdTunedClassifier,
)

__all__ = ["LogitAdjustedClassifier", "ThresholdTunedClassifier"]
