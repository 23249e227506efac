"""compare_samplers: figures, failures that are shown, and arguments."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from skmiaug.evaluation import (
    ImbalancedTrainingSplit,
    compare_samplers,
    default_classifiers,
    default_samplers,
    format_comparison,
)
from skmiaug.metrics import expected_calibration_error
from skmiaug.model_selection import LogitAdjustedClassifier, ThresholdTunedClassifier

LR = {"lr": LogisticRegression()}
SCORES = ["sampler", "classifier", "seed", "fold", "uar", "n_train_resampled", "message"]


class Broken(BaseEstimator):
    def fit_resample(self, X, y):
        raise RuntimeError("no luck\nwith this")

    def fit(self, X, y):
        raise RuntimeError("cannot learn")

    def predict(self, X):
        return X


# ---- figures


def recalls(y_true, y_pred):
    """Mean recall of the classes in y_true."""
    present = np.unique(y_true)
    scores = recall_score(y_true, y_pred, labels=present, average=None, zero_division=0)
    return pytest.approx(np.mean(scores))


class Fixed(ClassifierMixin, BaseEstimator):
    """Predicts the first column."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return X[:, 0].astype(int)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=40))
def test_uar_is_the_mean_recall_of_the_classes_present(pairs):
    y_true, y_pred = np.array(pairs).T
    X, y = np.append(y_pred, [0, 1])[:, None], np.append(y_true, [0, 1])
    n = len(pairs)
    split = [([n, n + 1], np.arange(n))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compare_samplers(X, y, ["none"], {"f": Fixed()}, cv=split, scale=False)
    assert found["uar"].item() == recalls(y_true, y_pred)


def test_figures_are_those_of_the_same_steps_by_hand(imbalanced):
    X, y = imbalanced
    found = compare_samplers(X, y, {"SMOTE": SMOTE()}, LR, cv=3, random_state=7)
    folds = StratifiedKFold(3, shuffle=True, random_state=7).split(X, y)
    for (train, test), uar in zip(folds, found["uar"], strict=True):
        scaler = StandardScaler().fit(X[train])
        made = SMOTE(random_state=7).fit_resample(scaler.transform(X[train]), y[train])
        predicted = LogisticRegression().fit(*made).predict(scaler.transform(X[test]))
        assert uar == recalls(y[test], predicted)


def test_table_is_tidy_and_times_are_there(imbalanced):
    X, y = imbalanced
    samplers = {"none": None, "ROS": RandomOverSampler()}
    found = compare_samplers(X, y, samplers, LR | {"svm": SVC()}, cv=3, n_repeats=2)
    assert len(found) == 2 * 2 * 3 * 2
    assert not found.duplicated(["sampler", "classifier", "seed", "fold"]).any()
    assert set(found["status"]) == {"ok"}
    assert found["uar"].between(0, 1).all()
    assert (found["fit_seconds"] > 0).all()
    none, ros = (found[found["sampler"] == name] for name in samplers)
    assert (none["resample_seconds"] == 0).all()
    assert (none["n_train_resampled"] == none["n_train"]).all()
    assert (ros["resample_seconds"] > 0).all()
    assert (ros["n_train_resampled"] == 3 * 40).all()
    assert (found["n_train"] + found["n_test"] == len(y)).all()


def test_same_seed_same_figures_in_one_process_or_two(imbalanced):
    X, y = imbalanced
    arguments = (X, y, ["none", "RandomOverSampler", "SMOTE"], ["logistic regression"])
    one = compare_samplers(*arguments, cv=3, n_repeats=2)
    two = compare_samplers(*arguments, cv=3, n_repeats=2, n_jobs=2)
    pd.testing.assert_frame_equal(one[SCORES], two[SCORES])
    other = compare_samplers(*arguments, cv=3, random_state=5)
    assert list(other["uar"]) != list(one["uar"][: len(other)])


def test_containers_do_not_matter(imbalanced):
    X, y = imbalanced
    one = compare_samplers(X, y, {"SMOTE": SMOTE()}, LR, cv=3)
    two = compare_samplers(
        pd.DataFrame(X).add_prefix("f"), pd.Series(y), {"SMOTE": SMOTE()}, LR, cv=3
    )
    pd.testing.assert_frame_equal(one[SCORES], two[SCORES])


def test_a_class_absent_from_training_counts_with_recall_0():
    y = np.repeat(["a", "b", "c"], 4)
    X = np.arange(12.0)[:, None] + 100 * (y == "b")[:, None]
    train = [0, 1, 4, 5]
    test = [2, 3, 6, 7, 8, 9]
    found = compare_samplers(X, y, {"none": None}, LR, cv=[(train, test)])
    assert found["uar"].item() == pytest.approx(2 / 3)


def test_scores_are_those_of_scikit_learn_and_imbalanced_learn(imbalanced):
    X, y = imbalanced
    found = compare_samplers(X, y, {"n": None}, LR, cv=3, scale=False).to_dict("records")
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)
    for (train, test), row in zip(folds, found, strict=True):
        model = LogisticRegression().fit(X[train], y[train])
        predicted, proba = model.predict(X[test]), model.predict_proba(X[test])
        truth = y[test]
        assert row["uar"] == pytest.approx(balanced_accuracy_score(truth, predicted))
        assert row["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
        assert row["g_mean"] == pytest.approx(geometric_mean_score(truth, predicted))
        assert row["roc_auc"] == pytest.approx(
            roc_auc_score(truth, proba, multi_class="ovr")
        )
        onehot = truth[:, None] == model.classes_
        assert row["brier"] == pytest.approx(((onehot - proba) ** 2).sum(axis=1).mean())
        assert row["calibration_error"] == pytest.approx(
            expected_calibration_error(truth, proba, model.classes_)
        )
        assert row["confusion"] == confusion_matrix(truth, predicted).tolist()
        assert np.mean(list(row["recalls"].values())) == pytest.approx(row["uar"])


def test_decision_values_give_an_auc_and_no_probabilities(imbalanced):
    X, y = imbalanced
    (row,) = compare_samplers(
        X, y == "a", {"n": None}, {"svm": SVC()}, cv=[(np.r_[0:102:2], np.r_[1:102:2])],
        scale=False,
    ).to_dict("records")  # fmt: skip
    values = SVC().fit(X[::2], y[::2] == "a").decision_function(X[1::2])
    assert row["roc_auc"] == pytest.approx(roc_auc_score(y[1::2] == "a", values))
    assert np.isnan(row["brier"])
    assert np.isnan(row["calibration_error"])


def test_a_class_that_training_lacks_has_probability_0_and_an_auc_of_a_half():
    y = np.repeat(["a", "b", "c"], 4)
    X = np.arange(12.0)[:, None] + 100 * (y == "b")[:, None]
    test = [2, 3, 6, 7, 8, 9]
    (row,) = compare_samplers(X, y, {"none": None}, LR, cv=[([0, 1, 4, 5], test)]).to_dict(
        "records"
    )
    assert row["recalls"] == {"a": 1.0, "b": 1.0, "c": 0.0}
    assert row["confusion"][2][2] == 0
    # Of c every certain row of another class costs 2.
    assert row["brier"] == pytest.approx(2 / 3, abs=0.05)
    assert row["roc_auc"] < 0.9


def test_equal_prior_lda_takes_the_place_of_every_classifier(imbalanced):
    X, y = imbalanced
    found = compare_samplers(X, y, ["none", "lda"], LR | {"svm": SVC()}, cv=3)
    lda = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage="auto", priors=np.full(3, 1 / 3)
    )
    expected = compare_samplers(X, y, {"n": None}, {"lda": lda}, cv=3)
    own = found[found["sampler"] == "equal-prior LDA"]
    for _, rows in own.groupby("classifier"):
        assert list(rows["uar"]) == list(expected["uar"])
    assert set(own["message"]) == {"in the place of every classifier"}


# ---- class weights


@pytest.mark.parametrize(
    ("classifier", "by_hand"),
    [
        (LogisticRegression(), LogisticRegression(class_weight="balanced")),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced")),
        ),
        (SVC(), SVC(class_weight="balanced")),
    ],
)
def test_class_weights_by_parameter(imbalanced, classifier, by_hand):
    X, y = imbalanced
    weighted = compare_samplers(X, y, {"w": "balanced"}, {"c": classifier}, cv=3)
    plain = compare_samplers(X, y, {"n": None}, {"c": classifier}, cv=3)
    expected = compare_samplers(X, y, {"n": None}, {"c": by_hand}, cv=3)
    assert list(weighted["uar"]) == list(expected["uar"]) != list(plain["uar"])


def test_class_weights_by_sample_weight(imbalanced):
    X, y = imbalanced
    mlp = MLPClassifier((8,), max_iter=40, random_state=3)
    found = compare_samplers(X, y, {"w": "balanced"}, {"mlp": mlp}, cv=3, scale=False)
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)
    for (train, test), uar in zip(folds, found["uar"], strict=True):
        weight = compute_sample_weight("balanced", y[train])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlp.fit(X[train], y[train], sample_weight=weight)
        assert uar == recalls(y[test], mlp.predict(X[test]))
    assert not found["converged"].any()
    assert set(found["message"]) == {""}


def test_class_weights_of_lda_are_equal_priors(imbalanced):
    X, y = imbalanced
    lda = {"lda": LinearDiscriminantAnalysis()}
    weighted = compare_samplers(X, y, {"w": "balanced"}, lda, cv=3)
    equal = {"lda": LinearDiscriminantAnalysis(priors=[1 / 3] * 3)}
    expected = compare_samplers(X, y, {"n": None}, equal, cv=3)
    assert list(weighted["uar"]) == list(expected["uar"])


# ---- decisions instead of samples, and tuning


def test_decisions_are_adjusted_as_by_the_meta_estimators(imbalanced):
    X, y = imbalanced
    words = {"l": "logit_adjustment", "t": "thresholds"}
    found = compare_samplers(X, y, words, LR | {"svm": SVC()}, cv=3, scale=False)
    assert set(found["status"]) == {"ok"}
    lr = found[found["classifier"] == "lr"]
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)
    for fold, (train, test) in enumerate(folds):
        for name, model in (
            ("l", LogitAdjustedClassifier(LogisticRegression(random_state=0))),
            ("t", ThresholdTunedClassifier(LogisticRegression(), cv=3, random_state=0)),
        ):
            predicted = model.fit(X[train], y[train]).predict(X[test])
            row = lr[(lr["fold"] == fold) & (lr["sampler"] == name)]
            assert row["uar"].item() == recalls(y[test], predicted)


def test_a_classifier_without_scores_is_not_adjusted(imbalanced):
    X, y = imbalanced
    X = np.abs(X)
    found = compare_samplers(X, y, ["logit"], {"f": Fixed()}, cv=3, scale=False)
    assert set(found["status"]) == {"n/a"}
    assert "neither predict_proba nor decision_function" in found["message"][0]


def test_the_search_sees_real_rows_of_other_groups_only(imbalanced):
    X, y = imbalanced
    groups = np.arange(len(y)) % 6
    fits, tests = [], []

    class Watching(LogisticRegression):
        def fit(self, X, y):
            fits.append(set(X[:, 0]))
            return super().fit(X, y)

        def predict(self, X):
            tests.append(set(X[:, 0]))
            return super().predict(X)

    class Marked(RandomOverSampler):
        def _fit_resample(self, X, y):
            found, labels = super()._fit_resample(X, y)
            found[len(X) :, 0] = 99
            return found, labels

    search = GridSearchCV(Watching(), {"C": [0.1, 1]}, cv=3, scoring="balanced_accuracy")
    marked = np.column_stack([groups, X])
    compare_samplers(
        marked, y, {"m": Marked()}, {"s": search}, cv=2, groups=groups, scale=False
    )
    # Two folds of two candidates on three inner folds, and the final fit.
    assert len(fits) == len(tests) == 2 * (2 * 3 + 1)
    assert all(99 in fitted for fitted in fits)
    assert not any(99 in tested for tested in tests)
    assert not any(fitted & tested for fitted, tested in zip(fits, tests, strict=True))


def test_the_best_candidate_is_fitted(imbalanced):
    X, y = imbalanced
    useless = 1e-12
    search = GridSearchCV(
        LogisticRegression(), {"C": [useless, 1.0]}, scoring="balanced_accuracy"
    )
    found = compare_samplers(X, y, ["none", "SMOTE"], {"lr": search}, cv=3)
    expected = compare_samplers(X, y, ["none", "SMOTE"], LR, cv=3)
    assert list(found["uar"]) == list(expected["uar"])
    assert default_classifiers(["lr"], tune=False)["logistic regression"].C == 0.1
    tuned = default_classifiers(["svm"], n_features=50)["RBF SVM"]
    assert tuned.param_grid["gamma"] == [0.01 / 50, 0.1 / 50, 1 / 50]


def test_methods_by_import_path(imbalanced):
    X, y = imbalanced
    found = compare_samplers(
        X,
        y,
        ["imblearn.over_sampling.SVMSMOTE"],
        ["sklearn.neighbors.KNeighborsClassifier"],
        cv=3,
    )
    assert set(found["status"]) == {"ok"}
    with pytest.raises(ValueError, match=r"expected the import path .* got 'no\.such'"):
        default_samplers(["no.such"])


def test_class_weights_that_cannot_be_are_not_faked(imbalanced):
    X, y = imbalanced
    classifiers = {"knn": KNeighborsClassifier(), **LR}
    found = compare_samplers(X, y, {"w": "balanced"}, classifiers, cv=3)
    knn = found[found["classifier"] == "knn"]
    assert set(knn["status"]) == {"n/a"}
    assert knn["uar"].isna().all()
    assert "KNeighborsClassifier takes none of class_weight" in knn["message"].iloc[0]
    assert set(found[found["classifier"] == "lr"]["status"]) == {"ok"}


# ---- small classes, and samplers that fail


def test_a_class_of_one_row_is_told_and_the_rest_goes_on(imbalanced):
    X, y = imbalanced
    rare = np.flatnonzero(y == "c")
    train = np.append(np.flatnonzero(y != "c")[::2], rare[0])
    test = np.setdiff1d(np.arange(len(y)), train)
    names = ["none", "RandomOverSampler", "SMOTE", "BorderlineSMOTE", "ADASYN"]
    found = compare_samplers(X, y, names, LR, cv=[(train, test)]).set_index("sampler")
    assert found.loc["SMOTE", "message"] == (
        "SMOTE: needs at least 2 rows of class 'c', has 1"
    )
    assert found.loc["ADASYN", "message"].startswith("ADASYN: needs at least 2 rows")
    failed = found["status"] == "failed"
    assert list(failed.index[failed]) == ["SMOTE", "BorderlineSMOTE", "ADASYN"]
    assert found["uar"].isna().equals(failed)


@pytest.mark.parametrize(
    ("sampler", "name", "rows"),
    [
        (SMOTE(), "k_neighbors", 2),
        (SMOTE(), "k_neighbors", 5),
        (ADASYN(), "n_neighbors", 3),
        (ADASYN(), "n_neighbors", 5),
    ],
)
def test_neighbours_adapt_to_the_smallest_class(imbalanced, sampler, name, rows):
    X, y = imbalanced
    rare = np.flatnonzero(y == "c")[:rows]
    train = np.append(np.flatnonzero(y != "c")[::2], rare)
    test = np.setdiff1d(np.arange(len(y)), train)
    found = compare_samplers(X, y, {"s": sampler}, LR, cv=[(train, test)])
    assert found["status"].item() == "ok"
    note = f"{name} lowered from 5 to {rows - 1}: class 'c' has {rows} rows"
    assert found["message"].item() == note
    assert getattr(sampler, name) == 5


def test_nothing_to_grow_lowers_no_neighbours():
    y = np.repeat([0, 1], 8)
    X = np.random.default_rng(0).normal(size=(16, 2)) + y[:, None]
    found = compare_samplers(X, y, ["SMOTE", "ADASYN"], LR, cv=4)
    assert set(found["message"]) == {""}


def test_enough_rows_leave_neighbours_alone(imbalanced):
    X, y = imbalanced
    found = compare_samplers(X, y, {"s": SMOTE(k_neighbors=7)}, LR, cv=3)
    assert set(found["message"]) == {""}


def test_classes_that_the_training_part_lacks_are_told(imbalanced):
    X, y = imbalanced
    found = compare_samplers(X, y, ["none", "SMOTE"], LR, cv="logo", groups=y)
    assert set(found["uar"]) == {0}
    assert list(found[found["sampler"] == "SMOTE"]["message"]) == [
        f"no training row of class {label!r}, which counts with recall 0" for label in "abc"
    ]
    assert "all samplers: no training row of class 'a'" in format_comparison(found)
    found = compare_samplers(X, y, ["none"], LR, cv="logo", groups=np.arange(len(y)) % 3)
    assert set(found["message"]) == {""}


def test_borderline_smote_that_makes_nothing_is_told():
    # Two clusters far apart: no row lies near the other class.
    y = np.repeat([0, 1], [40, 20])
    X = np.random.default_rng(0).normal(size=(60, 2)) + 100.0 * y[:, None]
    found = compare_samplers(X, y, {"b": BorderlineSMOTE()}, LR, cv=3)
    assert set(found["status"]) == {"ok"}
    assert set(found["message"]) == {"no samples of class 1 were generated"}
    found = compare_samplers(X, y, {"a": ADASYN()}, LR, cv=3)
    assert set(found["status"]) == {"failed"}
    assert found["message"].str.startswith("a: RuntimeError: Not any neigbours").all()


def test_what_was_adapted_stands_before_the_error():
    y = np.repeat([0, 1], [30, 6])
    X = np.random.default_rng(0).normal(size=(36, 2)) + 100.0 * y[:, None]
    message = compare_samplers(X, y, {"a": ADASYN()}, LR, cv=3)["message"][0]
    assert message.startswith("n_neighbors lowered from 5 to 3: class 1 has 4 rows | a: ")


def test_errors_are_recorded_in_one_line_or_raised(imbalanced):
    X, y = imbalanced
    samplers = {"broken": Broken(), "none": None}
    classifiers = {"bad": Broken(), **LR}
    found = compare_samplers(X, y, samplers, classifiers, cv=3)
    ok = found[found["status"] == "ok"]
    assert set(zip(ok["sampler"], ok["classifier"], strict=True)) == {("none", "lr")}
    messages = set(found["message"])
    assert messages == {
        "broken: RuntimeError: no luck",
        "bad: RuntimeError: cannot learn",
        "",
    }
    with pytest.raises(RuntimeError, match="no luck"):
        compare_samplers(X, y, {"broken": Broken()}, LR, cv=3, on_error="raise")
    with pytest.raises(RuntimeError, match="cannot learn"):
        compare_samplers(X, y, {"n": None}, {"bad": Broken()}, cv=3, on_error="raise")


# ---- arguments


def test_bad_arguments_are_named_before_anything_runs(imbalanced):
    X, y = imbalanced

    def check(text, *more, **options):
        with pytest.raises(ValueError, match=text):
            compare_samplers(X, y, *more, **options)

    check(
        "sampler 's' must be None, 'balanced', 'logit_adjustment', 'thresholds', 'equal_pr",
        {"s": "SMOTE"},
        LR,
    )
    check("classifier 'c' must have fit", {"n": None}, {"c": SMOTE()})
    check("got an empty mapping", {}, LR)
    check("expected a list of sampler names or a mapping .* got 'smote'", "smote", LR)
    check(r"expected names in a list of samplers; got SMOTE\(\); give", [SMOTE()], LR)
    check("expected a list of classifier names .* got SVC", ["none"], SVC())
    check(r"sampler 's' must be an estimator; got the class; pass SMOTE\(\)", {"s": SMOTE})
    check("classifier 'c' must be an estimator", ["none"], {"c": SVC})
    check("random_state must be an integer .* got None", ["none"], LR, random_state=None)
    check("random_state must be .* got -1", ["none"], LR, random_state=-1)
    check("Did you mean 'SMOTE'", ["smot"], LR)
    check("'mean' names the mean", {"n": None}, {"mean": SVC()})
    check("n_repeats must be at least 1", ["none"], LR, n_repeats=0)
    check("n_repeats must be at least 1, an integer; got 1.5", ["none"], LR, n_repeats=1.5)
    once = iter([(np.arange(0, 102, 2), np.arange(1, 102, 2))])
    again = ImbalancedTrainingSplit(once, [1, 1, 1])
    check("cv gave no fold for seed 1", ["none"], LR, cv=again, n_repeats=2)
    masks = [(np.ones(3, bool), np.ones(3, bool))]
    check(r"fold 0 is given by a mask of shape \(3,\)", ["none"], LR, cv=masks)
    check("on_error must be", ["none"], LR, on_error="skip")
    check("13 folds need at least 13 rows .* class 'c' has 12 row", ["none"], LR, cv=13)
    check("cv must be at least 2", ["none"], LR, cv=1)
    check("'logo' leaves one group out and needs groups", ["none"], LR, cv="logo")
    check("got 'lobo'", ["none"], LR, cv="lobo")
    check("all rows are of one", ["none"], LR, groups=np.zeros(len(y)))
    check("4 folds need", ["none"], LR, cv=4, groups=np.arange(len(y)) % 3)
    check("inconsistent numbers", ["none"], LR, groups=[1, 2])
    holes = np.where(np.arange(len(y)) == 7, np.nan, np.arange(len(y)) % 3)
    check("row 7 .* has nan", ["none"], LR, groups=holes)


def test_bad_data():
    with pytest.raises(ValueError, match="at least 2 classes; all 4 rows are of class 1"):
        compare_samplers(np.zeros((4, 2)), [1, 1, 1, 1], ["none"])
    with pytest.raises(ValueError, match=r"class 1 has 1 row\(s\); add rows, or drop"):
        compare_samplers(np.zeros((4, 2)), [0, 0, 0, 1], ["none"])
    with pytest.raises(ValueError, match=r"row 0 .*, column 1 holds -1e\+120; convert"):
        compare_samplers([[0, -1e120], [1, 1], [2, 1], [3, 1]], [0, 0, 1, 1])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        compare_samplers(np.full((4, 2), np.nan), [0, 0, 1, 1])
    labels = np.array(["a", "b", "b", None], dtype=object)
    with pytest.raises(ValueError, match="rows without a class, 1 in all: 3"):
        compare_samplers(np.zeros((4, 2)), labels)
    speakers = np.array(["s1", 2, 2, "s1"], dtype=object)
    with pytest.raises(ValueError, match="groups has text and other labels"):
        compare_samplers(np.zeros((4, 2)), [0, 0, 1, 1], groups=speakers)


def test_default_folds_are_limited_by_the_data(imbalanced):
    X, y = imbalanced
    few = np.r_[0:20, 60:64, 90:93]
    found = compare_samplers(X[few], y[few], {"n": None}, LR)
    assert found["fold"].nunique() == 3
    found = compare_samplers(X, y, {"n": None}, LR, groups=np.arange(len(y)) % 4)
    assert found["fold"].nunique() == 4
    found = compare_samplers(X, y, {"n": None}, LR, groups=np.arange(len(y)) % 7, cv="logo")
    assert found["fold"].nunique() == 7


def test_seed_goes_where_it_was_left_open_only(imbalanced):
    X, y = imbalanced

    def uars(cv, **options):
        return list(compare_samplers(X, y, ["none"], LR, cv=cv, **options)["uar"])

    shuffled = StratifiedKFold(3, shuffle=True)
    assert uars(shuffled) != uars(shuffled, random_state=4)
    fixed = StratifiedKFold(3, shuffle=True, random_state=1)
    assert uars(fixed) == uars(fixed, random_state=4)
    assert uars(StratifiedKFold(3)) == uars(StratifiedKFold(3), random_state=4)
    assert shuffled.random_state is None


def test_folds_may_be_masks(imbalanced):
    X, y = imbalanced
    even = np.arange(len(y)) % 2 == 0
    masks = compare_samplers(X, y, ["none"], LR, cv=[(even, ~even)])
    rows = np.flatnonzero(even), np.flatnonzero(~even)
    found = compare_samplers(X, y, ["none"], LR, cv=[rows])
    pd.testing.assert_frame_equal(masks[SCORES], found[SCORES])


def test_progress_counts_from_0_to_the_end(imbalanced):
    X, y = imbalanced
    calls = []
    samplers = {"none": None, "SMOTE": SMOTE()}
    compare_samplers(X, y, samplers, LR, cv=3, progress=lambda *call: calls.append(call))
    assert [done for done, _, _ in calls] == list(range(7))
    assert {total for _, total, _ in calls} == {6}
    assert calls[2][2] == "SMOTE, seed 0, fold 0"


def test_default_classifiers_are_fresh():
    one, two = default_classifiers(), default_classifiers()
    assert list(one) == ["logistic regression", "RBF SVM", "LDA", "MLP"]
    assert all(one[name] is not two[name] for name in one)
    assert list(default_classifiers(["svm", "LR", "rbf-svm"])) == [
        "RBF SVM",
        "logistic regression",
    ]


@pytest.mark.parametrize("name", ["random forest", "gradient boosting"])
def test_trees_are_there_on_request(imbalanced, name):
    X, y = imbalanced
    trees = default_classifiers([name], tune=False)
    (found,) = compare_samplers(
        X, y, ["none"], trees, cv=[(np.r_[0:102:2], np.r_[1:102:2])], on_error="raise"
    )["uar"]
    assert found > 0.4
    assert default_classifiers([name])[name].param_grid
    assert name not in default_classifiers()


def test_the_default_set_with_the_augmenter(imbalanced):
    X, y = imbalanced
    from skmiaug import MIGANAugmenter

    assert list(default_samplers()) == [
        "none",
        "class weights",
        "logit adjustment",
        "thresholds",
        "equal-prior LDA",
        "RandomOverSampler",
        "SMOTE",
        "BorderlineSMOTE",
        "ADASYN",
        "prior",
        "MIGANAugmenter",
    ]
    sampler = default_samplers(["migan"])["MIGANAugmenter"]
    assert isinstance(sampler, MIGANAugmenter)
    assert sampler.random_state is None
    found = compare_samplers(X, y, ["none", "migan"], LR, cv=2, on_error="raise")
    assert set(found["status"]) == {"ok"}
    made = found[found["sampler"] == "MIGANAugmenter"]
    assert (made["n_train_resampled"] == 3 * 30).all()
