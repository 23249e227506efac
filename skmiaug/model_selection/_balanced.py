"""A model together with a way to balance its targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import sklearn
from imblearn.pipeline import Pipeline as ImblearnPipeline
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.multioutput import MultiOutputRegressor
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
from skmiaug.model_selection._prior_correction import fit_and_watch, with_prior
from skmiaug.model_selection._samplers import (
    adapt_neighbors,
    group_options,
    inverse_density,
)
from skmiaug.model_selection._targets import (
    CLASS_WEIGHT,
    LOGIT_ADJUST,
    NONE,
    SAMPLE_WEIGHT,
    THRESHOLD,
    label_values,
)

DECISIONS = (LOGIT_ADJUST, THRESHOLD)
_FOLDS = 5


class NotApplicableError(ValueError):
    """The model cannot be combined with the method."""


def _has_proba(self: BalancedEstimator) -> bool:
    return self.method == LOGIT_ADJUST or hasattr(self.estimator, "predict_proba")


def _has_decisions(self: BalancedEstimator) -> bool:
    return self.method in DECISIONS or hasattr(self.estimator, "decision_function")


class BalancedEstimator(MetaEstimatorMixin, BaseEstimator):
    """A classifier or regressor, and one of the ways to balance its targets.

    The method is one of `FREE_METHODS`, or a sampler of such targets, which resamples
    before the last step of a pipeline. ``predict`` decides with the balance.
    ``predict_proba`` holds for the shares of classes or labels in the training rows,
    `class_prior_`, whatever those that the classifier was trained on, `trained_prior_`.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"inner_groups": True}

    estimator_: Any

    def __init__(
        self,
        estimator: Any,
        method: Any = NONE,
        *,
        target_type: str = "multiclass",
        random_state: Any = None,
    ):
        self.estimator = estimator
        self.method = method
        self.target_type = target_type
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any, *, inner_groups: Any = None, **fit_params: Any
    ) -> BalancedEstimator:
        """Fit a clone; `inner_groups` stay whole wherever the method splits rows."""
        model, seen = clone(self.estimator), y
        if self.method in (CLASS_WEIGHT, SAMPLE_WEIGHT):
            model, fit_params = weighted(model, np.asarray(y), fit_params, self.target_type)
        elif self.method in DECISIONS:
            model, fit_params = self._with_decisions(model, X, y, inner_groups, fit_params)
        if isinstance(self.method, str):
            self.estimator_ = model.fit(X, y, **fit_params)
        else:
            self.estimator_, seen = self._fit_resampled(
                model, X, y, inner_groups, fit_params
            )
        adopt_features(self, self.estimator_)
        if self.target_type != "continuous":
            self.classes_ = self.estimator_.classes_
            self.class_prior_ = self.trained_prior_ = self._shares(y)
            if self.method == CLASS_WEIGHT:
                n = 2 if self.target_type == "multilabel" else len(self.class_prior_)
                self.trained_prior_ = np.full(len(self.class_prior_), 1 / n)
            elif seen is not y:
                self.trained_prior_ = self._shares(seen)
        return self

    def _shares(self, y: Any) -> NDArray[np.float64]:
        if self.target_type == "multilabel":
            return np.asarray(y).mean(axis=0)
        return class_shares(y, self.classes_)

    def _with_decisions(
        self, model: Any, X: Any, y: Any, groups: Any, fit_params: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """The wrapper that moves decisions, and parameters for its ``fit``."""
        if self.method == THRESHOLD:
            tuned = ThresholdTunedClassifier(
                model, cv=_FOLDS, random_state=self.random_state
            )
            return tuned, fit_params | {"groups": groups}
        if not hasattr(model, "predict_proba"):
            folds = StratifiedFolds(_FOLDS, random_state=self.random_state)
            model = with_probabilities(model, list(folds.split(X, y, groups)))
        return LogitAdjustedClassifier(model), fit_params

    def _fit_resampled(
        self, model: Any, X: Any, y: Any, groups: Any, fit_params: Any
    ) -> tuple[Any, NDArray[Any]]:
        """The fitted pipeline, and the targets that reached its last step."""
        sampler = clone(self.method)
        if getattr(sampler, "random_state", 0) is None:
            sampler.set_params(random_state=self.random_state)
        adapt_neighbors(sampler, np.asarray(y))
        prefix = "" if _routing_enabled() else "resample__"
        for name, value in group_options(sampler, groups).items():
            fit_params = {**fit_params, prefix + name: value}
        steps: list[Any] = [("estimator", model)]
        if isinstance(model, Pipeline):
            steps = list(model.steps)
        steps.insert(len(steps) - 1, ("resample", sampler))
        fitted, seen = fit_and_watch(ImblearnPipeline(steps), X, y, fit_params)
        return fitted, seen.labels

    def predict(self, X: Any) -> NDArray[Any]:
        """Predictions of the balanced estimator, in the shape of y."""
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @available_if(_has_decisions)
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Decision values of the balanced classifier."""
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    @available_if(_has_proba)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities for the shares of the training rows, (n, n_classes or n_labels)."""
        check_is_fitted(self)
        if self.method in DECISIONS:
            return self.estimator_.estimator_.predict_proba(X)
        trained, prior = self.trained_prior_, self.class_prior_
        if self.target_type != "multilabel":
            proba = self.estimator_.predict_proba(X)
            return proba if trained is prior else with_prior(proba, trained, prior)
        proba = label_values(self.estimator_, X)
        if trained is prior:
            return proba
        # Each label against the rest.
        columns = [
            with_prior(*(np.column_stack([1 - part, part]) for part in parts))[:, 1]
            for parts in zip(proba.T, trained[:, None], prior[:, None], strict=True)
        ]
        return np.column_stack(columns)

    def get_metadata_routing(self) -> MetadataRouter:
        """Groups for the method, everything else for the estimator."""
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(
                estimator=self.estimator,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
        )

    def __sklearn_tags__(self) -> Any:
        return tags_of(super().__sklearn_tags__(), self.estimator)


def applies(method: Any, model: Any, target_type: str = "multiclass") -> bool:
    """Whether the model can be combined with the method."""
    if method in (CLASS_WEIGHT, SAMPLE_WEIGHT):
        return bool(_weights_of(model, target_type))
    if method in DECISIONS:
        return hasattr(model, "predict_proba") or hasattr(model, "decision_function")
    return True


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
    model: Any,
    targets: NDArray[Any],
    fit_params: Mapping[str, Any],
    target_type: str = "multiclass",
) -> tuple[Any, dict[str, Any]]:
    """The model with equal weight of all classes, and parameters for its ``fit``.

    By ``class_weight="balanced"`` where the classifier, or an estimator in it, has that
    parameter; by equal ``priors`` (LDA, naive Bayes); else by ``sample_weight``, times
    those that were passed. Of label sets only the estimators in it are weighted, one for
    each label; of attributes the rows, by inverse density.
    """
    names = _weights_of(model, target_type)
    if not names:
        raise NotApplicableError(
            f"{type(model).__name__} takes none of class_weight, priors and sample_weight"
        )
    if names[0].endswith("class_weight"):
        return model.set_params(**dict.fromkeys(names, "balanced")), dict(fit_params)
    if names[0].endswith("priors"):
        n_classes = len(np.unique(targets))
        equal = np.full(n_classes, 1 / n_classes)
        return model.set_params(**dict.fromkeys(names, equal)), dict(fit_params)
    if target_type == "continuous":
        weights, _ = inverse_density(targets)
    else:
        weights = compute_sample_weight("balanced", targets)
    (name,) = names
    if fit_params.get(name) is not None:
        weights = weights * fit_params[name]
    return model, {**fit_params, name: weights}


def _weights_of(model: Any, target_type: str) -> list[str]:
    """Names of the parameters, of a model or its ``fit``, that weight classes or rows."""
    if target_type != "continuous":
        for wanted in ("class_weight", "priors"):
            if names := _parameters_named(model, wanted, target_type):
                return names
    name = None if target_type == "multilabel" else _weight_parameter(model)
    return [name] if name else []


def _parameters_named(model: Any, wanted: str, target_type: str) -> list[str]:
    prefix, last = last_step(model)
    names = last.get_params(deep=True)
    # Those of parts would count twice; that of all label sets multiplies over labels.
    if wanted in names:
        return [] if target_type == "multilabel" else [prefix + wanted]
    return [prefix + n for n in names if n.endswith(f"__{wanted}")]


def _weight_parameter(model: Any) -> str | None:
    """Name of the weights of rows in ``fit``, of what a pipeline or wrapper ends in."""
    prefix, last = last_step(model)
    if isinstance(last, TransformedTargetRegressor) and last.regressor is not None:
        inner = _weight_parameter(last.regressor)
        return inner and prefix + inner
    if isinstance(last, MultiOutputRegressor) and not _weight_parameter(last.estimator):
        return None
    return f"{prefix}sample_weight" if has_fit_parameter(last, "sample_weight") else None
