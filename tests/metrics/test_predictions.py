"""Scores of predictions: calibration, class shares, attributes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error

from skmiaug.metrics import (
    bhattacharyya_coefficient,
    concordance_correlation_coefficient,
    expected_calibration_error,
    intensity_accuracy_score,
    jensen_shannon_distance,
    mean_absolute_error_by_band,
    plurality_f1_score,
)

INTENSITIES = arrays(np.float64, (9, 6), elements=st.floats(0, 3))
ATTRIBUTES = arrays(np.float64, (12, 3), elements=st.floats(-7, 7, width=16))


def shares(n, k, seed):
    return np.random.default_rng(seed).dirichlet(np.ones(k), n)


# ---- calibration


def two_columns(p):
    return np.column_stack([1 - p, p])


def test_calibration_error_by_hand():
    proba = np.array([[0.8, 0.2], [0.8, 0.2], [0.4, 0.6], [1.0, 0.0]])
    # Bins of 0.8 (half right), 0.6 (right) and 1 (right).
    found = expected_calibration_error(list("abba"), proba, ["a", "b"], n_bins=10)
    assert found == pytest.approx((2 * 0.3 + 0.4 + 0) / 4)


def test_calibration_error_of_calibrated_and_of_overconfident_probabilities():
    rng = np.random.default_rng(0)
    p = rng.random(40_000)
    happened = (rng.random(40_000) < p).astype(int)
    assert expected_calibration_error(happened, two_columns(p), [0, 1]) < 0.02
    # Always certain, right in three of four.
    certain = np.eye(2)[np.where(rng.random(4000) < 0.75, 1, 0)]
    found = expected_calibration_error(np.ones(4000, int), certain, [0, 1])
    assert found == pytest.approx(0.25, abs=0.03)


def test_calibration_error_by_the_bins_of_scikit_learn():
    rng = np.random.default_rng(1)
    p = 0.5 + 0.5 * rng.random(500)
    right = (rng.random(500) < 0.7).astype(int)
    share, confidence = calibration_curve(right, p, n_bins=10)
    rows = np.histogram(p, np.linspace(0, 1, 11))[0]
    expected = np.sum(rows[rows > 0] * np.abs(share - confidence)) / 500
    found = expected_calibration_error(right, two_columns(p), [0, 1], n_bins=10)
    assert found == pytest.approx(expected, abs=1e-9)


def test_probabilities_are_checked():
    with pytest.raises(ValueError, match="sum to 1"):
        expected_calibration_error([0, 1], [[0.5, 0.2], [0.5, 0.5]], [0, 1])
    with pytest.raises(ValueError, match="3 columns and there are 2 classes"):
        expected_calibration_error([0, 1], np.full((2, 3), 1 / 3), [0, 1])
    with pytest.raises(ValueError, match=r"y_true has classes that classes lacks: \[7\]"):
        expected_calibration_error([0, 7], np.full((2, 2), 0.5), [0, 1])


# ---- shares


@pytest.mark.parametrize(
    ("score", "equal", "disjoint"),
    [(jensen_shannon_distance, 0, 1), (bhattacharyya_coefficient, 1, 0)],
)
def test_equal_and_disjoint_shares(score, equal, disjoint):
    p = shares(50, 4, 0)
    assert score(p, p) == pytest.approx(equal, abs=1e-6)
    zero = np.zeros_like(p)
    assert score(np.hstack([p, zero]), np.hstack([zero, p])) == pytest.approx(disjoint)
    assert score(p, shares(50, 4, 1)) == pytest.approx(score(shares(50, 4, 1), p))


def test_shares_by_hand():
    true, predicted = [[0.5, 0.5], [1, 0]], [[1, 0], [0.36, 0.64]]
    # Mixtures (3/4, 1/4) and (17/25, 8/25), in bits.
    one = 0.5 * (0.5 * np.log2(2 / 3) + 0.5 * np.log2(2)) + 0.5 * np.log2(4 / 3)
    two = 0.5 * np.log2(25 / 17) + 0.5 * (
        0.36 * np.log2(0.36 / 0.68) + 0.64 * np.log2(0.64 / 0.32)
    )
    expected = (np.sqrt(one) + np.sqrt(two)) / 2
    assert jensen_shannon_distance(true, predicted) == pytest.approx(expected)
    expected = (np.sqrt(0.5) + 0.6) / 2
    assert bhattacharyya_coefficient(true, predicted) == pytest.approx(expected)


def test_plurality_is_the_f1_score_of_the_largest_share():
    true, predicted = shares(200, 5, 0), shares(200, 5, 1)
    expected = f1_score(true.argmax(axis=1), predicted.argmax(axis=1), average="macro")
    assert plurality_f1_score(true, predicted) == pytest.approx(expected)
    # Three raters who disagree have no plurality.
    tied = np.vstack([true, np.repeat([[1 / 3, 1 / 3, 1 / 3, 0, 0]], 30, axis=0)])
    more = np.vstack([predicted, shares(30, 5, 2)])
    assert plurality_f1_score(tied, more) == pytest.approx(expected)
    with pytest.raises(ValueError, match="every row of y_true has a tie"):
        plurality_f1_score([[0.5, 0.5]], [[1, 0]])


@pytest.mark.parametrize(
    "score", [jensen_shannon_distance, bhattacharyya_coefficient, plurality_f1_score]
)
def test_shares_are_checked(score):
    with pytest.raises(ValueError, match=r"y_true must hold shares .* divide votes"):
        score([[3, 2]], [[0.5, 0.5]])
    with pytest.raises(ValueError, match="y_pred must hold shares"):
        score([[0.5, 0.5]], [[1.5, -0.5]])
    with pytest.raises(ValueError, match="got 2 and 3 columns"):
        score([[0.5, 0.5]], [[0.5, 0.5, 0]])


@pytest.mark.parametrize(
    "score", [jensen_shannon_distance, bhattacharyya_coefficient, plurality_f1_score]
)
def test_one_dimension_is_the_share_of_the_second_of_two_classes(score):
    true, predicted = shares(50, 2, 0), shares(50, 2, 1)
    assert score(true, predicted[:, 1]) == pytest.approx(score(true, predicted))
    with pytest.raises(ValueError, match="Expected 2D array"):
        score(shares(50, 3, 0), predicted[:, 1])


# ---- attributes


def test_concordance_in_closed_form():
    rng = np.random.default_rng(0)
    x = rng.normal(size=100)
    x = (x - x.mean()) / x.std()
    ccc = concordance_correlation_coefficient
    assert ccc(x, x) == pytest.approx(1)
    assert ccc(x, -x) == pytest.approx(-1)
    assert ccc(x, x + 2) == pytest.approx(2 / (2 + 4))
    assert ccc(x, 3 * x) == pytest.approx(6 / 10)
    assert ccc(x, np.full(100, x.mean())) == pytest.approx(0, abs=1e-12)
    assert ccc([1, 1], [1, 1]) == 1
    both = np.column_stack([x, x]), np.column_stack([x + 2, 3 * x])
    np.testing.assert_allclose(ccc(*both, multioutput="raw_values"), [1 / 3, 0.6])
    assert ccc(*both) == pytest.approx((1 / 3 + 0.6) / 2)
    with pytest.raises(ValueError, match="multioutput must be"):
        ccc(x, x, multioutput="variance_weighted")


@given(ATTRIBUTES, ATTRIBUTES)
def test_concordance_is_symmetric_and_at_most_the_correlation(one, other):
    found = concordance_correlation_coefficient(one, other, multioutput="raw_values")
    again = concordance_correlation_coefficient(other, one, multioutput="raw_values")
    np.testing.assert_allclose(found, again, atol=1e-12)
    for j in range(3):
        if one[:, j].std() > 1e-3 and other[:, j].std() > 1e-3:
            limit = abs(np.corrcoef(one[:, j], other[:, j])[0, 1])
            assert abs(found[j]) <= limit + 1e-9


def test_error_by_band():
    rng = np.random.default_rng(0)
    true, predicted = rng.uniform(1, 7, size=(2, 300))
    edges = [2, 4, 6]
    found = mean_absolute_error_by_band(true, predicted, edges)
    for low, high, error in zip([1, *edges], [*edges, 7], found, strict=True):
        band = (true >= low) & (true < high)
        expected = mean_absolute_error(true[band], predicted[band])
        assert error == pytest.approx(expected)
    assert np.isnan(mean_absolute_error_by_band([1, 2], [1, 2], [5])).tolist() == [
        False,
        True,
    ]
    with pytest.raises(ValueError, match="edges must be increasing"):
        mean_absolute_error_by_band(true, predicted, [3, 3])
    with pytest.raises(ValueError, match="expected one target, got 2"):
        mean_absolute_error_by_band(np.ones((3, 2)), np.ones((3, 2)), [0])


@given(INTENSITIES, arrays(np.float64, (9, 6), elements=st.floats(-1, 4)))
def test_intensity_accuracy_is_that_of_scikit_learn_by_column(true, predicted):
    by_column = intensity_accuracy_score(true, predicted, multioutput="raw_values")
    for j, found in enumerate(by_column):
        classes = [
            ["0123"[min(max(int(v + 0.5), 0), 3)] for v in y[:, j]]
            for y in (true, predicted)
        ]
        assert found == pytest.approx(accuracy_score(*classes))
    assert intensity_accuracy_score(true, predicted) == pytest.approx(by_column.mean())


@pytest.mark.parametrize(
    ("intensity", "same_class_as"),
    [(0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (3, 3), (0, -5), (3, 9)],
)
def test_halves_are_rounded_up_and_predictions_clipped(intensity, same_class_as):
    assert intensity_accuracy_score([intensity], [same_class_as]) == 1


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([[0, 1]], [[0]], "same shape"),
        ([[0, 1]], [[0, 1], [0, 1]], "inconsistent numbers"),
        ([[0, 4]], [[0, 1]], "from 0 to 3, got 0 to 4"),
        ([[0, np.nan]], [[0, 1]], "y_true contains NaN"),
    ],
)
def test_invalid_intensities_are_refused(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        intensity_accuracy_score(true, predicted)
