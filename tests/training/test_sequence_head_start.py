"""The solved head against scikit-learn's linear models and closed forms."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.class_weight import compute_class_weight

from skmiaug.training import solve_head


def _columns(n=80, width=6, seed=0):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n, width))
    return columns, columns[:, :3] + rng.normal(size=(n, 3))


@pytest.mark.parametrize("penalty", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_classes_as_by_logistic_regression(penalty, weighted):
    columns, numbers = _columns()
    labels = numbers.argmax(axis=1)
    weights = None
    if weighted:
        weights = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    weight, bias = solve_head(
        columns, labels, "classes", penalty=penalty, class_weights=weights
    )
    twin = LogisticRegression(
        C=1 / penalty, class_weight="balanced" if weighted else None, tol=1e-8
    ).fit(columns, labels)
    np.testing.assert_allclose(weight, twin.coef_, atol=2e-3)
    # A number added to every bias changes nothing.
    np.testing.assert_allclose(
        bias - bias.mean(), twin.intercept_ - twin.intercept_.mean(), atol=2e-3
    )


def test_two_classes_as_by_logistic_regression_of_twice_the_c():
    columns, numbers = _columns()
    labels = (numbers[:, 0] > 0).astype(int)
    weight, bias = solve_head(columns, labels, "classes", penalty=5.0)
    twin = LogisticRegression(C=2 / 5.0, tol=1e-8).fit(columns, labels)
    np.testing.assert_allclose(weight[1:] - weight[:1], twin.coef_, atol=2e-3)
    np.testing.assert_allclose(bias[1] - bias[0], twin.intercept_[0], atol=2e-3)


@pytest.mark.parametrize("penalty", [0.1, 10.0])
def test_squares_as_by_ridge(penalty):
    columns, numbers = _columns()
    weight, bias = solve_head(columns, numbers, "l2", penalty=penalty)
    twin = Ridge(alpha=penalty / 2).fit(columns, numbers)
    np.testing.assert_allclose(weight, twin.coef_, atol=1e-3)
    np.testing.assert_allclose(bias, twin.intercept_, atol=1e-3)


def test_absolute_errors_are_as_small_as_any_nearby():
    columns, numbers = _columns()
    penalty = 2.0
    weight, bias = solve_head(columns, numbers, "l1", penalty=penalty)

    def objective(weight, bias):
        off = np.abs(columns @ weight.T + bias - numbers).sum()
        return off + 0.5 * penalty * np.square(weight).sum()

    best = objective(weight, bias)
    rng = np.random.default_rng(1)
    for size in (0.1, 0.5):
        for _ in range(50):
            moved = weight + size * rng.normal(size=weight.shape)
            assert objective(moved, bias + size * rng.normal(size=3)) > best


@pytest.mark.parametrize(("error", "middle"), [("l1", np.median), ("l2", np.mean)])
def test_under_a_great_penalty_the_bias_alone_is_left(error, middle):
    columns, numbers = _columns(n=81)
    numbers = np.exp(numbers)
    weight, bias = solve_head(columns, numbers, error, penalty=1e9)
    np.testing.assert_allclose(weight, 0, atol=1e-6)
    np.testing.assert_allclose(bias, middle(numbers, axis=0), atol=0.03)


def test_under_a_great_penalty_the_classes_have_their_shares():
    columns, numbers = _columns()
    labels = numbers.argmax(axis=1)
    weight, bias = solve_head(columns, labels, "classes", penalty=1e9)
    shares = np.exp(bias) / np.exp(bias).sum()
    np.testing.assert_allclose(weight, 0, atol=1e-6)
    np.testing.assert_allclose(shares, np.bincount(labels) / len(labels), atol=1e-3)


@pytest.mark.parametrize("error", ["classes", "l1", "l2"])
def test_wide_columns_and_few_rows_have_an_answer(error):
    columns, numbers = _columns(n=8, width=300)
    labels = np.arange(8) % 3 if error == "classes" else numbers
    weight, bias = solve_head(columns, labels, error, penalty=1.0)
    outputs = columns @ weight.T + bias
    assert np.isfinite(outputs).all()
    if error == "classes":
        assert (outputs.argmax(axis=1) == labels).all()
