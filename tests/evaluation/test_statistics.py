"""Paired statistics against closed forms and slow readable twins."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression

from skmiaug.evaluation import compare_samplers, paired_tests
from skmiaug.metrics import corrected_repeated_ttest

numbers = st.lists(st.integers(-50, 50), min_size=2, max_size=30)


# ---- the corrected t-test


def test_ttest_by_hand():
    # Mean 2, variance 1, J = 3: t = 2 / sqrt(1/3 + 1/4); with 2 degrees of freedom the
    # tail of Student's t is 1/2 - t / (2 sqrt(2 + t^2)).
    t, p, *_ = corrected_repeated_ttest([1, 2, 3], n_train=80, n_test=20)
    assert t == pytest.approx(2 / math.sqrt(7 / 12))
    assert p == pytest.approx(1 - t / math.sqrt(2 + t * t))


def test_the_interval_ends_where_the_test_turns():
    found = corrected_repeated_ttest([1, 2, 4, 3], n_train=80, n_test=20)
    assert (found.low + found.high) / 2 == pytest.approx(2.5)
    for end in (found.low, found.high):
        shifted = [value - end for value in (1, 2, 4, 3)]
        again = corrected_repeated_ttest(shifted, n_train=80, n_test=20)
        assert again.p_value == pytest.approx(0.05)
    wide = corrected_repeated_ttest(
        [1, 2, 4, 3], n_train=80, n_test=20, confidence_level=0.99
    )
    assert wide.low < found.low < found.high < wide.high


@given(numbers.filter(lambda values: np.ptp(values) > 0))
def test_ttest_without_overlap_is_students(values):
    found = corrected_repeated_ttest(values, n_train=1e12, n_test=1e-6)
    expected = stats.ttest_1samp(values, 0)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)


@given(numbers, st.integers(1, 50))
def test_ttest_grows_more_careful_with_the_overlap(values, n_test):
    small = corrected_repeated_ttest(values, n_train=100, n_test=n_test)
    large = corrected_repeated_ttest(values, n_train=100, n_test=n_test + 10)
    mirrored = corrected_repeated_ttest(
        [-value for value in values], n_train=100, n_test=n_test
    )
    assert small.p_value <= large.p_value
    assert large.low <= small.low <= small.high <= large.high
    assert mirrored.p_value == pytest.approx(small.p_value)


def test_ttest_keeps_its_level_where_the_plain_test_does_not():
    # Scores of J overlapping folds share a part: correlation rho = n_test / (all rows),
    # which is Nadeau and Bengio's assumption.
    rng, repeats, folds, rho = np.random.default_rng(0), 400, 15, 0.2
    shared = rng.normal(size=(repeats, 1)) * math.sqrt(rho)
    own = rng.normal(size=(repeats, folds)) * math.sqrt(1 - rho)
    rejected = [
        corrected_repeated_ttest(row, n_train=80, n_test=20).p_value < 0.05
        for row in shared + own
    ]
    plain = [stats.ttest_1samp(row, 0).pvalue < 0.05 for row in shared + own]
    assert np.mean(rejected) < 0.09
    assert np.mean(plain) > 0.2


def test_ttest_of_equal_differences():
    assert corrected_repeated_ttest([0, 0], n_train=4, n_test=1) == (0, 1, 0, 0)
    found = corrected_repeated_ttest([0.1] * 3, n_train=4, n_test=1)
    assert found == (math.inf, 0, pytest.approx(0.1), pytest.approx(0.1))
    assert corrected_repeated_ttest([-0.1] * 3, n_train=4, n_test=1)[:2] == (-math.inf, 0)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="at least 2 differences"):
        corrected_repeated_ttest([1], n_train=4, n_test=1)
    with pytest.raises(ValueError, match="differences hold NaN"):
        corrected_repeated_ttest([1, math.nan], n_train=4, n_test=1)
    with pytest.raises(ValueError, match="must be above 0; got 0 and 1"):
        corrected_repeated_ttest([1, 2], n_train=0, n_test=1)


# ---- paired_tests on a table


def test_paired_tests_pair_by_fold_and_seed(results):
    shuffled = results.sample(frac=1, random_state=0)
    tests = paired_tests(shuffled, "none").set_index(["classifier", "sampler"])
    row = tests.loc[("lr", "SMOTE")]
    differences = [0.2, 0.2, 0.25, 0.15]
    t, p, low, high = corrected_repeated_ttest(differences, n_train=80, n_test=20)
    assert row["n_pairs"] == 4
    assert row["mean_difference"] == pytest.approx(0.2)
    assert row["sd_difference"] == pytest.approx(np.std(differences, ddof=1))
    assert (row["t"], row["p_ttest"]) == pytest.approx((t, p))
    assert (row["low"], row["high"]) == pytest.approx((low, high))
    # Of four pairs the smallest p-value of Wilcoxon's test is 1/8.
    assert math.isnan(row["p_wilcoxon"])


def table_of(differences):
    """Results of two samplers with these differences, one a fold."""
    rows = []
    for fold, difference in enumerate(differences):
        for sampler, uar in (("none", 0.5), ("new", 0.5 + difference)):
            rows.append({"sampler": sampler, "classifier": "lr", "seed": 0, "fold": fold,
                         "uar": uar, "n_train": 80, "n_test": 20})  # fmt: skip
    return pd.DataFrame(rows)


def slow_wilcoxon(values):
    """All ways to set the signs, counted."""
    values = [value for value in values if value]
    ranks = stats.rankdata(np.abs(values))
    seen = min(sum(ranks[np.array(values) > 0]), sum(ranks[np.array(values) < 0]))
    counts = [
        min(up := sum(itertools.compress(ranks, signs)), sum(ranks) - up) <= seen
        for signs in itertools.product([0, 1], repeat=len(values))
    ]
    return np.mean(counts)


@pytest.mark.skipif(
    stats.wilcoxon([0.02, 0.02, 0.01]).pvalue != 0.25, reason="an old SciPy, not exact"
)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-6, 30), min_size=6, max_size=9))
def test_wilcoxon_is_the_exact_count_with_ties_and_without_zeros(values):
    tests = paired_tests(table_of([value / 100 for value in values]), "none")
    expected = slow_wilcoxon(values) if any(values) else 1
    assert tests["p_wilcoxon"].iloc[0] == pytest.approx(expected)


def test_rounding_of_a_mean_over_classifiers_is_no_difference(results):
    some = results[results["sampler"].isin(["none", "SMOTE"])].copy()
    smote, svm = some["sampler"] == "SMOTE", some["classifier"] == "svm"
    some["uar"] = np.where(svm, 0.3, 0.6)
    # One classifier gains what the other loses: 0.45 both times, but for the last bit.
    some.loc[smote, "uar"] = np.where(svm[smote], 0.6 - 0.1, 0.3 + 0.1)
    tests = paired_tests(some, "none").set_index("classifier")
    assert (tests.loc["mean", "t"], tests.loc["mean", "p_ttest"]) == (0, 1)


def test_repeats_that_say_the_same_are_one_piece_of_evidence(imbalanced):
    X, y = imbalanced
    groups = np.arange(len(y)) % 5

    lr = {"lr": LogisticRegression()}

    def tested(n_repeats, **options):
        found = compare_samplers(
            X, y, ["none", "weights", "SMOTE"], lr, n_repeats=n_repeats, **options
        )
        return paired_tests(found, "none").set_index(["classifier", "sampler"])

    by_group = {"cv": "logo", "groups": groups}
    once, often = tested(1, **by_group), tested(2, **by_group)
    same = ("mean", "class weights")
    assert once.loc[same].equals(often.loc[same])
    # SMOTE draws anew with each seed, and shuffled folds are other folds.
    assert often.loc[("mean", "SMOTE"), "n_pairs"] == 2 * 5
    assert tested(2, cv=3).loc[same, "n_pairs"] == 2 * 3


def test_repeats_that_failed_in_other_folds_differ(results):
    svm = results[results["classifier"] == "svm"].copy()
    for sampler, uar in (("none", [0.3, 0.4] * 2), ("SMOTE", [0.5, np.nan] * 2)):
        svm.loc[svm["sampler"] == sampler, "uar"] = uar
    tests = paired_tests(svm, "none").set_index(["classifier", "sampler"])
    assert tests.loc[("svm", "SMOTE"), "n_pairs"] == 1
    svm.loc[svm["sampler"] == "SMOTE", "uar"] = [0.5, np.nan, np.nan, 0.5]
    tests = paired_tests(svm, "none").set_index(["classifier", "sampler"])
    assert tests.loc[("svm", "SMOTE"), "n_pairs"] == 2


def test_folds_that_failed_are_left_out(results):
    tests = paired_tests(results, "none").set_index(["classifier", "sampler"])
    assert tests.loc[("svm", "SMOTE"), "n_pairs"] == 3
    assert tests.loc[("svm", "SMOTE"), "mean_difference"] == pytest.approx(0.5 / 3)
    # A mean over one classifier of two is no mean.
    assert tests.loc[("mean", "SMOTE"), "n_pairs"] == 3
    broken = tests.loc[("lr", "broken")]
    assert broken["n_pairs"] == 0
    assert math.isnan(broken["p_ttest"])


def test_any_score_is_tested(results):
    scored = results.assign(brier=1 - results["uar"])
    one = paired_tests(scored, "none").set_index(["classifier", "sampler"])
    other = paired_tests(scored, "none", "brier").set_index(["classifier", "sampler"])
    assert other.loc[("lr", "SMOTE"), "low"] == pytest.approx(
        -one.loc[("lr", "SMOTE"), "high"]
    )
    with pytest.raises(ValueError, match=r"scoring must be one of uar, .* got 'accuracy'"):
        paired_tests(scored, "none", "accuracy")


def test_all_pairs_or_one_baseline(results):
    tests = paired_tests(results)
    pairs = list(zip(tests["sampler"], tests["baseline"], strict=True))[:3]
    assert set(pairs) == {("SMOTE", "none"), ("broken", "none"), ("broken", "SMOTE")}
    assert len(tests) == 3 * 3
    with pytest.raises(ValueError, match="baseline 'ROS' is not in the results"):
        paired_tests(results, "ROS")
