"""Measures of generated data."""

from skmiaug.metrics._classifier_information import (
    InformationEstimate,
    classifier_information,
)

__all__ = ["InformationEstimate", "classifier_information"]
