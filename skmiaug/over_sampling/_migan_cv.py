"""MIGANAugmenterCV: the augmenter that chooses its λ by cross-validation."""

import os
import warnings
from collections.abc import Sequence
from itertools import chain
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import check_scoring
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skmiaug.exceptions import TinyClassWarning
from skmiaug.over_sampling._cv_table import cv_table
from skmiaug.over_sampling._fit_augmenters import fit_augmenters
from skmiaug.over_sampling._folds import Fold, fold_scores, split_rows
from skmiaug.over_sampling._mi_path import augmenters_of
from skmiaug.over_sampling._mi_weights import DEFAULT_MI_WEIGHTS, check_mi_weights
from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.utils._containers import polars_to_pandas
from skmiaug.utils._whole_fit import whole_fit


class MIGANAugmenterCV(BaseOverSampler):
    """MIGANAugmenter with the λ that serves best on held-out folds.

    What LassoCV is to Lasso: for each fold, an augmenter is trained for every λ, all of
    them as one batched model; each balances the fold's training part, and a classifier
    trained on the result is scored on the fold's test part, which is real rows alone. The
    best λ is then trained on all rows.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        As for :class:`MIGANAugmenter`, in place of that of ``augmenter`` where it is not
        ``"auto"``. In the folds a dict or a callable would ask for counts of the whole
        set, so there classes are balanced (``"auto"``).

    mi_weights : sequence of float, default=(0, 0.1, 0.3, 1, 3, 10)
        The λ to choose from.

    augmenter : MIGANAugmenter or None, default=None
        Its other parameters, ``random_state`` among them; None takes the defaults.

    classifier : classifier or None, default=None
        Trained on the balanced folds. None is a logistic regression on standardised rows.

    selection : {"score", "mutual_information"}, default="score"
        Whether the mean score of the classifier decides, or the mean
        ``mutual_information_`` of the folds' augmenters; no classifier is trained then.
        A λ of more information need not serve better: see docs/metrics.md.

    scoring : str or callable, default="balanced_accuracy"
        scikit-learn's scoring of the classifier. Balanced accuracy is the UAR.

    cv : int, splitter or iterable, default=5
        As in scikit-learn. With ``groups``, an int keeps the rows of a group together.

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
        Row of the λ in ``cv_results_``, and its mean score.
    classes_, sampling_strategy_, n_features_in_, feature_names_in_, synthetic_mask_
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

    # So that one set_fit_resample_request(groups=True) is enough, see MIGANAugmenter.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    def fit(self, X: Any, y: Any, *, groups: Any = None) -> "MIGANAugmenterCV":
        """Choose λ and train with it on all rows.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        groups : array-like of shape (n_samples,), default=None
            Speakers, say: no group is in both parts of a fold.
        """
        with whole_fit(self):
            self._choose(X, y, groups)
            self.augmenter_.fit(X, y)
            self.__dict__.pop("synthetic_mask_", None)
            return self._take_over()

    def fit_resample(self, X: Any, y: Any, *, groups: Any = None) -> tuple[Any, Any]:
        """Choose λ, train with it, and return the rows with new ones behind.

        Parameters and rows returned are those of :meth:`fit` and of
        ``MIGANAugmenter.fit_resample``.
        """
        with whole_fit(self):
            self._choose(X, y, groups)
            resampled = self.augmenter_.fit_resample(X, y)
            self._take_over()
            self.synthetic_mask_ = self.augmenter_.synthetic_mask_
        return resampled

    def sample(
        self, n_samples: int = 1, y: Any = None, *, random_state: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw rows from the chosen augmenter, as ``MIGANAugmenter.sample`` does.

        Parameters
        ----------
        n_samples : int, default=1
        y : class or array of shape (n_samples,), default=None
        random_state : int, RandomState instance or None, default=None
        """
        check_is_fitted(self, "augmenter_")
        return self.augmenter_.sample(n_samples, y, random_state=random_state)

    def sample_to(
        self,
        path: str | os.PathLike[str],
        n_samples: int,
        y: Any = None,
        *,
        random_state: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw rows into a file, as ``MIGANAugmenter.sample_to`` does.

        Parameters
        ----------
        path : str or path-like
        n_samples : int
        y : class or array of shape (n_samples,), default=None
        random_state : int, RandomState instance or None, default=None
        """
        check_is_fitted(self, "augmenter_")
        return self.augmenter_.sample_to(path, n_samples, y, random_state=random_state)

    def _choose(self, X: Any, y: Any, groups: Any) -> None:
        """Fill ``cv_results_`` and set up the augmenter of the best λ."""
        self._validate_params()
        weights = check_mi_weights(self.mi_weights)
        classifier = self._checked_classifier()
        template = clone(self.augmenter or MIGANAugmenter())
        if not _is_auto(self.sampling_strategy):
            template.set_params(sampling_strategy=self.sampling_strategy)
        if self.random_state is not None:
            template.set_params(random_state=self.random_state)
        augmenters = augmenters_of(template, weights)
        # Checked as the whole first, so that its errors name the whole.
        _, labels = clone(augmenters[0])._check_rows(X, y)
        folds = split_rows(polars_to_pandas(X), labels, self.cv, groups)
        information, scores = self._cross_validate(folds, augmenters, classifier)
        self.cv_results_ = cv_table(weights, scores, information)
        self.best_index_ = int(self.cv_results_["rank_test_score"].argmin())
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        self.mi_weight_ = float(weights[self.best_index_])
        self.augmenter_ = augmenters[self.best_index_]

    def _checked_classifier(self) -> Any:
        """Return the classifier, unfitted; what cannot be scored is refused.

        Raises
        ------
        TypeError
            It is a class and not an instance.
        ValueError
            ``scoring`` is not a name that scikit-learn knows.
        """
        classifier = self.classifier
        if classifier is None:
            classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        classifier = clone(classifier)
        check_scoring(classifier, self.scoring)
        return classifier

    def _cross_validate(
        self,
        folds: Sequence[Fold],
        augmenters: Sequence[MIGANAugmenter],
        classifier: Any,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Information and score of each λ in each fold, (n_weights, n_folds)."""
        grid = [[clone(augmenter) for augmenter in augmenters] for _ in folds]
        for augmenter in chain(*grid):
            if not isinstance(augmenter.sampling_strategy, (str, Real)):
                augmenter.set_params(sampling_strategy="auto")
        with warnings.catch_warnings():
            # The whole set is what the user can do something about.
            warnings.simplefilter("ignore", TinyClassWarning)
            fit_augmenters(
                list(chain(*grid)),
                [fold.train for fold in folds for _ in augmenters],
                verbose=self.verbose > 0,
            )
        information = np.array([[a.mutual_information_ for a in row] for row in grid]).T
        if self.selection == "mutual_information":
            return information, information
        columns = [
            fold_scores(fold, row, classifier, self.scoring)
            for fold, row in zip(folds, grid, strict=True)
        ]
        return information, np.array(columns).T

    def _take_over(self) -> "MIGANAugmenterCV":
        fitted = self.augmenter_
        self.classes_ = fitted.classes_
        self.sampling_strategy_ = fitted.sampling_strategy_
        self.n_features_in_ = fitted.n_features_in_
        if hasattr(fitted, "feature_names_in_"):
            self.feature_names_in_ = fitted.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def _fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        return self.fit_resample(X, y, **params)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def _is_auto(sampling_strategy: Any) -> bool:
    return isinstance(sampling_strategy, str) and sampling_strategy == "auto"
