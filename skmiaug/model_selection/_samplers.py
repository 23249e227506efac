"""Samplers on the training part of a fold: groups, few rows of a class, attributes."""

from __future__ import annotations

from inspect import signature
from typing import Any, ClassVar

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import _check_feature_names, _check_n_features

from skmiaug.over_sampling.targets import pick_evenly, read_target

# SMOTE and its variants use the first name, ADASYN the second.
_NEIGHBOR_PARAMETERS = ("k_neighbors", "n_neighbors")


class TooFewRowsError(ValueError):
    """A class is too small for the sampler."""


def adapt_neighbors(sampler: Any, y: NDArray[Any]) -> str:
    """Lower the number of neighbours to the limit of the smallest class that grows.

    Each row of a class of n rows has n - 1 neighbours; a class of a single row is an error.
    `sampler` is changed in place, and what was changed is returned, or "". Samplers other
    than imbalanced-learn over-samplers, and neighbour parameters that are not an int, are
    left as they are.
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


def group_options(sampler: Any, groups: Any) -> dict[str, Any]:
    """Parameters for ``fit_resample`` of a sampler that splits rows by itself."""
    takes_groups = "groups" in signature(sampler.fit_resample).parameters
    return {"groups": groups} if takes_groups and groups is not None else {}


def inverse_density(y: ArrayLike) -> tuple[NDArray[np.float64], int]:
    """Weights of attributes, 1 on the mean, and the rows that `GaussianAugmenter` adds."""
    rows = np.zeros((len(np.asarray(y)), 1))
    target, *_ = read_target("continuous", y, rows)
    (number,) = target.plan("inverse_density", 1.0, y).values()
    return target.weights / target.weights.mean(), number


class AttributeOverSampler(BaseEstimator):
    """Repeat rows, the more often the rarer their attributes are."""

    target_type: ClassVar[str] = "continuous"

    def __init__(self, random_state: Any = None) -> None:
        self.random_state = random_state

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        # Of a pipeline that begins with it.
        _check_feature_names(self, X, reset=True)
        _check_n_features(self, X, reset=True)
        weights, number = inverse_density(y)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        more = pick_evenly(weights, number, np.random.default_rng(seed))
        rows = np.concatenate([np.arange(len(weights)), more])
        return _safe_indexing(X, rows), _safe_indexing(y, rows)
