"""Parameters that every estimator with a network has."""

import operator
import os
from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions

# Constraints only: defaults differ between estimators.
NEURAL_CONSTRAINTS: dict[str, Any] = {
    "max_iter": [Interval(Integral, 0, None, closed="left")],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="left")],
    "device": "no_validation",
    "precision": [StrOptions({"auto", "float32", "bfloat16"})],
    "checkpoint": [str, os.PathLike, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def checked_layer_sizes(sizes: Any, name: str = "hidden_layer_sizes") -> tuple[int, ...]:
    """Return hidden layer sizes as a tuple of int; it may be empty.

    Raises
    ------
    ValueError
        They are not whole numbers above 0.
    """
    try:
        checked = tuple(map(operator.index, sizes))
    except TypeError:
        checked = (0,)
    if any(size < 1 for size in checked):
        raise ValueError(
            f"{name} must be whole numbers above 0, such as (256,), or () for no hidden "
            f"layer; got {sizes!r}."
        )
    return checked
