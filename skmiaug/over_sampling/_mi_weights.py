"""The λ of a path or a search: checked before anything is trained."""

from typing import Any

import numpy as np

DEFAULT_MI_WEIGHTS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)


def check_mi_weights(mi_weights: Any) -> np.ndarray:
    """Return λ as numbers (n_weights,); an iterator is read once.

    Raises
    ------
    ValueError
        There is none, or one is below 0 or no number.
    """
    try:
        weights = np.asarray(list(mi_weights), dtype=float)
    except (TypeError, ValueError):
        weights = np.empty(0)
    if weights.ndim != 1 or len(weights) == 0 or not (weights >= 0).all():
        raise ValueError(
            "mi_weights must be at least one number, none below 0, such as [0, 1, 10]; "
            f"got {mi_weights!r}."
        )
    return weights
