"""A classifier around a classifier that undoes the shift of priors by resampling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    _fit_context,
    clone,
)
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skmiaug.metrics._trained_prior import check_visible, fit_and_watch, trained_shares

__all__ = ["PriorCorrectedClassifier"]


class PriorCorrectedClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Give probabilities of the class shares that are, not of those that were trained on.

    After over-sampling, a classifier's probabilities are those of a world in which all
    classes are equally frequent. Multiplied by wanted over trained shares and summed to 1
    again they are those of the world that is, as far as resampling has changed nothing but
    the shares: p(c|x) ∝ q(c|x) · π(c) / π_trained(c).

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Often an imbalanced-learn ``Pipeline`` with a sampler in it.
    trained_prior : "auto", "uniform", mapping or array-like, default="auto"
        Class shares that the classifier was trained on. "auto" takes those that reach the
        last step of a ``Pipeline``, or ``y`` where there is none, times the
        ``sample_weight`` and ``class_weight`` of that step, if it has any. Searches are
        looked into, for those of their best estimator. Where rows are resampled or weighted
        out of sight, as within ensembles, it raises, and "uniform" or figures are needed. A
        mapping goes from class to share, an array is in the order of ``classes_``; both are
        scaled to sum to 1.
    target_prior : "train", "uniform", mapping or array-like, default="train"
        Class shares to give probabilities for; "train" is those of ``y`` in ``fit``, before
        any resampling or weighting. "uniform" turns a classifier of unbalanced rows into
        one for UAR.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone.
    classes_ : ndarray of shape (n_classes,)
    trained_prior_, target_prior_ : ndarray of shape (n_classes,)
        Shares that sum to 1.
    n_features_in_, feature_names_in_
        Of the fitted clone, where it has them.

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
    >>> from skmiaug.metrics import PriorCorrectedClassifier
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
    }

    def __init__(
        self, estimator: Any, *, trained_prior: Any = "auto", target_prior: Any = "train"
    ):
        self.estimator = estimator
        self.trained_prior = trained_prior
        self.target_prior = target_prior

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> PriorCorrectedClassifier:
        """Fit a clone of the estimator and find out which shares it was trained on.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Whatever the estimator takes.
        y : array-like of shape (n_samples,)
        **fit_params
            Passed to the estimator's ``fit``.

        Returns
        -------
        self : PriorCorrectedClassifier

        Raises
        ------
        TypeError
            ``trained_prior`` is "auto" and what is trained on cannot be seen.
        """
        check_classification_targets(y)
        automatic = isinstance(self.trained_prior, str) and self.trained_prior == "auto"
        if automatic:
            check_visible(self.estimator)
        self.estimator_, seen = fit_and_watch(clone(self.estimator), X, y, fit_params)
        self.classes_ = self.estimator_.classes_
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        if automatic:
            self.trained_prior_ = trained_shares(self.estimator_, seen, self.classes_)
        else:
            self.trained_prior_ = _prior("trained_prior", self.trained_prior, self.classes_)
        if isinstance(self.target_prior, str) and self.target_prior == "train":
            self.target_prior_ = _shares(y, self.classes_)
        else:
            self.target_prior_ = _prior("target_prior", self.target_prior, self.classes_)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities under the target shares, (n_samples, n_classes)."""
        check_is_fitted(self)
        weighted = self.estimator_.predict_proba(X) * self._ratio()
        total = weighted.sum(axis=1, keepdims=True)
        # Nothing left of a row that was sure of a class of share 0: the target shares.
        known = total > 0
        return np.where(known, weighted / np.where(known, total, 1), self.target_prior_)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class under the target shares, (n_samples,)."""
        check_is_fitted(self)
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]

    def _ratio(self) -> NDArray[np.float64]:
        trained = self.trained_prior_
        return np.divide(
            self.target_prior_, trained, out=np.zeros_like(trained), where=trained > 0
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        if inner.classifier_tags is not None:
            tags.classifier_tags = inner.classifier_tags
        return tags


def _shares(y: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    labels = np.asarray(y).ravel()
    return np.array([np.mean(labels == label) for label in classes])


def _prior(name: str, value: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Shares for ``classes`` that sum to 1, from what the parameter may hold."""
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
