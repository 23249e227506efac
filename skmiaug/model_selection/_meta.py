"""What classifiers around a classifier share."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags


def estimator_has_proba(self: Any) -> bool:
    """For ``available_if``: whether the (fitted) estimator gives probabilities."""
    return hasattr(getattr(self, "estimator_", self.estimator), "predict_proba")


def last_step(estimator: Any) -> tuple[str, Any]:
    """What a pipeline decides with, and the prefix of its parameters."""
    if not isinstance(estimator, Pipeline):
        return "", estimator
    name, last = estimator.steps[-1]
    return f"{name}__", last


def adopt_features(meta: Any, fitted: Any) -> None:
    """Take over the number and names of features of a fitted estimator."""
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(fitted, name):
            setattr(meta, name, getattr(fitted, name))


def tags_of(tags: Any, estimator: Any) -> Any:
    """Tags of a meta-estimator, with the kind and the input of its estimator."""
    inner = get_tags(estimator)
    tags.input_tags = inner.input_tags
    for name in ("estimator_type", "classifier_tags", "regressor_tags"):
        if getattr(inner, name) is not None:
            setattr(tags, name, getattr(inner, name))
    return tags
