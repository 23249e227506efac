"""Samplers that look for neighbors, on classes of a few rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from numpy.typing import NDArray

__all__ = ["TooFewRowsError", "adapt_neighbors"]

# SMOTE and its variants use the first name, ADASYN the second.
_NEIGHBOR_PARAMETERS = ("k_neighbors", "n_neighbors")


class TooFewRowsError(ValueError):
    """A class is too small for the sampler."""


def adapt_neighbors(sampler: Any, y: NDArray[Any]) -> str:
    """Lower the number of neighbours to the limit of the smallest class that grows.

    Each row of a class of n rows has n - 1 neighbours. `sampler` is changed in place;
    samplers other than imbalanced-learn over-samplers, and neighbour parameters that are
    not an int, are left as they are.

    Returns
    -------
    note : str
        What was changed, or "".

    Raises
    ------
    TooFewRowsError
        The class has a single row.
    """
    if not isinstance(sampler, BaseOverSampler):
        return ""
    parameters = sampler.get_params(deep=False)
    name = next((n for n in _NEIGHBOR_PARAMETERS if n in parameters), "")
    asked = parameters.get(name)
    if not isinstance(asked, (int, np.integer)):
        return ""
    strategy = check_sampling_strategy(sampler.sampling_strategy, y, "over-sampling")
    counts = [(int(np.sum(y == label)), label) for label, n in strategy.items() if n > 0]
    if not counts:
        return ""
    rows, label = min(counts, key=lambda item: item[0])
    shown = label.item() if hasattr(label, "item") else label
    if rows < 2:
        raise TooFewRowsError(f"needs at least 2 rows of class {shown!r}, has {rows}")
    if asked < rows:
        return ""
    sampler.set_params(**{name: rows - 1})
    return f"{name} lowered from {asked} to {rows - 1}: class {shown!r} has {rows} rows"
