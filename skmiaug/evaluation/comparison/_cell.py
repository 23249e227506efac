"""One sampler on one fold: scale, resample once, tune, fit and score every classifier."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.preprocessing import StandardScaler
from sklearn.utils import _safe_indexing

from skmiaug.evaluation.comparison._folds import Fold, possible_splits, stratified
from skmiaug.evaluation.comparison._methods import (
    CLASS_WEIGHTS,
    EQUAL_PRIOR_LDA,
    SCORES_OF,
)
from skmiaug.evaluation.comparison._targets import Classes
from skmiaug.model_selection._balanced import NotApplicableError
from skmiaug.model_selection._samplers import (
    TooFewRowsError,
    adapt_neighbors,
    group_options,
)

OnError = Literal["record", "raise"]
Row = dict[str, Any]


def columns_of(scores: Sequence[str]) -> tuple[str, ...]:
    """Columns of the results of a target type with these scores."""
    return (
        *("sampler", "classifier", "seed", "fold"),
        *scores,
        *("recalls", "confusion", "resample_seconds", "fit_seconds", "converged"),
        *("n_train", "n_train_resampled", "n_test", "status", "message"),
    )


COLUMNS = columns_of(SCORES_OF["multiclass"])
# Between the parts of a message.
SEPARATOR = " | "
_LONGEST_MESSAGE = 300
# A change of some library's interface is not a property of the data or the sampler, and
# fits that did not converge are counted in a column of their own.
_NOT_REPORTED = (
    DeprecationWarning, PendingDeprecationWarning, FutureWarning, ConvergenceWarning,
)  # fmt: skip


@dataclass(frozen=True)
class _Parts:
    """The standardised parts of a fold; `groups` are of the training part, or None."""

    target: Classes
    X_train: NDArray[Any]
    y_train: NDArray[Any]
    groups: NDArray[Any] | None
    X_test: NDArray[Any]
    y_test: NDArray[Any]


def run_sampler_on_fold(
    X: Any,
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    fold: Fold,
    name: str,
    sampler: Any,
    classifiers: Mapping[str, Any],
    *,
    prepare: Any = None,
    scale: bool,
    on_error: OnError,
    target: Classes,
) -> list[Row]:
    """Rows of the result table, one for each classifier.

    The test part is prepared and scaled by what was fitted to the training part and is
    otherwise out of reach of sampler, search and classifier.
    """
    steps = [prepare] * (prepare is not None) + [StandardScaler()] * scale
    parts = _split(X, y, groups, fold, steps, target)
    common = _row(name, fold, parts)
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
    if sampler == EQUAL_PRIOR_LDA:
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        row = _scored(common, parts, [], name, lda, CLASS_WEIGHTS, fold.seed, on_error)
        row["message"] = _joined(row["message"], "in the place of every classifier")
        row["fit_seconds"] /= len(classifiers)  # it is fitted once
        return [row | {"classifier": classifier} for classifier in classifiers]
    tuned = any(isinstance(model, GridSearchCV) for model in classifiers.values())
    inner = list(_inner_parts(parts, sampler, classifiers, fold.seed)) if tuned else []
    if tuned and not inner:
        note = "not tuned: the sampler failed on every inner fold"
        common["message"] = _joined(common["message"], note)
    return [
        _scored(common, resampled, inner, label, model, sampler, fold.seed, on_error)
        for label, model in classifiers.items()
    ]


def _row(name: str, fold: Fold, parts: _Parts) -> Row:
    """A row of the result table before anything is fitted."""
    return dict.fromkeys(columns_of(parts.target.scores), float("nan")) | {
        "recalls": None,
        "confusion": None,
        "sampler": name,
        "seed": fold.seed,
        "fold": fold.number,
        "converged": True,
        "n_train": len(fold.train),
        "n_test": len(fold.test),
        "message": parts.target.absent(parts.y_train, parts.y_test),
    }


def seeded_clone(estimator: Any, seed: int) -> Any:
    """An unfitted copy in which every ``random_state`` left at None is `seed`."""
    copy = clone(estimator)
    open_states = {
        name: seed
        for name, value in copy.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return copy.set_params(**open_states) if open_states else copy


def warnings_text(caught: list[warnings.WarningMessage]) -> list[str]:
    """Each kind and first line once, without those about interfaces."""
    texts: dict[str, None] = {}
    for item in caught:
        if not issubclass(item.category, _NOT_REPORTED):
            lines = str(item.message).strip().splitlines() or ["no text"]
            texts[f"{item.category.__name__}: {lines[0]}"[:_LONGEST_MESSAGE]] = None
    return list(texts)


# ---- splitting and resampling


def _split(
    X: Any,
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    fold: Fold,
    steps: list[Any],
    target: Classes,
) -> _Parts:
    """Both parts of a fold after `steps`, which are fitted to the training part."""
    X_train, X_test = (_safe_indexing(X, part) for part in (fold.train, fold.test))
    for step in steps:
        fitted = seeded_clone(step, fold.seed)
        with warnings.catch_warnings():
            # Such as one about a category that the training part lacks.
            warnings.simplefilter("ignore")
            X_train = fitted.fit_transform(X_train, target.strata(y[fold.train]))
            X_test = fitted.transform(X_test)
    own_groups = None if groups is None else groups[fold.train]
    return _Parts(target, X_train, y[fold.train], own_groups, X_test, y[fold.test])


def _resampled(parts: _Parts, sampler: Any, seed: int) -> tuple[_Parts, str]:
    """The parts with a resampled training part, and what was adapted or warned about."""
    if sampler is None or isinstance(sampler, str):
        return parts, ""
    sampler = seeded_clone(sampler, seed)
    adapted = adapt_neighbors(sampler, parts.y_train)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            own = group_options(sampler, parts.groups)
            X, y = sampler.fit_resample(parts.X_train, parts.y_train, **own)
    except Exception as error:
        if adapted:
            error.add_note(adapted)
        raise
    found = replace(parts, X_train=np.asarray(X), y_train=np.asarray(y), groups=None)
    idle = parts.target.idle(sampler, parts.y_train, found.y_train)
    return found, _joined(adapted, idle, *warnings_text(caught))


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
            scores = parts.target.scores_of(fitted, parts.X_test, parts.y_test)
    except NotApplicableError as error:
        return row | {"status": "n/a", "message": str(error)}
    except Exception as error:
        if on_error == "raise":
            raise
        return row | {"status": "failed", "message": _text_of(name, error)}
    row["converged"] = not any(issubclass(w.category, ConvergenceWarning) for w in caught)
    row["message"] = _joined(common["message"], *warnings_text(caught))
    return row | scores | {"status": "ok"}


def _fitted(classifier: Any, method: Any, parts: _Parts, seed: int) -> Any:
    return parts.target.fit(
        classifier, method, parts.X_train, parts.y_train, parts.groups, seed
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
    with warnings.catch_warnings():
        # A class of a single row: its fold has no row of it to learn from.
        warnings.simplefilter("ignore")
        strata = parts.target.strata(y, asked)
        splitter = stratified(possible_splits(asked, strata, groups), groups, seed)
        for train, test in splitter.split(X, strata, groups):
            own = None if groups is None else groups[train]
            inner = _Parts(parts.target, X[train], y[train], own, X[test], y[test])
            try:
                yield _resampled(inner, sampler, seed)[0]
            except Exception:
                continue


def _tuned(search: GridSearchCV, inner: list[_Parts], method: Any, seed: int) -> Any:
    """The best candidate of a search, unfitted; as it is where no inner fold is left."""
    scorer = inner[0].target.scorer if inner and search.scoring is None else None
    scorer = scorer or check_scoring(search.estimator, search.scoring)
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


def _text_of(name: str, error: Exception) -> str:
    if isinstance(error, TooFewRowsError):
        return f"{name}: {error}"
    lines = str(error).strip().splitlines() or ["no text"]
    return f"{name}: {type(error).__name__}: {lines[0]}"[:_LONGEST_MESSAGE]


def _joined(*texts: str) -> str:
    return SEPARATOR.join(filter(None, texts))
