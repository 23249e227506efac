"""MIWeightSearchCV: GridSearchCV over λ whose augmenters train together."""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from imblearn import FunctionSampler
from imblearn.pipeline import Pipeline
from joblib import parallel_config
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing

from skmiaug.over_sampling._fit_augmenters import job_of
from skmiaug.over_sampling._fit_together import fit_together
from skmiaug.over_sampling._mi_path import augmenters_of
from skmiaug.over_sampling._mi_weights import DEFAULT_MI_WEIGHTS, check_mi_weights
from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling._modal_input import expects_condition
from skmiaug.over_sampling._row_fit import FittedSampler
from skmiaug.over_sampling._trained import trained_ahead
from skmiaug.utils._containers import polars_to_pandas


class MIWeightSearchCV(BaseSearchCV):
    """GridSearchCV over the λ of a pipeline's augmenter, in less time.

    The steps before the augmenter are run once on the training part of each fold, and the
    augmenters of all folds and all λ train as one batched model. What follows is
    scikit-learn's own search, with the same result table: scoring, refit and errors are
    those of GridSearchCV. A fit that was not foreseen (steps before the augmenter that
    give other rows each time, a condition) trains by itself, as it would there.

    Parameters
    ----------
    estimator : imblearn.pipeline.Pipeline
        With one :class:`MIGANAugmenter` among its steps.

    mi_weights : sequence of float, default=(0, 0.1, 0.3, 1, 3, 10)
        The λ to choose from.

    scoring : str, callable, list, tuple or dict, default=None
        As for GridSearchCV.

    n_jobs : int or None, default=None
        Threads, not processes, since only they see the augmenters trained ahead.

    refit : bool, str or callable, default=True
        As for GridSearchCV.

    cv : int, splitter or iterable, default=None
        As for GridSearchCV: an int does not look at groups.

    verbose : int, default=0
        Above 0, a bar for the training ahead and GridSearchCV's messages.

    pre_dispatch : int or str, default="2*n_jobs"
        As for GridSearchCV.

    error_score : "raise" or float, default=nan
        As for GridSearchCV; an augmenter that cannot be trained is always an error.

    return_train_score : bool, default=False
        As for GridSearchCV.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, \
n_splits_, refit_time_, multimetric_, classes_, n_features_in_, feature_names_in_
        As of GridSearchCV. ``mean_fit_time`` has no share of the training ahead.

    See Also
    --------
    MIGANAugmenterCV : A sampler that chooses its own λ.

    Examples
    --------
    >>> from imblearn.pipeline import Pipeline
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmiaug import MIGANAugmenter, MIWeightSearchCV
    >>> X, y = make_classification(n_samples=200, weights=[0.9], random_state=0)
    >>> pipeline = Pipeline(
    ...     [("aug", MIGANAugmenter(random_state=0)), ("clf", LogisticRegression())]
    ... )
    >>> search = MIWeightSearchCV(pipeline, [0, 1], cv=3).fit(X, y)
    >>> sorted(search.best_params_)
    ['aug__mi_weight']
    """

    cv: Any

    def __init__(
        self,
        estimator: Any,
        mi_weights: Sequence[float] = DEFAULT_MI_WEIGHTS,
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        error_score: Any = np.nan,
        return_train_score: bool = False,
    ):
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.mi_weights = mi_weights

    def fit(self, X: Any, y: Any = None, **params: Any) -> "MIWeightSearchCV":
        """Score every λ by cross-validation, and refit the pipeline with the best.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
        **params
            ``groups``, and what GridSearchCV's ``fit`` takes.

        Returns
        -------
        self : MIWeightSearchCV

        Raises
        ------
        ValueError
            The pipeline has no :class:`MIGANAugmenter`, or more than one; or a λ is below
            0 or there is none.
        """
        _place_of_augmenter(self.estimator)
        given = self.cv
        self._weights = check_mi_weights(self.mi_weights)
        self._rows = (X, y, params.get("groups"))
        try:
            # Folds are asked for twice, and an iterator of them can be read once.
            self.cv = check_cv(given, y, classifier=is_classifier(self.estimator))
            with parallel_config(backend="threading"):
                super().fit(X, y, **params)
        finally:
            self.cv = given
            del self._rows, self._weights
        return self

    def _run_search(self, evaluate_candidates: Callable[..., Any]) -> None:
        X, y, groups = self._rows
        splits = list(self.cv.split(X, y, groups))
        name = self.estimator.steps[_place_of_augmenter(self.estimator)][0]
        with trained_ahead(self._train_ahead(X, y, splits)):
            evaluate_candidates(
                [{f"{name}__mi_weight": float(weight)} for weight in self._weights],
                cv=check_cv(splits),
            )

    def _train_ahead(
        self, X: Any, y: Any, splits: Sequence[tuple[np.ndarray, np.ndarray]]
    ) -> dict[str, FittedSampler]:
        """Train the augmenters of all folds; the keys are the fits' fingerprints."""
        place = _place_of_augmenter(self.estimator)
        template = self.estimator.steps[place][1]
        if template.modalities is not None or template.checkpoint is not None:
            return {}
        if template.data_parallel or expects_condition(template):
            return {}
        jobs, keys = [], []
        for train, _ in splits:
            rows = _safe_indexing(X, train), _safe_indexing(y, train)
            rows = _through(self.estimator.steps[:place], *rows)
            job = None
            for augmenter in augmenters_of(template, self._weights):
                job = job_of(augmenter, *rows, like=job)
                seed = job.seed if isinstance(template.random_state, Integral) else None
                jobs.append(job)
                keys.append(job.settings.fingerprint(job.X, job.classes, seed))
        return dict(zip(keys, fit_together(jobs, verbose=self.verbose > 0), strict=True))


def _through(steps: Sequence[tuple[str, Any]], X: Any, y: Any) -> tuple[Any, Any]:
    """Run rows through copies of the steps before the augmenter, samplers included."""
    copies = [
        (name, step if isinstance(step, str) else clone(step)) for name, step in steps
    ]
    end = ("end", FunctionSampler(validate=False))
    X, y = Pipeline([*copies, end]).fit_resample(X, y)
    return polars_to_pandas(X), polars_to_pandas(y)


def _place_of_augmenter(pipeline: Any) -> int:
    """Where the pipeline's only augmenter stands."""
    steps = getattr(pipeline, "steps", [])
    places = [k for k, (_, step) in enumerate(steps) if isinstance(step, MIGANAugmenter)]
    if len(places) != 1:
        raise ValueError(
            "MIWeightSearchCV needs an imblearn Pipeline with one MIGANAugmenter among its "
            f"steps, got {len(places)} in {type(pipeline).__name__}. Use GridSearchCV for "
            "anything else."
        )
    return places[0]
