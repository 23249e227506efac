"""MIGANAugmenterCV: the augmenter that chooses its λ by cross-validation."""

import os
import warnings
from collections.abc import Sequence
from itertools import chain
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import check_scoring
from sklearn.model_selection import StratifiedGroupKFold, check_cv
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skmiaug.exceptions import TinyClassWarning, UndefinedScoreWarning
from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling.columns._covariates import read_covariates
from skmiaug.over_sampling.columns._groups import check_expected
from skmiaug.over_sampling.search._mi_path import (
    DEFAULT_MI_WEIGHTS,
    augmenters_of,
    check_mi_weights,
    fit_augmenters,
)
from skmiaug.utils._fit import warn_caller, whole_fit
from skmiaug.utils.tables._labels import read_groups
from skmiaug.utils.tables._tables import read_table

_DEFAULT_FOLDS = 5
_OF_AUGMENTER = (
    "classes_",
    "sampling_strategy_",
    "n_features_in_",
    "feature_names_in_",
    "synthetic_mask_",
    "covariates_resampled_",
)


class MIGANAugmenterCV(BaseOverSampler):
    """MIGANAugmenter with the λ that scores best in cross-validation.

    As LassoCV for Lasso: for each fold, an augmenter is fitted for every λ, all of them as
    one batched model; each balances the training part of the fold, and a classifier that
    is trained on the result is scored on the test part, which holds real rows only. The
    augmenter with the best λ is then fitted to all rows.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        As for :class:`MIGANAugmenter`, in place of that of ``augmenter`` where it is not
        ``"auto"``. In the folds a dict or a callable would ask for counts of the whole
        set, so there classes are balanced (``"auto"``).
    mi_weights : sequence of float, default=(0, 0.1, 0.3, 1, 3, 10)
        The λ to choose from.
    augmenter : MIGANAugmenter or None, default=None
        Its other parameters, ``random_state`` among them; None takes the defaults, by which
        networks are trained for a condition or modalities only (see ``max_iter``).
    classifier : classifier or None, default=None
        Trained on the balanced folds. None is a logistic regression on standardised rows.
    selection : {"score", "mutual_information"}, default="score"
        Whether the mean score of the classifier decides, or the mean
        ``mutual_information_`` of the folds' augmenters; no classifier is trained then.
        More information need not mean better classifiers: see docs/metrics.md.
    scoring : str or callable, default="balanced_accuracy"
        scikit-learn's scoring of the classifier. Balanced accuracy is the UAR.
    cv : int, splitter, iterable or None, default=5
        As in scikit-learn. With ``groups``, an int or None keeps the rows of a group
        together, and a splitter that does not is refused.
    random_state : int, RandomState instance or None, default=None
        Seed of the augmenters, in place of that of ``augmenter`` where it is not None.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    mi_weight_ : float
        The λ chosen.
    augmenter_ : MIGANAugmenter
        Fitted to all rows with it.
    cv_results_ : dict of ndarray
        As GridSearchCV's: ``params``, ``param_mi_weight``, ``split0_test_score`` and so
        on, ``mean_test_score``, ``std_test_score``, ``rank_test_score``, and
        ``mean_mutual_information`` (nats). Scores are those that ``selection`` names.
    best_index_, best_score_
        Row of the chosen λ in ``cv_results_``, and its mean score.
    classes_, sampling_strategy_, n_features_in_, feature_names_in_
        As of :class:`MIGANAugmenter`.
    synthetic_mask_, covariates_resampled_
        As of :class:`MIGANAugmenter`.

    See Also
    --------
    mi_path : All λ, without a choice.

    References
    ----------
    Ahn, Rana, Sivadas, Busso, Rajapakse: Improving Speech Emotion Recognition with Mutual
    Information Regularized Generative Model. arXiv 2510.10078.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug import MIGANAugmenterCV
    >>> X, y = make_classification(n_samples=200, weights=[0.9], random_state=0)
    >>> search = MIGANAugmenterCV(mi_weights=[0, 1], cv=3, random_state=0).fit(X, y)
    >>> search.mi_weight_ in (0, 1)
    True
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        **BaseOverSampler._parameter_constraints,
        "mi_weights": ["array-like"],
        "augmenter": [MIGANAugmenter, None],
        "classifier": [HasMethods(["fit", "predict"]), None],
        "selection": [StrOptions({"score", "mutual_information"})],
        "scoring": [str, callable],
        "cv": [Interval(Integral, 2, None, closed="left"), "cv_object"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }
    # So that one call of set_fit_resample_request is enough, see BaseAugmenter.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {
        "condition": True,
        "covariates": True,
        "groups": True,
    }
    __metadata_request__fit_resample: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        mi_weights: Sequence[float] = DEFAULT_MI_WEIGHTS,
        augmenter: MIGANAugmenter | None = None,
        classifier: BaseEstimator | None = None,
        selection: str = "score",
        scoring: Any = "balanced_accuracy",
        cv: Any = 5,
        random_state: Any = None,
        verbose: int = 0,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.mi_weights = mi_weights
        self.augmenter = augmenter
        self.classifier = classifier
        self.selection = selection
        self.scoring = scoring
        self.cv = cv
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        condition: Any = None,
        covariates: Any = None,
        groups: Any = None,
    ) -> "MIGANAugmenterCV":
        """Choose λ and fit with it to all rows.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        condition : array-like of shape (n_samples, n_condition_features), default=None
            As for ``MIGANAugmenter.fit``; the classifier does not see it.
        covariates : array-like of shape (n_samples,) or (n_samples, n_covariates), \
                default=None
            Likewise.
        groups : array-like of shape (n_samples,), default=None
            Speakers, say: no group is in both parts of a fold, nor of the split within a
            fit.
        """
        self._validate_params()
        with whole_fit(self):
            named = self._choose(X, y, condition, covariates, groups)
            self.augmenter_.fit(X, y, **named)
            return self._copy_attributes()

    def fit_resample(
        self,
        X: Any,
        y: Any,
        *,
        condition: Any = None,
        covariates: Any = None,
        groups: Any = None,
    ) -> tuple[Any, Any]:
        """Choose λ, train with it, and return the rows followed by synthetic ones.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        condition : array-like of shape (n_samples, n_condition_features), default=None
        covariates : array-like of shape (n_samples,) or (n_samples, n_covariates), \
                default=None
        groups : array-like of shape (n_samples,), default=None
            As for :meth:`fit`.

        Returns
        -------
        X_resampled, y_resampled
            As of ``MIGANAugmenter.fit_resample``.
        """
        self._validate_params()
        with whole_fit(self):
            named = self._choose(X, y, condition, covariates, groups)
            resampled = self.augmenter_.fit_resample(X, y, **named)
            self._copy_attributes()
        return resampled

    def sample(
        self,
        n_samples: int = 1,
        y: Any = None,
        *,
        condition: Any = None,
        covariates: Any = None,
        random_state: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw rows from the chosen augmenter, as ``MIGANAugmenter.sample`` does.

        Parameters
        ----------
        n_samples : int, default=1
        y : class or array of shape (n_samples,), default=None
        condition : array-like of shape (n_samples, n_condition_features), default=None
        covariates : level or array-like of shape (n_samples, n_covariates), default=None
        random_state : int, RandomState instance or None, default=None
        """
        check_is_fitted(self, "augmenter_")
        return self.augmenter_.sample(
            n_samples,
            y,
            condition=condition,
            covariates=covariates,
            random_state=random_state,
        )

    def sample_to(
        self,
        path: str | os.PathLike[str],
        n_samples: int,
        y: Any = None,
        *,
        condition: Any = None,
        covariates: Any = None,
        random_state: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw rows into a file, as ``MIGANAugmenter.sample_to`` does.

        Parameters
        ----------
        path : str or path-like
        n_samples : int
        y : class or array of shape (n_samples,), default=None
        condition : array-like of shape (n_samples, n_condition_features), default=None
        covariates : level or array-like of shape (n_samples, n_covariates), default=None
        random_state : int, RandomState instance or None, default=None
        """
        check_is_fitted(self, "augmenter_")
        return self.augmenter_.sample_to(
            path,
            n_samples,
            y,
            condition=condition,
            covariates=covariates,
            random_state=random_state,
        )

    def _choose(
        self, X: Any, y: Any, condition: Any, covariates: Any, groups: Any
    ) -> dict[str, Any]:
        """Fill ``cv_results_`` and set up the augmenter of the best λ.

        Returns the arguments of its ``fit`` other than X and y.
        """
        weights = check_mi_weights(self.mi_weights)
        classifier = self._checked_classifier()
        template = clone(self.augmenter or MIGANAugmenter())
        if not isinstance(self.sampling_strategy, str) or self.sampling_strategy != "auto":
            template.set_params(sampling_strategy=self.sampling_strategy)
        if self.random_state is not None:
            template.set_params(random_state=self.random_state)
        if template.target_type != "multiclass":
            raise ValueError(
                "MIGANAugmenterCV scores a classifier, and the augmenter has target_type="
                f"{template.target_type!r}. Search with GridSearchCV over a Pipeline, or "
                "compare the λ of mi_path."
            )
        check_expected(template, "fit", condition, covariates)
        augmenters = augmenters_of(template, weights)
        # Checked as a whole first, so that errors name the whole.
        first = clone(augmenters[0])
        rows, indices, *_ = first._read(X, y)
        folds = self._split(rows, first.classes_[indices], groups)
        data = {"X": rows, "y": first.classes_[indices], "groups": groups}
        data["condition"] = None if condition is None else read_table(condition)[0]
        data["covariates"] = covariates
        if covariates is not None:  # as numbers, which all folds can be taken from
            data["covariates"] = read_covariates(covariates, len(rows))[0]
        information, scores = self._cross_validate(folds, augmenters, classifier, data)
        self.cv_results_ = cv_table(weights, scores, information)
        self.best_index_ = int(self.cv_results_["rank_test_score"].argmin())
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        self.mi_weight_ = float(weights[self.best_index_])
        self.augmenter_ = augmenters[self.best_index_]
        return {"condition": condition, "covariates": covariates, "groups": groups}

    def _checked_classifier(self) -> Any:
        """Return the classifier, unfitted; what cannot be scored is refused."""
        classifier = self.classifier
        if classifier is None:
            classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        classifier = clone(classifier)
        check_scoring(classifier, self.scoring)
        return classifier

    def _split(
        self, X: np.ndarray, y: np.ndarray, groups: Any
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the folds; with groups none of them is in both parts of a fold."""
        if groups is None:
            return list(check_cv(self.cv, y, classifier=True).split(X, y))
        groups = read_groups(groups, len(X))
        if self.cv is None or isinstance(self.cv, Integral):
            splitter: Any = StratifiedGroupKFold(int(self.cv or _DEFAULT_FOLDS))
        else:
            splitter = check_cv(self.cv, y, classifier=True)
        folds = list(splitter.split(X, y, groups))
        for train, test in folds:
            if len(np.intersect1d(groups[train], groups[test])):
                raise ValueError(
                    f"cv={self.cv!r:.80} puts rows of the same group in both parts of a "
                    "fold. Pass a splitter that keeps groups whole, "
                    "for example StratifiedGroupKFold(5), or cv=5."
                )
        return folds

    def _cross_validate(
        self,
        folds: Sequence[tuple[np.ndarray, np.ndarray]],
        augmenters: Sequence[MIGANAugmenter],
        classifier: Any,
        data: dict[str, Any],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return information and score of each λ in each fold, (n_weights, n_folds)."""
        grid = [[clone(augmenter) for augmenter in augmenters] for _ in folds]
        for augmenter in chain(*grid):
            if not isinstance(augmenter.sampling_strategy, (str, Real)):
                augmenter.set_params(sampling_strategy="auto")

        def part(numbers: np.ndarray) -> dict[str, Any]:
            return {
                name: None if a is None else _safe_indexing(a, numbers)
                for name, a in data.items()
            }

        training = [part(train) for train, _ in folds]
        with warnings.catch_warnings():
            # Only about the whole set can the user do something.
            warnings.simplefilter("ignore", TinyClassWarning)
            fit_augmenters(
                list(chain(*grid)),
                [own for own in training for _ in augmenters],
                verbose=self.verbose > 0,
            )
            information = np.array([[a.mutual_information_ for a in row] for row in grid])
            if self.selection == "mutual_information":
                return information.T, information.T
            scores = [
                [self._fold_score(one, own, part(test), classifier) for one in row]
                for row, own, (_, test) in zip(grid, training, folds, strict=True)
            ]
        return information.T, np.array(scores).T

    def _fold_score(
        self,
        augmenter: MIGANAugmenter,
        train: dict[str, Any],
        test: dict[str, Any],
        classifier: Any,
    ) -> float:
        """Score a classifier on real rows after training on what an augmenter balanced."""
        rows, indices, *_ = augmenter._read(train["X"], train["y"])
        condition = train["condition"]
        condition = None if condition is None else np.asarray(condition)
        X_new, new = augmenter._resample(rows, indices, condition)
        y = augmenter.classes_[np.concatenate([indices, new])]
        fitted = clone(classifier).fit(np.concatenate([rows, X_new]), y)
        scorer = check_scoring(fitted, self.scoring)
        return float(scorer(fitted, np.asarray(test["X"], dtype=rows.dtype), test["y"]))

    def _copy_attributes(self) -> "MIGANAugmenterCV":
        for name in _OF_AUGMENTER:
            self.__dict__.pop(name, None)
            if hasattr(self.augmenter_, name):
                setattr(self, name, getattr(self.augmenter_, name))
        return self

    def _fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        return self.fit_resample(X, y, **params)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def cv_table(
    mi_weights: np.ndarray, scores: np.ndarray, information: np.ndarray
) -> dict[str, np.ndarray]:
    """Return a ``cv_results_`` of scores and information (n_weights, n_folds).

    A λ whose mean score is NaN has the last rank; ValueError where all are.
    """
    means = scores.mean(axis=1)
    undefined = mi_weights[np.isnan(means)].tolist()
    remedy = (
        "Look at what scoring gives where a class is absent from a fold, or where the "
        "classifier was given rows of one class."
    )
    if len(undefined) == len(means):
        raise ValueError(f"The score of every mi_weight is NaN in some fold. {remedy}")
    if undefined:
        warn_caller(
            f"The score of mi_weight {', '.join(map(str, undefined))} is NaN in some fold, "
            f"so that it is not chosen. {remedy}",
            UndefinedScoreWarning,
        )
    return {
        "param_mi_weight": mi_weights,
        "params": np.array([{"mi_weight": float(w)} for w in mi_weights], dtype=object),
        **{f"split{k}_test_score": column for k, column in enumerate(scores.T)},
        "mean_test_score": means,
        "std_test_score": scores.std(axis=1),
        "rank_test_score": rankdata(np.nan_to_num(-means, nan=np.inf), "min").astype(
            np.int32
        ),
        "mean_mutual_information": information.mean(axis=1),
    }
