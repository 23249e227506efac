"""Measures of generated data and of predictions.

Functions of arrays; information is in nats. `docs/metrics.md` helps to choose.
"""

from skmiaug.metrics import information, samples
from skmiaug.metrics._predictions import (
    CorrectedTTest,
    bhattacharyya_coefficient,
    concordance_correlation_coefficient,
    corrected_repeated_ttest,
    expected_calibration_error,
    intensity_accuracy_score,
    jensen_shannon_distance,
    mean_absolute_error_by_band,
    plurality_f1_score,
)
from skmiaug.metrics.information import *  # noqa: F403
from skmiaug.metrics.samples import *  # noqa: F403

__all__ = [
    *information.__all__,
    *samples.__all__,
    "CorrectedTTest",
    "bhattacharyya_coefficient",
    "concordance_correlation_coefficient",
    "corrected_repeated_ttest",
    "expected_calibration_error",
    "intensity_accuracy_score",
    "jensen_shannon_distance",
    "mean_absolute_error_by_band",
    "plurality_f1_score",
]
