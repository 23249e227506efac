"""BalancingSearchCV on label sets and attributes."""

import pickle

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    estimator_checks_generator,
)

from skmiaug import GaussianAugmenter
from skmiaug.metrics import concordance_correlation_coefficient
from skmiaug.model_selection import BalancingSearchCV

LABELS = ["joy", "anger", "fear"]


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(240, 5))


@pytest.fixture(scope="module")
def label_sets(rows):
    """Labels of about 50, 25 and 15 % of the rows, the first of which often come alone."""
    noise = np.random.default_rng(1).normal(size=(240, 3))
    return pd.DataFrame(rows[:, :3] + noise > [0, 1, 1.5], columns=LABELS).astype(int)


@pytest.fixture(scope="module")
def attributes(rows):
    """Two attributes, the first with a long tail."""
    noise = np.random.default_rng(2).normal(size=(240, 2))
    found = rows[:, :2] + 0.5 * noise
    return pd.DataFrame({"activation": np.exp(found[:, 0]), "valence": found[:, 1]})


def search(estimator, methods=None, **options):
    options = {"cv": 2, "n_repeats": 1, "error_score": "raise"} | options
    return BalancingSearchCV(estimator, methods, random_state=0, **options)


def of_labels(methods=None, model=None, **options):
    model = OneVsRestClassifier(LogisticRegression()) if model is None else model
    return search(model, methods, target_type="multilabel", **options)


def of_attributes(methods=None, model=None, **options):
    return search(model or Ridge(), methods, target_type="continuous", **options)


def attribute_search():
    return of_attributes(("none", "sample_weight", "random"), error_score=np.nan)


def name_of(case):
    return getattr(getattr(case, "func", case), "__name__", "estimator")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "check"),
    list(estimator_checks_generator(attribute_search())),
    ids=name_of,
)
def test_a_search_of_attributes_is_a_regressor(estimator, check):
    check(estimator)


def test_the_kind_is_that_of_the_estimator(rows, label_sets, attributes):
    check_dataframe_column_names_consistency("BalancingSearchCV", attribute_search())
    regressor, classifier = of_attributes(["none"]), of_labels(["none"])
    assert is_regressor(regressor)
    assert is_classifier(classifier)
    for unfitted in (regressor, of_labels(model=RandomForestClassifier())):
        assert not hasattr(unfitted, "decision_function")
    assert not hasattr(regressor.fit(rows, attributes), "predict_proba")
    assert not hasattr(regressor, "classes_")
    assert regressor.predict(rows).shape == attributes.shape
    assert regressor.fit(rows, attributes["valence"]).predict(rows).shape == (240,)
    assert list(classifier.fit(rows, label_sets).classes_) == LABELS
    assert classifier.predict_proba(rows).shape == label_sets.shape


# ---- the methods


@pytest.mark.parametrize("method", ["none", "class_weight", "gaussian"])
def test_methods_of_label_sets_are_those_that_they_name(rows, label_sets, method):
    given = make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression()))
    found = of_labels([method], given).fit(rows, label_sets)
    scaled = StandardScaler().fit_transform(rows)
    X, y = scaled, label_sets.to_numpy()
    weight = None
    if method == "class_weight":
        weight = "balanced"
    elif method == "gaussian":
        sampler = found.best_estimator_.estimator_.named_steps["resample"]
        assert sampler.target_type == "multilabel"
        X, y = clone(sampler).fit_resample(X, y)
    expected = OneVsRestClassifier(LogisticRegression(class_weight=weight)).fit(X, y)
    np.testing.assert_array_equal(found.predict(rows), expected.predict(scaled))
    # Each label was balanced, and its probabilities hold for the training rows.
    mean, shares = found.predict_proba(rows).mean(axis=0), label_sets.mean()
    np.testing.assert_allclose(mean, shares, atol=0.03)
    raised = expected.predict_proba(scaled)[:, 2].mean() > shares["fear"] + 0.05
    assert raised == (method == "class_weight") or method == "gaussian"
    assert found.best_method_ == method


@pytest.mark.parametrize("method", ["none", "random", "gaussian"])
def test_methods_of_attributes_are_those_that_they_name(rows, attributes, method):
    given = make_pipeline(StandardScaler(), Ridge())
    y = attributes["activation"].to_numpy()
    found = of_attributes([method], given).fit(rows, y)
    X = StandardScaler().fit_transform(rows)
    resampled, targets = X, y
    if method != "none":
        sampler = clone(found.best_estimator_.estimator_.named_steps["resample"])
        resampled, targets = sampler.fit_resample(X, y)
        # Rare values are more frequent, as often as the augmenter's plan of the name asks.
        assert np.quantile(targets, 0.9) > np.quantile(y, 0.95)
    if method == "random":
        plan = GaussianAugmenter(
            sampling_strategy="inverse_density", target_type="continuous"
        ).fit(X, y)
        assert len(targets) == 240 + sum(plan.sampling_strategy_.values())
        assert set(map(tuple, resampled)) == set(map(tuple, X))
    expected = Ridge().fit(resampled, targets)
    np.testing.assert_allclose(found.predict(rows), expected.predict(X))
    assert found.best_method_ == method


class Watching(Ridge):
    """Records the groups, which are its first column, and the weights of each fit."""

    def fit(self, X, y, sample_weight=None):
        Watching.fits.append((frozenset(np.asarray(X)[:, 0]), sample_weight))
        return super().fit(X, y, sample_weight)


@pytest.fixture
def fits():
    Watching.fits = []
    return Watching.fits


def test_rows_of_rare_attributes_weigh_more(rows, attributes, fits):
    y = attributes["activation"].to_numpy()
    of_attributes(["sample_weight"], Watching()).fit(rows, y)
    weights = fits[-1][1]
    assert weights.mean() == pytest.approx(1)
    tail = y > np.quantile(y, 0.9)
    assert weights[tail].mean() > 3 * weights[~tail].mean()
    given = np.random.default_rng(0).uniform(1, 2, 240)
    for model in (TransformedTargetRegressor(Watching()), MultiOutputRegressor(Watching())):
        many = np.column_stack([y, y]) if hasattr(model, "estimator") else y
        found = of_attributes(["sample_weight"], model, scoring="r2")
        found.fit(rows, many, sample_weight=given)
        np.testing.assert_allclose(fits[-1][1], weights * given)


@pytest.mark.parametrize(
    ("model", "target_type", "expected"),
    [
        (make_pipeline(StandardScaler(), SVR()), "continuous", True),
        (KNeighborsRegressor(), "continuous", False),
        (MultiOutputRegressor(KNeighborsRegressor()), "continuous", False),
        (MultiOutputClassifier(SVC()), "multilabel", True),
        (OneVsRestClassifier(KNeighborsClassifier()), "multilabel", False),
        # Its class weights would be multiplied over the labels of a row.
        (RandomForestClassifier(5), "multilabel", False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_weights_where_they_apply(
    rows, label_sets, attributes, model, target_type, expected
):
    y = label_sets
    if target_type == "continuous":
        y = attributes if isinstance(model, MultiOutputRegressor) else attributes.valence
    word = "class_weight" if target_type == "multilabel" else "sample_weight"
    found = search(model, ["none", word], target_type=target_type, scoring=_negative_rows)
    found.fit(rows, y)
    assert (word in found.cv_results_["param_method"]) == expected
    assert (f"Not applicable: {word}" in found.verdict_) != expected


def _negative_rows(fitted, X, y):
    return float(np.mean(fitted.predict(X) == 0))


# ---- the choice


def test_the_methods_and_scores_of_each_type(rows, label_sets, attributes):
    """Those that are tried by default; a label that no row has is not scored."""
    found = of_labels().fit(rows, label_sets, groups=np.arange(240) % 8)
    assert list(found.cv_results_["param_method"]) == [
        "none", "class_weight", "gaussian", "migan",
    ]  # fmt: skip
    assert "macro average precision" in found.verdict_
    proba, y = found.predict_proba(rows), label_sets.to_numpy()
    assert found.score(rows, label_sets) == pytest.approx(average_precision_score(y, proba))
    without = y[:, 2] == 0
    kept = average_precision_score(y[without, :2], proba[without, :2])
    assert found.score(rows[without], y[without]) == pytest.approx(kept)

    found = of_attributes().fit(rows, attributes)
    assert list(found.cv_results_["param_method"]) == [
        "none", "sample_weight", "random", "gaussian", "migan",
    ]  # fmt: skip
    assert "concordance correlation" in found.verdict_
    ccc = concordance_correlation_coefficient(attributes, found.predict(rows))
    assert found.score(rows, attributes) == pytest.approx(ccc)
    found.set_params(scoring="r2", methods=["none"]).fit(rows, attributes)
    assert found.score(rows, attributes) == Ridge().fit(rows, attributes).score(
        rows, attributes
    )


def test_nothing_is_done_for_what_learns_nothing(rows, label_sets, attributes):
    """Every method scores the same: the cheapest is taken, with an interval of 0."""
    sampler = GaussianAugmenter(target_type="multilabel")
    for found in (
        of_labels(["none", sampler], DummyClassifier()).fit(rows, label_sets),
        of_attributes(None, DummyRegressor()).fit(rows, attributes["activation"]),
    ):
        assert found.best_method_ == "none"
        assert found.gain_interval_ == {"none": (0, 0), "best_free": (0, 0)}
        assert found.verdict_.startswith("Do not resample: none")


def test_folds_are_stratified_by_rare_labels_and_extremes(rows):
    """Eight rows of the rarest label, a fifth of the rows in each range: even in folds."""
    y = np.zeros((240, 2), int)
    y[:200, 0], y[-8:, 1] = 1, 1
    parts = []

    def score(fitted, X, y):
        parts.append(np.asarray(y))
        return 0.0

    of_labels(["none"], cv=4, scoring=score).fit(rows, y)
    # After the models without features.
    assert [part[:, 1].sum() for part in parts[-4:]] == [2] * 4
    attribute = np.arange(240.0)
    of_attributes(["none"], cv=4, scoring=score).fit(rows, attribute)
    for part in parts[-4:]:
        np.testing.assert_array_equal(np.histogram(part, 5, (0, 240))[0], [12] * 5)


def test_groups_are_whole(attributes, rows, fits):
    groups = np.arange(240) % 6
    X = np.column_stack([groups, rows])
    model = of_attributes(["none", "random"], Watching(), cv=3)
    model.fit(X, attributes, groups=groups)
    assert [len(held) for held, _ in fits[:-1]] == [4] * 6
    with pytest.raises(ValueError, match="has group 0 in both"):
        model.set_params(cv=KFold(3, shuffle=True)).fit(X, attributes, groups=groups)


# ---- clients and bad input


def test_clients(rows, label_sets, attributes):
    for inner, y, name in (
        (of_labels(["none", "class_weight"]), label_sets, "estimator__estimator__C"),
        (of_attributes(["none", "sample_weight"]), attributes, "estimator__alpha"),
    ):
        outer = GridSearchCV(inner, {name: [0.1, 10.0]}, cv=2, error_score="raise")
        outer.fit(rows, y)
        assert set(outer.best_params_) == {name}
        best = outer.best_estimator_
        again = pickle.loads(pickle.dumps(best))
        for same in (again, clone(best).fit(rows, y)):
            np.testing.assert_array_equal(same.predict(rows), best.predict(rows))
        scores = cross_validate(inner, rows, y, cv=2, error_score="raise")["test_score"]
        assert np.isfinite(scores).all()
    given = (OneVsRestClassifier(LogisticRegression()), {"estimator__C": [0.1, 1.0]})
    found = search([given], ["none", "class_weight"], target_type="multilabel")
    found.fit(rows, label_sets)
    assert set(found.best_params_) == {"estimator__C"}
    assert len(found.cv_results_["params"]) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ["smote"]}, "'smote' is not for target_type='multilabel'; choose"),
        ({"methods": [SMOTE()]}, "whose target_type is 'multilabel'"),
        ({"methods": ["threshold"]}, "choose from none, class_weight, gaussian, migan"),
        ({"methods": ["sample_weight"]}, "'sample_weight' is not for"),
        ({"methods": [GaussianAugmenter()]}, "is not for target_type='multilabel'"),
        ({"estimator": SVC()}, r"label sets; write OneVsRestClassifier\(SVC\(...\)\)"),
        ({"target_type": "continuous"}, "'continuous' needs a regressor; OneVs"),
        ({"target_type": "multiclass"}, "target_type='multiclass'. Expected one class"),
    ],
)
def test_what_is_not_for_label_sets_is_named(rows, label_sets, changes, message):
    with pytest.raises(ValueError, match=message):
        of_labels().set_params(**changes).fit(rows, label_sets)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: 2 * y, "target_type='multilabel': y must hold 0 and 1 alone"),
        (lambda y: y[:, :1], "target_type='multilabel'"),
        (lambda y: 0 * y, "target_type='multilabel': no row has the label"),
        (lambda y: y[:-1], "inconsistent|target_type"),
    ],
)
def test_bad_label_sets(rows, label_sets, change, message):
    with pytest.raises(ValueError, match=message):
        of_labels(["none"]).fit(rows, change(label_sets.to_numpy()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: 0 * y, "target_type='continuous': an attribute has the same value"),
        (lambda y: np.where(y > 1, np.nan, y), "'continuous': an attribute is missing"),
        (lambda y: np.full(240, "calm"), "target_type='continuous'"),
    ],
)
def test_bad_attributes(rows, attributes, change, message):
    y = attributes.to_numpy()
    with pytest.raises(ValueError, match=message):
        of_attributes(["none"]).fit(rows, change(y))
    with pytest.raises(ValueError, match="needs a classifier; Ridge is none"):
        of_attributes().set_params(target_type="multiclass").fit(rows, y[:, 0] > 1)
