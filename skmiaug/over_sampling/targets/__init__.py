"""Target codes, regression on them, and which samples to generate."""

from skmiaug.over_sampling.targets._counts import (
    Combination,
    combinations_of,
    expanded_counts,
    plain_labels,
    requested_classes,
)
from skmiaug.over_sampling.targets._regression import (
    Gram,
    centre,
    move_to,
    regress,
    target_weights,
)
from skmiaug.over_sampling.targets._subsample import even_shares, subsample

__all__ = [
    "Combination",
    "Gram",
    "centre",
    "combinations_of",
    "even_shares",
    "expanded_counts",
    "move_to",
    "plain_labels",
    "regress",
    "requested_classes",
    "subsample",
    "target_weights",
]
