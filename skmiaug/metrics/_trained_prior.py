"""Which class shares a classifier was trained on, pipelines and searches looked into."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

__all__ = ["Seen", "check_visible", "fit_and_watch", "trained_shares"]

_REMEDY = (
    'so trained_prior="auto" cannot tell which class shares it is trained on. Give them '
    '(trained_prior="uniform" after balancing, or figures)'
)


class Seen(NamedTuple):
    """What a classifier was fitted to.

    Attributes
    ----------
    labels : ndarray of shape (n_samples,)
    weights : ndarray of shape (n_samples,) or None
        Its ``sample_weight``.
    """

    labels: NDArray[Any]
    weights: NDArray[np.float64] | None

    @classmethod
    def of(cls, y: Any, fit_params: Mapping[str, Any], name: str) -> "Seen":
        weights = fit_params.get(name)
        if weights is not None:
            weights = np.asarray(weights, dtype=np.float64)
        return cls(np.asarray(y).ravel(), weights)


def check_visible(estimator: Any) -> None:
    """Raise a TypeError where rows are resampled or weighted out of sight.

    In sight are the steps of a pipeline, and the class weights of its last step, in a
    search too.
    """
    last = _last_step(estimator)
    if isinstance(last, Pipeline):
        raise TypeError(
            "the last step of the pipeline is a pipeline itself; write their steps in one, "
            "so that the class shares after resampling can be seen."
        )
    if isinstance(last, BaseSearchCV):
        searched = last.estimator
        if isinstance(searched, Pipeline) and _holds_sampler(dict(searched.steps)):
            raise TypeError(
                f"{type(last).__name__} resamples within its own folds, {_REMEDY}, or "
                "search outside: GridSearchCV(PriorCorrectedClassifier(pipeline), ...) "
                'with "estimator__" before the names of the parameters.'
            )
        check_visible(searched)
    elif not isinstance(last, CalibratedClassifierCV | StackingClassifier):
        # These two fit their last stage to rows as they come.
        _check_parts(last)


def fit_and_watch(
    estimator: Any, X: Any, y: Any, fit_params: dict[str, Any]
) -> tuple[Any, Seen]:
    """The fitted estimator, and what its last step was fitted to."""
    if not isinstance(estimator, Pipeline):
        fitted = estimator.fit(X, y, **fit_params)
        return fitted, Seen.of(y, fit_params, _weight_name(estimator))
    name, last = estimator.steps[-1]
    watched = _Watched(last)
    estimator.steps[-1] = (name, watched)
    try:
        estimator.fit(X, y, **fit_params)
    finally:
        estimator.steps[-1] = (name, last)
    return estimator, watched.seen_


def trained_shares(
    estimator: Any, seen: Seen, classes: NDArray[Any]
) -> NDArray[np.float64]:
    """Shares (n_classes,) of the fitted estimator: its rows times all their weights."""
    last = _last_step(estimator)
    while isinstance(last, BaseSearchCV):
        last = _last_step(last.best_estimator_)
    rows = np.ones(len(seen.labels)) if seen.weights is None else seen.weights
    shares = np.array([rows[seen.labels == label].sum() for label in classes])
    weight = getattr(last, "class_weight", None)
    if isinstance(weight, str):  # "balanced"
        return np.full(len(classes), 1 / len(classes))
    if isinstance(weight, Mapping):
        shares = shares * np.array([weight.get(label, 1.0) for label in classes.tolist()])
    return shares / shares.sum()


class _Watched(ClassifierMixin, BaseEstimator):
    """Stands in for the last step of a pipeline in ``fit``; notes what it gets."""

    def __init__(self, inner: Any):
        self.inner = inner

    def fit(self, X: Any, y: Any, **fit_params: Any) -> "_Watched":
        self.seen_ = Seen.of(y, fit_params, _weight_name(self.inner))
        self.inner.fit(X, y, **fit_params)
        return self

    def get_metadata_routing(self) -> Any:
        return self.inner.get_metadata_routing()


def _last_step(estimator: Any) -> Any:
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def _weight_name(estimator: Any) -> str:
    """How the weights of the rows of the last step are called in ``fit``."""
    if not isinstance(estimator, BaseSearchCV):
        return "sample_weight"
    if not isinstance(estimator.estimator, Pipeline):
        return _weight_name(estimator.estimator)
    name, last = estimator.estimator.steps[-1]
    return f"{name}__{_weight_name(last)}"


def _check_parts(classifier: Any) -> None:
    """No part of a classifier of parts resamples, or weighs classes of its own."""
    parts = classifier.get_params() if hasattr(classifier, "get_params") else {}
    weighted = [
        name
        for name, value in parts.items()
        if name.endswith("__class_weight") and value is not None
    ]
    if weighted or "sampling_strategy" in parts or _holds_sampler(parts):
        how = f"weighs classes ({weighted[0]})" if weighted else "resamples"
        raise TypeError(f"{type(classifier).__name__} {how} within, {_REMEDY}.")


def _holds_sampler(parts: Mapping[str, Any]) -> bool:
    return any(hasattr(part, "fit_resample") for part in parts.values())
