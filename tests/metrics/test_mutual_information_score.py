"""Mutual information of synthetic samples by a critic of real rows."""

import math

import numpy as np
import pytest

from skmiaug.metrics import classifier_bound, mutual_information_score
from tests.metrics._known import class_mixture, mixture_truth


def mixture(n, seed, apart=2.0, d=3, k=2):
    return class_mixture(n, d, apart, k, np.random.default_rng(seed))


REAL = mixture(3000, 0)


@pytest.mark.parametrize(("apart", "k"), [(1.0, 2), (2.0, 2), (2.0, 5)])
def test_samples_of_the_real_distribution_have_its_information(apart, k):
    synthetic, real = mixture(3000, 1, apart, k=k), mixture(3000, 0, apart, k=k)
    found = mutual_information_score(*synthetic, *real)
    truth = mixture_truth(apart, k)
    assert found.estimate == pytest.approx(truth, abs=0.05)
    assert found.interval[0] <= truth <= found.interval[1] + 0.01
    assert found.p_value == pytest.approx(1 / 1001)
    assert found.maximum == pytest.approx(math.log(k), abs=0.01)


def test_pointwise_values_average_to_the_score():
    synthetic = mixture(400, 1)
    found = mutual_information_score(*synthetic, *REAL, n_permutations=0)
    points = found.row_values
    assert points.mean() == pytest.approx(found.estimate, abs=1e-12)
    shares = np.bincount(synthetic[1]) / 400
    assert (points <= -np.log(shares)[synthetic[1]] + 1e-9).all()
    # A row in the middle of its class is more informative than one between two.
    middle = mutual_information_score(
        [[-1, 0, 0], [0, 0, 0], [1, 0, 0]], [0, 0, 1], *REAL, n_permutations=0
    ).row_values
    assert middle[0] > middle[1]
    bound = classifier_bound(*synthetic, n_permutations=0)
    assert bound.row_values.mean() == pytest.approx(bound.estimate)
    assert np.corrcoef(bound.row_values, points)[0, 1] > 0.95


def test_the_interval_keeps_the_counts_of_classes():
    """Classes of identical rows: no bootstrap draw differs."""
    X = np.array([[-1, 0, 0], [2, 0, 0]])
    y = np.repeat([0, 1], [150, 50])
    found = mutual_information_score(X[y], y, *REAL, n_permutations=0)
    assert found.interval == pytest.approx((found.estimate, found.estimate), abs=1e-12)
    # By hand: the class means have independent errors, weighted by their shares.
    synthetic = mixture(600, 5)
    found = mutual_information_score(*synthetic, *REAL, n_permutations=0, n_bootstrap=4000)
    points = found.row_values
    parts = [points[synthetic[1] == c] for c in (0, 1)]
    error = np.sqrt(sum(len(p) * p.var() for p in parts)) / 600
    width = found.interval[1] - found.interval[0]
    assert width == pytest.approx(2 * 1.96 * error, rel=0.06)


def test_shuffled_and_swapped_labels():
    X, y = mixture(1000, 1)
    shuffled = np.random.default_rng(0).permutation(y)
    found = mutual_information_score(X, shuffled, *REAL)
    assert found.p_value > 0.02
    assert found.estimate < 0
    assert mutual_information_score(X, 1 - y, *REAL).estimate < found.estimate


def test_class_shares_change_the_maximum():
    X, y = mixture(4000, 1)
    few = np.concatenate([np.flatnonzero(y == 0)[:1800], np.flatnonzero(y == 1)[:200]])
    found = mutual_information_score(X[few], y[few], *REAL, n_permutations=0)
    assert found.maximum == pytest.approx(-(0.9 * math.log(0.9) + 0.1 * math.log(0.1)))
    assert 0.1 < found.estimate < found.maximum
    only = mutual_information_score(X[y == 1], y[y == 1], *REAL, n_permutations=0)
    assert only.maximum == 0
    assert only.estimate == pytest.approx(0, abs=1e-9)


def test_labels_may_be_names():
    synthetic = mixture(200, 1)
    names = np.array(["joy", "anger"])
    one = mutual_information_score(*synthetic, *REAL, n_permutations=0)
    two = mutual_information_score(
        synthetic[0], names[synthetic[1]], REAL[0], names[REAL[1]], n_permutations=0
    )
    assert two.estimate == pytest.approx(one.estimate, abs=1e-4)


def test_the_loss_of_an_outlier_is_bounded():
    points = mutual_information_score(
        np.array([[1e6, 0, 0], [-1e6, 0, 0]]), [0, 1], *REAL, n_permutations=0
    ).row_values
    np.testing.assert_allclose(points, math.log(0.01), atol=0.01)


def test_classes_without_real_rows_are_refused():
    X, y = mixture(50, 1)
    with pytest.raises(ValueError, match=r"lacking: \[7\]"):
        mutual_information_score(X, np.where(y == 1, 7, y), *REAL)
    with pytest.raises(ValueError, match=r"lacking: \['0', '1'"):
        mutual_information_score(X, y.astype(str), *REAL)
    with pytest.raises(
        ValueError, match="real rows have 3 features and the synthetic samples 2"
    ):
        mutual_information_score(X[:, :2], y, *REAL)
