"""The information of generated rows, by a judge that they were not trained against."""

from collections.abc import Callable

import numpy as np

from skmiaug.metrics import InformationEstimate, classifier_information

_MOST_ROWS, _LEAST_ROWS = 256, 32
_ROWS_OF_ALL = 2**15


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
    # Of each class fewer where there are over 128: the work grows with their square.
    n = max(min(_MOST_ROWS, _ROWS_OF_ALL // n_classes), _LEAST_ROWS)
    made = np.concatenate([draw(n, c) for c in range(n_classes)])
    return classifier_information(
        rows[:, : made.shape[1]],
        classes,
        made,
        np.repeat(np.arange(n_classes), n),
    )
