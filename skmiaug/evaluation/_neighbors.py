"""What SMOTE and its relatives need of the smallest class, settled before they run."""

from typing import Any

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from numpy.typing import NDArray

from skmiaug.evaluation._labels import listed, plain

# SMOTE and its variants use the first name, ADASYN the second.
_NEIGHBOR_PARAMETERS = ("k_neighbors", "n_neighbors")


class TooFewRowsError(ValueError):
    """A class is too small for the sampler."""


def adapt_neighbors(sampler: Any, y: NDArray[Any]) -> str:
    """Lower the number of neighbours to what the smallest class to be grown allows.

    A class of n rows has n - 1 neighbours for each of its rows. `sampler` is changed in
    place; samplers other than imbalanced-learn over-samplers, and neighbour parameters
    that are not an int, are left as they are.

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
    for name in _NEIGHBOR_PARAMETERS:
        asked = parameters.get(name)
        if isinstance(asked, (int, np.integer)):
            break
    else:
        return ""
    label, rows = _smallest_grown_class(sampler, y)
    if rows < 2:
        raise TooFewRowsError(f"needs at least 2 rows of class {label!r}, has {rows}")
    if asked < rows:
        return ""
    sampler.set_params(**{name: rows - 1})
    return f"{name} lowered from {asked} to {rows - 1}: class {label!r} has {rows} rows"


def classes_left_as_they_were(sampler: Any, before: NDArray[Any], after: Any) -> str:
    """Name the classes that an over-sampler was to grow and did not; "" if none.

    BorderlineSMOTE does this without a word where no row of a class lies near another.
    """
    wanted = getattr(sampler, "sampling_strategy_", None)
    if not isinstance(sampler, BaseOverSampler) or not isinstance(wanted, dict):
        return ""
    after = np.asarray(after)
    idle = [
        label
        for label, number in wanted.items()
        if number > 0 and np.sum(after == label) <= np.sum(before == label)
    ]
    return f"made no rows of class {listed(idle, most=6)}" if idle else ""


def _smallest_grown_class(sampler: Any, y: NDArray[Any]) -> tuple[Any, int]:
    strategy = check_sampling_strategy(sampler.sampling_strategy, y, "over-sampling")
    grown = [label for label, number in strategy.items() if number > 0]
    if not grown:
        return None, len(y)
    counts = [(int(np.sum(y == label)), label) for label in grown]
    rows, label = min(counts, key=lambda item: item[0])
    return plain(label), rows
