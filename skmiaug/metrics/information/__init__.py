"""Estimators of mutual information, in nats."""

from skmiaug.metrics.information._classifier import (
    InformationEstimate,
    classifier_bound,
    classifier_information,
    mutual_information_score,
)
from skmiaug.metrics.information._continuous import gaussian_information, ksg_information
from skmiaug.metrics.information._infonce import infonce_information
from skmiaug.metrics.information._mixed import mixed_information
from skmiaug.metrics.information._result import InformationResult

__all__ = [
    "InformationEstimate",
    "InformationResult",
    "classifier_bound",
    "classifier_information",
    "gaussian_information",
    "infonce_information",
    "ksg_information",
    "mixed_information",
    "mutual_information_score",
]
