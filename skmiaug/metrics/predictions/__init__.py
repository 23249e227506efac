"""Scores of predictions that scikit-learn and imbalanced-learn lack.

scikit-learn has those of several labels: by label ``f1_score(average="macro")`` and
``average_precision_score(average="macro")``; by example ``f1_score(average="samples")``,
``jaccard_score(average="samples")``, ``hamming_loss``, ``accuracy_score`` (exact sets),
``label_ranking_average_precision_score`` and ``coverage_error``. It has the Brier score of
several classes (``brier_score_loss``) and UAR (``balanced_accuracy_score``).
imbalanced-learn has the G-mean (``geometric_mean_score``).
"""

from skmiaug.metrics.predictions._attributes import (
    IntensityScores,
    concordance_correlation_coefficient,
    intensity_baseline,
    intensity_scores,
    mean_absolute_error_by_band,
)
from skmiaug.metrics.predictions._paired import CorrectedTTest, corrected_repeated_ttest
from skmiaug.metrics.predictions._shares import (
    bhattacharyya_coefficient,
    expected_calibration_error,
    jensen_shannon_distance,
    plurality_f1_score,
)

__all__ = [
    "CorrectedTTest",
    "IntensityScores",
    "bhattacharyya_coefficient",
    "concordance_correlation_coefficient",
    "corrected_repeated_ttest",
    "expected_calibration_error",
    "intensity_baseline",
    "intensity_scores",
    "jensen_shannon_distance",
    "mean_absolute_error_by_band",
    "plurality_f1_score",
]
