"""Classifiers around a classifier that move its decisions towards rare classes."""

from __future__ import annotations

from numbers import Integral, Real
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
from sklearn.model_selection import cross_val_predict
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.extmath import softmax
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skmiaug.model_selection._folds import StratifiedFolds
from skmiaug.model_selection._meta import (
    adopt_features,
    estimator_has_proba,
    last_step,
    tags_of,
)
from skmiaug.model_selection._soft_labels import (
    SoftLabelClassifier,
    classes_and_shares,
)

_MAX_SWEEPS = 20


class DecisionAdjuster(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """What these classifiers share: the fitted clone, decisions and tags."""

    estimator: Any
    estimator_: Any
    classes_: NDArray[Any]

    def _fit_estimator(self, X: Any, y: ArrayLike, fit_params: dict[str, Any]) -> Any:
        check_classification_targets(y)
        labels = column_or_1d(y, warn=True)
        self._keep(clone(self.estimator).fit(X, labels, **fit_params))
        return labels

    def _keep(self, fitted: Any) -> None:
        self.estimator_, self.classes_ = fitted, fitted.classes_
        adopt_features(self, fitted)

    def _adjusted_scores(self, X: Any) -> NDArray[np.float64]:
        raise NotImplementedError

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of the highest adjusted score.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self.classes_[np.argmax(self._adjusted_scores(X), axis=1)]

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Adjusted scores; the class of the highest one is predicted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            Of two classes, the score of the second less that of the first.
        """
        check_is_fitted(self)
        scores = self._adjusted_scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    @available_if(estimator_has_proba)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities after the adjustment, so that they agree with `predict`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return softmax(self._adjusted_scores(X))

    def __sklearn_tags__(self) -> Any:
        return tags_of(super().__sklearn_tags__(), self.estimator)


class LogitAdjustedClassifier(DecisionAdjuster):
    """Predict as if all classes were equally frequent (logit adjustment).

    The log probabilities are reduced by `tau` times the log class shares of the training
    rows: s(c|x) = log p(c|x) − τ log π(c). With τ = 1 and calibrated probabilities, the
    class of the highest s maximises the unweighted average recall (UAR). No row is
    resampled or weighted.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Trained on the rows as they are, without resampling and class weights. A
        `SoftLabelClassifier`, or a pipeline that ends in one, may be fitted to votes.
    tau : float, default=1.0
        Strength of the adjustment; 0 leaves the predictions as they are.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone.
    classes_ : ndarray of shape (n_classes,)
    class_prior_ : ndarray of shape (n_classes,)
        Shares of the classes in the training rows.
    n_features_in_, feature_names_in_
        Of the fitted clone, where it has them.

    See Also
    --------
    ThresholdTunedClassifier : Learns the adjustment of each class from held-out scores.
    PriorCorrectedClassifier : Corrects probabilities after resampling.

    References
    ----------
    Menon, Jayasumana, Rawat, Jain, Veit, Kumar (2021), Long-tail learning via logit
    adjustment, ICLR, section 4.1.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.metrics import balanced_accuracy_score
    >>> from skmiaug.model_selection import LogitAdjustedClassifier
    >>> X, y = make_classification(n_samples=500, weights=[0.9], random_state=0)
    >>> plain = LogisticRegression().fit(X, y)
    >>> adjusted = LogitAdjustedClassifier(LogisticRegression()).fit(X, y)
    >>> uar = [balanced_accuracy_score(y, m.predict(X)) for m in (plain, adjusted)]
    >>> uar[1] > uar[0]
    True
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "tau": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, estimator: Any, *, tau: float = 1.0):
        self.estimator = estimator
        self.tau = tau

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> LogitAdjustedClassifier:
        """Fit a clone of the estimator and count the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Any input that the estimator takes.
        y : array-like of shape (n_samples,) or, of votes, (n_samples, n_classes)
        **fit_params
            Passed to the estimator's ``fit``.

        Returns
        -------
        self : LogitAdjustedClassifier
        """
        if isinstance(last_step(self.estimator)[1], SoftLabelClassifier):
            self._keep(clone(self.estimator).fit(X, y, **fit_params))
        else:
            y = self._fit_estimator(X, y, fit_params)
        self.class_prior_ = class_shares(y, self.classes_)
        return self

    def _adjusted_scores(self, X: Any) -> NDArray[np.float64]:
        scores = log_proba(self.estimator_.predict_proba(X))
        # A class without votes is never predicted.
        prior = np.where(self.class_prior_ > 0, self.class_prior_, 1)
        return scores - self.tau * np.log(prior)


class ThresholdTunedClassifier(DecisionAdjuster):
    """Tune a decision threshold for each class on cross-validated scores.

    The counterpart for several classes of scikit-learn's ``TunedThresholdClassifierCV``,
    which takes two. Every row is scored by a clone that was not fitted on it. The
    thresholds are subtracted from the scores (log probabilities, or decision values) before
    the highest one is taken. Coordinate ascent from the thresholds of logit adjustment
    chooses those of the highest unweighted average recall (UAR); each step finds the best
    threshold of one class exactly.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or ``decision_function``
        Trained on the rows as they are.
    cv : int, default=5
        Stratified folds of the scores, at most as many as the smallest class has rows, and
        at least 2. They keep groups whole where ``fit`` is given groups.
    random_state : int, RandomState or None, default=None
        Shuffles the folds.

    Attributes
    ----------
    estimator_ : classifier
        The clone fitted on all rows.
    classes_ : ndarray of shape (n_classes,)
    thresholds_ : ndarray of shape (n_classes,)
        Their mean is 0.
    best_score_ : float
        UAR of the cross-validated scores with these thresholds, 0 to 1. Optimistic, since
        the thresholds were chosen by it.
    n_features_in_, feature_names_in_
        Of the fitted clone, where it has them.

    See Also
    --------
    LogitAdjustedClassifier : The adjustment in closed form, from class shares.
    sklearn.model_selection.TunedThresholdClassifierCV : Two classes, any score.

    Notes
    -----
    ``predict_proba`` agrees with the decisions and so is not calibrated for the class
    shares of the training rows; ``estimator_.predict_proba`` is that of the estimator.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmiaug.model_selection import ThresholdTunedClassifier
    >>> X, y = make_classification(n_samples=500, weights=[0.9], random_state=0)
    >>> tuned = ThresholdTunedClassifier(LogisticRegression(), random_state=0).fit(X, y)
    >>> bool(tuned.thresholds_[0] > tuned.thresholds_[1])  # class 0 is the frequent one
    True
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "estimator": [
            HasMethods(["fit", "predict_proba"]),
            HasMethods(["fit", "decision_function"]),
        ],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator: Any, *, cv: int = 5, random_state: Any = None):
        self.estimator = estimator
        self.cv = cv
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X: Any, y: ArrayLike, groups: ArrayLike | None = None, **fit_params: Any
    ) -> ThresholdTunedClassifier:
        """Fit a clone on all rows, and the thresholds on cross-validated scores.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Any input that the estimator takes.
        y : array-like of shape (n_samples,)
        groups : array-like of shape (n_samples,), default=None
            Speaker or session of each row: never on both sides of a fold.
        **fit_params
            Passed to the estimator's ``fit``.

        Returns
        -------
        self : ThresholdTunedClassifier
        """
        labels = self._fit_estimator(X, y, fit_params)
        codes = np.searchsorted(self.classes_, labels)
        if len(self.classes_) == 1:
            self.thresholds_, self.best_score_ = np.zeros(1), 1.0
            return self
        method = "predict_proba" if estimator_has_proba(self) else "decision_function"
        folds = StratifiedFolds(self.cv, random_state=self.random_state)
        found = cross_val_predict(
            clone(self.estimator),
            X,
            labels,
            cv=list(folds.split(X, codes, groups)),
            method=method,
            params=fit_params,
        )
        offsets, self.best_score_ = _best_offsets(_columns(found, method), codes)
        self.thresholds_ = offsets.mean() - offsets
        return self

    def _adjusted_scores(self, X: Any) -> NDArray[np.float64]:
        method = "predict_proba" if estimator_has_proba(self) else "decision_function"
        found = np.asarray(getattr(self.estimator_, method)(X))
        if len(self.classes_) == 1:
            return np.zeros((len(found), 1))
        return _columns(found, method) - self.thresholds_


def class_shares(
    y: Any, classes: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Shares (n_classes,) of the weights of rows (n,), or of votes (n, n_classes)."""
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return np.average(classes_and_shares(labels)[1], axis=0, weights=weights)
    labels = labels.ravel()
    return np.array([np.average(labels == c, weights=weights) for c in classes])


def log_proba(proba: Any) -> NDArray[np.float64]:
    # Finite, so that a certain row of a class stays comparable.
    return np.log(np.maximum(np.asarray(proba, dtype=np.float64), 1e-300))


def _columns(found: Any, method: str) -> NDArray[np.float64]:
    """Scores with a column for each class."""
    found = np.asarray(found, dtype=np.float64)
    if method == "predict_proba":
        return log_proba(found)
    if found.ndim == 1:
        return np.column_stack([-found / 2, found / 2])
    # Classes that a fold lacks come as the lowest float, beyond which sums overflow.
    return np.maximum(found, -1e100)


def _best_offsets(
    scores: NDArray[np.float64], codes: NDArray[np.intp]
) -> tuple[NDArray[np.float64], float]:
    """Offsets (n_classes,) of the highest UAR of argmax(scores + offsets), and that UAR."""
    counts = np.bincount(codes, minlength=scores.shape[1])
    offsets = -np.log(counts / counts.sum())
    # What a correctly predicted row of each class adds to the UAR.
    worth = 1 / (len(counts) * counts)

    def uar(of: NDArray[np.float64]) -> float:
        right = np.argmax(scores + of, axis=1) == codes
        return float(worth[codes[right]].sum())

    best = uar(offsets)
    for _ in range(_MAX_SWEEPS):
        before = best
        for label in range(len(counts)):
            moved = offsets.copy()
            moved[label] = _best_offset_of(label, scores, offsets, codes, worth)
            # Counted again: rounding of the sums must not pass for a gain.
            found = uar(moved)
            if found > best + 1e-12:
                offsets, best = moved, found
        if best <= before:
            break
    return offsets, best


def _best_offset_of(
    label: int,
    scores: NDArray[np.float64],
    offsets: NDArray[np.float64],
    codes: NDArray[np.intp],
    worth: NDArray[np.float64],
) -> float:
    """The offset of one class, the others being fixed, in the middle of the best range."""
    others = scores + offsets
    others[:, label] = -np.inf
    rival = others.argmax(axis=1)
    # A row is predicted as this class once the offset exceeds its limit.
    limits = others.max(axis=1) - scores[:, label]
    change = np.where(codes == label, worth[label], -worth[codes] * (rival == codes))
    order = np.argsort(limits, kind="stable")
    totals = np.concatenate([[0.0], np.cumsum(change[order])])
    limits = limits[order]
    # Between equal limits there is no offset.
    possible = np.concatenate([[True], limits[1:] > limits[:-1], [True]])
    place = int(np.argmax(np.where(possible, totals, -np.inf)))
    if place == 0:
        return float(limits[0] - 1)
    if place == len(limits):
        return float(limits[-1] + 1)
    return float((limits[place - 1] + limits[place]) / 2)
