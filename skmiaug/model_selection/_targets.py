"""How each target type is read, balanced by default, scored and folded."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import average_precision_score, make_scorer
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import column_or_1d, get_tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _num_samples

from skmiaug.metrics import concordance_correlation_coefficient
from skmiaug.model_selection._meta import last_step
from skmiaug.model_selection._soft_labels import SoftLabelClassifier, plurality_recall
from skmiaug.over_sampling.targets import Target, read_target

NONE, CLASS_WEIGHT, SAMPLE_WEIGHT = "none", "class_weight", "sample_weight"
LOGIT_ADJUST, THRESHOLD = "logit_adjust", "threshold"
# They leave the rows as they are; the cheapest comes first.
FREE_METHODS = (NONE, CLASS_WEIGHT, SAMPLE_WEIGHT, LOGIT_ADJUST, THRESHOLD)
_AUGMENTERS = ("gaussian", "migan")


def label_values(fitted: Any, X: Any) -> NDArray[np.float64]:
    """Probabilities or decision values of the labels, (n, n_labels)."""
    if not hasattr(fitted, "predict_proba"):
        return np.asarray(fitted.decision_function(X))
    found = fitted.predict_proba(X)
    if isinstance(found, list):  # trees and neighbours: (n, 2), or 1 of a constant label
        pairs = zip(found, fitted.classes_, strict=True)
        found = np.column_stack([part @ (classes == 1) for part, classes in pairs])
    return np.asarray(found)


def label_precision(fitted: Any, X: Any, y: Any) -> float:
    """Macro average precision of the labels that some row has."""
    y, values = np.asarray(y), label_values(fitted, X)
    known = y.any(axis=0)
    return float(average_precision_score(y[:, known], values[:, known]))


class SearchedTarget(NamedTuple):
    """The methods that are tried by default, the default score and its name."""

    methods: tuple[str, ...]
    scorer: Any
    metric: str


SEARCHED = {
    "multiclass": SearchedTarget(
        (NONE, CLASS_WEIGHT, LOGIT_ADJUST, THRESHOLD, *_AUGMENTERS),
        "balanced_accuracy",
        "balanced_accuracy",
    ),
    "distribution": SearchedTarget(
        (NONE, CLASS_WEIGHT, LOGIT_ADJUST, *_AUGMENTERS),
        plurality_recall,
        "UAR of the class with most votes",
    ),
    "multilabel": SearchedTarget(
        (NONE, CLASS_WEIGHT, *_AUGMENTERS), label_precision, "macro average precision"
    ),
    "continuous": SearchedTarget(
        (NONE, SAMPLE_WEIGHT, "random", *_AUGMENTERS),
        make_scorer(concordance_correlation_coefficient),
        "concordance correlation",
    ),
}


def featureless(target_type: str) -> list[Any]:
    """Models that see no features: some scores reward the one, some the other.

    The shares of classes or labels, always, and classes drawn by them; the mean attribute.
    """
    if target_type == "continuous":
        return [DummyRegressor()]
    models: list[Any] = [
        DummyClassifier(strategy=strategy, random_state=0)
        for strategy in ("prior", "stratified")
    ]
    if target_type == "distribution":
        return [SoftLabelClassifier(model) for model in models]
    return models


def read_labels(y: Any) -> NDArray[Any]:
    """One class for each row."""
    check_classification_targets(y)
    if type_of_target(y) not in ("binary", "multiclass"):
        raise ValueError(
            "Multilabel and multioutput targets are not supported with "
            "target_type='multiclass'. Expected one class for each row; got an array of "
            f"shape {np.shape(y)}. Votes, label sets and attributes have a target_type of "
            "their own."
        )
    return column_or_1d(y, warn=True)


def read_columns(target_type: str, y: Any) -> tuple[Target, NDArray[Any], NDArray[Any]]:
    """What an augmenter reads from y, names of its columns, and y as models are fitted to.

    The last are shares (n, n_classes), indicators (n, n_labels) of whole numbers, or
    attributes (n,) or (n, n_attributes).
    """
    if y is None:
        raise ValueError(
            f"target_type={target_type!r} requires y to be passed, but the target y is "
            "None."
        )
    if not hasattr(y, "dtype") and not hasattr(y, "columns"):
        y = np.asarray(y)
    if _num_samples(y) == 1:
        raise ValueError("expected rows of several targets, got n_samples = 1.")
    rows = np.zeros((_num_samples(y), 1))
    target, values, _ = read_target(target_type, y, rows)
    if target_type == "distribution":
        values = np.asarray(target.masses(values))
    elif target_type == "multilabel":
        values = values.astype(np.int64)
    elif values.shape[1] == 1:
        values = values[:, 0]
    return target, target.names, values


def check_model(target_type: str, model: Any) -> None:
    """Raise a ValueError if what a pipeline ends in is not for these targets."""
    _, last = last_step(model)
    name, tags = type(last).__name__, get_tags(last)
    # Wrappers such as OneVsRestClassifier have the second tag alone, searches neither.
    takes_sets = (
        (tags.classifier_tags is not None and tags.classifier_tags.multi_label)
        or tags.target_tags.multi_output
        or isinstance(last, BaseSearchCV)
    )
    wrapper = kind = ""
    if target_type == "distribution" and not isinstance(last, SoftLabelClassifier):
        kind, wrapper = "classifier that is fitted to votes", "SoftLabelClassifier"
    elif target_type == "multilabel" and not (takes_sets and is_classifier(last)):
        kind, wrapper = "classifier of label sets", "OneVsRestClassifier"
    elif (target_type == "continuous") != is_regressor(last):
        kind = "regressor" if target_type == "continuous" else "classifier"
    if kind:
        remedy = (
            f"write {wrapper}({name}(...)), in a pipeline as its last step"
            if wrapper
            else f"{name} is none; pass another estimator, or the target_type of y"
        )
        raise ValueError(f"target_type={target_type!r} needs a {kind}; {remedy}.")
