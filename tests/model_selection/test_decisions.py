"""Logit adjustment and tuned thresholds: closed forms, slow twins, estimator checks."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    estimator_checks_generator,
)

from skmiaug.model_selection import LogitAdjustedClassifier, ThresholdTunedClassifier

ESTIMATORS = [
    LogitAdjustedClassifier(LogisticRegression()),
    ThresholdTunedClassifier(LogisticRegression(), random_state=0),
    ThresholdTunedClassifier(SVC(), random_state=0),
]
CHECKS = [
    pytest.param(estimator, check, id=f"{type(estimator).__name__}-{i}-{j}")
    # Not the SVM: it refuses a single class itself, in other words than the suite asks.
    for i, one in enumerate(ESTIMATORS[:2])
    for j, (estimator, check) in enumerate(estimator_checks_generator(one))
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_estimator_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_checks_outside_of_the_suite(estimator):
    name = type(estimator).__name__
    check_param_validation(name, estimator)
    check_dataframe_column_names_consistency(name, estimator)


@pytest.fixture(scope="module")
def imbalanced():
    return make_classification(
        n_samples=600, n_classes=3, n_informative=5, weights=[0.8, 0.15], random_state=0
    )


def uar(model, X, y):
    return balanced_accuracy_score(y, model.predict(X))


# ---- logit adjustment


def test_adjusted_probabilities_follow_the_formula(imbalanced):
    X, y = imbalanced
    plain = LogisticRegression().fit(X, y)
    for tau in (0, 0.5, 1, 2):
        model = LogitAdjustedClassifier(LogisticRegression(), tau=tau).fit(X, y)
        expected = plain.predict_proba(X) / (np.bincount(y) / len(y)) ** tau
        expected /= expected.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-9)
        np.testing.assert_array_equal(model.predict(X), expected.argmax(axis=1))


def test_adjusted_lda_is_lda_of_equal_priors(imbalanced):
    X, y = imbalanced
    adjusted = LogitAdjustedClassifier(LinearDiscriminantAnalysis()).fit(X, y)
    equal = LinearDiscriminantAnalysis(priors=[1 / 3] * 3).fit(X, y)
    np.testing.assert_allclose(adjusted.predict_proba(X), equal.predict_proba(X), atol=1e-8)


def test_adjustment_raises_the_recall_of_rare_classes(imbalanced):
    X, y = imbalanced
    plain = LogisticRegression().fit(X[::2], y[::2])
    for model in (
        LogitAdjustedClassifier(LogisticRegression()),
        ThresholdTunedClassifier(LogisticRegression(), random_state=0),
        ThresholdTunedClassifier(SVC(), random_state=0),
    ):
        assert uar(model.fit(X[::2], y[::2]), X[1::2], y[1::2]) > uar(
            plain, X[1::2], y[1::2]
        )


def test_two_classes_have_one_score():
    X, y = make_classification(weights=[0.8], random_state=0)
    for model in ESTIMATORS:
        fitted = clone(model).fit(X, y)
        scores = fitted.decision_function(X)
        assert scores.shape == (100,)
        np.testing.assert_array_equal(fitted.predict(X), (scores > 0).astype(int))


# ---- thresholds


class Scores(LogisticRegression):
    """Gives its input as decision values: what is tuned is then known."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return np.asarray(X)

    predict_proba = property()


def brute_force(scores, y):
    """The best UAR of all thresholds that make a difference."""
    n_classes = scores.shape[1]
    steps = [
        np.unique(np.subtract.outer(scores[:, 0], scores[:, k]).diagonal())
        for k in range(1, n_classes)
    ]
    grids = [np.concatenate([[s[0] - 1], (s[1:] + s[:-1]) / 2, [s[-1] + 1]]) for s in steps]
    best = 0.0
    for offsets in itertools.product(*grids):
        found = np.argmax(scores + np.array([0, *offsets]), axis=1)
        recalls = [np.mean(found[y == k] == k) for k in range(n_classes)]
        best = max(best, float(np.mean(recalls)))
    return best


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(8, 40))
def test_thresholds_of_two_classes_are_the_best_there_are(seed, n):
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 4 == 0).astype(int)
    scores = rng.normal(size=(n, 2)) + y[:, None] * [0, 0.5]
    model = ThresholdTunedClassifier(Scores(), cv=2).fit(scores, y)
    assert model.best_score_ == pytest.approx(uar(model, scores, y))
    assert model.best_score_ == pytest.approx(brute_force(scores, y))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_thresholds_of_three_classes_are_no_worse_than_logit_adjustment(seed):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1, 2], [20, 8, 4])
    scores = rng.normal(size=(32, 3)) + 0.8 * np.eye(3)[y]
    model = ThresholdTunedClassifier(Scores(), cv=2).fit(scores, y)
    start = np.argmax(scores - np.log(np.bincount(y) / 32), axis=1)
    assert model.best_score_ >= balanced_accuracy_score(y, start) - 1e-12
    assert model.best_score_ == pytest.approx(uar(model, scores, y))
    assert model.thresholds_.mean() == pytest.approx(0)


def test_scores_are_cross_validated_and_groups_kept_whole(imbalanced):
    X, y = imbalanced
    groups = np.arange(len(y)) % 6
    fits = []

    class Watching(LogisticRegression):
        def fit(self, X, y):
            fits.append(set(X[:, 0]))
            return super().fit(X, y)

    marked = np.column_stack([groups, X])
    ThresholdTunedClassifier(Watching(), cv=3).fit(marked, y, groups=groups)
    whole, *parts = fits
    assert whole == set(range(6))
    assert [len(part) for part in parts] == [4, 4, 4]
    with config_context(enable_metadata_routing=True):
        model = ThresholdTunedClassifier(Watching(), cv=3).set_fit_request(groups=True)
        fits.clear()
        cross_validate(model, marked, y, cv=2, params={"groups": groups})
        assert len(fits) == 2 * 4


def test_a_class_of_a_single_row(imbalanced):
    X, y = imbalanced
    y = np.where(np.arange(len(y)) == 0, 7, y)
    for estimator in (LogisticRegression(), SVC()):
        with pytest.warns(UserWarning, match="least populated class"):
            model = ThresholdTunedClassifier(estimator, cv=2, random_state=0).fit(X, y)
        assert np.isfinite(model.thresholds_).all()
        assert set(model.predict(X)) <= {0, 1, 2, 7}


def test_labels_may_be_text_and_estimators_pipelines(imbalanced):
    X, y = imbalanced
    names = np.array(["joy", "anger", "fear"])[y]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    for model in (LogitAdjustedClassifier(pipeline), ThresholdTunedClassifier(pipeline)):
        assert set(model.fit(X, names).predict(X)) == {"joy", "anger", "fear"}
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_grid_search_around(imbalanced):
    X, y = imbalanced
    search = GridSearchCV(
        LogitAdjustedClassifier(LogisticRegression()),
        {"tau": [0, 1], "estimator__C": [0.1, 1]},
        scoring="balanced_accuracy",
    ).fit(X, y)
    assert search.best_params_["tau"] == 1


def test_tags_are_those_of_the_estimator():
    class Any(LogisticRegression):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.allow_nan = True
            return tags

    for kind in (LogitAdjustedClassifier, ThresholdTunedClassifier):
        assert kind(Any()).__sklearn_tags__().input_tags.allow_nan
