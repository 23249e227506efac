"""Feature files (.npz, .csv, .parquet) as checked arrays."""

from skmiaug.evaluation.features._features import (
    DIGITS_FRACTIONS,
    Features,
    FileOptions,
    digits,
    read_features,
    read_unlabelled,
)

__all__ = [
    "DIGITS_FRACTIONS",
    "Features",
    "FileOptions",
    "digits",
    "read_features",
    "read_unlabelled",
]
