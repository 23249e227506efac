"""PriorCorrectedClassifier: closed forms, pipelines, and scikit-learn's checks."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline as sklearn_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import estimator_checks_generator

from skmiaug import GaussianAugmenter
from skmiaug.metrics import jensen_shannon_distance
from skmiaug.model_selection import PriorCorrectedClassifier, SoftLabelClassifier

# Name of a check of scikit-learn and why it cannot pass.
EXPECTED_FAILURES: dict[str, str] = {}


@pytest.fixture
def rare():
    """5 % of one class, overlapping."""
    rng = np.random.default_rng(0)
    y = (rng.random(4000) < 0.05).astype(int)
    return rng.normal(size=(4000, 3)) + 1.5 * y[:, None], y


@pytest.mark.parametrize(
    ("estimator", "check"),
    list(
        estimator_checks_generator(
            PriorCorrectedClassifier(LogisticRegression(C=0.1)),
            expected_failed_checks=EXPECTED_FAILURES,
            mark="xfail",
        )
    ),
    ids=lambda case: getattr(getattr(case, "func", case), "__name__", "classifier"),
)
def test_sklearn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "sampler", [RandomOverSampler(random_state=0), RandomUnderSampler(random_state=0)]
)
def test_probabilities_are_those_without_resampling(rare, sampler):
    X, y = rare
    plain = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]
    pipeline = make_pipeline(StandardScaler(), sampler, LogisticRegression())
    balanced = clone(pipeline).fit(X, y).predict_proba(X)[:, 1]
    corrected = PriorCorrectedClassifier(pipeline).fit(X, y)
    found = corrected.predict_proba(X)[:, 1]
    np.testing.assert_allclose(corrected.trained_prior_, [0.5, 0.5])
    np.testing.assert_allclose(corrected.target_prior_[1], y.mean())
    assert np.abs(balanced - plain).mean() > 0.08
    assert np.abs(found - plain).mean() < 0.01
    assert found.mean() == pytest.approx(y.mean(), abs=0.01)


def test_calibration_improves(rare):
    X, y = rare
    pipeline = make_pipeline(SMOTE(random_state=0), LogisticRegression())
    balanced = clone(pipeline).fit(X, y)
    corrected = PriorCorrectedClassifier(pipeline).fit(X, y)
    worse, better = (
        brier_score_loss(y, model.predict_proba(X)[:, 1]) for model in (balanced, corrected)
    )
    assert better < 0.6 * worse


@pytest.mark.parametrize("weight", ["balanced", {0: 1.0, 1: 19.0}])
def test_class_weights_are_corrected(rare, weight):
    X, y = rare
    plain = LogisticRegression().fit(X, y).predict_proba(X)
    weighted = LogisticRegression(class_weight=weight)
    found = PriorCorrectedClassifier(weighted).fit(X, y).predict_proba(X)
    assert np.abs(found - plain).mean() < 0.01


def test_priors_of_discriminant_analysis_in_closed_form(rare):
    """With fixed class densities, the correction is exact Bayes."""
    X, y = rare
    shares = np.array([0.9, 0.1])
    expected = LinearDiscriminantAnalysis(priors=shares).fit(X, y).predict_proba(X)
    balanced = LinearDiscriminantAnalysis(priors=[0.5, 0.5])
    found = PriorCorrectedClassifier(
        balanced, trained_prior="uniform", target_prior={0: 9, 1: 1}
    ).fit(X, y)
    np.testing.assert_allclose(found.predict_proba(X), expected, atol=1e-6)
    np.testing.assert_allclose(found.predict_log_proba(X), np.log(expected), atol=1e-3)


def test_uniform_target_makes_a_classifier_for_uar(rare):
    X, y = rare
    plain = LogisticRegression().fit(X, y)
    found = PriorCorrectedClassifier(LogisticRegression(), target_prior="uniform").fit(X, y)
    assert found.predict(X).mean() > 3 * plain.predict(X).mean()


def test_nothing_to_correct_changes_nothing(rare):
    X, y = rare
    for inner in (GaussianNB(), sklearn_pipeline(StandardScaler(), GaussianNB())):
        found = PriorCorrectedClassifier(inner).fit(X, y).predict_proba(X)
        np.testing.assert_allclose(found, clone(inner).fit(X, y).predict_proba(X))


def test_the_pipelines_keep_their_steps(rare):
    X, y = rare
    pipeline = make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    model = PriorCorrectedClassifier(pipeline).fit(X, y)
    assert isinstance(model.estimator_[-1], LogisticRegression)
    assert not hasattr(pipeline[-1], "coef_")
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_in_a_grid_search_with_frames_and_names(rare):
    X, y = rare
    frame, named = pd.DataFrame(X).add_prefix("f"), np.array(["calm", "angry"])[y]
    pipeline = make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    search = GridSearchCV(
        PriorCorrectedClassifier(pipeline),
        {"estimator__logisticregression__C": [0.1, 1.0]},
        scoring="neg_log_loss",
        cv=3,
    ).fit(frame, named)
    assert list(search.best_estimator_.feature_names_in_) == ["f0", "f1", "f2"]
    assert set(search.predict(frame)) <= {"calm", "angry"}
    plain = cross_val_score(pipeline, frame, named, scoring="neg_log_loss", cv=3)
    assert search.best_score_ > plain.mean() + 0.1


def test_fit_parameters_reach_the_last_step(rare):
    X, y = rare
    weights = np.where(y == 1, 5.0, 1.0)
    pipeline = sklearn_pipeline(StandardScaler(), LogisticRegression())
    one = PriorCorrectedClassifier(pipeline).fit(
        X, y, logisticregression__sample_weight=weights
    )
    two = PriorCorrectedClassifier(pipeline).fit(X, y)
    assert one.estimator_[-1].intercept_ > two.estimator_[-1].intercept_ + 1
    # Sample weights are corrected like random oversampling.
    assert one.trained_prior_[1] == pytest.approx(5 * y.mean() / (1 + 4 * y.mean()))
    assert np.abs(one.predict_proba(X) - two.predict_proba(X)).mean() < 0.01


@pytest.mark.parametrize("inside", [clone, lambda c: GridSearchCV(c, {"C": [0.5, 1]})])
def test_sample_weights_are_corrected(rare, inside):
    X, y = rare
    plain = LogisticRegression().fit(X, y).predict_proba(X)
    weights = compute_sample_weight("balanced", y)
    model = PriorCorrectedClassifier(inside(LogisticRegression()))
    model.fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(model.trained_prior_, [0.5, 0.5])
    np.testing.assert_allclose(model.target_prior_[1], y.mean())
    assert np.abs(model.predict_proba(X) - plain).mean() < 0.01
    even = PriorCorrectedClassifier(inside(LogisticRegression()))
    even.fit(X, y, sample_weight=np.full(len(y), 2.0))
    np.testing.assert_allclose(even.trained_prior_, even.target_prior_)


@pytest.mark.parametrize(
    ("search", "prefix"),
    [
        (lambda c: GridSearchCV(c, {"C": [0.1, 1]}), ""),
        (
            lambda c: GridSearchCV(
                sklearn_pipeline(StandardScaler(), c), {"logisticregression__C": [0.1, 1]}
            ),
            "logisticregression__",
        ),
        (
            lambda c: sklearn_pipeline(StandardScaler(), GridSearchCV(c, {"C": [0.1, 1]})),
            "gridsearchcv__",
        ),
    ],
    ids=["search", "search of a pipeline", "search in a pipeline"],
)
def test_shares_of_searches(rare, search, prefix):
    X, y = rare
    plain = LogisticRegression().fit(X, y).predict_proba(X)
    weighted = search(LogisticRegression(class_weight="balanced"))
    found = PriorCorrectedClassifier(weighted).fit(X, y)
    np.testing.assert_allclose(found.trained_prior_, [0.5, 0.5])
    assert np.abs(found.predict_proba(X) - plain).mean() < 0.01
    rows = {f"{prefix}sample_weight": compute_sample_weight("balanced", y)}
    found = PriorCorrectedClassifier(search(LogisticRegression())).fit(X, y, **rows)
    np.testing.assert_allclose(found.trained_prior_, [0.5, 0.5])


INTERNAL = {
    "search of a sampler": GridSearchCV(
        make_pipeline(RandomOverSampler(), LogisticRegression()),
        {"logisticregression__C": [0.1, 1]},
    ),
    "balanced forest": BalancedRandomForestClassifier(5, random_state=0),
    "bag of weighted": BaggingClassifier(LogisticRegression(class_weight="balanced"), 3),
    "vote of samplers": VotingClassifier(
        [("a", make_pipeline(RandomOverSampler(), GaussianNB()))], voting="soft"
    ),
    "threshold of a sampler": FixedThresholdClassifier(
        make_pipeline(RandomOverSampler(), GaussianNB())
    ),
}


@pytest.mark.parametrize("inner", INTERNAL.values(), ids=INTERNAL)
def test_internal_resampling_needs_the_trained_prior(rare, inner):
    X, y = rare
    for around in (clone(inner), sklearn_pipeline(StandardScaler(), clone(inner))):
        with pytest.raises(TypeError, match=r"cannot determine .*trained_prior="):
            PriorCorrectedClassifier(around).fit(X, y)
    found = PriorCorrectedClassifier(inner, trained_prior="uniform").fit(X, y)
    assert found.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.03)


def test_calibrators_of_the_original_rows_need_no_correction(rare):
    X, y = rare
    inner = CalibratedClassifierCV(
        make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    )
    found = PriorCorrectedClassifier(inner).fit(X, y)
    np.testing.assert_allclose(found.trained_prior_, found.target_prior_)
    assert found.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.01)


def test_with_metadata_routing(rare):
    X, y = rare
    last = LogisticRegression()
    with sklearn.config_context(enable_metadata_routing=True):
        last.set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = PriorCorrectedClassifier(sklearn_pipeline(scaler, last))
        model.fit(X, y, sample_weight=np.ones(len(y)))
    assert model.predict_proba(X).shape == (4000, 2)


def test_a_class_of_target_share_0_is_never_predicted(rare):
    X, y = rare
    model = PriorCorrectedClassifier(LogisticRegression(), target_prior=[1, 0]).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X)[:, 1], 0)
    assert (model.predict(X) == 0).all()


def test_errors_say_what_to_do(rare):
    X, y = rare
    with pytest.raises(ValueError, match=r"target_prior gives no share .* \[1\]"):
        PriorCorrectedClassifier(GaussianNB(), target_prior={0: 1.0}).fit(X, y)
    with pytest.raises(ValueError, match="one share of 0 or more for each of 2 classes"):
        PriorCorrectedClassifier(GaussianNB(), trained_prior=[1, 2, 3]).fit(X, y)
    with pytest.raises(ValueError, match="a share above 0"):
        PriorCorrectedClassifier(GaussianNB(), trained_prior=[0, 0]).fit(X, y)
    nested = sklearn_pipeline(StandardScaler(), sklearn_pipeline(GaussianNB()))
    with pytest.raises(TypeError, match="is a pipeline itself"):
        PriorCorrectedClassifier(nested).fit(X, y)


def test_votes_are_corrected_and_decisions_stay():
    rng = np.random.default_rng(0)
    centres = 1.5 * np.eye(3, 6)
    votes = rng.multinomial(5, rng.dirichlet([2, 0.5, 0.2], 900))
    X = votes @ centres / 5 + 0.8 * rng.normal(size=(900, 6))
    train, test = slice(600), slice(600, None)
    shares = votes[test] / 5
    balanced = make_pipeline(
        GaussianAugmenter(target_type="distribution", random_state=0),
        SoftLabelClassifier(LogisticRegression()),
    )
    uncorrected = clone(balanced).fit(X[train], votes[train])
    corrected = PriorCorrectedClassifier(balanced).fit(X[train], votes[train])
    mean = votes[train].mean(axis=0) / 5
    np.testing.assert_allclose(corrected.target_prior_, mean)
    assert np.ptp(corrected.trained_prior_) < np.ptp(mean)
    distances = [
        jensen_shannon_distance(shares, model.predict_proba(X[test]))
        for model in (corrected, uncorrected)
    ]
    assert distances[0] < distances[1]
    kept = PriorCorrectedClassifier(balanced, decide_for="trained")
    kept.fit(X[train], votes[train])
    np.testing.assert_array_equal(kept.predict(X[test]), uncorrected.predict(X[test]))
    np.testing.assert_allclose(
        kept.predict_proba(X[test]), corrected.predict_proba(X[test])
    )
    assert (corrected.predict(X[test]) == 0).sum() > (kept.predict(X[test]) == 0).sum()


def test_weights_of_rows_count_in_the_shares_of_votes():
    rng = np.random.default_rng(0)
    votes = rng.multinomial(5, rng.dirichlet([1, 1, 1], 300))
    X = votes @ np.eye(3, 4) + rng.normal(size=(300, 4))
    weight = 1.0 + 9.0 * (votes[:, 2] > 2)
    model = PriorCorrectedClassifier(SoftLabelClassifier(LogisticRegression()))
    model.fit(X, votes, sample_weight=weight)
    expected = np.average(votes / 5, axis=0, weights=weight)
    np.testing.assert_allclose(model.trained_prior_, expected)
    np.testing.assert_allclose(model.target_prior_, votes.mean(axis=0) / 5)
    assert expected[2] > 1.3 * model.target_prior_[2]


def test_decisions_of_balanced_rows_beside_calibrated_probabilities(rare):
    X, y = rare
    balanced = make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    kept = PriorCorrectedClassifier(balanced, decide_for="trained").fit(X, y)
    np.testing.assert_array_equal(kept.predict(X), clone(balanced).fit(X, y).predict(X))
    shares = np.array([np.mean(y == c) for c in kept.classes_])
    np.testing.assert_allclose(kept.predict_proba(X).mean(axis=0), shares, atol=0.03)
