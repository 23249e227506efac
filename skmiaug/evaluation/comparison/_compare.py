"""Cross-validated comparison of samplers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from skmiaug.evaluation._labels import plain
from skmiaug.evaluation.comparison._cell import (
    COLUMNS,
    Row,
    columns_of,
    run_sampler_on_fold,
)
from skmiaug.evaluation.comparison._folds import Fold, make_folds
from skmiaug.evaluation.comparison._methods import (
    SCORES,
    default_classifiers,
    default_samplers,
)
from skmiaug.evaluation.comparison._summary import MEAN
from skmiaug.evaluation.comparison._targets import Classes, read_y
from skmiaug.evaluation.features._features import too_large
from skmiaug.utils.tables._labels import check_labels

__all__ = ["compare_samplers"]

Progress = Callable[[int, int, str], None]


def compare_samplers(
    X: ArrayLike,
    y: ArrayLike,
    samplers: Mapping[str, Any] | Sequence[str] | None = None,
    classifiers: Mapping[str, Any] | Sequence[str] | None = None,
    *,
    cv: Any = None,
    groups: ArrayLike | None = None,
    target_type: str = "multiclass",
    n_repeats: int = 1,
    random_state: int = 0,
    prepare: Any = None,
    scale: bool = True,
    tune: bool = True,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    on_error: Literal["record", "raise"] = "record",
) -> pd.DataFrame:
    """Cross-validate every sampler with every classifier.

    Scaling, resampling and tuning see the training part of a fold only; no synthetic sample
    enters a test part. A sampler runs once for each fold and seed, and all classifiers are
    fitted on its samples.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Feature vectors, finite; with `prepare`, any table that it takes.
    y : array-like of shape (n_samples,) or (n_samples, n_columns)
        Targets of the type that `target_type` names.
    samplers : mapping, sequence of str or None, default=None
        From name to sampler: None (no resampling), an imbalanced-learn sampler, or one of
        the words ``"balanced"`` (class weights: ``class_weight="balanced"``, equal
        ``priors`` or balanced ``sample_weight``), ``"logit_adjustment"``
        (`skmiaug.model_selection.LogitAdjustedClassifier`), ``"thresholds"``
        (`skmiaug.model_selection.ThresholdTunedClassifier`) and ``"equal_prior_lda"``
        (one classifier in the place of all: a linear discriminant with shrunken covariances
        and equal class priors). A sequence takes those of `default_samplers`; None all.
        See Notes for the other target types.
    classifiers : mapping, sequence of str or None, default=None
        From name to classifier (to regressor for attributes); a sequence takes those of
        `default_classifiers`. A
        ``GridSearchCV`` is searched on inner folds (its ``cv`` if that is a number, else 3)
        of the real training rows, `groups` kept whole and the sampler applied to each inner
        training part. Other searches see the resampled rows only.
    cv : int, "logo", splitter, iterable or None, default=None
        None: 5 shuffled stratified folds (fewer if the smallest class or the groups
        allow no more), which keep groups whole where groups are given. ``"logo"`` leaves
        one group out. A splitter whose ``random_state`` is None gets each repeat's seed.
    groups : array-like of shape (n_samples,), default=None
        Speaker or session of each row; never in both parts of a fold.
    target_type : {"multiclass", "distribution", "multilabel", "continuous"}, \
default="multiclass"
        What y holds: a class, votes of raters or shares of classes, a set of labels (0 and
        1), or attributes. Folds are stratified by class, by the class with most votes, by
        the rarest label of a row, or by fifths of the first attribute.
    n_repeats : int, default=1
        How many seeds: ``random_state``, ``random_state + 1``, ...
    random_state : int, default=0
        First seed. It shuffles the folds and is given to every sampler and classifier
        whose own ``random_state`` is None.
    prepare : transformer, default=None
        Turns X into finite numbers: imputation, encoding of categories. A clone is fitted
        to the training part of each fold, before scaling.
    scale : bool, default=True
        Standardise the columns, fitted on the training part, before resampling.
    tune : bool, default=True
        Tune the classifiers of `default_classifiers`; no effect on a mapping.
    n_jobs : int or None, default=None
        Processes (joblib). The scores do not depend on it; the seconds do.
    progress : callable, default=None
        Called as ``progress(done, total, label)``, once before the first and then after
        each sampler and fold.
    on_error : {"record", "raise"}, default="record"
        Whether an error of a sampler or classifier becomes a row of status "failed".

    Returns
    -------
    results : pandas.DataFrame
        One row for each (seed, fold, sampler, classifier):

        - ``uar``: mean recall over the classes present in the test part, 0 to 1; a class
          that the training part lacks counts with recall 0; NaN where there is no score.
        - ``macro_f1``, ``g_mean``: means over the same classes; ``roc_auc``: the mean of
          each of these classes against the others; 0 to 1.
        - ``brier`` (0 to 2), ``calibration_error`` (0 to 1): of the probabilities for the
          test part as they are; NaN where the classifier gives none. Resampling, weights
          and adjustment shift them, see `skmiaug.model_selection.PriorCorrectedClassifier`.
        - ``recalls``: from class (as text) to recall, None where the test part lacks it;
          ``confusion``: counts, a row for each true class, in the order of the labels.
        - ``resample_seconds``, ``fit_seconds``: wall-clock time of the sampler (shared by
          the classifiers of that fold) and of tuning and fitting the classifier.
        - ``converged``: whether the fit that was scored has converged.
        - ``n_train``, ``n_train_resampled``, ``n_test``: rows.
        - ``status``: "ok", "failed", or "n/a" (a classifier that cannot be combined with
          the method); ``message``: the reason, or warnings and adaptations, and classes
          that the training part lacks.

        Other target types have scores of their own, the first is the main one:

        - "distribution": ``uar``, ``macro_f1``, ``g_mean``, ``recalls`` and ``confusion``
          of the class with most votes, over the test rows without a tie, and
          ``jensen_shannon``, the mean distance of predicted shares to those of the raters.
        - "multilabel": ``average_precision`` (mean over the labels),
          ``ranking_precision`` (label ranking, mean over the rows), ``label_f1`` (mean over
          the labels), ``recalls``.
        - "continuous": ``ccc`` (concordance correlation), ``band_mae`` (mean absolute
          error, mean over five bands of equal width) and ``mae``, both over the range of
          the attribute, mean over the attributes.

    Raises
    ------
    ValueError
        Data, `cv`, names or counts do not fit; raised before anything is trained.

    See Also
    --------
    paired_tests : Tests and intervals of the differences.
    format_comparison : The results as a table of text.

    Notes
    -----
    ``k_neighbors`` (SMOTE and its variants) and ``n_neighbors`` (ADASYN) are lowered to
    the limit of the smallest class of the training part, and ``message`` reports it.

    Classifiers are fitted to vote shares by `skmiaug.model_selection.SoftLabelClassifier`,
    to label sets, where they take none, by ``OneVsRestClassifier``, and regressors to each
    attribute, standardised. Samplers of these targets get the y of the training part:
    augmenters with this `target_type`, or any object with ``fit_resample``. Words are

    - "distribution": ``"hard_labels"`` (the rows with a plurality, as shares of one class),
      ``"balanced"`` and ``"logit_adjustment"``. Samplers of classes, as imbalanced-learn
      has, get the rows with a plurality.
    - "multilabel": ``"balanced"`` (weights of each label).
    - "continuous": ``"balanced"`` (weights of inverse density) and
      ``"random_oversampling"`` (repeats rows by inverse density).

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> results.groupby("sampler").size().to_dict()
    {'SMOTE': 3, 'none': 3}
    """
    target, y = read_y(target_type, y)
    table, groups = checked_rows(X, y, groups, prepare)
    chosen = _checked_samplers(samplers, target)
    width = None if prepare is not None else table.shape[1]
    models = checked_classifiers(
        classifiers, tune=tune, n_features=width, target_type=target.name
    )
    if on_error not in ("record", "raise"):
        raise ValueError(f"on_error must be 'record' or 'raise'; got {on_error!r}.")
    first = checked_seed(random_state)
    if not isinstance(n_repeats, Integral) or n_repeats < 1:
        raise ValueError(f"n_repeats must be at least 1, an integer; got {n_repeats!r}.")
    strata = target.strata(y, int(cv) if isinstance(cv, Integral) else 5)
    seeds = list(range(first, first + int(n_repeats)))
    folds = make_folds(cv, table, strata, groups, seeds)
    tasks = [(fold, name) for fold in folds for name in chosen]
    run = delayed(run_sampler_on_fold)
    options: dict[str, Any] = {"prepare": prepare, "scale": scale, "on_error": on_error}
    parts = Parallel(n_jobs=n_jobs, return_as="generator")(
        run(table, y, groups, fold, name, chosen[name], models, target=target, **options)
        for fold, name in tasks
    )
    return results_table(_collect(parts, tasks, progress))


def results_table(rows: list[Row]) -> pd.DataFrame:
    """Rows of cells as the table that `compare_samplers` returns."""
    names = [name for name in SCORES if name in (rows[0] if rows else COLUMNS)]
    table = pd.DataFrame(rows, columns=list(columns_of(names)))
    scores = table[names].astype(float)  # rows from a file have None for NaN
    # A failed sampler has no such count, and a count is not a float.
    counts = table["n_train_resampled"].astype("Float64").astype("Int64")
    return table.assign(**scores, n_train_resampled=counts)


def _collect(
    parts: Any, tasks: list[tuple[Fold, str]], progress: Progress | None
) -> list[Row]:
    rows: list[Row] = []
    if progress is not None:
        progress(0, len(tasks), "")
    for done, ((fold, name), part) in enumerate(zip(tasks, parts, strict=True), start=1):
        rows.extend(part)
        if progress is not None:
            progress(done, len(tasks), f"{name}, seed {fold.seed}, fold {fold.number}")
    return rows


def checked_seed(random_state: Any) -> int:
    """The seed as an int; None and generators give other folds and scores each time."""
    if not isinstance(random_state, Integral) or random_state < 0:
        raise ValueError(
            "random_state must be an integer from 0 on, so that folds and scores are "
            f"reproducible; got {random_state!r}."
        )
    return int(random_state)


def checked_rows(
    X: Any, y: NDArray[Any], groups: Any, prepare: Any = None
) -> tuple[Any, NDArray[Any] | None]:
    if prepare is None:
        X = check_array(X, dtype=[np.float64, np.float32], input_name="X")
        if text := too_large(X):
            raise ValueError(text)
    else:
        refuse_class(prepare, "prepare")
    check_consistent_length(X, y)
    if groups is not None:
        groups = column_or_1d(np.asarray(groups))
        check_consistent_length(X, groups)
        without = np.flatnonzero(pd.isna(groups))
        if without.size:
            raise ValueError(
                f"expected a group for every row; row {without[0]} (counted from 0) has "
                f"{plain(groups[without[0]])}, one of {without.size} such rows."
            )
        check_labels(groups, "groups")
    return X, groups


def _checked_samplers(samplers: Any, target: Classes) -> dict[str, Any]:
    if not isinstance(samplers, Mapping):
        samplers = default_samplers(samplers, target_type=target.name)
    for name, sampler in samplers.items():
        known_word = isinstance(sampler, str) and sampler in target.words
        refuse_class(sampler, f"sampler {name!r}")
        if not (sampler is None or known_word or hasattr(sampler, "fit_resample")):
            raise ValueError(
                f"sampler {name!r} must be None, {', '.join(map(repr, target.words))} or "
                f"an object with fit_resample; got {sampler!r}."
            )
    chosen = _not_empty(samplers, "samplers")
    return {name: target.sampler(name, sampler) for name, sampler in chosen.items()}


def checked_classifiers(
    classifiers: Any,
    *,
    tune: bool = False,
    n_features: int | None = None,
    target_type: str = "multiclass",
) -> dict[str, Any]:
    if not isinstance(classifiers, Mapping):
        return default_classifiers(
            classifiers, tune=tune, n_features=n_features, target_type=target_type
        )
    for name, classifier in classifiers.items():
        refuse_class(classifier, f"classifier {name!r}")
        if not (hasattr(classifier, "fit") and hasattr(classifier, "predict")):
            raise ValueError(
                f"classifier {name!r} must have fit and predict; got {classifier!r}."
            )
    if MEAN in classifiers:
        raise ValueError(
            f"{MEAN!r} names the mean over the classifiers; choose another name."
        )
    return _not_empty(classifiers, "classifiers")


def refuse_class(estimator: Any, role: str) -> None:
    if isinstance(estimator, type):
        kind = estimator.__name__
        raise ValueError(f"{role} must be an estimator; got the class; pass {kind}().")


def _not_empty(named: Mapping[str, Any], kind: str) -> dict[str, Any]:
    if not named:
        raise ValueError(f"expected at least one of the {kind}; got an empty mapping.")
    return dict(named)
