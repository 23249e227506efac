"""Any classifier with sample weights on the votes of several raters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    _fit_context,
    clone,
)
from sklearn.metrics import accuracy_score, recall_score
from sklearn.utils import _safe_indexing, check_array, check_consistent_length
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_is_fitted,
    column_or_1d,
    has_fit_parameter,
)

from skmiaug.metrics._checks import has_plurality
from skmiaug.model_selection._meta import adopt_features, estimator_has_proba, tags_of


class SoftLabelClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Fit a classifier to vote shares instead of one label for each row.

    Each row is repeated for every class that has votes, with the class's share of the votes
    as its weight. The weighted log loss is then the cross-entropy between shares and
    predicted probabilities. Rows without a consensus are used, not dropped.

    Parameters
    ----------
    estimator : classifier
        Its ``fit`` has to take ``sample_weight``: logistic regression, SVC, trees and
        boosting do, `MLPClassifier` does since scikit-learn 1.7. Put scaling and other
        steps before this classifier in a pipeline, not into ``estimator``, where they
        would see each row several times.
    class_weight : "balanced", mapping or None, default=None
        Weight of the votes of each class. "balanced" gives all classes the same total, a
        mapping goes from class to weight; classes that it does not name have weight 1.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone. Its classes are the column numbers of the classes that have votes.
    classes_ : ndarray of shape (n_classes,)
        The columns of y in their order: the names of a DataFrame's columns, or 0 to
        ``n_classes - 1``. For y of one dimension the labels, sorted.
    n_features_in_, feature_names_in_
        Of the fitted clone, where it has them.

    See Also
    --------
    skmiaug.GaussianAugmenter : Generates samples for vote shares.
    skmiaug.metrics.jensen_shannon_distance, skmiaug.metrics.plurality_f1_score
    LogitAdjustedClassifier : Adjusts the decisions of this classifier to equal classes.

    Notes
    -----
    ``cross_val_predict(..., method="predict_proba")`` encodes every column of y as labels
    before it fits, so that shares are lost; ``cross_validate`` and `GridSearchCV` pass y as
    it is.

    References
    ----------
    Peterson, Battleday, Griffiths, Russakovsky (2019), Human uncertainty makes
    classification more robust, ICCV.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmiaug.model_selection import SoftLabelClassifier
    >>> X = [[0.0], [1.0], [2.0], [3.0]]
    >>> votes = pd.DataFrame({"joy": [5, 3, 2, 0], "anger": [0, 2, 3, 5]})
    >>> model = SoftLabelClassifier(LogisticRegression()).fit(X, votes)
    >>> model.predict(X).tolist()
    ['joy', 'joy', 'anger', 'anger']
    >>> model.predict_proba([[1.5]]).round(2).tolist()
    [[0.5, 0.5]]
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "estimator": [HasMethods(["fit", "predict"])],
        "class_weight": [StrOptions({"balanced"}), Mapping, None],
    }

    def __init__(self, estimator: Any, *, class_weight: Any = None):
        self.estimator = estimator
        self.class_weight = class_weight

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> SoftLabelClassifier:
        """Fit a clone of the estimator to the weighted rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Any input that the estimator takes.
        y : array-like of shape (n_samples, n_classes) or (n_samples,)
            Votes or shares of the classes, 0 or more, NaN for no vote; each row is divided
            by its sum. One dimension holds hard labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; pass the numbers of votes where rows with more raters are
            to count more.

        Returns
        -------
        self : SoftLabelClassifier

        Raises
        ------
        TypeError
            The estimator takes no sample weights.
        ValueError
            Votes are negative or infinite, a row has none, names are repeated, or
            ``class_weight`` names another class.
        """
        if not has_fit_parameter(self.estimator, "sample_weight"):
            raise TypeError(
                "expected an estimator whose fit takes sample_weight; "
                f"{type(self.estimator).__name__} does not. Fit it to the class with most "
                "votes, or put SoftLabelClassifier around the last step of a pipeline."
            )
        self.classes_, shares = classes_and_shares(y)
        check_consistent_length(X, shares)
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, shares)
            shares = shares * weight[:, None]
        shares = shares * _weights_of(self.class_weight, self.classes_, shares)
        rows, codes = np.nonzero(shares)
        every = np.array_equal(rows, np.arange(_num_samples(X)))
        self.estimator_ = clone(self.estimator).fit(
            X if every else _safe_indexing(X, rows),
            codes,
            sample_weight=shares[rows, codes],
        )
        adopt_features(self, self.estimator_)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The class that the estimator predicts.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self.classes_[self.estimator_.predict(X)]

    @available_if(estimator_has_proba)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predicted vote shares.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        shares : ndarray of shape (n_samples, n_classes)
            0 for classes without votes in the training rows.
        """
        check_is_fitted(self)
        found = self.estimator_.predict_proba(X)
        shares = np.zeros((len(found), len(self.classes_)))
        shares[:, self.estimator_.classes_] = found
        return shares

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Mean share of the votes that the predicted class has.

        The expected accuracy against a rater drawn at random; for hard labels the accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples, n_classes) or (n_samples,)
            Votes or shares, with the columns of ``fit``, or labels.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        score : float
            0 to 1. Below 1 for the best classifier where raters disagree.
        """
        predicted = self.predict(X)
        if np.asarray(y).ndim < 2:
            return float(accuracy_score(y, predicted, sample_weight=sample_weight))
        classes, shares = classes_and_shares(y)
        if not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"expected y with the columns {self.classes_.tolist()} of fit, got "
                f"{classes.tolist()}."
            )
        chosen = self.classes_[:, None] == predicted
        return float(np.average(shares[chosen.T], weights=cast(Any, sample_weight)))

    def __sklearn_tags__(self) -> Any:
        return tags_of(super().__sklearn_tags__(), self.estimator)


def plurality_recall(fitted: Any, X: Any, y: Any) -> float:
    """UAR of the classes with most votes, over the rows (n, n_classes) without a tie."""
    classes, shares = classes_and_shares(y)
    clear = has_plurality(shares)
    true = classes[shares.argmax(axis=1)][clear]
    predicted = np.asarray(fitted.predict(X))[clear]
    return float(recall_score(true, predicted, labels=np.unique(true), average="macro"))


def _weights_of(
    class_weight: Any, classes: NDArray[Any], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weight (n_classes,) of the votes of each class; "balanced" keeps the total."""
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str):
        total = shares.sum(axis=0)
        total[total == 0] = np.inf
        return shares.sum() / np.isfinite(total).sum() / total
    unknown = [name for name in class_weight if name not in classes.tolist()]
    if unknown:
        raise ValueError(
            f"class_weight names {unknown[0]!r}; the classes are {classes.tolist()}."
        )
    return np.array([class_weight.get(name, 1.0) for name in classes.tolist()])


def classes_and_shares(y: Any) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Classes (n_classes,) and shares (n, n_classes) of votes or labels."""
    values = np.asarray(y)
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None.")
    if values.ndim < 2 or values.shape[1] == 1:
        check_classification_targets(values)
        classes, codes = np.unique(column_or_1d(values, warn=True), return_inverse=True)
        return classes, np.eye(len(classes))[codes]
    votes = check_array(y, dtype=np.float64, ensure_all_finite="allow-nan", input_name="y")
    votes = np.nan_to_num(votes)
    classes = np.asarray(getattr(y, "columns", np.arange(votes.shape[1])))
    total = votes.sum(axis=1, keepdims=True)
    wrong = np.flatnonzero((votes < 0).any(axis=1) | (total[:, 0] == 0))
    if wrong.size:
        raise ValueError(
            "y must hold votes or shares, 0 or more, with at least one vote in each row; "
            f"row {wrong[0]} has {votes[wrong[0]].tolist()}. Drop rows without votes."
        )
    return classes, votes / total
