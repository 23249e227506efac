"""One sampler on one fold: scale, resample once, tune, fit and score every classifier."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Literal

import numpy as np
import sklearn
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.fixes import parse_version
from sklearn.utils.validation import has_fit_parameter

from skmiaug.evaluation._labels import listed, plain
from skmiaug.evaluation.comparison._folds import Fold, stratified
from skmiaug.evaluation.comparison._methods import (
    CLASS_WEIGHTS,
    LOGIT_ADJUSTMENT,
    THRESHOLDS,
)

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
    "converged",
    "n_train",
    "n_train_resampled",
    "n_test",
    "status",
    "message",
)
# Between the parts of a message.
SEPARATOR = " | "
_LONGEST_MESSAGE = 300
# A change of some library's interface is not a property of the data or the sampler, and
# fits that did not converge are counted in a column of their own.
_NOT_REPORTED = (
    DeprecationWarning,
    PendingDeprecationWarning,
    FutureWarning,
    ConvergenceWarning,
)
# SMOTE and its variants use the first name, ADASYN the second.
_NEIGHBOR_PARAMETERS = ("k_neighbors", "n_neighbors")


class TooFewRowsError(ValueError):
    """A class is too small for the sampler."""


class NotApplicableError(ValueError):
    """The classifier cannot be combined with the method."""


@dataclass(frozen=True)
class _Parts:
    """The standardised parts of a fold; `groups` are of the training part, or None."""

    X_train: NDArray[Any]
    y_train: NDArray[Any]
    groups: NDArray[Any] | None
    X_test: NDArray[Any]
    y_test: NDArray[Any]


def run_sampler_on_fold(
    X: NDArray[Any],
    y: NDArray[Any],
    groups: NDArray[Any] | None,
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
    out of reach of sampler, search and classifier.
    """
    X_train, X_test = X[fold.train], X[fold.test]
    if scale:
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    own_groups = None if groups is None else groups[fold.train]
    parts = _Parts(X_train, y[fold.train], own_groups, X_test, y[fold.test])
    common: Row = dict.fromkeys(COLUMNS, float("nan")) | {
        "sampler": name,
        "seed": fold.seed,
        "fold": fold.number,
        "converged": True,
        "n_train": len(fold.train),
        "n_test": len(fold.test),
        "message": _missing_classes(parts),
    }
    try:
        start = perf_counter()
        resampled, message = _resampled(parts, sampler, fold.seed)
        common["resample_seconds"] = 0.0 if resampled is parts else perf_counter() - start
    except Exception as error:
        if on_error == "raise":
            raise
        # What was adapted before is part of the reason.
        notes = getattr(error, "__notes__", [])
        message = _joined(common["message"], *notes, _text_of(name, error))
        failed = common | {"status": "failed", "message": message}
        return [failed | {"classifier": classifier} for classifier in classifiers]
    common |= {
        "n_train_resampled": len(resampled.y_train),
        "message": _joined(common["message"], message),
    }
    inner: list[_Parts] = []
    if any(isinstance(model, GridSearchCV) for model in classifiers.values()):
        inner = list(_inner_parts(parts, sampler, classifiers, fold.seed))
        if not inner:
            note = "not tuned: the sampler failed on every inner fold"
            common["message"] = _joined(common["message"], note)
    return [
        _scored(common, resampled, inner, label, model, sampler, fold.seed, on_error)
        for label, model in classifiers.items()
    ]


def seeded_clone(estimator: Any, seed: int) -> Any:
    """An unfitted copy in which every ``random_state`` left at None is `seed`."""
    copy = clone(estimator)
    open_states = {
        name: seed
        for name, value in copy.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return copy.set_params(**open_states) if open_states else copy


def unweighted_average_recall(y_true: NDArray[Any], y_pred: NDArray[Any]) -> float:
    """Mean recall over the classes present in `y_true` (balanced accuracy), 0 to 1.

    By hand, since scikit-learn's warns about each predicted class that `y_true` lacks.
    """
    recalls = [np.mean(y_pred[y_true == label] == label) for label in np.unique(y_true)]
    return float(np.mean(recalls))


def warnings_text(caught: list[warnings.WarningMessage]) -> list[str]:
    """Each kind and first line once, without those about interfaces."""
    texts: dict[str, None] = {}
    for item in caught:
        if not issubclass(item.category, _NOT_REPORTED):
            lines = str(item.message).strip().splitlines() or ["no text"]
            texts[f"{item.category.__name__}: {lines[0]}"[:_LONGEST_MESSAGE]] = None
    return list(texts)


# ---- resampling


def _resampled(parts: _Parts, sampler: Any, seed: int) -> tuple[_Parts, str]:
    """The parts with a resampled training part, and what was adapted or warned about."""
    if sampler is None or isinstance(sampler, str):
        return parts, ""
    sampler = seeded_clone(sampler, seed)
    adapted = adapt_neighbors(sampler, parts.y_train)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            X, y = sampler.fit_resample(parts.X_train, parts.y_train)
    except Exception as error:
        if adapted:
            error.add_note(adapted)
        raise
    found = replace(parts, X_train=np.asarray(X), y_train=np.asarray(y), groups=None)
    idle = _classes_without_samples(sampler, parts.y_train, found.y_train)
    return found, _joined(adapted, idle, *warnings_text(caught))


def adapt_neighbors(sampler: Any, y: NDArray[Any]) -> str:
    """Lower the number of neighbours to the limit of the smallest class that grows.

    Each row of a class of n rows has n - 1 neighbours. `sampler` is changed in place;
    samplers other than imbalanced-learn over-samplers, and neighbour parameters that are
    not an int, are left as they are.

    Returns
    -------
    note : str
        What was changed, or "".

    Raises
    ------
    TooFewRowsError
        The class has a single row.
    """
    if not isinstance(sampler, BaseOverSampler):
        return ""
    parameters = sampler.get_params(deep=False)
    name = next((n for n in _NEIGHBOR_PARAMETERS if n in parameters), "")
    asked = parameters.get(name)
    if not isinstance(asked, (int, np.integer)):
        return ""
    strategy = check_sampling_strategy(sampler.sampling_strategy, y, "over-sampling")
    counts = [(int(np.sum(y == label)), label) for label, n in strategy.items() if n > 0]
    if not counts:
        return ""
    rows, label = min(counts, key=lambda item: item[0])
    if rows < 2:
        raise TooFewRowsError(
            f"needs at least 2 rows of class {plain(label)!r}, has {rows}"
        )
    if asked < rows:
        return ""
    sampler.set_params(**{name: rows - 1})
    return (
        f"{name} lowered from {asked} to {rows - 1}: class {plain(label)!r} has {rows} rows"
    )


def _classes_without_samples(sampler: Any, before: NDArray[Any], after: Any) -> str:
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


# ---- classifiers


def _scored(
    common: Row,
    parts: _Parts,
    inner: list[_Parts],
    name: str,
    classifier: Any,
    method: Any,
    seed: int,
    on_error: OnError,
) -> Row:
    classifier = seeded_clone(classifier, seed)
    row = common | {"classifier": name}
    try:
        start = perf_counter()
        if isinstance(classifier, GridSearchCV):
            classifier = _tuned(classifier, inner, method, seed)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fitted = _fitted(classifier, method, parts, seed)
            row["fit_seconds"] = perf_counter() - start
            predicted = np.asarray(fitted.predict(parts.X_test))
    except NotApplicableError as error:
        return row | {"status": "n/a", "message": str(error)}
    except Exception as error:
        if on_error == "raise":
            raise
        return row | {"status": "failed", "message": _text_of(name, error)}
    return row | {
        "uar": unweighted_average_recall(parts.y_test, predicted),
        "converged": not any(issubclass(w.category, ConvergenceWarning) for w in caught),
        "status": "ok",
        "message": _joined(common["message"], *warnings_text(caught)),
    }


def _fitted(classifier: Any, method: Any, parts: _Parts, seed: int) -> Any:
    X, y = parts.X_train, parts.y_train
    if not isinstance(method, str):
        return classifier.fit(X, y)
    from skmiaug.model_selection import LogitAdjustedClassifier, ThresholdTunedClassifier

    if method == CLASS_WEIGHTS:
        return _fit_weighted(classifier, X, y)
    if method == LOGIT_ADJUSTMENT:
        return LogitAdjustedClassifier(_with_probabilities(classifier, y)).fit(X, y)
    assert method == THRESHOLDS
    tuned = ThresholdTunedClassifier(classifier, cv=3, random_state=seed)
    return tuned.fit(X, y, groups=parts.groups)


def _fit_weighted(classifier: Any, X: NDArray[Any], y: NDArray[Any]) -> Any:
    """Fit with equal weight of all classes.

    By ``class_weight="balanced"`` where the classifier, or a step of it, has that
    parameter; by equal ``priors`` (LDA, naive Bayes); else by balanced ``sample_weight``
    in ``fit`` (MLPClassifier).
    """
    parameters = classifier.get_params(deep=True)

    def named(wanted: str) -> list[str]:
        return [n for n in parameters if n == wanted or n.endswith(f"__{wanted}")]

    if names := named("class_weight"):
        return classifier.set_params(**dict.fromkeys(names, "balanced")).fit(X, y)
    if names := named("priors"):
        n_classes = len(np.unique(y))
        equal = np.full(n_classes, 1 / n_classes)
        return classifier.set_params(**dict.fromkeys(names, equal)).fit(X, y)
    if has_fit_parameter(classifier, "sample_weight"):
        return classifier.fit(X, y, sample_weight=compute_sample_weight("balanced", y))
    raise NotApplicableError(
        f"{type(classifier).__name__} takes none of class_weight, priors and sample_weight"
    )


def _with_probabilities(classifier: Any, y: NDArray[Any]) -> Any:
    """The classifier, or one with a calibrated softmax where it gives no probabilities."""
    if hasattr(classifier, "predict_proba"):
        return classifier
    if not hasattr(classifier, "decision_function"):
        raise NotApplicableError(
            f"{type(classifier).__name__} has neither predict_proba nor decision_function"
        )
    from sklearn.calibration import CalibratedClassifierCV

    rarest = int(np.unique(y, return_counts=True)[1].min())
    # One parameter for all classes (from scikit-learn 1.8 on): Platt's two for each class
    # are learned badly from few rows.
    recent = parse_version(sklearn.__version__) >= parse_version("1.8")
    method = "temperature" if recent else "sigmoid"
    return CalibratedClassifierCV(
        classifier, method=method, ensemble=False, cv=max(2, min(3, rarest))
    )


# ---- the search over parameters


def _inner_parts(
    parts: _Parts, sampler: Any, classifiers: Mapping[str, Any], seed: int
) -> Iterator[_Parts]:
    """Inner folds of real rows, their training parts resampled.

    The sampler runs once for each inner fold, for all candidates of all classifiers, and no
    synthetic sample is in a part on which candidates are scored. Folds in which the sampler
    fails are left out.
    """
    asked = max(
        model.cv if isinstance(model.cv, int) else 3
        for model in classifiers.values()
        if isinstance(model, GridSearchCV)
    )
    X, y, groups = parts.X_train, parts.y_train, parts.groups
    if groups is not None and len(np.unique(groups)) < 2:
        groups = None
    most = int(np.unique(y, return_counts=True)[1].min())
    if groups is not None:
        most = min(most, len(np.unique(groups)))
    with warnings.catch_warnings():
        # A class of a single row: its fold has no row of it to learn from.
        warnings.simplefilter("ignore")
        splitter = stratified(max(2, min(asked, most)), groups, seed)
        for train, test in splitter.split(X, y, groups):
            own = None if groups is None else groups[train]
            inner = _Parts(X[train], y[train], own, X[test], y[test])
            try:
                yield _resampled(inner, sampler, seed)[0]
            except Exception:
                continue


def _tuned(search: GridSearchCV, inner: list[_Parts], method: Any, seed: int) -> Any:
    """The best candidate of a search, unfitted; as it is where no inner fold is left."""
    scorer = check_scoring(search.estimator, search.scoring)
    best, best_score = search.estimator, -np.inf
    for candidate in ParameterGrid(search.param_grid):
        scores = []
        for parts in inner:
            model = clone(search.estimator).set_params(**candidate)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    fitted = _fitted(model, method, parts, seed)
                    scores.append(scorer(fitted, parts.X_test, parts.y_test))
            except NotApplicableError:
                raise
            except Exception:
                # A fault that is not of this inner part alone shows in the final fit.
                continue
        if scores and np.mean(scores) > best_score:
            best_score = float(np.mean(scores))
            best = clone(search.estimator).set_params(**candidate)
    return best


# ---- messages


def _missing_classes(parts: _Parts) -> str:
    """The classes that no classifier could learn here: the UAR alone would not show it."""
    absent = np.setdiff1d(parts.y_test, parts.y_train)
    if not absent.size:
        return ""
    return f"no training row of class {listed(absent)}, which counts with recall 0"


def _text_of(name: str, error: Exception) -> str:
    if isinstance(error, TooFewRowsError):
        return f"{name}: {error}"
    lines = str(error).strip().splitlines() or ["no text"]
    return f"{name}: {type(error).__name__}: {lines[0]}"[:_LONGEST_MESSAGE]


def _joined(*texts: str) -> str:
    return SEPARATOR.join(filter(None, texts))
