"""Train on synthetic, test on real: UAR and its gain."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from skmiaug.metrics import train_on_synthetic_test_on_real, utility_gain


def classes(n_each, apart=1.5, seed=0, d=4):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(n_each)), n_each)
    X = rng.normal(size=(len(y), d))
    X[:, 0] += apart * y
    return X, y


def test_samples_of_the_real_distribution_and_shuffled_labels():
    X, y = classes([200, 200, 200])
    test = classes([300, 300, 300], seed=1)
    faithful = train_on_synthetic_test_on_real(X, y, *test)
    shuffled = np.random.default_rng(0).permutation(y)
    permuted = train_on_synthetic_test_on_real(X, shuffled, *test)
    assert faithful > 0.6
    assert permuted < faithful - 0.15
    by_hand = LogisticRegression().fit(X, y).predict(test[0])
    found = train_on_synthetic_test_on_real(X, y, *test, classifier=LogisticRegression())
    assert found == pytest.approx(balanced_accuracy_score(test[1], by_hand))


def test_samples_of_a_rare_class_bring_a_gain():
    train, extra = classes([400, 12]), classes([0, 388], seed=5)
    test = classes([300, 300], seed=1)
    found = utility_gain(*train, *extra, *test)
    assert found.gain == pytest.approx(found.uar_with - found.uar_without)
    assert found.interval[0] < found.gain < found.interval[1]
    assert found.interval[0] > 0
    none = utility_gain(*train, *train, *test, classifier=DummyClassifier())
    assert none.gain == 0
    assert none.interval == (0, 0)


def test_classes_without_samples_have_recall_0():
    X, y = classes([50, 50], apart=50.0)
    test_X, test_y = classes([40, 40, 40], apart=50.0, seed=1)
    found = train_on_synthetic_test_on_real(X, y, test_X, test_y)
    assert found == pytest.approx(2 / 3)


def test_classes_of_another_name_are_refused():
    X, y = classes([20, 20])
    named = y.astype(str)
    for real, other, test in ((named, named, y), (y, y, named), (y, named, y)):
        with pytest.raises(ValueError, match=r"no class in common: .*same class names"):
            utility_gain(X, real, X, other, X, test)
    with pytest.raises(ValueError, match=r"y_test and y_synthetic have no class in common"):
        train_on_synthetic_test_on_real(X, named, X, y)
    # Classes may be absent from the synthetic samples or the test rows.
    some = y == 0
    assert np.isfinite(utility_gain(X, y, X[some], y[some], X[~some], y[~some]).gain)


@pytest.mark.parametrize("n_added", [0, 1])
def test_no_samples_bring_no_gain(n_added):
    X, y = classes([20, 20])
    found = utility_gain(X, y, X[:n_added], y[:n_added], *classes([50, 50], seed=1))
    assert found.gain == pytest.approx(0, abs=0.1)
    assert n_added or found.gain == found.interval[0] == found.interval[1] == 0


def test_interval_of_the_gain_is_that_of_paired_rows():
    """Of 400 test rows of each class, 5 and 10 % become right: error of a mean."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 400)
    won = np.concatenate([rng.random(400) < 0.05, rng.random(400) < 0.10])
    X = np.column_stack([y, won]).astype(float)
    plain, marked = X.copy(), X.copy()
    plain[:, 1] = 0

    class Reads(DummyClassifier):
        """Wrong on the marked test rows, unless trained on marked rows."""

        def fit(self, X, y):
            self.marked_ = X[:, 1].any()
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            flip = (X[:, 1] == 1) & (not self.marked_)
            return np.where(flip, 1 - X[:, 0], X[:, 0]).astype(int)

    found = utility_gain(plain, y, marked, y, X, y, classifier=Reads(), n_bootstrap=4000)
    shares = won[:400].mean(), won[400:].mean()
    error = np.sqrt(sum(p * (1 - p) / 400 for p in shares)) / 2
    assert found.gain == pytest.approx(np.mean(shares))
    assert found.interval[1] - found.interval[0] == pytest.approx(3.92 * error, rel=0.08)
