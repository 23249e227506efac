"""A classifier that corrects probabilities for the class shares it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skmiaug.model_selection._decisions import (
    DecisionAdjuster,
    class_shares,
    log_proba,
)
from skmiaug.model_selection._meta import last_step
from skmiaug.model_selection._soft_labels import SoftLabelClassifier

_REMEDY = (
    'so trained_prior="auto" cannot determine the class shares it is trained on. Pass them '
    '(trained_prior="uniform" after balancing, or figures)'
)


class PriorCorrectedClassifier(DecisionAdjuster):
    """Correct a classifier's probabilities for the class shares it was trained on.

    After over-sampling, the probabilities of a classifier assume that all classes are
    equally frequent. Multiplied by target over trained shares and normalised again they
    hold for the target shares, if resampling has changed the shares only:
    p(c|x) ∝ q(c|x) · π(c) / π_trained(c).

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Often an imbalanced-learn ``Pipeline`` with a sampler in it. A
        `SoftLabelClassifier`, or a pipeline that ends in one, may be fitted to votes.
    trained_prior : "auto", "uniform", mapping or array-like, default="auto"
        Class shares that the classifier was trained on. "auto" uses those that reach the
        last step of a ``Pipeline``, or ``y`` otherwise, times the ``sample_weight`` and
        ``class_weight`` of that step; of a search, those of its best estimator. Where rows
        are resampled or weighted inside an estimator, as in ensembles, it raises, and
        "uniform" or figures are needed. A mapping goes from class to share, an array is in
        the order of ``classes_``; both are scaled to sum to 1.
    target_prior : "train", "uniform", mapping or array-like, default="train"
        Class shares to predict for; "train" is those of ``y`` in ``fit``, before any
        resampling or weighting. "uniform" turns a classifier of imbalanced rows into one
        for UAR (logit adjustment).
    decide_for : {"target", "trained"}, default="target"
        Class shares for which ``predict`` decides. "target": the class of the highest
        corrected probability. "trained": the decisions of the estimator stay, so that a
        classifier of balanced samples keeps its UAR while ``predict_proba`` is calibrated
        for the target shares.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone.
    classes_ : ndarray of shape (n_classes,)
    trained_prior_, target_prior_ : ndarray of shape (n_classes,)
        Shares that sum to 1.
    n_features_in_, feature_names_in_
        Of the fitted clone, where it has them.

    See Also
    --------
    LogitAdjustedClassifier : Logit adjustment of adjustable strength, without resampling.
    sklearn.model_selection.TunedThresholdClassifierCV : Tunes the decision of two classes.

    References
    ----------
    Saerens, Latinne, Decaestecker (2002), Adjusting the outputs of a classifier to new a
    priori probabilities, equation 2.4. Elkan (2001), The foundations of cost-sensitive
    learning, theorem 2.

    Examples
    --------
    >>> from imblearn.over_sampling import RandomOverSampler
    >>> from imblearn.pipeline import make_pipeline
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmiaug.model_selection import PriorCorrectedClassifier
    >>> X, y = make_classification(n_samples=500, weights=[0.9], random_state=0)
    >>> balanced = make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    >>> bool(balanced.fit(X, y).predict_proba(X)[:, 1].mean() > 0.2)
    True
    >>> corrected = PriorCorrectedClassifier(balanced).fit(X, y)
    >>> bool(corrected.predict_proba(X)[:, 1].mean() < 0.13)
    True
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "trained_prior": [StrOptions({"auto", "uniform"}), Mapping, "array-like"],
        "target_prior": [StrOptions({"train", "uniform"}), Mapping, "array-like"],
        "decide_for": [StrOptions({"target", "trained"})],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        trained_prior: Any = "auto",
        target_prior: Any = "train",
        decide_for: str = "target",
    ):
        self.estimator = estimator
        self.trained_prior = trained_prior
        self.target_prior = target_prior
        self.decide_for = decide_for

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> PriorCorrectedClassifier:
        """Fit a clone of the estimator and determine the shares it was trained on.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Any input of the estimator.
        y : array-like of shape (n_samples,) or, of votes, (n_samples, n_classes)
        **fit_params
            Passed to the estimator's ``fit``.

        Returns
        -------
        self : PriorCorrectedClassifier

        Raises
        ------
        TypeError
            ``trained_prior`` is "auto" and the training shares cannot be determined.
        """
        if not isinstance(last_step(self.estimator)[1], SoftLabelClassifier):
            check_classification_targets(y)
        automatic = isinstance(self.trained_prior, str) and self.trained_prior == "auto"
        if automatic:
            _check_visible(self.estimator)
        fitted, seen = fit_and_watch(clone(self.estimator), X, y, fit_params)
        self._keep(fitted)
        if automatic:
            self.trained_prior_ = _trained_shares(self.estimator_, seen, self.classes_)
        else:
            self.trained_prior_ = _prior("trained_prior", self.trained_prior, self.classes_)
        if isinstance(self.target_prior, str) and self.target_prior == "train":
            self.target_prior_ = class_shares(y, self.classes_)
        else:
            self.target_prior_ = _prior("target_prior", self.target_prior, self.classes_)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities under the target shares, (n_samples, n_classes)."""
        check_is_fitted(self)
        proba = self.estimator_.predict_proba(X)
        return with_prior(proba, self.trained_prior_, self.target_prior_)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _adjusted_scores(self, X: Any) -> NDArray[np.float64]:
        keep = self.decide_for == "trained"
        return log_proba((self.estimator_ if keep else self).predict_proba(X))


def with_prior(
    proba: NDArray[np.float64], trained: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities (n, n_classes) under other class shares than those of training."""
    ratio = np.divide(target, trained, out=np.zeros_like(trained), where=trained > 0)
    weighted = proba * ratio
    total = weighted.sum(axis=1, keepdims=True)
    # The target shares, where all probability was on classes of share 0.
    known = total > 0
    return np.where(known, weighted / np.where(known, total, 1), target)


def _prior(name: str, value: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Shares of ``classes`` that sum to 1, from the value of a parameter."""
    if isinstance(value, str):  # "uniform"
        return np.full(len(classes), 1 / len(classes))
    if isinstance(value, Mapping):
        missing = [label for label in classes.tolist() if label not in value]
        if missing:
            raise ValueError(f"{name} gives no share for the classes {missing}; add them.")
        value = [value[label] for label in classes.tolist()]
    shares = np.asarray(value, dtype=np.float64)
    if shares.shape != classes.shape or not np.isfinite(shares).all() or shares.min() < 0:
        raise ValueError(
            f"{name} must hold one share of 0 or more for each of {len(classes)} classes, "
            f"got {value!r}."
        )
    if shares.sum() <= 0:
        raise ValueError(f"{name} must hold a share above 0, got {value!r}.")
    return shares / shares.sum()


class _Seen(NamedTuple):
    """Labels, or votes, and ``sample_weight`` that a classifier was fitted to."""

    labels: NDArray[Any]
    weights: NDArray[np.float64] | None

    @classmethod
    def of(cls, y: Any, fit_params: Mapping[str, Any], name: str) -> _Seen:
        weights = fit_params.get(name)
        if weights is not None:
            weights = np.asarray(weights, dtype=np.float64)
        labels = np.asarray(y)
        is_column = labels.ndim < 2 or labels.shape[1] == 1
        return cls(labels.ravel() if is_column else labels, weights)


def _check_visible(estimator: Any) -> None:
    """Raise a TypeError where rows are resampled or weighted inside an estimator.

    Visible are the steps of a pipeline and the class weights of its last step, also in a
    search.
    """
    _, last = last_step(estimator)
    if isinstance(last, Pipeline):
        raise TypeError(
            "the last step of the pipeline is a pipeline itself; merge their steps, so "
            "that the class shares after resampling can be determined."
        )
    if isinstance(last, BaseSearchCV):
        searched = last.estimator
        if isinstance(searched, Pipeline) and _holds_sampler(dict(searched.steps)):
            raise TypeError(
                f"{type(last).__name__} resamples within its own folds, {_REMEDY}, or "
                "search outside: GridSearchCV(PriorCorrectedClassifier(pipeline), ...) "
                'with "estimator__" before the names of the parameters.'
            )
        _check_visible(searched)
    elif not isinstance(last, CalibratedClassifierCV | StackingClassifier):
        # These two fit their last stage to the original rows.
        _check_parts(last)


def fit_and_watch(
    estimator: Any, X: Any, y: Any, fit_params: dict[str, Any]
) -> tuple[Any, _Seen]:
    """The fitted estimator, and the labels and weights that reached its last step."""
    if not isinstance(estimator, Pipeline):
        fitted = estimator.fit(X, y, **fit_params)
        return fitted, _Seen.of(y, fit_params, _weight_name(estimator))
    name, last = estimator.steps[-1]
    watched = _Watched(last)
    estimator.steps[-1] = (name, watched)
    try:
        estimator.fit(X, y, **fit_params)
    finally:
        estimator.steps[-1] = (name, last)
    return estimator, watched.seen_


def _trained_shares(
    estimator: Any, seen: _Seen, classes: NDArray[Any]
) -> NDArray[np.float64]:
    """Shares (n_classes,) of the fitted estimator: its rows times all their weights."""
    _, last = last_step(estimator)
    while isinstance(last, BaseSearchCV):
        _, last = last_step(last.best_estimator_)
    shares = class_shares(seen.labels, classes, seen.weights)
    weight = getattr(last, "class_weight", None)
    if isinstance(weight, str):  # "balanced"
        return np.full(len(classes), 1 / len(classes))
    if isinstance(weight, Mapping):
        shares = shares * np.array([weight.get(label, 1.0) for label in classes.tolist()])
    return shares / shares.sum()


class _Watched(ClassifierMixin, BaseEstimator):
    """Replaces the last step of a pipeline in ``fit`` and records its labels."""

    def __init__(self, inner: Any):
        self.inner = inner

    def fit(self, X: Any, y: Any, **fit_params: Any) -> _Watched:
        self.seen_ = _Seen.of(y, fit_params, _weight_name(self.inner))
        self.inner.fit(X, y, **fit_params)
        return self

    def get_metadata_routing(self) -> Any:
        return self.inner.get_metadata_routing()


def _weight_name(estimator: Any) -> str:
    """Name of the sample weights of the last step in ``fit``."""
    if not isinstance(estimator, BaseSearchCV):
        return "sample_weight"
    if not isinstance(estimator.estimator, Pipeline):
        return _weight_name(estimator.estimator)
    name, last = estimator.estimator.steps[-1]
    return f"{name}__{_weight_name(last)}"


def _check_parts(classifier: Any) -> None:
    """Require that no part of an ensemble resamples or weights classes."""
    parts = classifier.get_params() if hasattr(classifier, "get_params") else {}
    weighted = [
        name
        for name, value in parts.items()
        if name.endswith("__class_weight") and value is not None
    ]
    if weighted or "sampling_strategy" in parts or _holds_sampler(parts):
        how = f"weights classes ({weighted[0]})" if weighted else "resamples"
        raise TypeError(f"{type(classifier).__name__} {how} internally, {_REMEDY}.")


def _holds_sampler(parts: Mapping[str, Any]) -> bool:
    return any(hasattr(part, "fit_resample") for part in parts.values())
