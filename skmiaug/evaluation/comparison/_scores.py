"""The scores of a fitted classifier on a test part."""

from typing import Any

import numpy as np
from imblearn.metrics import geometric_mean_score
from numpy.typing import NDArray
from sklearn.metrics import (
    brier_score_loss,
    confusion_matrix,
    f1_score,
    recall_score,
    roc_auc_score,
)

from skmiaug.metrics import expected_calibration_error

__all__ = ["class_scores", "scores_of"]


def scores_of(
    fitted: Any, X: NDArray[Any], y: NDArray[Any], classes: NDArray[Any]
) -> dict[str, Any]:
    """All scores of classes, the recall of each class and the confusion matrix.

    Means are over the classes present in `y`. Scores of probabilities are NaN where the
    classifier gives none, and the AUC where it gives neither these nor decision values.
    """
    found = class_scores(y, np.asarray(fitted.predict(X)), classes)
    return found | _of_probabilities(fitted, X, y, classes)


def class_scores(
    y: NDArray[Any], predicted: NDArray[Any], classes: NDArray[Any], names: Any = None
) -> dict[str, Any]:
    """The scores of predicted classes; `names` replaces `classes` in the recalls."""
    present = np.unique(y)
    recalls = recall_score(y, predicted, labels=present, average=None, zero_division=0)
    by_class = dict(zip(present.tolist(), recalls.tolist(), strict=True))
    f1 = f1_score(y, predicted, labels=present, average="macro", zero_division=0)
    named = zip(classes if names is None else names, classes.tolist(), strict=True)
    return {
        "uar": float(np.mean(recalls)),
        "macro_f1": float(f1),
        "g_mean": float(
            geometric_mean_score(y, predicted, labels=present, average="multiclass")
        ),
        "recalls": {str(name): by_class.get(label) for name, label in named},
        "confusion": confusion_matrix(y, predicted, labels=classes).tolist(),
    }


def _of_probabilities(
    fitted: Any, X: NDArray[Any], y: NDArray[Any], classes: NDArray[Any]
) -> dict[str, float]:
    known = getattr(fitted, "classes_", None)
    if known is None:
        return {}
    if hasattr(fitted, "predict_proba"):
        # A class without training rows has probability 0.
        proba = np.zeros((len(X), len(classes)))
        proba[:, np.searchsorted(classes, known)] = fitted.predict_proba(X)
        proba /= proba.sum(axis=1, keepdims=True)  # float32 sums to 1 only nearly
        brier = brier_score_loss(y, proba, labels=classes, scale_by_half=False)
        return {
            "roc_auc": _one_vs_rest(y, proba, classes),
            "brier": float(brier),
            "calibration_error": expected_calibration_error(y, proba, classes),
        }
    if not hasattr(fitted, "decision_function"):
        return {}
    values = np.asarray(fitted.decision_function(X), dtype=float)
    if values.ndim == 1:
        values = np.column_stack([-values, values])
    if values.shape[1] != len(known):  # one for each pair of classes
        return {}
    decided = np.full((len(X), len(classes)), values.min())
    decided[:, np.searchsorted(classes, known)] = values
    return {"roc_auc": _one_vs_rest(y, decided, classes)}


def _one_vs_rest(y: NDArray[Any], values: NDArray[Any], classes: NDArray[Any]) -> float:
    """Mean AUC of each class against the others; scores need not sum to 1."""
    own = y[:, None] == classes
    both = own.any(axis=0) & ~own.all(axis=0)
    areas = [roc_auc_score(own[:, i], values[:, i]) for i in np.flatnonzero(both)]
    return float(np.mean(areas)) if areas else float("nan")
