"""Classifiers around a classifier: decisions moved to rare classes, votes as targets."""

from skmiaug.model_selection._decisions import (
    LogitAdjustedClassifier,
    ThresholdTunedClassifier,
)
from skmiaug.model_selection._soft_labels import SoftLabelClassifier

__all__ = ["LogitAdjustedClassifier", "SoftLabelClassifier", "ThresholdTunedClassifier"]
