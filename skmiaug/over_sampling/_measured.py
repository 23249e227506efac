"""The information of generated rows, by a judge that they were not trained against."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from skmiaug.metrics import InformationEstimate, classifier_information
from skmiaug.over_sampling._subsample import subsample

_ROWS = 256


def measure_information(
    draw: Callable[[int, int], np.ndarray],
    rows: Tensor,
    classes: Tensor,
    n_classes: int,
    seed: int,
) -> InformationEstimate:
    """Bound I(c; x̂) of generated rows by a classifier that saw real rows alone.

    Parameters
    ----------
    draw : callable
        Takes a number of rows and a class index, returns generated rows
        (n, n_components).
    rows : Tensor of shape (n_rows, n_features)
        Real ones; the leading columns are those of the generated rows.
    classes : Tensor of shape (n_rows,)
    n_classes : int
    seed : int
        Of the choice among many real rows.
    """
    made = np.concatenate([draw(_ROWS, c) for c in range(n_classes)])
    some = torch.from_numpy(subsample(classes.cpu().numpy(), seed)).to(rows.device)
    return classifier_information(
        rows[some, : made.shape[1]].cpu().numpy(),
        classes[some].cpu().numpy(),
        made,
        np.repeat(np.arange(n_classes), _ROWS),
    )
