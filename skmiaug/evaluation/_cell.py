"""One sampler on one fold: scale, resample once, fit and score every classifier."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from skmiaug.evaluation._class_weights import WeightsNotSupportedError, fit_balanced
from skmiaug.evaluation._defaults import BALANCED
from skmiaug.evaluation._labels import listed
from skmiaug.evaluation._neighbors import (
    TooFewRowsError,
    adapt_neighbors,
    classes_left_as_they_were,
)
from skmiaug.evaluation._splits import Fold

OnError = Literal["record", "raise"]
Row = dict[str, Any]

COLUMNS = (
    "sampler",
    "classifier",
    "seed",
    "fold",
    "uar",
    "resample_seconds",
    "fit_seconds",
    "n_train",
    "n_train_resampled",
    "n_test",
    "status",
    "message",
)
# Between the parts of a message.
SEPARATOR = " | "
_LONGEST_MESSAGE = 300
# A change of some library's interface is no property of the data or the sampler.
_NOT_TOLD = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


@dataclass
class _Parts:
    """The standardised parts of a fold, before and after resampling."""

    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]
    resample_seconds: float = float("nan")
    message: str = ""


def run_sampler_on_fold(
    X: NDArray[Any],
    y: NDArray[Any],
    fold: Fold,
    name: str,
    sampler: Any,
    classifiers: Mapping[str, Any],
    *,
    scale: bool,
    on_error: OnError,
) -> list[Row]:
    """Rows of the result table, one for each classifier.

    The test part is scaled with the training part's mean and deviation and is otherwise
    out of the sampler's reach.
    """
    parts = _standardised(X, y, fold, scale)
    common = {
        "sampler": name,
        "seed": fold.seed,
        "fold": fold.number,
        "n_train": len(fold.train),
        "n_test": len(fold.test),
    }
    try:
        _resample(parts, sampler, fold.seed)
    except Exception as error:
        if on_error == "raise":
            raise
        message = _joined(parts.message, _text_of(name, error))
        failed = {**common, "status": "failed", "message": message}
        return [_row({**failed, "classifier": classifier}) for classifier in classifiers]
    common |= {
        "n_train_resampled": len(parts.y_train),
        "resample_seconds": parts.resample_seconds,
    }
    return [
        _row(common | _score(parts, label, classifier, sampler, fold.seed, on_error))
        for label, classifier in classifiers.items()
    ]


def unweighted_average_recall(y_true: NDArray[Any], y_pred: NDArray[Any]) -> float:
    """Mean recall over the classes present in `y_true` (balanced accuracy), 0 to 1.

    Predictions of a class that `y_true` lacks count as wrong; no class is warned about.
    """
    recalls = [np.mean(y_pred[y_true == label] == label) for label in np.unique(y_true)]
    return float(np.mean(recalls))


def _standardised(X: NDArray[Any], y: NDArray[Any], fold: Fold, scale: bool) -> _Parts:
    X_train, X_test = X[fold.train], X[fold.test]
    if scale:
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    y_train, y_test = y[fold.train], y[fold.test]
    return _Parts(X_train, y_train, X_test, y_test, message=_lacking(y_train, y_test))


def _lacking(y_train: NDArray[Any], y_test: NDArray[Any]) -> str:
    """What no classifier could learn here: the UAR alone would not tell."""
    absent = np.setdiff1d(y_test, y_train)
    if not absent.size:
        return ""
    return f"no training row of class {listed(absent)}, which counts with recall 0"


def _resample(parts: _Parts, sampler: Any, seed: int) -> None:
    """Replace the training part by the resampled one, and take the time."""
    if sampler is None or isinstance(sampler, str):
        parts.resample_seconds = 0.0
        return
    before = parts.y_train
    sampler = seeded_clone(sampler, seed)
    parts.message = _joined(parts.message, adapt_neighbors(sampler, before))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = perf_counter()
        made = sampler.fit_resample(parts.X_train, before)
        parts.resample_seconds = perf_counter() - start
    parts.X_train, parts.y_train = np.asarray(made[0]), np.asarray(made[1])
    idle = classes_left_as_they_were(sampler, before, parts.y_train)
    parts.message = _joined(parts.message, idle, SEPARATOR.join(told(caught)))


def _score(
    parts: _Parts, name: str, classifier: Any, sampler: Any, seed: int, on_error: OnError
) -> Row:
    classifier = seeded_clone(classifier, seed)
    row: Row = {"classifier": name}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            start = perf_counter()
            if isinstance(sampler, str) and sampler == BALANCED:
                fit_balanced(classifier, parts.X_train, parts.y_train)
            else:
                classifier.fit(parts.X_train, parts.y_train)
            row["fit_seconds"] = perf_counter() - start
            predicted = np.asarray(classifier.predict(parts.X_test))
    except WeightsNotSupportedError as error:
        return row | {"status": "n/a", "message": str(error)}
    except Exception as error:
        if on_error == "raise":
            raise
        return row | {"status": "failed", "message": _text_of(name, error)}
    message = _joined(parts.message, SEPARATOR.join(told(caught)))
    uar = unweighted_average_recall(parts.y_test, predicted)
    return row | {"uar": uar, "status": "ok", "message": message}


def seeded_clone(estimator: Any, seed: int) -> Any:
    """An unfitted copy in which every ``random_state`` left at None is `seed`."""
    copy = clone(estimator)
    open_states = {
        name: seed
        for name, value in copy.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return copy.set_params(**open_states) if open_states else copy


def _row(values: Row) -> Row:
    empty: Row = dict.fromkeys(COLUMNS, float("nan")) | {"message": ""}
    return empty | values


def _text_of(name: str, error: Exception) -> str:
    if isinstance(error, TooFewRowsError):
        return f"{name}: {error}"
    lines = str(error).strip().splitlines() or ["no text"]
    return f"{name}: {type(error).__name__}: {lines[0]}"[:_LONGEST_MESSAGE]


def _joined(*texts: str) -> str:
    return SEPARATOR.join(filter(None, texts))


def told(caught: list[warnings.WarningMessage]) -> list[str]:
    """Each kind and first line once, without those about interfaces."""
    texts: dict[str, None] = {}
    for item in caught:
        if not issubclass(item.category, _NOT_TOLD):
            lines = str(item.message).strip().splitlines() or ["no text"]
            texts[f"{item.category.__name__}: {lines[0]}"[:_LONGEST_MESSAGE]] = None
    return list(texts)
