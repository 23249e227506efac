"""The information of generated rows, by a judge that they were not trained against."""

from collections.abc import Callable

import numpy as np

from skmiaug.metrics import InformationEstimate, classifier_information

_ROWS = 256


def measure_information(
    draw: Callable[[int, int], np.ndarray],
    rows: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
) -> InformationEstimate:
    """Bound I(c; x̂) of generated rows by a classifier that saw real rows alone.

    Parameters
    ----------
    draw : callable
        Takes a number of rows and a class index, returns generated rows
        (n, n_columns).
    rows : ndarray of shape (n_rows, n_features)
        Real ones; the leading columns are those of the generated rows.
    classes : ndarray of shape (n_rows,)
    n_classes : int
    """
    made = np.concatenate([draw(_ROWS, c) for c in range(n_classes)])
    return classifier_information(
        rows[:, : made.shape[1]],
        classes,
        made,
        np.repeat(np.arange(n_classes), _ROWS),
    )
