"""Fréchet distance, PRDC, two-sample test, drift and variance ratio."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE
from sklearn.linear_model import LogisticRegression

from skmiaug.metrics import (
    classifier_two_sample_test,
    covariance_drift,
    feature_drift,
    frechet_distance,
    precision_recall_density_coverage,
    variance_ratio,
)


def normal(n, d=4, seed=0, *, mean=0.0, spread=1.0):
    return mean + spread * np.random.default_rng(seed).normal(size=(n, d))


# ---- Fréchet distance


def test_frechet_closed_forms():
    X = normal(300)
    assert frechet_distance(X, X) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(X, X + 3, scale=False) == pytest.approx(36, rel=1e-5)
    centred = X - X.mean(axis=0)
    doubled = frechet_distance(centred, 2 * centred, scale=False)
    # The square roots of the covariances differ by one of X's.
    assert doubled == pytest.approx(np.trace(np.cov(X.T)), rel=1e-5)


def test_frechet_units():
    X, Y = normal(300), normal(300, seed=1, mean=0.5)
    unit = np.array([1, 10, 100, 1000.0])
    assert frechet_distance(X, Y) == pytest.approx(frechet_distance(unit * X, unit * Y))
    assert frechet_distance(X, Y, scale=False) == pytest.approx(
        frechet_distance(Y, X, scale=False), rel=1e-5
    )


@settings(max_examples=30)
@given(st.integers(2, 12), st.integers(2, 12), st.integers(1, 15), st.integers(0, 99))
def test_frechet_of_any_shape_is_a_distance(n, m, d, seed):
    found = frechet_distance(normal(n, d, seed), normal(m, d, seed + 1), scale=False)
    assert 0 <= found < np.inf


def test_frechet_takes_large_offsets_and_float32():
    X, Y = normal(500), normal(500, seed=1)
    expected = frechet_distance(X, Y, scale=False)
    far = frechet_distance(X + 1e4, Y + 1e4, scale=False)
    assert far == pytest.approx(expected, rel=1e-3)
    single = frechet_distance(X.astype(np.float32), Y.astype(np.float32), scale=False)
    assert single == pytest.approx(expected, rel=1e-3)


# ---- precision, recall, density, coverage


def test_prdc_of_two_samples_of_one_distribution():
    found = precision_recall_density_coverage(normal(1500), normal(1500, seed=1))
    assert min(found.precision, found.recall) > 0.9
    assert found.density == pytest.approx(1, abs=0.1)
    # Naeem et al. (2020): 1 - 2^-k for k = 5.
    assert found.coverage == pytest.approx(1 - 2**-5, abs=0.02)


def test_prdc_far_away_and_collapsed():
    X = normal(200)
    assert precision_recall_density_coverage(X, X + 100) == (0, 0, 0, 0)
    collapsed = precision_recall_density_coverage(X, np.repeat(X[:1], 200, axis=0))
    assert collapsed.precision == 1
    assert collapsed.recall < 0.02
    assert collapsed.coverage < 0.1


def test_prdc_of_exact_copies():
    X = np.repeat(normal(50, 100), 10, axis=0)
    found = precision_recall_density_coverage(X, X.copy())
    # Balls of radius 0, each holding its row ten times.
    assert found == (1, 1, 2, 1)


def test_prdc_half_of_the_data_has_precision_and_no_recall():
    X = np.vstack([normal(300), normal(300, mean=50.0)])
    found = precision_recall_density_coverage(X, normal(600, seed=1))
    assert found.precision > 0.9
    assert found.recall < 0.6
    assert found.coverage < 0.6


# ---- two-sample test


def test_two_sample_p_values_are_uniform_under_the_null():
    p_values = [
        classifier_two_sample_test(
            normal(60, seed=2 * s), normal(60, seed=2 * s + 1), n_permutations=9
        ).p_value
        for s in range(15)
    ]
    # P(p <= 0.2) is 0.2: 8 or more of 15 have a chance of 0.4 %.
    assert np.sum(np.array(p_values) <= 0.2) < 8


@pytest.mark.parametrize("change", [{"mean": 0.7}, {"spread": 0.5}])
def test_shift_and_variance_are_detected(change):
    found = classifier_two_sample_test(
        normal(300), normal(300, seed=1, **change), n_permutations=19
    )
    assert found.auc > 0.7
    assert found.p_value == pytest.approx(1 / 20)
    assert found.null_distribution.max() < 0.65


def test_any_classifier():
    found = classifier_two_sample_test(
        normal(200),
        normal(200, seed=1, mean=1.0),
        classifier=LogisticRegression(),
        n_permutations=9,
    )
    assert found.auc > 0.85
    assert found.p_value == pytest.approx(0.1)
    # A linear classifier does not detect a change of variance.
    blind = classifier_two_sample_test(
        normal(200),
        normal(200, seed=1, spread=0.4),
        classifier=LogisticRegression(),
        n_permutations=0,
    )
    assert blind.auc < 0.65
    assert np.isnan(blind.p_value)


# ---- drift


def test_feature_drift_of_shifted_and_scaled_columns():
    X = normal(4000, 3)
    Y = normal(4000, 3, seed=1) * [1, 2, 1] + [0, 0, 1.5]
    found = feature_drift(X, Y)
    np.testing.assert_allclose(found.mean_shift, [0, 0, 1.5], atol=0.1)
    np.testing.assert_allclose(found.variance_ratio, [1, 4, 1], rtol=0.12)
    assert found.ks[0] < 0.05 < found.ks[1] < found.ks[2]


def test_constant_columns():
    X, Y = normal(50), normal(50, seed=1)
    X[:, 1] = 7.0
    found = feature_drift(X, Y)
    assert np.isnan(found.variance_ratio[1])
    assert np.isfinite(found.mean_shift).all()
    assert np.isfinite(frechet_distance(X, Y))


def test_covariance_drift():
    mixing = np.array([[1, 0.9], [0, 0.4]])
    X = normal(3000, 2) @ mixing
    assert covariance_drift(X, X) == pytest.approx(0, abs=1e-6)
    again = covariance_drift(X, normal(3000, 2, seed=1) @ mixing)
    independent = covariance_drift(X, normal(3000, 2, seed=1) * X.std(axis=0))
    assert again < 0.1 < 0.5 < independent


# ---- variance ratio


def test_variance_ratio_by_class():
    y = np.repeat(["a", "b"], 2000)
    X = normal(4000, 3)
    spread = np.where(y == "a", 0.5, 2.0)[:, None]
    found = variance_ratio(X, y, normal(4000, 3, seed=1) * spread, y)
    assert found["a"] == pytest.approx(0.25, rel=0.08)
    assert found["b"] == pytest.approx(4, rel=0.08)


def test_variance_ratio_has_plain_labels():
    X = normal(6)
    for y in (pd.Series(["a", "b"] * 3), np.array(["a", "b"] * 3, dtype=object)):
        found = variance_ratio(X, y, X, y)
        assert found == pytest.approx({"a": 1.0, "b": 1.0})
    (label,) = variance_ratio(X, np.zeros(6, np.int64), X, np.zeros(6, np.int64))
    assert type(label) is int


def test_smote_shrinks_the_variance():
    X, y = normal(240, 20), np.repeat([0, 1], [180, 60])
    new, labels = SMOTE(random_state=0).fit_resample(X, y)
    found = variance_ratio(X, y, new[240:], labels[240:])
    assert found[1] == pytest.approx(2 / 3, abs=0.12)
    repeated = variance_ratio(X, y, np.repeat(X[:1], 30, axis=0), np.zeros(30, int))
    assert repeated[0] == 0


def test_single_rows_have_no_variance():
    X = normal(6)
    assert variance_ratio(X, [0, 0, 0, 1, 1, 1], X[:3], [0, 0, 1]).keys() == {0}


@pytest.mark.parametrize(
    "metric",
    [
        frechet_distance,
        precision_recall_density_coverage,
        classifier_two_sample_test,
        feature_drift,
        covariance_drift,
    ],
)
def test_rows_of_different_features_are_refused(metric):
    with pytest.raises(
        ValueError, match="real rows have 4 features and the synthetic samples 5"
    ):
        metric(normal(30), normal(30, 5))
