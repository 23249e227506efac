"""Fidelity, leakage, utility and calibration against what their formulas must give."""

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from skmiaug.metrics import (
    PriorCorrectedClassifier,
    brier_score,
    classifier_two_sample_test,
    covariance_drift,
    expected_calibration_error,
    feature_drift,
    frechet_distance,
    nearest_row_leakage,
    precision_recall_density_coverage,
    train_on_synthetic_test_on_real,
    utility_gain,
    variance_ratio,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def rows(rng):
    return rng.normal(size=(300, 4))


def test_frechet_of_gaussians_is_the_closed_form(rows):
    assert frechet_distance(rows, rows) == pytest.approx(0, abs=1e-9)
    moved = 3 * (rows - rows.mean(axis=0)) + rows.mean(axis=0) + 2
    # |2|² · 4 columns, and (3 - 1)² times the total variance.
    expected = 16 + 4 * rows.var(axis=0, ddof=1).sum()
    assert frechet_distance(rows, moved, scale=False) == pytest.approx(expected, rel=1e-2)


def test_equal_sets_are_faithful_and_diverse_and_far_ones_are_not(rows):
    same = precision_recall_density_coverage(rows, rows)
    assert (same.precision, same.recall, same.coverage) == (1, 1, 1)
    far = precision_recall_density_coverage(rows, rows + 100)
    assert (far.precision, far.recall, far.density, far.coverage) == (0, 0, 0, 0)
    one = precision_recall_density_coverage(rows, np.repeat(rows[:1], 300, axis=0))
    assert one.precision == 1
    assert one.coverage < 0.1


def test_drift_is_what_was_done_to_the_columns(rows):
    deviation = rows.std(axis=0, ddof=1)
    moved = rows.copy()
    moved[:, 1] = rows[:, 1].mean() + 2 * (rows[:, 1] - rows[:, 1].mean()) + deviation[1]
    found = feature_drift(rows, moved)
    np.testing.assert_allclose(found.mean_shift, [0, 1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(found.variance_ratio, [1, 4, 1, 1], rtol=1e-6)
    assert found.ks[0] == 0
    assert found.ks[1] > 0.2
    assert covariance_drift(rows, rows) == pytest.approx(0, abs=1e-6)
    assert covariance_drift(rows, -rows) == pytest.approx(0, abs=1e-5)


def test_interpolation_shrinks_the_variance_by_a_third(rng):
    real = rng.normal(size=(4000, 3))
    share = rng.random((4000, 1))
    between = real + share * (rng.permutation(real) - real)
    found = variance_ratio(real, np.zeros(4000, int), between, np.zeros(4000, int))
    assert found[0] == pytest.approx(2 / 3, abs=0.04)


def test_two_samples_of_one_distribution_pass_and_others_do_not(rng):
    one, same, wide = rng.normal(size=(3, 200, 3))
    assert classifier_two_sample_test(one, same).p_value > 0.05
    assert classifier_two_sample_test(one, 2 * wide).p_value < 0.02
    assert classifier_two_sample_test(one, wide + 1).p_value < 0.02


def test_copies_are_counted(rng):
    train, held_out, fresh = rng.normal(size=(3, 200, 5))
    clean = nearest_row_leakage(fresh, train, held_out)
    assert clean.n_exact == 0
    assert clean.p_value > 0.01
    assert clean.distance_ratio == pytest.approx(1, abs=0.15)
    copied = np.vstack([fresh[:150], train[:30], train[:20] + 1e-6])
    leaky = nearest_row_leakage(copied, train, held_out)
    assert leaky.n_exact == 30
    assert leaky.n_near >= 50
    copies = nearest_row_leakage(train, train, held_out)
    assert copies.distance_ratio == 0
    assert copies.p_value == pytest.approx(1 / 1001)


def test_utility_is_the_recall_on_real_rows():
    X, y = make_classification(600, 6, class_sep=2, weights=[0.95], random_state=0)
    train, test = np.arange(600) % 2 == 0, np.arange(600) % 2 == 1
    rare = X[y == 1]
    made = rare.mean(axis=0) + np.random.default_rng(0).normal(size=(300, 6))
    flipped = 1 - y[train]
    assert train_on_synthetic_test_on_real(X[train], y[train], X[test], y[test]) > 0.7
    assert train_on_synthetic_test_on_real(X[train], flipped, X[test], y[test]) < 0.3
    found = utility_gain(X[train], y[train], made, np.ones(300, int), X[test], y[test])
    assert found.gain == pytest.approx(found.uar_with - found.uar_without)
    assert found.interval[0] <= found.gain <= found.interval[1]
    worse = utility_gain(X[train], y[train], X[train], flipped, X[test], y[test])
    assert worse.gain < 0


def test_brier_and_calibration_by_hand():
    proba = np.array([[0.8, 0.2], [0.8, 0.2], [0.4, 0.6], [1.0, 0.0]])
    y = np.array(["a", "b", "b", "a"])
    expected = np.mean([2 * 0.2**2, 2 * 0.8**2, 2 * 0.4**2, 0])
    assert brier_score(y, proba, ["a", "b"]) == pytest.approx(expected)
    # Bins of 0.8 (half right), 0.6 (right) and 1 (right).
    expected = (2 * 0.3 + 0.4 + 0) / 4
    found = expected_calibration_error(y, proba, ["a", "b"], n_bins=10)
    assert found == pytest.approx(expected)
    with pytest.raises(ValueError, match="sum"):
        brier_score(y, 2 * proba, ["a", "b"])


def test_priors_are_corrected_by_the_ratio_of_the_shares():
    X, y = make_classification(2000, 5, weights=[0.9], flip_y=0.1, random_state=0)
    balanced = make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    corrected = PriorCorrectedClassifier(balanced).fit(X, y)
    np.testing.assert_allclose(corrected.trained_prior_, 0.5)
    np.testing.assert_allclose(corrected.target_prior_, np.bincount(y) / len(y))
    raw = clone(balanced).fit(X, y).predict_proba(X)
    weighted = raw * np.bincount(y) / len(y)
    expected = weighted / weighted.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(corrected.predict_proba(X), expected)
    classes = corrected.classes_
    assert brier_score(y, expected, classes) < brier_score(y, raw, classes)
    assert expected_calibration_error(y, expected, classes) < (
        expected_calibration_error(y, raw, classes)
    )
