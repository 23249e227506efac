"""Measures of synthetic samples: fidelity, leakage, utility, TSTR score."""

from skmiaug.metrics.samples._fidelity import (
    PRDC,
    FeatureDrift,
    TwoSampleResult,
    classifier_two_sample_test,
    covariance_drift,
    feature_drift,
    frechet_distance,
    precision_recall_density_coverage,
    variance_ratio,
)
from skmiaug.metrics.samples._leakage import LeakageResult, nearest_row_leakage
from skmiaug.metrics.samples._tstr import (
    TSTRScore,
    TSTRScorer,
    paired_difference,
)
from skmiaug.metrics.samples._utility import (
    UtilityGain,
    train_on_synthetic_test_on_real,
    utility_gain,
)

__all__ = [
    "PRDC",
    "FeatureDrift",
    "LeakageResult",
    "TSTRScore",
    "TSTRScorer",
    "TwoSampleResult",
    "UtilityGain",
    "classifier_two_sample_test",
    "covariance_drift",
    "feature_drift",
    "frechet_distance",
    "nearest_row_leakage",
    "paired_difference",
    "precision_recall_density_coverage",
    "train_on_synthetic_test_on_real",
    "utility_gain",
    "variance_ratio",
]
