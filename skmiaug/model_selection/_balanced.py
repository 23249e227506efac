"""A classifier together with a way to balance its classes."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, ClassVar

import numpy as np
import sklearn
from imblearn.pipeline import Pipeline as ImblearnPipeline
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.fixes import parse_version
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from skmiaug.model_selection._decisions import (
    LogitAdjustedClassifier,
    ThresholdTunedClassifier,
    class_shares,
)
from skmiaug.model_selection._folds import StratifiedFolds
from skmiaug.model_selection._meta import adopt_features, last_step, tags_of
from skmiaug.model_selection._neighbors import adapt_neighbors
from skmiaug.model_selection._prior_correction import (
    fit_and_watch,
    with_prior,
)

__all__ = ["FREE_METHODS", "BalancedClassifier", "applies"]

NONE, CLASS_WEIGHT = "none", "class_weight"
LOGIT_ADJUST, THRESHOLD = "logit_adjust", "threshold"
# They leave the rows as they are; the cheapest comes first.
FREE_METHODS = (NONE, CLASS_WEIGHT, LOGIT_ADJUST, THRESHOLD)
DECISIONS = (LOGIT_ADJUST, THRESHOLD)
_FOLDS = 5


class NotApplicableError(ValueError):
    """The classifier cannot be combined with the method."""


def _has_proba(self: BalancedClassifier) -> bool:
    return self.method == LOGIT_ADJUST or hasattr(self.classifier, "predict_proba")


def _has_decisions(self: BalancedClassifier) -> bool:
    return self.method in DECISIONS or hasattr(self.classifier, "decision_function")


class BalancedClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """A classifier, and one of the ways to balance its classes.

    ``predict`` decides with the balance; ``predict_proba`` holds for the class shares of
    the training rows, whatever the method.

    Parameters
    ----------
    classifier : classifier
        A pipeline is resampled before its last step.
    method : str or sampler, default="none"
        One of `FREE_METHODS`, or a sampler of imbalanced-learn.
    random_state : int, RandomState or None, default=None
        Of the sampler, if its own is None, and of inner folds.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier, wrapper or pipeline, with its own probabilities.
    classes_ : ndarray of shape (n_classes,)
    class_prior_, trained_prior_ : ndarray of shape (n_classes,)
        Class shares of the training rows, and those that the classifier was trained on.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"inner_groups": True}

    estimator_: Any

    def __init__(self, classifier: Any, method: Any = NONE, *, random_state: Any = None):
        self.classifier = classifier
        self.method = method
        self.random_state = random_state

    def fit(
        self, X: Any, y: ArrayLike, *, inner_groups: Any = None, **fit_params: Any
    ) -> BalancedClassifier:
        """Fit a clone; `inner_groups` stay whole wherever the method splits rows."""
        fitted: Any
        if self.method == NONE:
            fitted, trained = clone(self.classifier).fit(X, y, **fit_params), None
        elif self.method == CLASS_WEIGHT:
            classifier, fit_params = weighted(
                clone(self.classifier), np.asarray(y), fit_params
            )
            fitted = classifier.fit(X, y, **fit_params)
            trained = np.full(len(fitted.classes_), 1 / len(fitted.classes_))
        elif self.method in DECISIONS:
            fitted, trained = self._fit_decisions(X, y, inner_groups, fit_params), None
        else:
            fitted, seen = self._fit_resampled(X, y, inner_groups, fit_params)
            trained = class_shares(seen, fitted.classes_)
        self.estimator_, self.classes_ = fitted, fitted.classes_
        self.class_prior_ = class_shares(y, self.classes_)
        self.trained_prior_ = self.class_prior_ if trained is None else trained
        adopt_features(self, fitted)
        return self

    def _fit_decisions(self, X: Any, y: Any, groups: Any, fit_params: Any) -> Any:
        classifier = clone(self.classifier)
        if self.method == THRESHOLD:
            tuned = ThresholdTunedClassifier(
                classifier, cv=_FOLDS, random_state=self.random_state
            )
            return tuned.fit(X, y, groups=groups, **fit_params)
        if not hasattr(classifier, "predict_proba"):
            folds = StratifiedFolds(_FOLDS, random_state=self.random_state)
            classifier = with_probabilities(classifier, list(folds.split(X, y, groups)))
        return LogitAdjustedClassifier(classifier).fit(X, y, **fit_params)

    def _fit_resampled(
        self, X: Any, y: Any, groups: Any, fit_params: Any
    ) -> tuple[Any, NDArray[Any]]:
        """The fitted pipeline, and the labels that reached its last step."""
        sampler = clone(self.method)
        if getattr(sampler, "random_state", 0) is None:
            sampler.set_params(random_state=self.random_state)
        adapt_neighbors(sampler, np.asarray(y))
        prefix = "" if _routing_enabled() else "resample__"
        for name, value in group_options(sampler, groups).items():
            fit_params = {**fit_params, prefix + name: value}
        classifier = clone(self.classifier)
        steps: list[Any] = [("classifier", classifier)]
        if isinstance(classifier, Pipeline):
            steps = list(classifier.steps)
        steps.insert(len(steps) - 1, ("resample", sampler))
        fitted, seen = fit_and_watch(ImblearnPipeline(steps), X, y, fit_params)
        return fitted, seen.labels

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of the highest balanced score, (n_samples,)."""
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @available_if(_has_decisions)
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Decision values of the balanced classifier."""
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    @available_if(_has_proba)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities for the class shares of the training rows, (n, n_classes)."""
        check_is_fitted(self)
        if self.method in DECISIONS:
            return self.estimator_.estimator_.predict_proba(X)
        proba = self.estimator_.predict_proba(X)
        if self.trained_prior_ is self.class_prior_:
            return proba
        return with_prior(proba, self.trained_prior_, self.class_prior_)

    def get_metadata_routing(self) -> MetadataRouter:
        """Groups for the method, everything else for the classifier."""
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(
                classifier=self.classifier,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
        )

    def __sklearn_tags__(self) -> Any:
        return tags_of(super().__sklearn_tags__(), self.classifier)


def applies(method: Any, classifier: Any) -> bool:
    """Whether the classifier can be combined with the method."""
    if method == CLASS_WEIGHT:
        return _takes_weights(classifier)
    if method in DECISIONS:
        return hasattr(classifier, "predict_proba") or hasattr(
            classifier, "decision_function"
        )
    return True


def group_options(sampler: Any, groups: Any) -> dict[str, Any]:
    """Parameters for ``fit_resample`` of a sampler that splits rows by itself."""
    takes_groups = "groups" in signature(sampler.fit_resample).parameters
    return {"groups": groups} if takes_groups and groups is not None else {}


def with_probabilities(classifier: Any, cv: Any) -> Any:
    """The classifier, or one with a calibrated softmax where it gives no probabilities."""
    if hasattr(classifier, "predict_proba"):
        return classifier
    if not hasattr(classifier, "decision_function"):
        raise NotApplicableError(
            f"{type(classifier).__name__} has neither predict_proba nor decision_function"
        )
    # One parameter for all classes (from scikit-learn 1.8 on): Platt's two for each class
    # are learned badly from few rows.
    recent = parse_version(sklearn.__version__) >= parse_version("1.8")
    method = "temperature" if recent else "sigmoid"
    return CalibratedClassifierCV(classifier, method=method, ensemble=False, cv=cv)


def weighted(
    classifier: Any, labels: NDArray[Any], fit_params: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The classifier with equal weight of all classes, and parameters for its ``fit``.

    By ``class_weight="balanced"`` where the classifier, or an estimator in it, has that
    parameter; by equal ``priors`` (LDA, naive Bayes); else by ``sample_weight``, times
    those that were passed.
    """
    n_classes = len(np.unique(labels))
    equal = np.full(n_classes, 1 / n_classes)
    for wanted, value in (("class_weight", "balanced"), ("priors", equal)):
        if names := _parameters_named(classifier, wanted):
            return classifier.set_params(**dict.fromkeys(names, value)), dict(fit_params)
    name = _weight_parameter(classifier)
    if name is None:
        raise NotApplicableError(
            f"{type(classifier).__name__} takes none of class_weight, priors and "
            "sample_weight"
        )
    weights = compute_sample_weight("balanced", labels)
    if fit_params.get(name) is not None:
        weights = weights * fit_params[name]
    return classifier, {**fit_params, name: weights}


def _takes_weights(classifier: Any) -> bool:
    by_name = any(_parameters_named(classifier, n) for n in ("class_weight", "priors"))
    return by_name or _weight_parameter(classifier) is not None


def _parameters_named(classifier: Any, wanted: str) -> list[str]:
    prefix, last = last_step(classifier)
    names = last.get_params(deep=True)
    if wanted in names:  # those of parts would count twice
        return [prefix + wanted]
    return [prefix + n for n in names if n.endswith(f"__{wanted}")]


def _weight_parameter(classifier: Any) -> str | None:
    prefix, last = last_step(classifier)
    return f"{prefix}sample_weight" if has_fit_parameter(last, "sample_weight") else None
