"""Targets of a report other than one class a row: votes, label sets, attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, f1_score, mean_absolute_error
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVR

from skmiaug import metrics
from skmiaug.evaluation.comparison._compare import checked_classifiers
from skmiaug.model_selection import SoftLabelClassifier
from skmiaug.over_sampling.targets import read_target

_N_BOOTSTRAP = 200
# The penalty of `metrics.classifier_information`.
_C = 0.01
Score = Callable[[NDArray[Any], NDArray[Any]], Any]


def _macro_f1(y: NDArray[Any], margins: NDArray[Any]) -> float:
    seen = y.any(axis=0)
    found = f1_score(y[:, seen], margins[:, seen] > 0, average="macro", zero_division=0)
    return float(found)


def _macro_average_precision(y: NDArray[Any], margins: NDArray[Any]) -> float:
    seen = y.any(axis=0)  # a label without held-out rows cannot be scored
    return float(average_precision_score(y[:, seen], margins[:, seen], average="macro"))


# By target type the scores of `predictions`; the first one decides.
SCORES: dict[str, dict[str, Score]] = {
    "distribution": {
        "plurality macro-F1": metrics.plurality_f1_score,
        "Jensen-Shannon distance": metrics.jensen_shannon_distance,
    },
    "multilabel": {
        "macro average precision": _macro_average_precision,
        "macro-F1": _macro_f1,
    },
    "continuous": {
        "concordance correlation": metrics.concordance_correlation_coefficient,
        "mean absolute error": mean_absolute_error,
    },
}
# What the rows of one stratum are, for readers.
_SIMILAR = {
    "distribution": "rows of one plurality class",
    "multilabel": "rows with the same rarest label",
    "continuous": "rows in the same fifth of the first attribute",
}


class Targets:
    """The y of a report for one `target_type`.

    Parameters
    ----------
    target_type : {"distribution", "multilabel", "continuous"}
    y : array-like of shape (n_samples, n_columns) or (n_samples,)
    X : ndarray of shape (n_samples, n_features)

    Raises
    ------
    ValueError
        ``y`` is not of that type; the message names ``target_type``.
    """

    def __init__(self, target_type: str, y: Any, X: NDArray[Any]) -> None:
        self.target_type = target_type
        self._target, self.values, names, _ = read_target(target_type, y, X)
        self.names = [str(name) for name in names]
        self.strata = [*self.names, "no label"]
        if target_type == "continuous":
            ends = np.quantile(self.values[:, 0], np.linspace(0, 1, 6))
            self.strata = [
                f"{self.names[0]} {low:.3g} to {high:.3g}" for low, high in pairwise(ends)
            ]

    @property
    def description(self) -> str:
        """The columns of y, for readers."""
        return f"target_type={self.target_type!r}: {', '.join(self.names)}"

    @property
    def similar(self) -> str:
        """Which rows are in one stratum."""
        return _SIMILAR[self.target_type]

    def stratum_of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Name of the stratum of each row, one of `strata`."""
        return np.array(self.strata)[self._target.strata(values)]

    def read(self, y: Any) -> NDArray[np.float64]:
        """Values (n, n_columns) of a resampled y in its container."""
        return np.asarray(y, dtype=np.float64).reshape(len(y), -1)

    def amounts(self, values: NDArray[Any]) -> dict[str, int]:
        """Votes of each class, rows of each label, or rows of each fifth."""
        if self.target_type == "continuous":
            own = self.stratum_of(values)
            return {name: int(np.sum(own == name)) for name in self.strata}
        sums = np.rint(self._target.masses(values).sum(axis=0)).astype(int).tolist()
        return dict(zip(self.names, sums, strict=True))

    def bootstrap(
        self, values: NDArray[Any], seed: int = 0, n: int = _N_BOOTSTRAP
    ) -> Iterator[NDArray[np.intp]]:
        """Row numbers drawn with replacement within each stratum, n times."""
        strata = self._target.strata(values)
        if self.target_type == "distribution":
            # Rows with a tie do not count for the plurality.
            first, second = np.sort(values, axis=1)[:, :-3:-1].T
            strata = 2 * strata + np.isclose(first, second)
        rng = np.random.default_rng(seed)
        own = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
        for _ in range(n):
            yield np.concatenate([rng.choice(rows, len(rows)) for rows in own])

    def information(
        self, real: tuple[Any, Any], X: NDArray[Any], values: NDArray[Any]
    ) -> metrics.InformationResult:
        """Information about the target by a model of `real` rows; no interval, no null."""
        if self.target_type == "continuous":
            estimate, maximum = self._target.information(*real, X, values)
        else:
            estimate, maximum = _share_information(
                real[0], self._shares(real[1]), X, self._shares(values)
            )
        none = float("nan")
        return metrics.InformationResult(
            estimate, maximum, (none, none), none, none, np.empty(0), len(X), ""
        )

    def _shares(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Shares of the votes, or of the labels of a row, the last for a row without."""
        masses = self._target.masses(values)
        if self.target_type == "multilabel":
            masses = np.column_stack([masses, ~masses.any(axis=1)])
        return np.asarray(masses / masses.sum(axis=1, keepdims=True))

    def observed(self, values: NDArray[Any]) -> NDArray[Any]:
        """Targets as models and scores take them: shares, integers, a single column."""
        if self.target_type == "distribution":
            return np.asarray(self._target.masses(values))
        if self.target_type == "multilabel":
            return values.astype(int)
        return values[:, 0] if values.shape[1] == 1 else values


def _share_information(
    X_real: NDArray[Any], P_real: NDArray[Any], X: NDArray[Any], P: NDArray[Any]
) -> tuple[float, float]:
    """H(mean shares) less the soft cross-entropy of a model of real rows, and its maximum.

    Unlike that of the augmenters, the model knows the class mix, which is the same here.
    """
    seen = P_real.any(axis=0)
    known = P[:, seen].any(axis=1)
    P = P[known][:, seen] / P[known][:, seen].sum(axis=1, keepdims=True)
    critic = SoftLabelClassifier(LogisticRegression(C=_C, max_iter=200))
    Q = critic.fit(X_real, P_real[:, seen]).predict_proba(X[known])
    entropy = float(entr(P.mean(axis=0)).sum())
    cross = float(-(P * np.log(np.maximum(Q, 1e-12))).sum(axis=1).mean())
    return entropy - cross, entropy - float(entr(P).sum(axis=1).mean())


def models_for(target_type: str, classifiers: Any, n_columns: int) -> dict[str, Any]:
    """Unfitted models of a target type by name.

    Raises
    ------
    ValueError
        Classifiers are named for attributes, which need regressors.
    """
    if target_type != "continuous":
        if classifiers is None:
            classifiers = ["logistic regression", "MLP"]
        kind: Any = SoftLabelClassifier
        if target_type == "multilabel":
            kind = OneVsRestClassifier
        chosen = checked_classifiers(classifiers)
        return {n: m if isinstance(m, kind) else kind(m) for n, m in chosen.items()}
    if classifiers is None:
        network = MLPRegressor(hidden_layer_sizes=(128,), alpha=10.0, max_iter=100)
        classifiers = {"ridge": Ridge(100.0), "SVR": SVR(C=3.0), "MLP": network}
    elif not isinstance(classifiers, Mapping):
        raise ValueError(
            "target_type='continuous' needs regressors: pass classifiers as a mapping from "
            f"name to regressor, such as {{'ridge': Ridge()}}; got {classifiers!r}."
        )
    chosen = checked_classifiers(classifiers)
    if n_columns == 1:
        return chosen
    return {name: MultiOutputRegressor(model) for name, model in chosen.items()}


def predictions(
    target_type: str, name: str, model: Any, X: NDArray[Any]
) -> NDArray[np.float64]:
    """What `SCORES` take: shares, margins above 0 for a label, or attributes.

    Raises
    ------
    ValueError
        The model predicts no shares.
    """
    if target_type == "continuous":
        return np.asarray(model.predict(X))
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X)) - 0.5 * (target_type == "multilabel")
    if target_type == "multilabel":
        return np.asarray(model.decision_function(X))
    raise ValueError(
        f"target_type='distribution' needs classifiers with predict_proba, and {name!r} "
        "has none; leave it out."
    )
