"""Measures of generated data: information, fidelity, leakage, utility, calibration.

Functions of arrays; information is in nats. `docs/metrics.md` says which to use for what.
"""

from skmiaug.metrics._calibration import brier_score, expected_calibration_error
from skmiaug.metrics._classifier_bound import classifier_bound
from skmiaug.metrics._classifier_information import (
    InformationEstimate,
    classifier_information,
)
from skmiaug.metrics._drift import (
    FeatureDrift,
    covariance_drift,
    feature_drift,
    variance_ratio,
)
from skmiaug.metrics._frechet import frechet_distance
from skmiaug.metrics._gaussian_information import gaussian_information
from skmiaug.metrics._infonce_information import infonce_information
from skmiaug.metrics._information_result import InformationResult
from skmiaug.metrics._intensity import (
    IntensityScores,
    intensity_baseline,
    intensity_scores,
)
from skmiaug.metrics._ksg_information import ksg_information
from skmiaug.metrics._leakage import LeakageResult, nearest_row_leakage
from skmiaug.metrics._mixed_information import mixed_information
from skmiaug.metrics._mutual_information_score import (
    mutual_information_score,
    pointwise_mutual_information,
)
from skmiaug.metrics._prdc import PRDC, precision_recall_density_coverage
from skmiaug.metrics._prior_correction import PriorCorrectedClassifier
from skmiaug.metrics._two_sample import TwoSampleResult, classifier_two_sample_test
from skmiaug.metrics._utility import (
    UtilityGain,
    train_on_synthetic_test_on_real,
    utility_gain,
)

__all__ = [
    "PRDC",
    "FeatureDrift",
    "InformationEstimate",
    "InformationResult",
    "IntensityScores",
    "LeakageResult",
    "PriorCorrectedClassifier",
    "TwoSampleResult",
    "UtilityGain",
    "brier_score",
    "classifier_bound",
    "classifier_information",
    "classifier_two_sample_test",
    "covariance_drift",
    "expected_calibration_error",
    "feature_drift",
    "frechet_distance",
    "gaussian_information",
    "infonce_information",
    "intensity_baseline",
    "intensity_scores",
    "ksg_information",
    "mixed_information",
    "mutual_information_score",
    "nearest_row_leakage",
    "pointwise_mutual_information",
    "precision_recall_density_coverage",
    "train_on_synthetic_test_on_real",
    "utility_gain",
    "variance_ratio",
]
