"""Targets: read from y, coded for generators, and which of them to generate."""

from typing import Any

import numpy as np

from skmiaug.over_sampling.targets._attributes import (
    ATTRIBUTE_STRATEGIES,
    BASES,
    AttributeTarget,
    choose_basis,
    joint_density,
    relative_density,
)
from skmiaug.over_sampling.targets._classes import ClassTarget
from skmiaug.over_sampling.targets._counts import (
    class_keys,
    even_shares,
    expanded_counts,
    plain_labels,
    requested_classes,
    subsample,
)
from skmiaug.over_sampling.targets._information import (
    attribute_information,
    share_information,
)
from skmiaug.over_sampling.targets._label_sets import LabelSetTarget
from skmiaug.over_sampling.targets._matrix import draws_by_class, pick_evenly
from skmiaug.over_sampling.targets._regression import (
    Gram,
    centre,
    move_to,
    regress,
    simplest_codes,
    target_weights,
)
from skmiaug.over_sampling.targets._shares import ShareTarget
from skmiaug.over_sampling.targets._target import Target

__all__ = [
    "ATTRIBUTE_STRATEGIES",
    "BASES",
    "TARGET_TYPES",
    "AttributeTarget",
    "ClassTarget",
    "Gram",
    "LabelSetTarget",
    "ShareTarget",
    "Target",
    "attribute_information",
    "centre",
    "choose_basis",
    "class_keys",
    "draws_by_class",
    "even_shares",
    "expanded_counts",
    "joint_density",
    "move_to",
    "pick_evenly",
    "plain_labels",
    "read_target",
    "regress",
    "relative_density",
    "requested_classes",
    "share_information",
    "simplest_codes",
    "subsample",
    "target_weights",
]

TARGET_TYPES: dict[str, Any] = {
    "multiclass": ClassTarget,
    "distribution": ShareTarget,
    "multilabel": LabelSetTarget,
    "continuous": AttributeTarget,
}


def read_target(
    target_type: str, y: Any, X: np.ndarray, *, n_raters: Any = "auto"
) -> tuple[Any, np.ndarray, Any]:
    """Read y as targets of a type, and check it.

    Returns the ``Target``, its values for the rows (n,) or (n, n_columns), and the
    container of y, whose ``append`` returns y exactly as given, followed by more.

    Parameters
    ----------
    target_type : {"multiclass", "distribution", "multilabel", "continuous"}
    y : array-like of shape (n_samples,) or (n_samples, n_columns)
    X : ndarray of shape (n_samples, n_features)
        The rows that they belong to.
    n_raters : float or "auto"
        Of new vote shares.

    Raises
    ------
    ValueError
        ``y`` is not of this type, or too few of it differ.
    """
    if target_type not in TARGET_TYPES:
        raise ValueError(
            f"target_type must be one of {', '.join(TARGET_TYPES)}, got {target_type!r}."
        )
    more = {"n_raters": n_raters} if target_type == "distribution" else {}
    target, values, container = TARGET_TYPES[target_type].read(y, X, **more)
    return target, values, container
