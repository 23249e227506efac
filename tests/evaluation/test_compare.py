"""compare_samplers: figures, failures that are shown, and arguments."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from skmiaug.evaluation import (
    SkewedTraining,
    compare_samplers,
    default_classifiers,
    default_samplers,
    format_comparison,
)
from skmiaug.evaluation._cell import unweighted_average_recall
from skmiaug.evaluation._splits import with_seed

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


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=40))
def test_uar_is_the_mean_recall_of_the_classes_present(pairs):
    y_true, y_pred = np.array(pairs).T
    present = np.unique(y_true)
    expected = np.mean(
        recall_score(y_true, y_pred, labels=present, average=None, zero_division=0)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert unweighted_average_recall(y_true, y_pred) == pytest.approx(expected)


def test_figures_are_those_of_the_same_steps_by_hand(skewed):
    X, y = skewed
    found = compare_samplers(X, y, {"SMOTE": SMOTE()}, LR, cv=3, random_state=7)
    folds = StratifiedKFold(3, shuffle=True, random_state=7).split(X, y)
    for (train, test), uar in zip(folds, found["uar"], strict=True):
        scaler = StandardScaler().fit(X[train])
        made = SMOTE(random_state=7).fit_resample(scaler.transform(X[train]), y[train])
        predicted = LogisticRegression().fit(*made).predict(scaler.transform(X[test]))
        assert uar == unweighted_average_recall(y[test], predicted)


def test_table_is_tidy_and_times_are_there(skewed):
    X, y = skewed
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


def test_same_seed_same_figures_in_one_process_or_two(skewed):
    X, y = skewed
    arguments = (X, y, ["none", "RandomOverSampler", "SMOTE"], ["logistic regression"])
    one = compare_samplers(*arguments, cv=3, n_repeats=2)
    two = compare_samplers(*arguments, cv=3, n_repeats=2, n_jobs=2)
    pd.testing.assert_frame_equal(one[SCORES], two[SCORES])
    other = compare_samplers(*arguments, cv=3, random_state=5)
    assert list(other["uar"]) != list(one["uar"][: len(other)])


def test_containers_do_not_matter(skewed):
    X, y = skewed
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
def test_class_weights_by_parameter(skewed, classifier, by_hand):
    X, y = skewed
    weighted = compare_samplers(X, y, {"w": "balanced"}, {"c": classifier}, cv=3)
    plain = compare_samplers(X, y, {"n": None}, {"c": classifier}, cv=3)
    expected = compare_samplers(X, y, {"n": None}, {"c": by_hand}, cv=3)
    assert list(weighted["uar"]) == list(expected["uar"]) != list(plain["uar"])


def test_class_weights_by_sample_weight(skewed):
    X, y = skewed
    mlp = MLPClassifier((8,), max_iter=40, random_state=3)
    found = compare_samplers(X, y, {"w": "balanced"}, {"mlp": mlp}, cv=3, scale=False)
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)
    for (train, test), uar in zip(folds, found["uar"], strict=True):
        weight = compute_sample_weight("balanced", y[train])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlp.fit(X[train], y[train], sample_weight=weight)
        assert uar == unweighted_average_recall(y[test], mlp.predict(X[test]))
    assert found["message"].str.startswith("ConvergenceWarning").all()


def test_class_weights_that_cannot_be_are_not_faked(skewed):
    X, y = skewed
    classifiers = {"knn": KNeighborsClassifier(), **LR}
    found = compare_samplers(X, y, {"w": "balanced"}, classifiers, cv=3)
    knn = found[found["classifier"] == "knn"]
    assert set(knn["status"]) == {"n/a"}
    assert knn["uar"].isna().all()
    assert "KNeighborsClassifier takes neither" in knn["message"].iloc[0]
    assert set(found[found["classifier"] == "lr"]["status"]) == {"ok"}


# ---- small classes, and samplers that fail


def test_a_class_of_one_row_is_told_and_the_rest_goes_on(skewed):
    X, y = skewed
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
def test_neighbours_adapt_to_the_smallest_class(skewed, sampler, name, rows):
    X, y = skewed
    rare = np.flatnonzero(y == "c")[:rows]
    train = np.append(np.flatnonzero(y != "c")[::2], rare)
    test = np.setdiff1d(np.arange(len(y)), train)
    found = compare_samplers(X, y, {"s": sampler}, LR, cv=[(train, test)])
    assert found["status"].item() == "ok"
    note = f"{name} lowered from 5 to {rows - 1}: class 'c' has {rows} rows"
    assert found["message"].item() == note
    assert getattr(sampler, name) == 5


def test_enough_rows_leave_neighbours_alone(skewed):
    X, y = skewed
    found = compare_samplers(X, y, {"s": SMOTE(k_neighbors=7)}, LR, cv=3)
    assert set(found["message"]) == {""}


def test_classes_that_the_training_part_lacks_are_told(skewed):
    X, y = skewed
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
    assert set(found["message"]) == {"made no rows of class 1"}
    found = compare_samplers(X, y, {"a": ADASYN()}, LR, cv=3)
    assert set(found["status"]) == {"failed"}
    assert found["message"].str.startswith("a: RuntimeError: Not any neigbours").all()


def test_what_was_adapted_stands_before_the_error():
    y = np.repeat([0, 1], [30, 6])
    X = np.random.default_rng(0).normal(size=(36, 2)) + 100.0 * y[:, None]
    message = compare_samplers(X, y, {"a": ADASYN()}, LR, cv=3)["message"][0]
    assert message.startswith("n_neighbors lowered from 5 to 3: class 1 has 4 rows | a: ")


def test_errors_are_recorded_in_one_line_or_raised(skewed):
    X, y = skewed
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


def test_bad_arguments_are_named_before_anything_runs(skewed):
    X, y = skewed

    def check(text, *more, **options):
        with pytest.raises(ValueError, match=text):
            compare_samplers(X, y, *more, **options)

    check("sampler 's' must be None, 'balanced' or", {"s": "SMOTE"}, LR)
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
    again = SkewedTraining(once, [1, 1, 1])
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
    with pytest.raises(ValueError, match=r"row 0, column 1 .* holds -1e\+120; bring"):
        compare_samplers([[0, -1e120], [1, 1], [2, 1], [3, 1]], [0, 0, 1, 1])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        compare_samplers(np.full((4, 2), np.nan), [0, 0, 1, 1])
    labels = np.array(["a", "b", "b", None], dtype=object)
    with pytest.raises(ValueError, match="rows without a class, 1 in all: 3"):
        compare_samplers(np.zeros((4, 2)), labels)
    speakers = np.array(["s1", 2, 2, "s1"], dtype=object)
    with pytest.raises(ValueError, match="groups has text and other labels"):
        compare_samplers(np.zeros((4, 2)), [0, 0, 1, 1], groups=speakers)


def test_default_folds_are_limited_by_the_data(skewed):
    X, y = skewed
    few = np.r_[0:20, 60:64, 90:93]
    found = compare_samplers(X[few], y[few], {"n": None}, LR)
    assert found["fold"].nunique() == 3
    found = compare_samplers(X, y, {"n": None}, LR, groups=np.arange(len(y)) % 4)
    assert found["fold"].nunique() == 4
    found = compare_samplers(X, y, {"n": None}, LR, groups=np.arange(len(y)) % 7, cv="logo")
    assert found["fold"].nunique() == 7


def test_seed_goes_where_it_was_left_open_only():
    assert with_seed(StratifiedKFold(3, shuffle=True), 4).random_state == 4
    assert with_seed(StratifiedKFold(3, shuffle=True, random_state=1), 4).random_state == 1
    assert with_seed(StratifiedKFold(3), 4).random_state is None
    assert not hasattr(with_seed(LeaveOneGroupOut(), 4), "random_state")


def test_folds_may_be_masks(skewed):
    X, y = skewed
    even = np.arange(len(y)) % 2 == 0
    masks = compare_samplers(X, y, ["none"], LR, cv=[(even, ~even)])
    rows = np.flatnonzero(even), np.flatnonzero(~even)
    found = compare_samplers(X, y, ["none"], LR, cv=[rows])
    pd.testing.assert_frame_equal(masks[SCORES], found[SCORES])


def test_progress_counts_from_0_to_the_end(skewed):
    X, y = skewed
    calls = []
    samplers = {"none": None, "SMOTE": SMOTE()}
    compare_samplers(X, y, samplers, LR, cv=3, progress=lambda *call: calls.append(call))
    assert [done for done, _, _ in calls] == list(range(7))
    assert {total for _, total, _ in calls} == {6}
    assert calls[2][2] == "SMOTE, seed 0, fold 0"


def test_default_classifiers_are_fresh():
    one, two = default_classifiers(), default_classifiers()
    assert list(one) == ["logistic regression", "RBF SVM", "MLP"]
    assert all(one[name] is not two[name] for name in one)
    assert list(default_classifiers(["svm", "LR", "rbf-svm"])) == [
        "RBF SVM",
        "logistic regression",
    ]


def test_the_default_set_with_the_augmenter(skewed):
    X, y = skewed
    from skmiaug import MIGANAugmenter

    assert list(default_samplers()) == [
        "none",
        "class weights",
        "RandomOverSampler",
        "SMOTE",
        "BorderlineSMOTE",
        "ADASYN",
        "MIGANAugmenter",
    ]
    sampler = default_samplers(["migan"])["MIGANAugmenter"]
    assert isinstance(sampler, MIGANAugmenter)
    assert sampler.random_state is None
    found = compare_samplers(X, y, ["none", "migan"], ["lr"], cv=2, on_error="raise")
    assert set(found["status"]) == {"ok"}
    made = found[found["sampler"] == "MIGANAugmenter"]
    assert (made["n_train_resampled"] == 3 * 30).all()
