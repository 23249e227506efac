"""The search among ways to balance."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    _fit_context,
)
from sklearn.dummy import DummyClassifier
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _num_samples, check_is_fitted, column_or_1d

from skmiaug.model_selection._balanced import FREE_METHODS, BalancedClassifier
from skmiaug.model_selection._folds import StratifiedFolds, joined_strata
from skmiaug.model_selection._meta import adopt_features, tags_of
from skmiaug.model_selection._methods import (
    Candidate,
    grids_of,
    read_classifiers,
    read_methods,
)
from skmiaug.model_selection._rule import at_chance, choose, gains_over, plot_gains, verdict
from skmiaug.model_selection._soft_labels import (
    SoftLabelClassifier,
    classes_and_shares,
    plurality_recall,
)
from skmiaug.over_sampling.targets import TARGET_TYPES, read_target
from skmiaug.utils.tables._labels import read_groups

__all__ = ["BalancingSearchCV"]

_FOLDS = 5
# The score of each target type, where none is named, and what to call it.
_SCORING: dict[str, tuple[Any, str]] = {
    "multiclass": ("balanced_accuracy", "balanced_accuracy"),
    "distribution": (plurality_recall, "UAR of the class with most votes"),
}


def _best_has(name: str) -> Any:
    def check(self: BalancingSearchCV) -> bool:
        # The error names what is missing.
        if hasattr(self, "best_estimator_"):
            getattr(self.best_estimator_, name)
        else:
            for classifier, _ in read_classifiers(self.classifier).values():
                getattr(classifier, name)
        return True

    return check


class BalancingSearchCV(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Find out whether, and how, to balance the classes for a classifier.

    Cross-validates the classifier with each way to balance, keeps the cheapest one whose
    score is not clearly below the best, and fits it to all rows. The order of costs is:
    nothing, class weights, logit adjustment, tuned thresholds, resampling. The first four
    leave the rows as they are; resampling has to be ahead of the best of them.

    Parameters
    ----------
    classifier : classifier, (classifier, grid) or a list or mapping of these
        A grid of its parameters is searched with each method, as in ``GridSearchCV``. Put
        preprocessing into a pipeline; rows are resampled before its last step. For votes,
        a `SoftLabelClassifier`, or a pipeline that ends in one.
    methods : list, mapping or None, default=None
        Names, samplers of imbalanced-learn or their names or import paths, or a mapping
        from name to these. None stands for ``["none", "class_weight", "logit_adjust",
        "threshold", "gaussian", "migan"]``; ``"random"`` (random oversampling),
        ``"smote"``, ``"borderline"`` and ``"adasyn"`` are known, too. Class weights are
        ``class_weight="balanced"``, equal ``priors`` or balanced ``sample_weight``,
        whichever the classifier takes. SMOTE's neighbors are lowered to what the smallest
        class allows. For votes, there are no thresholds, and samplers are those with
        ``target_type="distribution"``.
    scoring : str, callable or None, default=None
        One scorer of scikit-learn. None is balanced accuracy, the unweighted average recall
        (UAR), and for votes that of the class with most votes. A scorer of votes is a
        callable that takes shares, as ``make_scorer(plurality_f1_score, ...)`` returns.
    target_type : {"multiclass", "distribution"}, default="multiclass"
        Whether y holds a class, or votes of raters (shares of classes), for each row.
    cv : int, splitter, iterable or None, default=None
        None stands for 5. A number means stratified shuffled folds, at most as many as the
        smallest class has rows; they keep groups whole where ``fit`` is given groups.
    n_repeats : int, default=None
        How often these folds are drawn. None repeats them up to 5 times, until the rarest
        class has been tested on 100 rows: of 20 rows, one draw of folds is a lottery.
    tolerance : float, default=0.25
        By how many standard errors of the mean difference resampling must be ahead of the
        best method without it, and a method without resampling ahead of a cheaper one. It
        is three times as high for resampling where no method is ahead of a classifier
        without features by two standard errors: all differences may then be noise. 0 takes
        the highest score. The variance is that of Nadeau and Bengio, which is two to seven
        times the usual one: 0.25 of these standard errors are 0.4 to 0.7 of the usual ones.
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
    best_classifier_ : str
        Name of the chosen classifier, which is that of its class where none was given.
    best_estimator_ : classifier
        Fitted to all rows. Its ``estimator_`` is the classifier, wrapper or pipeline alone.
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
        As that of ``GridSearchCV``; ``param_method`` and ``param_classifier`` hold names.
    verdict_ : str
        The result in words.
    n_splits_ : int
        Number of folds, repeats included.
    scorer_ : callable
    classes_ : ndarray of shape (n_classes,)
        Of votes, the columns of y.
    n_features_in_, feature_names_in_
        Of the fitted classifier, where it has them.

    See Also
    --------
    LogitAdjustedClassifier, ThresholdTunedClassifier : Two of the methods.
    PriorCorrectedClassifier : The correction of probabilities.
    skmiaug.evaluation.compare_samplers : A table of all methods and classifiers, for label
        sets and attributes, too.

    Notes
    -----
    ``predict`` decides with the balance. ``predict_proba`` is corrected for the change of
    the class shares by weights and resampling, and without adjustment and thresholds, so
    that the probabilities hold for the class shares of the training rows. So the class of
    the highest probability need not be the predicted one; scorers of probabilities see the
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
        "classifier": [HasMethods(["fit", "predict"]), Mapping, list, tuple],
        "methods": [list, tuple, Mapping, None],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "target_type": [StrOptions(set(TARGET_TYPES))],
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
        classifier: Any,
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
        self.classifier = classifier
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
            Any input that the classifiers take.
        y : array-like of shape (n_samples,), or (n_samples, n_classes) of votes
        **params
            ``groups`` (n_samples,), the speaker or session of each row, for the folds;
            all others go to the ``fit`` of the classifiers.

        Returns
        -------
        self : BalancingSearchCV

        Raises
        ------
        ValueError
            A method is unknown, none applies to the classifier, all fail in some fold,
            folds share a group, or ``sample_weight`` is passed together with resampling.
        """
        y, strata = self._read(y)
        methods = read_methods(self.methods, self.target_type)
        _check_weights(methods, params)
        classifiers = read_classifiers(self.classifier, self.target_type)
        grids, candidates, left_out = grids_of(classifiers, methods)
        costs = np.array([candidate.cost for candidate in candidates])
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        names = params.pop("groups", None)
        groups = read_groups(names, len(strata))
        folds = list(self._splitter(seed).split(X, strata, names))
        _check_groups(folds, groups, names)
        ratios = [len(test) / len(train) for train, test in folds]
        self._test_to_train = float(np.mean(ratios))
        free = costs < len(FREE_METHODS)
        search = self._search(grids, folds, seed)
        chance = self._chance(search, y, folds)
        search.refit = lambda results: choose(
            fold_scores(results), costs, free, self._test_to_train, self.tolerance, chance
        )
        if groups is not None:
            params["inner_groups"] = groups
        search.fit(X, y, **params)
        self._keep(search, candidates)
        self._conclude(costs == 0, free, left_out, chance)
        return self

    def _read(self, y: Any) -> tuple[Any, NDArray[Any]]:
        """Targets for the classifiers, and classes (n,) by which folds are stratified."""
        if self.target_type == "multiclass":
            labels = _labels_of(y)
            return labels, labels
        if self.target_type not in _SCORING:
            raise ValueError(
                f"target_type={self.target_type!r} has no search; use 'multiclass' or "
                "'distribution', or skmiaug.evaluation.compare_samplers for label sets and "
                "attributes."
            )
        if isinstance(self.scoring, str):
            raise ValueError(
                "scoring must be None or a callable that takes shares with "
                "target_type='distribution', as make_scorer(plurality_f1_score, "
                f"response_method='predict_proba'); got {self.scoring!r}."
            )
        rows = np.zeros((0 if y is None else _num_samples(y), 1))
        target, values, _ = read_target(self.target_type, y, rows)
        shares = pd.DataFrame(target.masses(values), columns=target.names)
        return shares, joined_strata(target.strata(values))

    def _search(self, grids: list[dict[str, Any]], cv: Any, seed: int = 0) -> GridSearchCV:
        (classifier, _), *_ = read_classifiers(self.classifier).values()
        return GridSearchCV(
            BalancedClassifier(classifier, random_state=seed),
            grids,
            scoring=self.scoring
            or _SCORING.get(self.target_type, _SCORING["multiclass"])[0],
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
        self.classes_ = self.best_estimator_.classes_
        adopt_features(self, self.best_estimator_)
        chosen = candidates[self.best_index_]
        self.best_method_, self.best_classifier_ = chosen.method, chosen.classifier
        self.best_params_ = {
            name.removeprefix("classifier__"): value
            for name, value in search.best_params_.items()
            if name.startswith("classifier__")
        }
        self.cv_results_ = search.cv_results_ | {
            f"param_{name}": np.ma.array(
                [getattr(c, name) for c in candidates], dtype=object
            )
            for name in ("method", "classifier")
        }

    def _chance(
        self, search: GridSearchCV, y: Any, folds: list[Any]
    ) -> NDArray[np.float64] | None:
        """Scores (n_folds,) of a classifier that sees no features, None without any.

        The better of the class shares, always, and of classes drawn by them: some scores
        reward the one, some the other.
        """
        scorer = check_scoring(search.estimator, search.scoring)
        found = []
        for strategy in ("prior", "stratified"):
            dummy = DummyClassifier(strategy=strategy, random_state=0)
            if self.target_type == "distribution":
                dummy = SoftLabelClassifier(dummy)
            scores = []
            for train, test in folds:
                no_rows = np.zeros((len(train), 1)), np.zeros((len(test), 1))
                dummy.fit(no_rows[0], _safe_indexing(y, train))
                try:
                    score = scorer(dummy, no_rows[1], _safe_indexing(y, test))
                except (ValueError, TypeError, AttributeError):
                    # The scorer needs more than rows, classes and probabilities.
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
        """Classes by the chosen method.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self.best_estimator_.predict(X)

    @available_if(_best_has("predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities for the class shares of the training rows.

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
        y : array-like of shape (n_samples,), or (n_samples, n_classes) of votes
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
            One line for each method and classifier, with the 95 % interval of its
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
            return _SCORING[self.target_type][1]
        return self.scoring if isinstance(self.scoring, str) else "score"

    def get_metadata_routing(self) -> Any:
        """As ``GridSearchCV``: groups go to the splitter, the rest to the classifier."""
        return self._search([{}], self._splitter()).get_metadata_routing()

    def __sklearn_tags__(self) -> Any:
        (classifier, _), *_ = read_classifiers(self.classifier).values()
        return tags_of(super().__sklearn_tags__(), classifier)


def fold_scores(results: dict[str, Any]) -> NDArray[np.float64]:
    """Scores (n_candidates, n_folds)."""
    number = sum(name.startswith("split") for name in results)
    return np.column_stack([results[f"split{i}_test_score"] for i in range(number)])


def _labels_of(y: Any) -> NDArray[Any]:
    """One class for each row."""
    check_classification_targets(y)
    if type_of_target(y) not in ("binary", "multiclass"):
        raise ValueError(
            "Multilabel and multioutput targets are not supported. Expected one class for "
            f"each row; got an array of shape {np.shape(y)}."
        )
    return column_or_1d(y, warn=True)


def _labels(results: dict[str, Any]) -> list[str]:
    """A name for each candidate, with the classifier where there are several."""
    methods, classifiers = results["param_method"], results["param_classifier"]
    if len(set(classifiers)) == 1:
        return list(methods)
    return [f"{m} ({c})" for m, c in zip(methods, classifiers, strict=True)]


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
