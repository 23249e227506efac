"""The bound of a logistic regression against closed forms."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from skmiaug.metrics import classifier_information

LN2 = math.log(2)


def two_classes(n, d=1, apart=2.0, share=0.5, seed=0):
    """Unit normals ``apart`` along the diagonal of d dimensions."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    X = rng.normal(size=(n, d)) + apart / math.sqrt(d) * (y[:, None] - 0.5)
    return X, y


def true_information(apart):
    """I(c; x) of two equally likely unit normals."""

    def integrand(x):
        densities = stats.norm.pdf(x, [-apart / 2, apart / 2])
        mixture = densities.mean()
        return sum(0.5 * p * math.log(p / mixture) for p in densities if p > 0)

    return integrate.quad(integrand, -apart - 8, apart + 8)[0]


@pytest.mark.parametrize("d", [1, 5])
@pytest.mark.parametrize("apart", [1.0, 2.0, 4.0])
def test_it_is_near_the_true_information_of_gaussian_classes(d, apart):
    found = classifier_information(
        *two_classes(8000, d, apart), *two_classes(20_000, d, apart, seed=1)
    )
    assert found.value == pytest.approx(true_information(apart), abs=0.03)
    assert found.maximum == pytest.approx(LN2, abs=1e-3)


def test_independent_classes_have_no_information(seed):
    X, y = two_classes(2000, d=5, apart=0.0, seed=seed)
    other_X, other_y = two_classes(2000, d=5, apart=0.0, seed=seed + 100)
    assert -0.02 < classifier_information(X, y, other_X, other_y).value < 0.005


def test_overfitting_makes_the_bound_negative():
    found = classifier_information(
        *two_classes(40, d=100, apart=0.0), *two_classes(1000, d=100, apart=0.0, seed=1)
    )
    assert found.value < 0


@pytest.mark.parametrize("n_classes", [2, 3, 6])
def test_it_reaches_its_maximum_for_separate_classes(n_classes):
    rng = np.random.default_rng(0)
    y = np.arange(600) % n_classes
    X = 60 * np.eye(n_classes)[y] + rng.normal(size=(600, n_classes))
    found = classifier_information(X[:300], y[:300], X[300:], y[300:])
    assert found.maximum == pytest.approx(math.log(n_classes))
    assert found.maximum - 0.005 < found.value <= found.maximum


def test_the_maximum_is_the_entropy_of_the_test_rows():
    X, y = two_classes(1000)
    other, classes = two_classes(1000, share=0.1, seed=1)
    found = classifier_information(X, y, other, classes)
    shares = np.bincount(classes) / len(classes)
    assert found.maximum == pytest.approx(stats.entropy(shares))
    assert found.value < found.maximum


def test_a_class_may_be_absent_from_the_test_rows():
    X, y = two_classes(400)
    found = classifier_information(X, y, X[y == 1], y[y == 1])
    assert found.maximum == 0
    assert found.value < 0


@pytest.mark.parametrize("names", ["acd", "bcz", "012"])
def test_unknown_classes_are_named(names):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), np.arange(60) % 3
    trained, tested = (np.array(list(some))[y] for some in ("bcd", names))
    with pytest.raises(ValueError, match="y_test has classes that y_train lacks"):
        classifier_information(X, trained, X, tested)
    with pytest.raises(ValueError, match=r"lacks: \['0', '1', '2'\], not in \[0, 1, 2\]"):
        classifier_information(X, y, X, y.astype(str))


def test_confident_errors_give_a_finite_bound():
    X, y = two_classes(200, apart=50.0)
    found = classifier_information(1e4 * X, y, 1e4 * X, 1 - y)
    assert math.isfinite(found.value)
    assert found.value < -1


def test_slow_convergence_does_not_warn(recwarn):
    X, y = two_classes(500, d=40)
    X *= np.logspace(0, 3, 40)
    found = classifier_information(X, y, X, y)
    assert 0 < found.value < LN2
    assert not recwarn.list


def test_the_labels_may_be_any_sorted_classes():
    X, y = two_classes(300)
    named = np.array(["joy", "anger"])[y]
    one = classifier_information(X, y, X, y)
    other = classifier_information(X, named, X, named)
    assert other.value == pytest.approx(one.value, abs=1e-6)
