"""MIWeightSearchCV gives GridSearchCV's table."""

import warnings

import numpy as np
import pytest
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, ShuffleSplit, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter, MIWeightSearchCV
from skmiaug.over_sampling import _training_run
from tests.over_sampling.test_mi_path import small, three_classes

WEIGHTS = [0.0, 1.0, 8.0]


@pytest.fixture
def skewed() -> tuple[np.ndarray, np.ndarray]:
    return three_classes()


@pytest.fixture
def trained_alone(monkeypatch) -> list[object]:
    """The plans of fits that were not trained ahead."""
    alone = []
    train = _training_run._train

    def remember(augmenter, data, *rest):
        alone.append((len(data.X), augmenter.mi_weight))
        return train(augmenter, data, *rest)

    monkeypatch.setattr(_training_run, "_train", remember)
    return alone


def pipeline(*before, **parameters) -> Pipeline:
    steps = [*before, ("aug", small(residual_penalty=0.1, **parameters))]
    return Pipeline([*steps, ("clf", LogisticRegression())])


def assert_same_table(X, y, steps, trained_alone=None, **how):
    groups = how.pop("groups", None)
    search = MIWeightSearchCV(clone(steps), WEIGHTS, **how).fit(X, y, groups=groups)
    if trained_alone is not None:
        n_refits = 0 if how.get("refit") is False else 1
        assert len(trained_alone) == n_refits
    grid = GridSearchCV(clone(steps), {"aug__mi_weight": WEIGHTS}, **how)
    grid.fit(X, y, groups=groups)
    assert set(search.cv_results_) == set(grid.cv_results_)
    for column, values in grid.cv_results_.items():
        if "_test_" in column and "rank" not in column:
            np.testing.assert_allclose(search.cv_results_[column], values, atol=0.02)
    return search


def test_the_table_of_a_grid_search(skewed, trained_alone):
    steps = pipeline(("scale", StandardScaler()))
    search = assert_same_table(*skewed, steps, trained_alone, cv=3)
    assert search.predict(skewed[0]).shape == (102,)
    assert search.best_params_["aug__mi_weight"] in WEIGHTS
    assert search.best_estimator_["aug"].mi_weight == search.best_params_["aug__mi_weight"]


def test_groups_scorers_and_train_scores(skewed):
    X, y = skewed
    search = assert_same_table(
        X, y, pipeline(),
        cv=GroupKFold(3), groups=np.arange(102) % 6, refit=False,
        scoring=["balanced_accuracy", "accuracy"], return_train_score=True,
    )  # fmt: skip
    assert "mean_train_accuracy" in search.cv_results_


def test_splits_that_differ_each_time_are_drawn_once(skewed, trained_alone):
    search = MIWeightSearchCV(pipeline(), WEIGHTS, cv=ShuffleSplit(2), refit=False)
    search.fit(*skewed)
    assert trained_alone == []


def test_samplers_before_it(skewed, trained_alone):
    steps = pipeline(("under", RandomUnderSampler(random_state=0)))
    assert_same_table(*skewed, steps, trained_alone, cv=2)


def test_steps_that_were_not_foreseen_train_alone(skewed, trained_alone):
    # Another draw of rows in each fit: what was trained ahead fits none of them.
    steps = pipeline(("under", RandomUnderSampler(random_state=np.random.RandomState(0))))
    steps.steps[0][1].random_state = None
    search = MIWeightSearchCV(steps, WEIGHTS, cv=2, refit=False).fit(*skewed)
    assert len(trained_alone) == 6
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_threads_see_what_was_trained_ahead(skewed, trained_alone):
    search = MIWeightSearchCV(pipeline(), WEIGHTS, cv=2, n_jobs=2, refit=False)
    search.fit(*skewed)
    assert trained_alone == []


def test_without_a_seed_all_weights_share_one(skewed, trained_alone):
    search = MIWeightSearchCV(pipeline(random_state=None), WEIGHTS, cv=2, refit=False)
    search.fit(*skewed)
    assert trained_alone == []


def test_nothing_is_left_behind(skewed, trained_alone):
    MIWeightSearchCV(pipeline(), WEIGHTS, cv=2, refit=False).fit(*skewed)
    X, y = skewed
    small(residual_penalty=0.1).fit(X, y)
    assert len(trained_alone) == 1


def test_a_classifier_that_fails_is_a_score_of_nan(skewed):
    class Fails(LogisticRegression):
        def fit(self, X, y):
            raise RuntimeError("no")

    steps = Pipeline([("aug", small()), ("clf", Fails())])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        with pytest.raises(ValueError, match="fits failed"):
            MIWeightSearchCV(steps, [0, 1], cv=2, refit=False).fit(*skewed)


@pytest.mark.parametrize(
    "steps",
    [
        LogisticRegression(),
        Pipeline([("clf", LogisticRegression())]),
        Pipeline(
            [("a", MIGANAugmenter()), ("b", MIGANAugmenter()), ("c", StandardScaler())]
        ),
    ],
)
def test_one_augmenter_is_needed(skewed, steps):
    with pytest.raises(ValueError, match="one MIGANAugmenter"):
        MIWeightSearchCV(steps, cv=2).fit(*skewed)


@pytest.mark.parametrize("weights", [[], 1, [-1.0], ["much"]])
def test_weights_that_are_none(skewed, weights):
    with pytest.raises(ValueError, match="at least one number, none below 0"):
        MIWeightSearchCV(pipeline(), weights, cv=2).fit(*skewed)


def test_iterators_of_folds_and_weights_are_read_once(skewed, trained_alone):
    X, y = skewed
    folds = list(StratifiedKFold(3).split(X, y))
    search = MIWeightSearchCV(pipeline(), iter(WEIGHTS), cv=iter(folds), refit=False)
    given = search.cv
    search.fit(X, y)
    assert trained_alone == []
    assert search.cv is given
    listed = MIWeightSearchCV(pipeline(), WEIGHTS, cv=folds, refit=False).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], listed.cv_results_["mean_test_score"]
    )


def test_fits_that_expect_a_condition_are_not_trained_without(skewed, trained_alone):
    X, y = skewed
    condition = X[:, :2]
    steps = pipeline(require_condition=True)
    with config_context(enable_metadata_routing=True):
        steps["aug"].set_fit_resample_request(condition=True)
        search = MIWeightSearchCV(steps, [0.0], cv=2, refit=False, error_score="raise")
        search.fit(X, y, condition=condition)
    assert len(trained_alone) == 2
