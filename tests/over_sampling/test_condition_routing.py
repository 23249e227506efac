"""A condition on its way through imbalanced-learn's Pipeline, by metadata routing."""

import numpy as np
import pytest
from imblearn.pipeline import Pipeline
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.preprocessing import StandardScaler

from tests._helpers import small
from tests.over_sampling._pairs import AUDIO, TEXT, pairs

pytestmark = pytest.mark.usefixtures("few_head_steps")

EXPECTED = "was told to expect a condition, and fit_resample got none"


class First(ClassifierMixin, BaseEstimator):
    """Says the first class."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def data():
    X, y = pairs()
    groups = np.empty(len(y), dtype=int)
    for c in range(3):  # each class in each group
        groups[y == c] = np.arange((y == c).sum()) % 4
    return X[:, AUDIO], y, X[:, TEXT], groups


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def asking(**changes):
    """An augmenter that asks for a condition; call it where routing is on."""
    return small(**changes).set_fit_resample_request(condition=True)


def pipeline(augmenter) -> Pipeline:
    return Pipeline([("scale", StandardScaler()), ("aug", augmenter), ("clf", First())])


@pytest.mark.usefixtures("routing")
def test_cross_validation_slices_the_condition_by_fold(data):
    X, y, text, groups = data
    result = cross_validate(
        pipeline(asking(condition_sampling="rows")), X, y, cv=GroupKFold(4),
        params={"condition": text, "groups": groups},
        return_estimator=True, return_indices=True, error_score="raise",
    )  # fmt: skip
    splits = zip(result["indices"]["train"], result["estimator"], strict=True)
    for train, fitted in splits:
        augmenter = fitted["aug"]
        np.testing.assert_array_equal(augmenter.condition_[: len(train)], text[train])
        made = augmenter.condition_[len(train) :]
        assert len(made)
        distance = np.linalg.norm(made[:, None] - text[train], axis=2)
        assert distance.min(axis=1).max() < 1e-4
        assert len(set(groups[train])) == 3


@pytest.mark.usefixtures("routing")
def test_a_grid_search_routes_the_condition_to_fits_and_refit(data):
    X, y, text, groups = data
    grid = GridSearchCV(
        pipeline(asking()),
        {"aug__condition_sampling": ["rows", "gaussian"]},
        cv=GroupKFold(3),
        error_score="raise",
    )
    grid.fit(X, y, condition=text, groups=groups)
    best = grid.best_estimator_["aug"]
    np.testing.assert_array_equal(best.condition_[: len(X)], text)
    assert best.n_condition_features_in_ == 4
    assert len(grid.cv_results_["params"]) == 2


@pytest.mark.usefixtures("routing")
def test_a_pipeline_hands_on_a_condition_and_scores_as_by_hand(data):
    X, y, text, _ = data
    steps = pipeline(asking()).fit(X, y, condition=text)
    by_hand, _ = small().fit_resample(StandardScaler().fit_transform(X), y, condition=text)
    piped, _ = steps["aug"].fit_resample(steps["scale"].transform(X), y, condition=text)
    np.testing.assert_array_equal(piped, by_hand)


@pytest.mark.usefixtures("routing")
def test_a_request_without_a_condition_is_an_error(data):
    X, y, _, groups = data
    with pytest.raises(ValueError, match=EXPECTED):
        pipeline(asking()).fit(X, y)
    with pytest.raises(ValueError, match=EXPECTED):
        cross_validate(
            pipeline(asking()), X, y, cv=GroupKFold(3), params={"groups": groups},
            error_score="raise",
        )  # fmt: skip


@pytest.mark.usefixtures("routing")
def test_a_condition_nobody_asked_for_is_scikit_learns_error(data):
    X, y, text, _ = data
    with pytest.raises((TypeError, ValueError), match="condition"):
        pipeline(small()).fit(X, y, condition=text)


def test_routing_off_while_a_condition_is_expected_is_an_error(data):
    X, y, text, groups = data
    steps = pipeline(small(require_condition=True))
    with pytest.raises(ValueError, match=EXPECTED):
        steps.fit(X, y)
    with pytest.raises(ValueError, match="enable_metadata_routing=True"):
        cross_validate(steps, X, y, groups=groups, cv=GroupKFold(3), error_score="raise")
    # imbalanced-learn's own word for parameters of a step, with routing off.
    with pytest.raises((TypeError, ValueError)):
        steps.fit(X, y, aug__condition=text)


def test_what_was_asked_for_with_routing_on_is_still_expected_when_it_is_off(data):
    X, y, text, _ = data
    with config_context(enable_metadata_routing=True):
        steps = pipeline(asking())
    with pytest.raises(ValueError, match=EXPECTED):
        steps.fit(X, y)
    X_new, _ = steps["aug"].fit_resample(X, y, condition=text)
    assert len(X_new) == 90


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_require_condition_is_for_every_fit(data, method):
    X, y, text, _ = data
    augmenter = small(require_condition=True)
    with pytest.raises(ValueError, match=rf"expect a condition, and {method} got none"):
        getattr(augmenter, method)(X, y)
    getattr(augmenter, method)(X, y, condition=text)


def test_without_a_condition_and_without_routing_nothing_changes(data):
    X, y, _, groups = data
    scores = cross_validate(
        pipeline(small()), X, y, groups=groups, cv=GroupKFold(3), error_score="raise"
    )
    assert np.isfinite(scores["test_score"]).all()
