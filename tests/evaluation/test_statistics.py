"""Paired statistics against closed forms and slow readable twins."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skmiaug.evaluation import (
    average_ranks,
    compare_samplers,
    corrected_repeated_ttest,
    paired_tests,
    wilcoxon_signed_rank,
)

numbers = st.lists(st.integers(-50, 50), min_size=2, max_size=30)


# ---- the corrected t-test


def test_ttest_by_hand():
    # Mean 2, variance 1, J = 3: t = 2 / sqrt(1/3 + 1/4); with 2 degrees of freedom the
    # tail of Student's t is 1/2 - t / (2 sqrt(2 + t^2)).
    t, p = corrected_repeated_ttest([1, 2, 3], n_train=80, n_test=20)
    assert t == pytest.approx(2 / math.sqrt(7 / 12))
    assert p == pytest.approx(1 - t / math.sqrt(2 + t * t))


@given(numbers.filter(lambda values: np.ptp(values) > 0))
def test_ttest_without_overlap_is_students(values):
    found = corrected_repeated_ttest(values, n_train=1e12, n_test=1e-6)
    expected = stats.ttest_1samp(values, 0)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)


@given(numbers, st.integers(1, 50))
def test_ttest_grows_more_careful_with_the_overlap(values, n_test):
    _, small = corrected_repeated_ttest(values, n_train=100, n_test=n_test)
    _, large = corrected_repeated_ttest(values, n_train=100, n_test=n_test + 10)
    _, mirrored = corrected_repeated_ttest(
        [-value for value in values], n_train=100, n_test=n_test
    )
    assert small <= large
    assert mirrored == pytest.approx(small)


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


def test_ttest_without_spread():
    assert corrected_repeated_ttest([0, 0], n_train=4, n_test=1) == (0, 1)
    assert corrected_repeated_ttest([0.1] * 3, n_train=4, n_test=1) == (math.inf, 0)
    assert corrected_repeated_ttest([-0.1] * 3, n_train=4, n_test=1) == (-math.inf, 0)


# ---- Wilcoxon


def slow_wilcoxon(values):
    """All ways to set the signs, counted."""
    values = [value for value in values if value]
    ranks = stats.rankdata(np.abs(values))
    seen = min(sum(ranks[np.array(values) > 0]), sum(ranks[np.array(values) < 0]))
    total = sum(ranks)
    counts = [
        min(up := sum(itertools.compress(ranks, signs)), total - up) <= seen
        for signs in itertools.product([0, 1], repeat=len(values))
    ]
    return seen, np.mean(counts)


@given(st.lists(st.integers(-6, 30), min_size=1, max_size=9))
def test_wilcoxon_is_the_exact_count(values):
    found = wilcoxon_signed_rank(values)
    if not any(values):
        assert found == (0, 1)
        return
    statistic, p = slow_wilcoxon(values)
    assert found.statistic == statistic
    assert found.p_value == pytest.approx(p)


def test_wilcoxon_of_equal_differences_is_no_less_than_all_signs_allow():
    # Both signs alike of all: 2 of 2⁵ ways. The normal approximation would say 0.025.
    assert wilcoxon_signed_rank([0.01] * 5).p_value == 2 / 2**5
    assert wilcoxon_signed_rank([0.02, 0.02, 0.01]).p_value == 2 / 2**3


@pytest.mark.parametrize("n", [20, 50])
def test_wilcoxon_is_scipys_where_that_is_exact(n):
    values = np.random.default_rng(n).normal(0.3, 1, n)
    expected = stats.wilcoxon(values, method="exact")
    assert wilcoxon_signed_rank(values) == pytest.approx(expected)


def test_wilcoxon_of_many_uses_the_normal_approximation():
    values = [1, 1, 2, 2, -3, 4, 4, 5, -1, 6] * 6
    ranks = stats.rankdata(np.abs(values))
    low = sum(ranks[np.array(values) < 0])
    _, repeats = np.unique(ranks, return_counts=True)
    variance = sum(ranks**2) / 4
    assert variance == pytest.approx(60 * 61 * 121 / 24 - sum(repeats**3 - repeats) / 48)
    z = (low - sum(ranks) / 2) / math.sqrt(variance)
    assert wilcoxon_signed_rank(values).p_value == pytest.approx(2 * stats.norm.cdf(z))


def test_wilcoxon_takes_rounding_noise_for_zero():
    assert wilcoxon_signed_rank([0.1 + 0.2 - 0.3, 0]) == (0, 1)


# ---- ranks


@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 4), min_size=width, max_size=width),
            min_size=1,
            max_size=8,
        )
    )
)
def test_average_ranks_against_counting(table):
    expected = [
        np.mean(
            [
                1
                + sum(other > row[i] for other in row)
                + (sum(other == row[i] for other in row) - 1) / 2
                for row in table
            ]
        )
        for i in range(len(table[0]))
    ]
    np.testing.assert_allclose(average_ranks(table), expected)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="at least 2 differences"):
        corrected_repeated_ttest([1], n_train=4, n_test=1)
    with pytest.raises(ValueError, match="differences hold NaN"):
        corrected_repeated_ttest([1, math.nan], n_train=4, n_test=1)
    with pytest.raises(ValueError, match="must be above 0; got 0 and 1"):
        corrected_repeated_ttest([1, 2], n_train=0, n_test=1)
    with pytest.raises(ValueError, match="at least 1 differences"):
        wilcoxon_signed_rank([])
    with pytest.raises(ValueError, match="scores hold NaN"):
        average_ranks([[1, math.nan]])
    with pytest.raises(ValueError, match=r"shape \(blocks, methods\)"):
        average_ranks([1, 2])


# ---- paired_tests on a table


def test_paired_tests_pair_by_fold_and_seed(results):
    shuffled = results.sample(frac=1, random_state=0)
    tests = paired_tests(shuffled, "none").set_index(["classifier", "sampler"])
    row = tests.loc[("lr", "SMOTE")]
    differences = [0.2, 0.2, 0.25, 0.15]
    t, p = corrected_repeated_ttest(differences, n_train=80, n_test=20)
    assert row["n_pairs"] == 4
    assert row["mean_difference"] == pytest.approx(0.2)
    assert row["sd_difference"] == pytest.approx(np.std(differences, ddof=1))
    assert (row["t"], row["p_ttest"]) == pytest.approx((t, p))
    assert row["p_wilcoxon"] == pytest.approx(wilcoxon_signed_rank(differences).p_value)


def test_rounding_of_a_mean_over_classifiers_is_no_difference(results):
    some = results[results["sampler"].isin(["none", "SMOTE"])].copy()
    smote, svm = some["sampler"] == "SMOTE", some["classifier"] == "svm"
    some["uar"] = np.where(svm, 0.3, 0.6)
    # One classifier gains what the other loses: 0.45 both times, but for the last bit.
    some.loc[smote, "uar"] = np.where(svm[smote], 0.6 - 0.1, 0.3 + 0.1)
    tests = paired_tests(some, "none").set_index("classifier")
    assert (tests.loc["mean", "t"], tests.loc["mean", "p_ttest"]) == (0, 1)


def test_repeats_that_say_the_same_are_one_piece_of_evidence(skewed):
    X, y = skewed
    groups = np.arange(len(y)) % 5

    def tested(n_repeats, **options):
        found = compare_samplers(
            X, y, ["none", "weights", "SMOTE"], ["lr"], n_repeats=n_repeats, **options
        )
        tests = paired_tests(found, "none").set_index(["classifier", "sampler"])
        return tests.drop(columns=["rank_sampler", "rank_baseline"])

    by_group = {"cv": "logo", "groups": groups}
    once, often = tested(1, **by_group), tested(4, **by_group)
    same = ("mean", "class weights")
    assert once.loc[same].equals(often.loc[same])
    # SMOTE draws anew with each seed, and shuffled folds are other folds.
    assert often.loc[("mean", "SMOTE"), "n_pairs"] == 4 * 5
    assert tested(4, cv=3).loc[same, "n_pairs"] == 4 * 3


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
    assert math.isnan(broken["rank_sampler"])


def test_ranks_are_over_all_samplers(results):
    whole = results[results["sampler"] != "broken"]
    tests = paired_tests(whole).set_index("classifier")
    assert tests.loc["lr", "rank_sampler"] == 1
    assert tests.loc["svm", "rank_sampler"] == pytest.approx((1 + 1 + 1.5) / 3)


def test_all_pairs_or_one_baseline(results):
    tests = paired_tests(results)
    pairs = list(zip(tests["sampler"], tests["baseline"], strict=True))[:3]
    assert set(pairs) == {("SMOTE", "none"), ("broken", "none"), ("broken", "SMOTE")}
    assert len(tests) == 3 * 3
    with pytest.raises(ValueError, match="baseline 'ROS' is not in the results"):
        paired_tests(results, "ROS")
