"""SoftLabelClassifier: closed forms, real clients, estimator checks."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.pipeline import make_pipeline
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    estimator_checks_generator,
)

from skmiaug import GaussianAugmenter
from skmiaug.metrics import jensen_shannon_distance, plurality_f1_score
from skmiaug.model_selection import LogitAdjustedClassifier, SoftLabelClassifier

NAMES = ["joy", "anger", "fear"]


@pytest.fixture(scope="module")
def rated():
    """Rows, and votes of five raters for three classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4))
    logits = X[:, :3] * 1.5
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return X, rng.multinomial(5, shares)


CHECKS = [
    pytest.param(estimator, check, id=str(i))
    for i, (estimator, check) in enumerate(
        estimator_checks_generator(SoftLabelClassifier(LogisticRegression()))
    )
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_estimator_checks(estimator, check):
    check(estimator)


def test_checks_outside_of_the_suite():
    model = SoftLabelClassifier(LogisticRegression())
    check_param_validation("SoftLabelClassifier", model)
    check_dataframe_column_names_consistency("SoftLabelClassifier", model)


# ---- what is fitted


@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(), SVC(), DecisionTreeClassifier(max_depth=3, random_state=0)],
)
def test_votes_are_fitted_as_a_row_for_each_vote(rated, estimator):
    X, votes = rated
    model = SoftLabelClassifier(estimator).fit(X, votes)
    each = np.repeat(np.tile(np.arange(3), len(X)), votes.ravel())
    rows = np.repeat(np.arange(len(X)), 5)
    # Weights of 1/5, so that an estimator with a penalty sees the same sum.
    plain = clone(estimator).fit(X[rows], each, sample_weight=np.full(len(rows), 0.2))
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    if hasattr(plain, "predict_proba"):
        np.testing.assert_allclose(
            model.predict_proba(X), plain.predict_proba(X), atol=1e-3
        )
    else:
        assert not hasattr(model, "predict_proba")


def test_the_mean_of_the_shares_is_predicted_where_rows_tell_nothing(rated):
    _, votes = rated
    model = SoftLabelClassifier(LogisticRegression()).fit(np.zeros((len(votes), 1)), votes)
    np.testing.assert_allclose(
        model.predict_proba([[0.0]])[0], votes.mean(axis=0) / 5, atol=1e-3
    )


def test_votes_and_shares_are_the_same_and_hard_labels_are_shares_of_one(rated):
    X, votes = rated
    model = SoftLabelClassifier(LogisticRegression())
    proba = clone(model).fit(X, votes).predict_proba(X)
    many = votes * np.arange(1, len(X) + 1)[:, None]
    missing = np.where(votes == 0, np.nan, votes)
    for same in (votes / 5, many, missing, votes.tolist()):
        np.testing.assert_allclose(clone(model).fit(X, same).predict_proba(X), proba)
    y = votes.argmax(axis=1)
    plain = LogisticRegression().fit(X, y).predict_proba(X)
    for labels in (y, np.eye(3)[y], np.eye(3, dtype=bool)[y]):
        np.testing.assert_allclose(clone(model).fit(X, labels).predict_proba(X), plain)
    names = clone(model).fit(X, np.array(NAMES)[y])
    assert names.classes_.tolist() == sorted(NAMES)
    assert set(names.predict(X)) == set(NAMES)


def test_weights_are_repeated_rows(rated):
    X, votes = rated
    weight = np.arange(len(X)) % 3
    model = SoftLabelClassifier(LogisticRegression())
    weighted = clone(model).fit(X, votes, sample_weight=weight).predict_proba(X)
    rows = np.repeat(np.arange(len(X)), weight)
    again = clone(model).fit(X[rows], votes[rows]).predict_proba(X)
    np.testing.assert_allclose(weighted, again, atol=1e-3)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_classes_are_the_columns_in_their_order(rated, kind):
    X, votes = rated
    frame = {name: votes[:, k] for k, name in enumerate(NAMES)}
    y = pd.DataFrame(frame, index=np.arange(200)[::-1]) if kind == "pandas" else None
    y = pl.DataFrame(frame) if y is None else y
    model = SoftLabelClassifier(LogisticRegression()).fit(X, y)
    plain = SoftLabelClassifier(LogisticRegression()).fit(X, votes)
    assert model.classes_.tolist() == NAMES
    assert plain.classes_.tolist() == [0, 1, 2]
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), np.array(NAMES)[plain.predict(X)])
    assert model.score(X, y) == plain.score(X, votes)
    with pytest.raises(ValueError, match=r"columns \['joy', 'anger', 'fear'\] of fit"):
        model.score(X, y[["fear", "joy", "anger"]])


def test_a_class_without_votes_has_probability_0(rated):
    X, votes = rated
    wide = np.insert(votes, 1, 0, axis=1)
    model = SoftLabelClassifier(LogisticRegression()).fit(X, wide)
    proba = model.predict_proba(X)
    assert proba.shape == (200, 4)
    assert not proba[:, 1].any()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert set(model.predict(X)) == {0, 2, 3}


@pytest.mark.parametrize("of", [sparse.csr_array, pd.DataFrame, np.ndarray.tolist])
def test_rows_in_other_containers(rated, of):
    X, votes = rated
    expected = SoftLabelClassifier(LogisticRegression()).fit(X, votes).predict(X)
    model = SoftLabelClassifier(LogisticRegression()).fit(of(X), votes)
    np.testing.assert_array_equal(model.predict(of(X)), expected)


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier((8,), max_iter=300, random_state=0),
        SGDClassifier(loss="log_loss", random_state=0),
    ],
)
def test_networks_and_gradient_descent_learn_shares(rated, estimator):
    X, votes = rated
    shares = SoftLabelClassifier(estimator).fit(X, votes).predict_proba(X)
    mean = np.tile(votes.mean(axis=0) / 5, (len(X), 1))
    assert jensen_shannon_distance(votes / 5, shares) < jensen_shannon_distance(
        votes / 5, mean
    )


def test_class_weights_are_weights_of_votes(rated):
    X, votes = rated
    y = pd.DataFrame(votes, columns=NAMES)
    weights = {"joy": 3.0, "fear": 0.5}
    found = SoftLabelClassifier(LogisticRegression(), class_weight=weights).fit(X, y)
    weighted = votes / 5 * [3.0, 1.0, 0.5]
    by_hand = SoftLabelClassifier(LogisticRegression()).fit(
        X, weighted, sample_weight=weighted.sum(axis=1)
    )
    np.testing.assert_allclose(found.predict_proba(X), by_hand.predict_proba(X))
    # Balanced weights depend on hard labels as those of the classifier itself.
    hard = np.array(NAMES)[votes.argmax(axis=1)]
    found = SoftLabelClassifier(LogisticRegression(), class_weight="balanced").fit(X, hard)
    plain = LogisticRegression(class_weight="balanced").fit(X, hard)
    np.testing.assert_allclose(found.predict_proba(X), plain.predict_proba(X), atol=1e-4)
    with pytest.raises(ValueError, match="class_weight names 'fury'"):
        SoftLabelClassifier(LogisticRegression(), class_weight={"fury": 1}).fit(X, y)


def test_balanced_votes_predict_equal_shares_where_rows_tell_nothing(rated):
    _, votes = rated
    wide = np.insert(votes * [8, 2, 1], 1, 0, axis=1)
    rows = np.zeros((len(votes), 1))
    model = SoftLabelClassifier(LogisticRegression(), class_weight="balanced")
    for weight in (None, np.arange(len(votes)) + 1.0):
        found = clone(model).fit(rows, wide, sample_weight=weight).predict_proba([[0.0]])
        np.testing.assert_allclose(found[0], [1 / 3, 0, 1 / 3, 1 / 3], atol=1e-3)


@pytest.mark.parametrize("scaled", [False, True])
def test_logit_adjustment_of_votes(rated, scaled):
    X, votes = rated
    y = pd.DataFrame(np.insert(votes, 1, 0, axis=1), columns=["joy", "none", *NAMES[1:]])
    soft = SoftLabelClassifier(LogisticRegression())
    model = make_pipeline(StandardScaler(), soft) if scaled else soft
    adjusted = LogitAdjustedClassifier(model).fit(X, y)
    share = votes.mean(axis=0) / 5
    np.testing.assert_allclose(adjusted.class_prior_, np.insert(share, 1, 0))
    proba = clone(model).fit(X, votes).predict_proba(X) / share
    proba /= proba.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.delete(adjusted.predict_proba(X), 1, axis=1), proba)
    np.testing.assert_array_equal(adjusted.predict(X), np.array(NAMES)[proba.argmax(1)])
    with pytest.raises(ValueError, match="row 0 has"):
        LogitAdjustedClassifier(model).fit(X, -votes)


# ---- scores and clients


def test_score_is_the_accuracy_against_a_rater_drawn_at_random(rated):
    X, votes = rated
    model = SoftLabelClassifier(LogisticRegression()).fit(X, votes)
    chosen = model.predict(X)
    expected = np.mean([votes[i, c] / 5 for i, c in enumerate(chosen)])
    assert model.score(X, votes) == pytest.approx(expected)
    first = np.arange(len(X)) < 10
    assert model.score(X, votes, sample_weight=first) == pytest.approx(
        model.score(X[:10], votes[:10])
    )
    assert model.score(X, chosen) == 1


def test_searches_pipelines_and_pickles(rated):
    X, votes = rated
    y = pd.DataFrame(votes / 5, columns=NAMES)
    model = make_pipeline(StandardScaler(), SoftLabelClassifier(LogisticRegression()))
    distance = make_scorer(
        jensen_shannon_distance, response_method="predict_proba", greater_is_better=False
    )
    search = GridSearchCV(
        model, {"softlabelclassifier__estimator__C": [1e-4, 1]}, scoring=distance, cv=3
    ).fit(X, y)
    assert search.best_params_ == {"softlabelclassifier__estimator__C": 1}
    plain = GridSearchCV(model, {"softlabelclassifier__estimator__C": [1e-4, 1]}, cv=3)
    assert 0 < plain.fit(X, y).best_score_ < 1
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_augmented_votes_in_searches_and_cross_validation(rated):
    X, votes = rated
    rare = votes[:, 2] > 0
    kept = ~rare | (np.arange(len(X)) % 5 == 0)
    y = pd.DataFrame(votes[kept], columns=NAMES)
    augmenter = GaussianAugmenter(target_type="distribution", random_state=0)
    model = make_pipeline(
        StandardScaler(), augmenter, SoftLabelClassifier(LogisticRegression())
    )
    grid = {"gaussianaugmenter__n_raters": [3, 10]}
    search = GridSearchCV(model, grid, cv=2).fit(X[kept], y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.classes_.tolist() == NAMES
    found = cross_validate(model, X[kept], y, cv=2, return_estimator=True)
    assert np.isfinite(found["test_score"]).all()
    # A vote of nobody is missing, and stays so in the rows that are handed on.
    np.testing.assert_allclose(
        clone(model).fit(X[kept], y.replace(0, np.nan)).predict_proba(X),
        clone(model).fit(X[kept], y.astype(float)).predict_proba(X),
    )
    plain = SoftLabelClassifier(LogisticRegression()).fit(X[kept], y)
    more = search.predict_proba(X[~kept])[:, 2].mean()
    assert more > plain.predict_proba(X[~kept])[:, 2].mean()


def test_scores_of_shares_as_scorers_of_two_classes(rated):
    X, votes = rated
    two = votes[:, :2] + 1
    y = two / two.sum(axis=1, keepdims=True)
    for score in (jensen_shannon_distance, plurality_f1_score):
        scorer = make_scorer(score, response_method="predict_proba")
        model = SoftLabelClassifier(LogisticRegression())
        found = cross_validate(model, X, y, cv=2, scoring=scorer, return_estimator=True)
        test = slice(0, 100)
        expected = score(y[test], found["estimator"][0].predict_proba(X[test]))
        assert found["test_score"][0] == pytest.approx(expected)


def test_weights_by_metadata_routing(rated):
    X, votes = rated
    weight = (np.arange(len(X)) < 120).astype(float)
    with config_context(enable_metadata_routing=True):
        model = SoftLabelClassifier(LogisticRegression())
        model.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model)
        weighted = clone(pipeline).fit(X, votes, sample_weight=weight).predict_proba(X)
        found = cross_validate(
            model, X, votes, cv=2, params={"sample_weight": weight}, return_estimator=True
        )
    scaled = StandardScaler().fit_transform(X)
    alone = SoftLabelClassifier(LogisticRegression()).fit(scaled[:120], votes[:120])
    np.testing.assert_allclose(weighted, alone.predict_proba(scaled), atol=1e-6)
    # The second half is weighted in its first 20 rows only.
    part = SoftLabelClassifier(LogisticRegression()).fit(X[100:120], votes[100:120])
    np.testing.assert_allclose(
        found["estimator"][0].predict_proba(X), part.predict_proba(X), atol=1e-6
    )


# ---- bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: np.where(np.arange(200)[:, None] == 3, 0, v), r"row 3 has \[0.0, 0.0"),
        (lambda v: -v, "row 0 has"),
        (lambda v: np.where(v == 5, np.inf, v), "y contains infinity"),
        (lambda v: np.where(v[:, :1] == 5, np.nan, v), "has .* Drop rows without votes"),
        (lambda v: pd.DataFrame(v, columns=["a", "a", "b"]), "unique column names"),
        (lambda v: v[1:], "inconsistent numbers of samples"),
    ],
)
def test_votes_are_checked(rated, change, message):
    X, votes = rated
    with pytest.raises(ValueError, match=message):
        SoftLabelClassifier(LogisticRegression()).fit(X, change(votes))


def test_estimators_without_weights_are_refused(rated):
    X, votes = rated
    with pytest.raises(TypeError, match="takes sample_weight; KNeighborsClassifier does"):
        SoftLabelClassifier(KNeighborsClassifier()).fit(X, votes)
    with pytest.raises(TypeError, match="around the last step of a pipeline"):
        SoftLabelClassifier(make_pipeline(LogisticRegression())).fit(X, votes)
