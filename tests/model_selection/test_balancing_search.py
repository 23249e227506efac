"""BalancingSearchCV: what it compares, what it takes, and scikit-learn's contract."""

import pickle
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.utils.estimator_checks import (
    estimator_checks_generator as imblearn_checks,
)
from scipy import stats
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from sklearn.utils.estimator_checks import estimator_checks_generator as sklearn_checks

from skmiaug.metrics import corrected_repeated_ttest, jensen_shannon_distance
from skmiaug.model_selection import (
    BalancingSearchCV,
    LogitAdjustedClassifier,
    PriorCorrectedClassifier,
    SoftLabelClassifier,
    ThresholdTunedClassifier,
)

FREE = ("none", "class_weight", "logit_adjust", "threshold")
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # That of the scores of the fits that failed.
    pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite"),
]


def small_search():
    return BalancingSearchCV(
        LogisticRegression(),
        ("none", "class_weight", "random"),
        cv=2,
        n_repeats=1,
        random_state=0,
    )


@pytest.fixture(scope="module")
def imbalanced():
    return make_classification(
        n_samples=300, n_classes=3, n_informative=5, weights=[0.75, 0.17], random_state=0
    )


def name_of(case):
    check = getattr(case, "func", case)
    return getattr(check, "__name__", type(check).__name__)


@pytest.mark.parametrize(
    ("search", "check"),
    [c for checks in (sklearn_checks, imblearn_checks) for c in checks(small_search())],
    ids=name_of,
)
def test_both_check_suites(search, check):
    check(search)


def test_checks_that_the_suites_leave_out():
    for check in (check_param_validation, check_dataframe_column_names_consistency):
        check("BalancingSearchCV", small_search())


# ---- the methods


@pytest.mark.parametrize("method", FREE)
def test_free_methods_are_those_that_they_name(imbalanced, method):
    X, y = imbalanced
    plain = LogisticRegression()
    expected = {
        "none": plain,
        "class_weight": LogisticRegression(class_weight="balanced"),
        "logit_adjust": LogitAdjustedClassifier(plain),
        "threshold": ThresholdTunedClassifier(plain, random_state=0),
    }[method].fit(X, y)
    found = BalancingSearchCV(plain, [method], random_state=0).fit(X, y)
    assert found.best_method_ == method
    agreement = np.mean(found.predict(X) == expected.predict(X))
    # The folds of the thresholds have another seed.
    assert agreement == 1 or (method == "threshold" and agreement > 0.8)


def test_rows_are_resampled_after_the_preprocessing(imbalanced):
    X, y = imbalanced
    given = make_pipeline(StandardScaler(), LogisticRegression())
    found = BalancingSearchCV(given, [SMOTE(random_state=3)]).fit(X, y)
    expected = Pipeline(
        [("s", StandardScaler()), ("o", SMOTE(random_state=3)), ("c", LogisticRegression())]
    ).fit(X, y)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))
    np.testing.assert_allclose(
        found.predict_proba(X),
        PriorCorrectedClassifier(expected).fit(X, y).predict_proba(X),
    )
    assert found.best_method_ == "SMOTE"
    assert not hasattr(given[-1], "coef_")


@pytest.mark.parametrize("method", [*FREE, "random"])
def test_probabilities_hold_for_the_shares_of_the_training_rows(method):
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < 0.05).astype(int)
    X = rng.normal(size=(3000, 3)) + 1.2 * y[:, None]
    plain = LogisticRegression().fit(X, y).predict_proba(X)
    found = BalancingSearchCV(
        LogisticRegression(), [method], cv=2, n_repeats=1, random_state=0
    ).fit(X, y)
    assert np.abs(found.predict_proba(X) - plain).mean() < 0.01
    assert (found.predict(X).mean() > 0.1) == (method != "none")


@pytest.mark.parametrize(
    ("classifier", "weights"),
    [
        (LinearDiscriminantAnalysis(), True),
        (make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=20)), True),
        (SVC(), True),
        (KNeighborsClassifier(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_classifier_gets_the_methods_that_apply(imbalanced, classifier, weights):
    X, y = imbalanced
    found = BalancingSearchCV(classifier, FREE, cv=2, n_repeats=1, random_state=0).fit(X, y)
    methods = set(found.cv_results_["param_method"])
    assert methods == set(FREE) - (set() if weights else {"class_weight"})
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    assert ("class_weight (KNeighborsClassifier)" in found.verdict_) == (not weights)


def test_weights_of_none_are_no_weights(imbalanced):
    search = BalancingSearchCV(
        GradientBoostingClassifier(n_estimators=5), ["class_weight"], cv=2, n_repeats=1
    )
    search.set_params(error_score="raise").fit(*imbalanced, sample_weight=None)
    np.testing.assert_allclose(
        search.best_estimator_.trained_prior_, 1 / len(search.classes_)
    )


def test_only_what_decides_is_weighted(imbalanced):
    """A selector with class weights does not weight the neighbours behind it."""
    search = BalancingSearchCV(
        make_pipeline(SelectFromModel(LogisticRegression()), KNeighborsClassifier()),
        ["none", "class_weight"],
        cv=2,
        n_repeats=1,
    ).fit(*imbalanced)
    assert list(search.cv_results_["param_method"]) == ["none"]
    assert "Not applicable: class_weight" in search.verdict_


def test_weights_of_rows_are_multiplied_by_those_of_classes(imbalanced):
    X, y = imbalanced
    seen = []

    class Weighted(LogisticRegression):
        """Takes sample weights, and no class weights."""

        def __init__(self):
            super().__init__()

        def fit(self, X, y, sample_weight=None):
            seen.append(sample_weight)
            return super().fit(X, y, sample_weight)

    given = np.random.default_rng(0).uniform(1, 2, len(y))
    BalancingSearchCV(Weighted(), ["class_weight"], cv=2).fit(X, y, sample_weight=given)
    ratio = seen[-1] / given
    sums = [ratio[y == label].sum() for label in np.unique(y)]
    np.testing.assert_allclose(sums, len(y) / 3)
    with pytest.raises(ValueError, match=r"sample_weight cannot .* \(random\); leave"):
        BalancingSearchCV(Weighted(), ["none", "random"]).fit(X, y, sample_weight=given)


def test_names_paths_and_samplers_are_methods(imbalanced):
    X, y = imbalanced
    for methods, names in (
        (["none", "smote"], ["none", "smote"]),
        (["TomekLinks"], ["TomekLinks"]),
        (["imblearn.over_sampling.SVMSMOTE"], ["imblearn.over_sampling.SVMSMOTE"]),
        ([RandomOverSampler()], ["RandomOverSampler"]),
        ({"near": SMOTE(k_neighbors=1), "far": SMOTE(k_neighbors=9)}, ["near", "far"]),
        (["gaussian"], ["gaussian"]),
    ):
        search = BalancingSearchCV(
            LogisticRegression(), methods, cv=2, n_repeats=1, random_state=0
        )
        assert list(search.fit(X, y).cv_results_["param_method"]) == names


def test_a_grid_for_each_classifier(imbalanced):
    X, y = imbalanced
    found = BalancingSearchCV(
        {
            "logistic": (LogisticRegression(), {"C": [0.01, 1.0]}),
            "LDA": LinearDiscriminantAnalysis(),
        },
        ("none", "logit_adjust"),
        cv=2,
        random_state=0,
    ).fit(X, y)
    results = pd.DataFrame(found.cv_results_)
    assert list(results["param_estimator"]) == ["logistic"] * 4 + ["LDA"] * 2
    assert results["param_estimator__C"].dropna().tolist() == [0.01, 1.0, 0.01, 1.0]
    assert found.best_estimator_name_ in ("logistic", "LDA")
    assert set(found.best_params_) == (
        {"C"} if found.best_estimator_name_ == "logistic" else set()
    )
    assert f"({found.best_estimator_name_})" in found.verdict_


# ---- the choice


def test_nothing_is_chosen_where_nothing_is_gained():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 4)), np.arange(200) % 2
    found = BalancingSearchCV(LogisticRegression(), (*FREE, "smote"), random_state=0).fit(
        X, y
    )
    assert found.best_method_ in FREE
    assert found.verdict_.startswith("Do not resample")


def test_the_cheapest_within_the_tolerance(imbalanced):
    X, y = imbalanced
    methods = (*FREE, "random", "smote")
    search = BalancingSearchCV(LogisticRegression(), methods, n_repeats=1, random_state=0)
    chosen = []
    for tolerance in (0.0, 0.5, 1.0, 3.0, 1e9):
        found = clone(search).set_params(tolerance=tolerance).fit(X, y)
        results = found.cv_results_
        scores = np.array([results[f"split{k}_test_score"] for k in range(5)]).T
        means = scores.mean(axis=1)
        gaps = scores[means[:4].argmax()] - scores
        errors = gaps.std(axis=1, ddof=1) * np.sqrt(1 / 5 + 1 / 4)
        best = 4 + means[4:].argmax()
        expected = best
        if -gaps[best].mean() <= tolerance * errors[best]:
            near = gaps.mean(axis=1) <= tolerance * errors + 1e-12
            expected = np.flatnonzero(near[:4])[0]
        chosen.append(found.best_method_)
        assert found.best_index_ == expected
        assert found.best_score_ == pytest.approx(scores[expected].mean())
        for name, reference in (("none", 0), ("best_free", scores[:4].mean(1).argmax())):
            test = corrected_repeated_ttest(
                scores[expected] - scores[reference], n_train=240, n_test=60
            )
            assert found.gain_interval_[name] == pytest.approx((test.low, test.high))
    assert chosen[-1] == "none"
    assert len(set(chosen)) > 1


class FreshRows(RandomOverSampler):
    """Adds rows of the distribution that `few_rows` come from, which surely helps."""

    def __init__(self, shift=0.35, random_state=None):
        super().__init__(random_state=random_state)
        self.shift = shift

    def _fit_resample(self, X, y):
        rows, labels = few_rows(600, seed=1, shift=self.shift)
        return np.vstack([X, rows]), np.concatenate([y, labels])


def few_rows(n, seed, shift, ratio=4):
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % ratio == 0).astype(int)
    return rng.normal(size=(n, 30)) + shift * y[:, None], y


@pytest.mark.parametrize(
    ("shift", "ratio", "doubt"),
    [(0.35, 4, 3), (0.6, 4, 1), (0.35, 2, 3)],
    ids=["near chance", "ahead of chance", "even classes"],
)
def test_resampling_is_chosen_once_it_is_ahead_by_the_tolerance(shift, ratio, doubt):
    X, y = few_rows(60, seed=0, shift=shift, ratio=ratio)
    search = BalancingSearchCV(
        LogisticRegression(),
        (*FREE, FreshRows(shift)),
        n_repeats=2,
        tolerance=0.01,
        random_state=0,
    ).fit(X, y)
    assert search.best_method_ == "FreshRows"
    assert search.verdict_.startswith("Resample: FreshRows is chosen")
    low, high = search.gain_interval_["best_free"]
    # The 95 % interval is t standard errors wide on both sides.
    quantile = stats.t.ppf(0.975, search.n_splits_ - 1)
    limit = (high + low) / 2 / ((high - low) / 2 / quantile) / doubt
    assert limit > 0
    assert ("better than guessing" in search.verdict_) == ((shift, ratio) == (0.35, 4))
    for factor, resampled in ((0.99, True), (1.01, False)):
        search.set_params(tolerance=factor * limit).fit(X, y)
        assert (search.best_method_ == "FreshRows") == resampled


@pytest.mark.parametrize("scoring", [None, "f1_macro", "neg_log_loss", "roc_auc_ovr"])
def test_scores_at_chance_are_told_from_others(scoring):
    rng = np.random.default_rng(0)
    y = np.arange(300) % 10 < 3
    search = BalancingSearchCV(
        LogisticRegression(), ["none", "class_weight"], scoring=scoring, random_state=0
    )
    noise = search.fit(rng.normal(size=(300, 2)), y.astype(int)).verdict_
    assert "better than guessing" in noise
    told_apart = search.fit(rng.normal(size=(300, 2)) + y[:, None], y.astype(int)).verdict_
    assert "better than guessing" not in told_apart


def test_folds_are_drawn_again_where_the_rarest_class_is_small():
    rng = np.random.default_rng(0)
    for rare, draws in ((100, 1), (99, 2), (34, 3), (20, 5), (6, 5)):
        y = np.repeat([0, 1], [120, rare])
        search = BalancingSearchCV(LinearDiscriminantAnalysis(), ["none"], cv=3)
        search.fit(rng.normal(size=(len(y), 2)), y)
        assert search.n_splits_ == 3 * draws


def test_a_few_groups_are_not_dealt_out_the_same_way_twice(imbalanced):
    X, y = imbalanced
    groups = np.arange(len(y)) % 3
    search = BalancingSearchCV(LinearDiscriminantAnalysis(), ["none"], n_repeats=4)
    assert search.fit(X, y, groups=groups).n_splits_ == 3


def test_a_method_that_fails_is_left_out(imbalanced):
    X, y = imbalanced

    class Broken(RandomOverSampler):
        def _fit_resample(self, X, y, **params):
            raise ValueError("broken on purpose")

    search = BalancingSearchCV(LogisticRegression(), ["none", Broken()], cv=2)
    with pytest.warns(FitFailedWarning, match="broken on purpose"):
        search.fit(X, y)
    assert search.best_method_ == "none"
    assert "Not compared, since a fit failed: Broken." in search.verdict_
    with pytest.raises(ValueError, match="broken on purpose"):
        search.set_params(error_score="raise").fit(X, y)


def test_a_class_of_a_few_rows(imbalanced):
    X, y = imbalanced
    kept = np.r_[np.flatnonzero(y != 2), np.flatnonzero(y == 2)[:3]]
    found = BalancingSearchCV(LogisticRegression(), ["none", "smote"], random_state=0)
    found.fit(X[kept], y[kept])
    assert found.n_splits_ == 3 * 5  # more draws of the folds where rows are few
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()


# ---- groups, routing, clients


class Watching(LogisticRegression):
    """Records the groups, which are its first column, of each fit."""

    fits: ClassVar[list] = []

    def fit(self, X, y, sample_weight=None):
        Watching.fits.append((frozenset(np.asarray(X)[:, 0]), sample_weight is not None))
        return super().fit(X, y, sample_weight)


@pytest.fixture
def grouped(imbalanced):
    X, y = imbalanced
    groups = np.arange(len(y)) % 6
    Watching.fits.clear()
    return np.column_stack([groups, X]), y, groups


def test_groups_are_whole_in_folds_and_in_folds_of_thresholds(grouped):
    X, y, groups = grouped
    search = BalancingSearchCV(Watching(), ["threshold"], cv=3, n_repeats=1, random_state=0)
    search.fit(X, y, groups=groups)
    sizes = sorted(len(held) for held, _ in Watching.fits)
    # Three folds of 4 groups with 4 inner folds of 3; the refit of 6, with 5 of 4 or 5.
    assert sizes == sorted([4] * 3 + [3] * 12 + [6] + [4] + [5] * 4)
    with pytest.raises(ValueError, match="has group 0 in both"):
        search.set_params(cv=KFold(3, shuffle=True)).fit(X, y, groups=groups)


def test_groups_of_any_container_and_their_faults(grouped):
    X, y, groups = grouped
    search = BalancingSearchCV(
        LogisticRegression(), ["none", "threshold"], n_repeats=1, random_state=0
    )
    expected = search.fit(X, y, groups=groups).cv_results_["mean_test_score"]
    mixed = [int(g) if g % 2 else f"speaker {g}" for g in groups]
    for same in (mixed, pd.Series(mixed, index=np.arange(len(y))[::-1])):
        found = search.fit(X, y, groups=same).cv_results_["mean_test_score"]
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match=r"without a group, 1 in all: 0"):
        search.fit(X, y, groups=[None, *mixed[1:]])
    with pytest.raises(ValueError, match="all rows are of one group"):
        search.fit(X, y, groups=np.zeros(len(y)))
    with pytest.raises(ValueError, match="inconsistent numbers"):
        search.fit(X, y, groups=groups[:5])
    with pytest.raises(ValueError, match=r"has group speaker \d+ in both"):
        search.set_params(cv=KFold(2, shuffle=True, random_state=0)).fit(
            X, y, groups=[f"speaker {g}" for g in groups]
        )


def test_metadata_routing_of_groups_and_weights(grouped):
    X, y, groups = grouped
    params = {"groups": groups, "sample_weight": np.ones(len(y))}
    with config_context(enable_metadata_routing=True):
        inner = Watching().set_fit_request(sample_weight=True)
        score = make_scorer(balanced_accuracy_score).set_score_request(sample_weight=False)
        search = BalancingSearchCV(
            inner, ("none", "threshold"), cv=2, n_repeats=1, scoring=score, random_state=0
        )
        cross_validate(search, X, y, cv=KFold(2), params=params)
    assert Watching.fits
    assert all(weighted for _, weighted in Watching.fits)
    # Two folds of three groups, and in them thresholds on folds of two.
    assert {2, 3} <= {len(held) for held, _ in Watching.fits}


def test_inside_a_grid_search_and_cross_validation(imbalanced):
    X, y = imbalanced
    outer = GridSearchCV(
        BalancingSearchCV(LogisticRegression(), ("none", "logit_adjust"), cv=2),
        {"estimator__C": [0.01, 1.0], "tolerance": [0.0]},
        scoring="balanced_accuracy",
        cv=2,
    ).fit(X, y)
    assert set(outer.best_params_) == {"estimator__C", "tolerance"}
    assert outer.score(X, y) == balanced_accuracy_score(y, outer.predict(X))


def test_the_score_is_that_of_scoring(imbalanced):
    X, y = imbalanced
    search = BalancingSearchCV(LogisticRegression(), ["none"], scoring="neg_log_loss")
    search.fit(X, y)
    assert search.score(X, y) < 0
    assert not hasattr(BalancingSearchCV(SVC(), ["none"]), "predict_proba")


def test_pickle_frames_names_and_seeds(imbalanced):
    X, y = imbalanced
    frame = pd.DataFrame(X).add_prefix("f")
    names = pd.Series(np.array(["calm", "angry", "sad"])[y])
    search = BalancingSearchCV(
        LogisticRegression(),
        (*FREE, "smote", "gaussian"),
        cv=2,
        n_repeats=1,
        random_state=0,
    )
    fits = [clone(search).fit(frame, names) for _ in range(2)]
    again = pickle.loads(pickle.dumps(fits[0]))
    for other in (fits[1], again):
        np.testing.assert_array_equal(other.predict(frame), fits[0].predict(frame))
        np.testing.assert_allclose(
            other.cv_results_["mean_test_score"], fits[0].cv_results_["mean_test_score"]
        )
    assert list(fits[0].classes_) == ["angry", "calm", "sad"]
    assert list(fits[0].feature_names_in_) == list(frame)


def test_the_plot_has_a_line_for_each_method(imbalanced):
    X, y = imbalanced
    search = BalancingSearchCV(LogisticRegression(), FREE, random_state=0).fit(X, y)
    ax = search.plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == list(FREE)
    low, high = search.gain_interval_["none"]
    ends = [line.get_xdata() for line in ax.lines]
    assert any(np.allclose(e, (low, high)) for e in ends if len(e) == 2)
    assert search.plot(ax) is ax


# ---- votes


@pytest.fixture(scope="module")
def rated():
    """Rows, and votes of five raters for classes of about 62, 28 and 10 %."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5))
    logits = 1.5 * X[:, :3] + [1, 0, -1.5]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return X, pd.DataFrame(rng.multinomial(5, shares), columns=["joy", "anger", "fear"])


def search_of_votes(**options):
    soft = make_pipeline(StandardScaler(), SoftLabelClassifier(LogisticRegression()))
    options = {"cv": 2, "n_repeats": 1, "error_score": "raise"} | options
    return BalancingSearchCV(soft, target_type="distribution", random_state=0, **options)


@pytest.mark.parametrize("method", ["none", "class_weight", "logit_adjust", "gaussian"])
def test_methods_of_votes_are_those_that_they_name(rated, method):
    X, votes = rated
    soft = SoftLabelClassifier(LogisticRegression())
    found = search_of_votes(methods=[method]).fit(X, votes)
    scaled = StandardScaler().fit_transform(X)
    shares = votes / 5
    if method == "class_weight":
        soft.set_params(class_weight="balanced")
    elif method == "gaussian":
        sampler = found.best_estimator_.estimator_.named_steps["resample"]
        assert sampler.target_type == "distribution"
        scaled, shares = clone(sampler).fit_resample(scaled, shares)
    expected = LogitAdjustedClassifier(soft) if method == "logit_adjust" else soft
    expected.fit(scaled, shares)
    rows = StandardScaler().fit_transform(X)
    np.testing.assert_array_equal(found.predict(X), expected.predict(rows))
    assert found.best_method_ == method
    assert list(found.classes_) == ["joy", "anger", "fear"]
    # Probabilities hold for the shares of the training rows.
    mean = found.predict_proba(X).mean(axis=0)
    np.testing.assert_allclose(mean, votes.mean() / 5, atol=0.05)


def test_the_choice_among_methods_of_votes(rated):
    X, votes = rated
    found = search_of_votes().fit(X, votes, groups=np.arange(200) % 10)
    methods = ["none", "class_weight", "logit_adjust", "gaussian", "migan"]
    assert list(found.cv_results_["param_method"]) == methods
    assert "UAR of the class with most votes" in found.verdict_
    ties = votes.eq(votes.max(axis=1), axis=0).sum(axis=1) > 1
    uar = balanced_accuracy_score(votes[~ties].idxmax(axis=1), found.predict(X[~ties]))
    assert found.score(X, votes) == pytest.approx(uar)
    distance = make_scorer(
        jensen_shannon_distance, response_method="predict_proba", greater_is_better=False
    )
    found = search_of_votes(methods=["none", "logit_adjust"], scoring=distance)
    found.fit(X, votes)
    expected = -jensen_shannon_distance(votes / 5, found.predict_proba(X))
    assert found.score(X, votes) == pytest.approx(expected)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.predict(X), found.predict(X))


def test_one_hot_votes_are_searched_as_classes(rated):
    X, votes = rated
    labels = votes.to_numpy().argmax(axis=1)
    methods = ["none", "class_weight", "logit_adjust"]
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    options = {"methods": methods, "cv": 3, "n_repeats": 1, "random_state": 0}
    classes = BalancingSearchCV(plain, **options).fit(X, labels)
    shares = search_of_votes(methods=methods, cv=3).fit(X, np.eye(3)[labels])
    for key in ("mean_test_score", "std_test_score"):
        np.testing.assert_allclose(shares.cv_results_[key], classes.cv_results_[key])
    assert shares.best_method_ == classes.best_method_


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ["threshold"]}, "'threshold' is not for target_type='distribution'"),
        ({"methods": ["smote"]}, "'smote' is not for target_type='distribution'; choose"),
        ({"methods": [SMOTE()]}, "is not for target_type='distribution'"),
        ({"estimator": SVC()}, r"write SoftLabelClassifier\(SVC\(...\)\)"),
        ({"scoring": "balanced_accuracy"}, "a callable that takes shares"),
        ({"target_type": "multilabel"}, "'multilabel': y must hold 0 and 1 alone"),
        ({"target_type": "continuous"}, "'continuous' needs a regressor"),
        ({"target_type": "multiclass"}, "Expected one class for each row"),
    ],
)
def test_what_is_not_for_votes_is_named(rated, changes, message):
    X, votes = rated
    with pytest.raises(ValueError, match=message):
        search_of_votes().set_params(**changes).fit(X, votes)
    with pytest.raises(ValueError, match="'distribution': votes and shares are not nega"):
        search_of_votes().fit(X, -votes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": []}, "methods is empty"),
        ({"methods": ["smot"]}, "Did you mean 'smote'"),
        ({"methods": ["no.such.Sampler"]}, "import path of a sampler"),
        ({"methods": [LogisticRegression()]}, "samplers with fit_resample"),
        ({"methods": [SMOTE(), SMOTE()]}, "'SMOTE' twice"),
        ({"estimator": []}, "estimator is empty"),
        ({"estimator": [SVC(), SVC(C=2)]}, "holds two of SVC"),
        (
            {"estimator": KNeighborsClassifier(), "methods": ["class_weight"]},
            'no method applies: .* add "none"',
        ),
    ],
)
def test_errors_say_what_to_do(imbalanced, changes, message):
    with pytest.raises(ValueError, match=message):
        small_search().set_params(**changes).fit(*imbalanced)
