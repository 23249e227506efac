"""Targets: read from y, coded for generators, and which of them to generate."""

# ruff: noqa: F401 (the imports are the names of this package)

from typing import Any

import numpy as np

from skmiaug.over_sampling.targets._attributes import (
    ATTRIBUTE_STRATEGIES,
    BASES,
    AttributeTarget,
    attribute_information,
    choose_basis,
    joint_density,
    relative_density,
)
from skmiaug.over_sampling.targets._classes import ClassTarget
from skmiaug.over_sampling.targets._counts import (
    even_shares,
    expanded_counts,
    plain_labels,
    requested_classes,
    subsample,
)
from skmiaug.over_sampling.targets._masses import (
    LabelSetTarget,
    ShareTarget,
    draws_by_class,
    share_information,
)
from skmiaug.over_sampling.targets._matrix import pick_evenly
from skmiaug.over_sampling.targets._regression import (
    Gram,
    centre,
    move_to,
    regress,
    simplest_codes,
    target_weights,
)
from skmiaug.over_sampling.targets._target import Target

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
