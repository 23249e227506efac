"""The search among ways to balance."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, _fit_context
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skmiaug.model_selection._balanced import BalancedEstimator
from skmiaug.model_selection._folds import StratifiedFolds, joined_strata
from skmiaug.model_selection._meta import adopt_features, tags_of
from skmiaug.model_selection._methods import (
    Candidate,
    grids_of,
    read_estimators,
    read_methods,
)
from skmiaug.model_selection._rule import at_chance, choose, gains_over, plot_gains, verdict
from skmiaug.model_selection._soft_labels import classes_and_shares
from skmiaug.model_selection._targets import (
    FREE_METHODS,
    SEARCHED,
    check_model,
    featureless,
    read_columns,
    read_labels,
)
from skmiaug.utils.tables._labels import read_groups

_FOLDS = 5
# Up to this ratio of the largest class to the smallest, there is nothing to balance.
_EVEN = 1.1


def _best_has(name: str) -> Any:
    def check(self: BalancingSearchCV) -> bool:
        # The error names what is missing.
        if hasattr(self, "best_estimator_"):
            getattr(self.best_estimator_, name)
        else:
            for estimator, _ in read_estimators(self.estimator).values():
                getattr(estimator, name)
        return True

    return check


class BalancingSearchCV(MetaEstimatorMixin, BaseEstimator):
    """Find out whether, and how, to balance the targets of a classifier or regressor.

    Cross-validates the estimator with each way to balance, keeps the cheapest one whose
    score is not clearly below the best, and fits it to all rows. The order of costs is:
    nothing, weights, logit adjustment, tuned thresholds, resampling. All but the last
    leave the rows as they are; resampling has to be ahead of the best of them.

    Parameters
    ----------
    estimator : estimator, (estimator, grid) or a list or mapping of these
        A grid of its parameters is searched with each method, as in ``GridSearchCV``. Put
        preprocessing into a pipeline; rows are resampled before its last step, which is
        what `target_type` asks for.
    methods : list, mapping or None, default=None
        Names, samplers of imbalanced-learn or their names or import paths, or a mapping
        from name to these. None stands for ``["none", "class_weight", "logit_adjust",
        "threshold", "gaussian", "migan"]``; ``"random"`` (random oversampling),
        ``"smote"``, ``"borderline"`` and ``"adasyn"`` are known, too. Class weights are
        ``class_weight="balanced"``, equal ``priors`` or balanced ``sample_weight``,
        whichever the classifier takes. SMOTE's neighbors are lowered to what the smallest
        class allows. See the notes for the other target types.
    scoring : str, callable or None, default=None
        One scorer of scikit-learn. None is balanced accuracy, the unweighted average recall
        (UAR), for votes that of the class with most votes, for label sets macro average
        precision and for attributes the concordance correlation coefficient. A scorer of
        votes is a callable that takes shares, as ``make_scorer(plurality_f1_score, ...)``
        returns.
    target_type : str, default="multiclass"
        What y holds for each row: one class (``"multiclass"``), votes of raters or shares
        of classes (``"distribution"``), labels as 0 and 1 (``"multilabel"``), or attributes
        (``"continuous"``). Votes need a `SoftLabelClassifier`, label sets a classifier that
        takes them, such as ``OneVsRestClassifier``, attributes a regressor.
    cv : int, splitter, iterable or None, default=None
        None stands for 5. A number means stratified shuffled folds, at most as many as the
        smallest class has rows; they keep groups whole where ``fit`` is given groups. Votes
        are stratified by the class with most votes, label sets by their rarest label,
        attributes by fifths of the first one.
    n_repeats : int, default=None
        How often these folds are drawn. None repeats them up to 5 times, until the rarest
        class has been tested on 100 rows: of 20 rows, one draw of folds is a lottery.
    tolerance : float, default=0.25
        By how many standard errors of the mean difference resampling must be ahead of the
        best method without it, and a method without resampling ahead of a cheaper one. It
        is three times as high for resampling where all differences may be noise: no method
        is ahead of a classifier without features by two standard errors, or the largest
        class has less than 1.1 times the rows of the smallest. 0 takes the highest score.
        The variance is that of Nadeau and Bengio, which is two to seven times the usual
        one: 0.25 of these standard errors are 0.4 to 0.7 of the usual ones.
    n_jobs : int, default=None
        Number of processes, through joblib.
    error_score : "raise" or float, default=nan
        Score of a fit that failed. With NaN, a warning names it and the candidate is out.
    verbose : int, default=0
        As for ``GridSearchCV``.
    random_state : int, RandomState or None, default=None
        Seed of the folds, the samplers and the inner folds of the methods.

    Attributes
    ----------
    best_method_ : str
        Name of the chosen method.
    best_estimator_name_ : str
        Name of the chosen estimator, which is that of its class where none was given.
    best_estimator_ : estimator
        Fitted to all rows. Its ``estimator_`` is the estimator, wrapper or pipeline alone.
    best_params_ : dict
        Its point of the grid.
    best_score_ : float
        Its mean score over the folds.
    best_index_ : int
        Its place in ``cv_results_``.
    gain_interval_ : dict
        95 % interval of the gain in score of the chosen method over ``"none"`` and over
        ``"best_free"``, the best method that leaves the rows as they are; (0, 0) where that
        is the chosen one. From `skmiaug.metrics.corrected_repeated_ttest`.
    cv_results_ : dict
        As that of ``GridSearchCV``; ``param_method`` and ``param_estimator`` hold names.
    verdict_ : str
        The result in words.
    n_splits_ : int
        Number of folds, repeats included.
    scorer_ : callable
    classes_ : ndarray of shape (n_classes,)
        Of votes and label sets, the columns of y. Absent for attributes.
    n_features_in_, feature_names_in_
        Of the fitted estimator, where it has them.

    See Also
    --------
    LogitAdjustedClassifier, ThresholdTunedClassifier : Two of the methods.
    PriorCorrectedClassifier : The correction of probabilities.
    skmiaug.evaluation.compare_samplers : A table of all methods and classifiers.

    Notes
    -----
    As ``GridSearchCV``, the search is a classifier or a regressor as its estimator is.

    For other target types there are fewer methods. Votes: no thresholds. Label sets:
    ``"none"``, ``"class_weight"`` and samplers; weights balance each label by itself, so
    they apply to estimators of one label within a wrapper such as ``OneVsRestClassifier``.
    Attributes: ``"none"``, ``"sample_weight"`` (by inverse density), ``"random"`` (rows
    repeated as often as their inverse density asks for) and samplers. Samplers are those
    with this ``target_type``.

    ``predict`` decides with the balance. ``predict_proba`` is corrected for the change of
    the shares of classes or labels by weights and resampling, and without adjustment and
    thresholds, so that the probabilities hold for the training rows. So the class of the
    highest probability need not be the predicted one; scorers of probabilities see the
    corrected ones.

    Scores of the chosen method are those by which it was chosen, and so are the intervals:
    slightly optimistic. Cross-validate the search itself for an unbiased estimate.

    Metadata routing works as for ``GridSearchCV``. ``sample_weight`` cannot be combined
    with resampling.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmiaug.model_selection import BalancingSearchCV
    >>> X, y = make_classification(
    ...     n_samples=600, weights=[0.9], class_sep=0.7, random_state=0
    ... )
    >>> search = BalancingSearchCV(
    ...     LogisticRegression(), methods=["none", "class_weight", "smote"], random_state=0
    ... ).fit(X, y)
    >>> search.best_method_
    'class_weight'
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "estimator": [HasMethods(["fit", "predict"]), Mapping, list, tuple],
        "methods": [list, tuple, Mapping, None],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "target_type": [StrOptions(set(SEARCHED))],
        "cv": ["cv_object"],
        "n_repeats": [Interval(Integral, 1, None, closed="left"), None],
        "tolerance": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "error_score": [StrOptions({"raise"}), Real],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        methods: Any = None,
        *,
        scoring: Any = None,
        target_type: str = "multiclass",
        cv: Any = None,
        n_repeats: int | None = None,
        tolerance: float = 0.25,
        n_jobs: int | None = None,
        error_score: Any = np.nan,
        verbose: int = 0,
        random_state: Any = None,
    ):
        self.estimator = estimator
        self.methods = methods
        self.scoring = scoring
        self.target_type = target_type
        self.cv = cv
        self.n_repeats = n_repeats
        self.tolerance = tolerance
        self.n_jobs = n_jobs
        self.error_score = error_score
        self.verbose = verbose
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, **params: Any) -> BalancingSearchCV:
        """Cross-validate all methods, choose one and fit it to all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Any input that the estimators take.
        y : array-like of shape (n_samples,) or (n_samples, n_columns)
            Targets of `target_type`.
        **params
            ``groups`` (n_samples,), the speaker or session of each row, for the folds;
            all others go to the ``fit`` of the estimators.

        Returns
        -------
        self : BalancingSearchCV

        Raises
        ------
        ValueError
            A method is unknown, none applies to the estimator, all fail in some fold,
            y or an estimator is not of this ``target_type``, folds share a group, or
            ``sample_weight`` is passed together with resampling.
        """
        y, strata, names = self._read(y)
        methods = read_methods(self.methods, self.target_type)
        _check_weights(methods, params)
        estimators = read_estimators(self.estimator)
        for model, _ in estimators.values():
            check_model(self.target_type, model)
        grids, candidates, left_out = grids_of(estimators, methods, self.target_type)
        costs = np.array([candidate.cost for candidate in candidates])
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        given_groups = params.pop("groups", None)
        groups = read_groups(given_groups, len(strata))
        folds = list(self._splitter(seed).split(X, strata, given_groups))
        _check_groups(folds, groups, given_groups)
        ratios = [len(test) / len(train) for train, test in folds]
        self._test_to_train = float(np.mean(ratios))
        free = costs < len(FREE_METHODS)
        search = self._search(grids, folds, seed)
        chance = self._chance(search, y, folds)
        counts = np.unique(strata, return_counts=True)[1]
        search.refit = lambda results: choose(
            fold_scores(results),
            costs,
            free,
            self._test_to_train,
            self.tolerance,
            chance,
            even=self.target_type == "multiclass" and counts.max() < _EVEN * counts.min(),
        )
        if groups is not None:
            params["inner_groups"] = groups
        search.fit(X, y, **params)
        self._keep(search, candidates)
        if self.target_type != "continuous":
            self.classes_ = self.best_estimator_.classes_ if names is None else names
        self._conclude(costs == 0, free, left_out, chance)
        return self

    def _read(self, y: Any) -> tuple[Any, NDArray[Any], NDArray[Any] | None]:
        """Targets for the estimators, strata (n,) of the folds, and names of columns."""
        if self.target_type == "multiclass":
            labels = read_labels(y)
            return labels, labels, None
        target, names, values = read_columns(self.target_type, y)
        strata = joined_strata(target.strata(np.reshape(values, (len(values), -1))))
        if self.target_type != "distribution":
            return values, strata, names
        if isinstance(self.scoring, str):
            raise ValueError(
                "scoring must be None or a callable that takes shares with "
                "target_type='distribution', as make_scorer(plurality_f1_score, "
                f"response_method='predict_proba'); got {self.scoring!r}."
            )
        return pd.DataFrame(values, columns=names), strata, names

    def _search(self, grids: list[dict[str, Any]], cv: Any, seed: int = 0) -> GridSearchCV:
        (model, _), *_ = read_estimators(self.estimator).values()
        return GridSearchCV(
            BalancedEstimator(model, target_type=self.target_type, random_state=seed),
            grids,
            scoring=self.scoring or SEARCHED[self.target_type].scorer,
            cv=cv,
            n_jobs=self.n_jobs,
            error_score=self.error_score,
            verbose=self.verbose,
        )

    def _splitter(self, seed: int = 0) -> Any:
        if self.cv is None or isinstance(self.cv, Integral):
            return StratifiedFolds(
                int(self.cv or _FOLDS), n_repeats=self.n_repeats, random_state=seed
            )
        return check_cv(self.cv)

    def _keep(self, search: GridSearchCV, candidates: list[Candidate]) -> None:
        """Take over the results of a fitted search, with the names of the candidates."""
        if np.isnan(fold_scores(search.cv_results_)[search.best_index_]).any():
            raise ValueError(
                "expected a method with a score in every fold, and each failed in one; "
                'error_score="raise" shows why.'
            )
        for name in ("best_estimator_", "best_index_", "n_splits_", "scorer_"):
            setattr(self, name, getattr(search, name))
        adopt_features(self, self.best_estimator_)
        chosen = candidates[self.best_index_]
        self.best_method_, self.best_estimator_name_ = chosen.method, chosen.estimator
        self.best_params_ = {
            name.removeprefix("estimator__"): value
            for name, value in search.best_params_.items()
            if name.startswith("estimator__")
        }
        self.cv_results_ = search.cv_results_ | {
            f"param_{name}": np.ma.array(
                [getattr(c, name) for c in candidates], dtype=object
            )
            for name in ("method", "estimator")
        }

    def _chance(
        self, search: GridSearchCV, y: Any, folds: list[Any]
    ) -> NDArray[np.float64] | None:
        """Scores (n_folds,) of the better model without features, None without any."""
        scorer = check_scoring(search.estimator, search.scoring)
        found = []
        for model in featureless(self.target_type):
            scores = []
            for train, test in folds:
                no_rows = np.zeros((len(train), 1)), np.zeros((len(test), 1))
                model.fit(no_rows[0], _safe_indexing(y, train))
                try:
                    score = scorer(model, no_rows[1], _safe_indexing(y, test))
                except (ValueError, TypeError, AttributeError):
                    # The scorer needs more than rows, targets and probabilities.
                    return None
                scores.append(score)
            found.append(scores)
        return np.array(max(found, key=np.mean))

    def _conclude(
        self,
        none: NDArray[np.bool_],
        free: NDArray[np.bool_],
        left_out: list[str],
        chance: NDArray[np.float64] | None,
    ) -> None:
        """How sure the choice is, as figures and in words."""
        scores, best = fold_scores(self.cv_results_), self.best_index_
        gains = gains_over(scores, none, free, best, self._test_to_train)
        self.best_score_ = float(scores[best].mean())
        self.gain_interval_ = {name: ends for name, (_, ends) in gains.items()}
        self._reference = next((index for index, _ in gains.values()), best)
        self.verdict_ = verdict(
            _labels(self.cv_results_),
            scores,
            best,
            gains,
            resampled=not free[best],
            metric=self._metric(),
            left_out=left_out,
            at_chance=at_chance(scores, chance, self._test_to_train),
        )

    def predict(self, X: Any) -> NDArray[Any]:
        """Classes, label sets or attributes by the chosen method.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        predictions : ndarray of shape (n_samples,) or (n_samples, n_columns)
        """
        check_is_fitted(self)
        return self.best_estimator_.predict(X)

    @available_if(_best_has("predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities for the shares of classes or labels in the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return self.best_estimator_.predict_proba(X)

    @available_if(_best_has("decision_function"))
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Decision values of the chosen method, of which the highest is predicted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
        """
        check_is_fitted(self)
        return self.best_estimator_.decision_function(X)

    def score(self, X: Any, y: ArrayLike, **params: Any) -> float:
        """The score by `scoring`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_columns)
        **params
            For the scorer, such as ``sample_weight``.

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        if self.target_type == "distribution":
            classes, shares = classes_and_shares(y)
            y = pd.DataFrame(shares, columns=classes)
        return float(self.scorer_(self.best_estimator_, X, y, **params))

    def plot(self, ax: Any = None) -> Any:
        """Draw the gain of each method over none (without it, over the best free one).

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        ax : matplotlib.axes.Axes
            One line for each method and estimator, with the 95 % interval of its
            difference; that of the chosen one is filled.

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        check_is_fitted(self)
        scores = fold_scores(self.cv_results_)
        return plot_gains(
            _labels(self.cv_results_),
            scores,
            self.best_index_,
            self._reference,
            test_to_train=self._test_to_train,
            metric=self._metric(),
            ax=ax,
        )

    def _metric(self) -> str:
        if self.scoring is None:
            return SEARCHED[self.target_type].metric
        return self.scoring if isinstance(self.scoring, str) else "score"

    def get_metadata_routing(self) -> Any:
        """As ``GridSearchCV``: groups go to the splitter, the rest to the estimator."""
        return self._search([{}], self._splitter()).get_metadata_routing()

    def __sklearn_tags__(self) -> Any:
        (model, _), *_ = read_estimators(self.estimator).values()
        tags = tags_of(super().__sklearn_tags__(), model)
        tags.target_tags.required = True
        tags.target_tags.multi_output = self.target_type == "continuous"
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = self.target_type == "multilabel"
        return tags


def fold_scores(results: dict[str, Any]) -> NDArray[np.float64]:
    """Scores (n_candidates, n_folds)."""
    number = sum(name.startswith("split") for name in results)
    return np.column_stack([results[f"split{i}_test_score"] for i in range(number)])


def _labels(results: dict[str, Any]) -> list[str]:
    """A name for each candidate, with the estimator where there are several."""
    methods, names = results["param_method"], results["param_estimator"]
    if len(set(names)) == 1:
        return list(methods)
    return [f"{m} ({name})" for m, name in zip(methods, names, strict=True)]


def _check_weights(methods: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    resampling = [name for name, method in methods.items() if not isinstance(method, str)]
    weights = [
        n for n, v in params.items() if n.endswith("sample_weight") and v is not None
    ]
    if weights and resampling:
        raise ValueError(
            f"{weights[0]} cannot be combined with resampling ({', '.join(resampling)}); "
            "leave these methods out, or pass no weights."
        )


def _check_groups(folds: list[Any], groups: NDArray[np.intp] | None, names: Any) -> None:
    if groups is None:
        return
    if groups.max() == 0:
        raise ValueError(
            "all rows are of one group, and none is left to test on; expected groups of at "
            "least two values, or no groups."
        )
    for number, (train, test) in enumerate(folds):
        shared = np.intersect1d(groups[train], groups[test])
        if shared.size:
            name = list(names)[int(np.argmax(groups == shared[0]))]
            raise ValueError(
                f"fold {number} of cv has group {name} in both its training and its "
                "test part; use a number of folds or a splitter that keeps groups whole, "
                "such as StratifiedGroupKFold, or pass no groups."
            )
