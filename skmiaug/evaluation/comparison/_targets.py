"""What a comparison asks of a target type: one class for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from imblearn.base import SamplerMixin
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling.base import BaseOverSampler
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import (
    brier_score_loss,
    confusion_matrix,
    f1_score,
    label_ranking_average_precision_score,
    mean_absolute_error,
    recall_score,
    roc_auc_score,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import column_or_1d, get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import has_fit_parameter

from skmiaug.evaluation._labels import class_counts, listed, plain
from skmiaug.evaluation.comparison._folds import possible_splits
from skmiaug.evaluation.comparison._methods import (
    CLASS_WEIGHTS,
    EQUAL_PRIOR_LDA,
    HARD_LABELS,
    LOGIT_ADJUSTMENT,
    RANDOM_OVERSAMPLING,
    SCORES_OF,
    THRESHOLDS,
)
from skmiaug.metrics import (
    concordance_correlation_coefficient,
    expected_calibration_error,
    jensen_shannon_distance,
    mean_absolute_error_by_band,
    plurality_f1_score,
)
from skmiaug.metrics._checks import has_plurality
from skmiaug.model_selection import (
    LogitAdjustedClassifier,
    SoftLabelClassifier,
    ThresholdTunedClassifier,
)
from skmiaug.model_selection._balanced import (
    NotApplicableError,
    weighted,
    with_probabilities,
)
from skmiaug.model_selection._folds import StratifiedFolds, joined_strata
from skmiaug.model_selection._meta import last_step
from skmiaug.model_selection._samplers import (
    AttributeOverSampler,
    adapt_neighbors,
    group_options,
    inverse_density,
)
from skmiaug.model_selection._targets import (
    SEARCHED,
    label_precision,
    label_values,
    read_columns,
)
from skmiaug.utils.tables._labels import check_labels

__all__ = ["TARGETS", "Classes", "read_y"]

_FOLDS, _N_BANDS = 3, 5


class Classes:
    """``target_type="multiclass"``, and the interface of the other types.

    Attributes
    ----------
    names : ndarray of shape (n_names,)
        Classes, labels or attributes.
    scores : tuple of str
        Columns of the results, the main one first.
    words : tuple of str
        Methods that are no sampler.
    counted : str
        What `counts` are.
    scorer : callable or None
        Scores the candidates of a search that names no score; None is its own.
    """

    name: ClassVar[str] = "multiclass"
    counted: ClassVar[str] = "rows per class"
    words: ClassVar[tuple[str, ...]] = (
        CLASS_WEIGHTS, LOGIT_ADJUSTMENT, THRESHOLDS, EQUAL_PRIOR_LDA,
    )  # fmt: skip
    scorer: ClassVar[Any] = None

    def __init__(self, names: NDArray[Any]) -> None:
        self.names = names

    @classmethod
    def read(cls, y: Any) -> tuple[Classes, NDArray[Any]]:
        """The checked targets as an array, and what is known of all of them."""
        check_labels(y)
        y = column_or_1d(np.asarray(y), warn=True)
        check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"expected rows of at least 2 classes; all {len(y)} rows are of class "
                f"{plain(classes[0])!r}."
            )
        return cls(classes), y

    @property
    def scores(self) -> tuple[str, ...]:
        return SCORES_OF[self.name]

    def strata(self, y: NDArray[Any], least: int = 5) -> NDArray[Any]:
        """Groups of similar targets (n,) for stratified folds, of `least` rows or more."""
        return y

    def counts(self, y: NDArray[Any], names: Sequence[Any]) -> dict[str, int]:
        """Rows of each class, label or band of an attribute, in the order of `names`."""
        return class_counts(y, names)

    def sampler(self, name: str, given: Any) -> Any:
        """What runs for a sampler or word that was given.

        Raises
        ------
        ValueError
            It is for another target type.
        """
        own = getattr(given, "target_type", self.name)
        if own != self.name:
            raise ValueError(
                f"sampler {name!r} has target_type={own!r}, and y is compared as "
                f"target_type={self.name!r}; set it with set_params."
            )
        return given

    def fit(
        self, model: Any, method: Any, X: Any, y: NDArray[Any], groups: Any, seed: int
    ) -> Any:
        """Fit a model as the method asks for; one that is no word fits it as it is.

        Not by `BalancedEstimator`: its probabilities hold for the class shares of y, and
        here they are scored as the method leaves them; its folds are 5, here 3.
        """
        if not isinstance(method, str):
            return model.fit(X, y)
        if method == CLASS_WEIGHTS:
            model, fit_params = weighted(model, y, {})
            return model.fit(X, y, **fit_params)
        if method == LOGIT_ADJUSTMENT:
            cv: Any = possible_splits(_FOLDS, y, None)
            if groups is not None:
                folds = StratifiedFolds(_FOLDS, random_state=seed)
                cv = list(folds.split(X, y, groups))
            return LogitAdjustedClassifier(with_probabilities(model, cv)).fit(X, y)
        assert method == THRESHOLDS
        tuned = ThresholdTunedClassifier(model, cv=_FOLDS, random_state=seed)
        return tuned.fit(X, y, groups=groups)

    def scores_of(self, fitted: Any, X: Any, y: NDArray[Any]) -> dict[str, Any]:
        """All `scores`, and where they exist recalls and the confusion matrix."""
        return scores_of(fitted, X, y, self.names)

    def absent(self, train: NDArray[Any], test: NDArray[Any]) -> str:
        """The classes that no model could learn: the scores alone would not show it."""
        return _absent(np.setdiff1d(test, train))

    def idle(self, sampler: Any, before: NDArray[Any], after: NDArray[Any]) -> str:
        """Name the classes that an over-sampler was to grow and did not; "" if none.

        BorderlineSMOTE does this silently where no row of a class lies near another class.
        """
        wanted = getattr(sampler, "sampling_strategy_", None)
        if not isinstance(sampler, BaseOverSampler) or not isinstance(wanted, dict):
            return ""
        idle = [
            label
            for label, number in wanted.items()
            if number > 0 and np.sum(after == label) <= np.sum(before == label)
        ]
        return f"no samples of class {listed(idle, most=6)} were generated" if idle else ""


class _Columns(Classes):
    """A y with columns, read as augmenters read it."""

    def __init__(self, names: NDArray[Any], of_rows: Any) -> None:
        super().__init__(names)
        self._of_rows = of_rows  # of skmiaug.over_sampling.targets

    @classmethod
    def read(cls, y: Any) -> tuple[Classes, NDArray[Any]]:
        target, names, values = read_columns(cls.name, y)
        return cls(names, target), values

    def strata(self, y: NDArray[Any], least: int = 5) -> NDArray[Any]:
        """Those of the augmenters; small ones join the largest."""
        strata = self._of_rows.strata(np.reshape(y, (len(y), -1)))
        return joined_strata(strata, least)

    def counts(self, y: NDArray[Any], names: Sequence[Any]) -> dict[str, int]:
        sums = np.rint(y.sum(axis=0)).astype(int)
        return dict(zip(map(str, names), sums.tolist(), strict=True))

    def sampler(self, name: str, given: Any) -> Any:
        if isinstance(given, SamplerMixin) and not hasattr(given, "target_type"):
            raise ValueError(
                f"sampler {name!r} resamples classes; target_type={self.name!r} needs one "
                f"of such targets, as GaussianAugmenter(target_type={self.name!r})."
            )
        return super().sampler(name, given)

    def absent(self, train: NDArray[Any], test: NDArray[Any]) -> str:
        return _absent(self.names[~train.any(axis=0) & test.any(axis=0)])

    def idle(self, sampler: Any, before: NDArray[Any], after: NDArray[Any]) -> str:
        return ""


class VoteShares(_Columns):
    """``target_type="distribution"``: shares (n, n_classes)."""

    name, counted = "distribution", "votes per class, in rows"
    words = (HARD_LABELS, CLASS_WEIGHTS, LOGIT_ADJUSTMENT)
    scorer = staticmethod(SEARCHED[name].scorer)

    def sampler(self, name: str, given: Any) -> Any:
        """A sampler of classes gets the rows with a plurality."""
        of_classes = getattr(given, "target_type", "multiclass") == "multiclass"
        if isinstance(given, SamplerMixin) and of_classes:
            return PluralityLabels(given)
        return PluralityLabels() if given == HARD_LABELS else super().sampler(name, given)

    def fit(
        self, model: Any, method: Any, X: Any, y: NDArray[Any], groups: Any, seed: int
    ) -> Any:
        _, last = last_step(model)
        if not isinstance(last, SoftLabelClassifier):
            if not has_fit_parameter(last, "sample_weight"):
                raise NotApplicableError(f"{type(last).__name__} takes no sample_weight")
            soft = SoftLabelClassifier(last)
            if isinstance(model, Pipeline):
                model = model.set_params(**{model.steps[-1][0]: soft})
            else:
                model = soft
        if method == LOGIT_ADJUSTMENT:
            return LogitAdjustedClassifier(with_probabilities(model, None)).fit(X, y)
        return super().fit(model, method, X, y, groups, seed)

    def scores_of(self, fitted: Any, X: Any, y: NDArray[Any]) -> dict[str, Any]:
        """By plurality, which rows with a tie lack, and of all predicted shares."""
        clear, codes = has_plurality(y), np.arange(len(self.names))
        predicted = np.asarray(fitted.predict(X))
        found = class_scores(y[clear].argmax(axis=1), predicted[clear], codes, self.names)
        found["macro_f1"] = plurality_f1_score(y, np.eye(len(codes))[predicted])
        if hasattr(fitted, "predict_proba"):
            found["jensen_shannon"] = jensen_shannon_distance(y, fitted.predict_proba(X))
        return found


class LabelSets(_Columns):
    """``target_type="multilabel"``: indicators (n, n_labels)."""

    name, counted = "multilabel", "rows per label"
    words = (CLASS_WEIGHTS,)
    scorer = staticmethod(label_precision)

    def fit(
        self, model: Any, method: Any, X: Any, y: NDArray[Any], groups: Any, seed: int
    ) -> Any:
        """One classifier for each label, where it takes no sets or labels are weighted."""
        tags = get_tags(model).classifier_tags
        takes_sets = tags is not None and tags.multi_label
        if method == CLASS_WEIGHTS or not takes_sets:
            model = OneVsRestClassifier(model)
        return super().fit(model, method, X, y, groups, seed)

    def scores_of(self, fitted: Any, X: Any, y: NDArray[Any]) -> dict[str, Any]:
        predicted, values = fitted.predict(X), label_values(fitted, X)
        known: NDArray[np.bool_] = np.any(y, axis=0)
        f1 = f1_score(y[:, known], predicted[:, known], average="macro", zero_division=0)
        recalls = recall_score(y, predicted, average=None, zero_division=np.nan)
        return {
            "average_precision": label_precision(fitted, X, y),
            "ranking_precision": float(label_ranking_average_precision_score(y, values)),
            "label_f1": float(f1),
            "recalls": {
                str(name): float(recall) if seen else None
                for name, recall, seen in zip(self.names, recalls, known, strict=True)
            },
        }


class Attributes(_Columns):
    """``target_type="continuous"``: attributes (n,) or (n, n_attributes)."""

    name, counted = "continuous", "rows per fifth of the range"
    words = (CLASS_WEIGHTS, RANDOM_OVERSAMPLING)
    scorer = SEARCHED[name].scorer

    def counts(self, y: NDArray[Any], names: Sequence[Any]) -> dict[str, int]:
        found = {}
        for name, column, *ends in zip(
            names, np.reshape(y, (len(y), -1)).T, *self._of_rows.limits, strict=True
        ):
            rows, edges = np.histogram(column, _N_BANDS, tuple(ends))
            for number, low, high in zip(rows.tolist(), edges, edges[1:], strict=False):
                found[f"{name}: {low:.3g} to {high:.3g}"] = number
        return found

    def sampler(self, name: str, given: Any) -> Any:
        if given == RANDOM_OVERSAMPLING:
            return AttributeOverSampler()
        return super().sampler(name, given)

    def fit(
        self, model: Any, method: Any, X: Any, y: NDArray[Any], groups: Any, seed: int
    ) -> Any:
        """One regressor for each attribute, each of them standardised."""
        prefix, last = last_step(model)
        fit_params = {}
        if method == CLASS_WEIGHTS:
            if not has_fit_parameter(last, "sample_weight") or (prefix and y.ndim > 1):
                raise NotApplicableError(f"{type(last).__name__} takes no sample_weight")
            fit_params = {f"{prefix}sample_weight": inverse_density(y)[0]}
        if y.ndim > 1:
            model = MultiOutputRegressor(model)
        scaled = TransformedTargetRegressor(model, transformer=StandardScaler())
        return scaled.fit(X, y, **fit_params)

    def scores_of(self, fitted: Any, X: Any, y: NDArray[Any]) -> dict[str, Any]:
        low, high = self._of_rows.limits
        true, predicted = (
            (np.reshape(part, (len(y), -1)) - low) / (high - low)
            for part in (y, fitted.predict(X))
        )
        edges = np.arange(1, _N_BANDS) / _N_BANDS
        by_band = [
            mean_absolute_error_by_band(*pair, edges)
            for pair in zip(true.T, predicted.T, strict=True)
        ]
        return {
            "ccc": concordance_correlation_coefficient(true, predicted),
            "band_mae": float(np.nanmean(by_band)),
            "mae": float(mean_absolute_error(true, predicted)),
        }

    def absent(self, train: NDArray[Any], test: NDArray[Any]) -> str:
        return ""


TARGETS: dict[str, type[Classes]] = {
    kind.name: kind for kind in (Classes, VoteShares, LabelSets, Attributes)
}


def read_y(target_type: str, y: Any) -> tuple[Classes, NDArray[Any]]:
    """The target type with what is known of all rows, and y as an array.

    Raises
    ------
    ValueError
        The type is unknown, or y is not of this type.
    """
    if target_type not in TARGETS:
        raise ValueError(
            f"target_type must be one of {', '.join(TARGETS)}; got {target_type!r}."
        )
    return TARGETS[target_type].read(y)


class PluralityLabels(BaseEstimator):
    """Keep the rows with a plurality, as shares of one class; then resample the classes."""

    def __init__(self, sampler: Any = None) -> None:
        self.sampler = sampler

    def fit_resample(self, X: Any, y: Any, groups: Any = None) -> tuple[Any, Any]:
        clear = has_plurality(y)
        X, labels = X[clear], y[clear].argmax(axis=1)
        if self.sampler is not None:
            sampler = clone(self.sampler)
            adapt_neighbors(sampler, labels)
            own = None if groups is None else groups[clear]
            X, labels = sampler.fit_resample(X, labels, **group_options(sampler, own))
        return X, np.eye(y.shape[1])[labels]


def _absent(names: NDArray[Any]) -> str:
    if not names.size:
        return ""
    return f"no training row of class {listed(names)}, which counts with recall 0"


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
