"""Codes of targets, the choice between codings, densities, and information of samples."""

import numpy as np
import pytest
from scipy.special import entr

from skmiaug.over_sampling.targets import (
    BASES,
    attribute_information,
    choose_basis,
    draws_by_class,
    joint_density,
    pick_evenly,
    read_target,
    relative_density,
    share_information,
)


def targets_of(target_type, n=300, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "multiclass": lambda: rng.integers(3, size=n),
        "distribution": lambda: rng.dirichlet([2, 1, 0.3], n),
        "multilabel": lambda: (rng.random((n, 3)) < 0.4).astype(int),
        "continuous": lambda: rng.gamma(2, size=(n, 2)),
    }[target_type]()


@pytest.mark.parametrize(
    "target_type", ["multiclass", "distribution", "multilabel", "continuous"]
)
def test_codes_are_not_negative_and_sum_to_one(target_type):
    y = targets_of(target_type)
    X = np.random.default_rng(1).normal(size=(len(y), 4))
    target, values, container = read_target(target_type, y, X)
    T = target.codes(values)
    assert T.shape == (len(y), target.n_codes)
    assert T.dtype == np.float32
    assert T.min() >= 0
    np.testing.assert_allclose(T.sum(axis=1), 1, atol=1e-6)
    assert len(target.names) == (3 if y.ndim == 1 else y.shape[1])
    assert len(target.strata(values)) == len(y)
    whole = container.append(values[:5])
    np.testing.assert_allclose(whole[: len(y)], y)
    np.testing.assert_allclose(whole[len(y) :], y[:5])


def explained(T, Z):
    coefficients = np.linalg.lstsq(T, Z, rcond=1e-6)[0]
    return 1 - np.square(Z - T @ coefficients).sum() / np.square(Z - Z.mean(axis=0)).sum()


@pytest.mark.parametrize("effect", [lambda y: y, lambda y: (y - 1) ** 2, np.sin])
def test_an_attribute_acts_by_a_line_or_by_a_curve(effect):
    rng = np.random.default_rng(0)
    y = rng.uniform(-2, 4, 600)
    X = effect(y)[:, None] + 0.1 * rng.normal(size=(600, 3))
    target, values, *_ = read_target("continuous", y, X)
    assert explained(target.codes(values), X) > 0.9
    noise, *_ = read_target("continuous", y, rng.normal(size=(600, 3)))
    assert noise.n_codes == 2  # a line
    line, *_ = read_target("continuous", y, y[:, None] * np.ones(3))
    assert line.n_codes == 2


@pytest.mark.parametrize("coding", ["mean", "sum"])
def test_a_row_is_the_mean_or_the_sum_of_its_labels(coding):
    rng = np.random.default_rng(0)
    y = (rng.random((500, 4)) < 0.4).astype(int)
    effects = rng.normal(size=(4, 6))
    n_labels = np.maximum(y.sum(axis=1, keepdims=True), 1)
    X = (y / n_labels if coding == "mean" else y) @ effects
    X += 0.1 * rng.normal(size=X.shape)
    target, values, *_ = read_target("multilabel", y, X)
    assert target.coding == coding
    assert explained(target.codes(values), X) > 0.9


def test_draws_are_what_one_hot_classes_lack():
    shares = np.eye(3)[np.repeat([0, 1, 2], [50, 20, 5])]
    assert draws_by_class(shares, np.array([0, 30, 45])).tolist() == [0, 30, 45]
    assert draws_by_class(shares, np.zeros(3)).tolist() == [0, 0, 0]


def test_draws_of_shares_bring_the_masses_nearest():
    shares = np.random.default_rng(0).dirichlet([3, 1, 0.4], 400)
    mass = shares.sum(axis=0)
    lacking = np.rint(mass.max() - mass)
    draws = draws_by_class(shares, lacking)
    assert draws.sum() == lacking.sum()
    brought = draws @ (shares.T @ shares / mass[:, None])
    assert np.square(brought - lacking).sum() < np.square(lacking).sum()
    after = mass + brought
    plain = mass + lacking @ (shares.T @ shares / mass[:, None])
    assert after.std() < plain.std()


def test_each_row_is_picked_as_often_as_its_weight_says():
    weights = np.array([0.0, 1.0, 2.5, 0.0, 0.5, 0.0])
    picked = pick_evenly(weights, 40, np.random.default_rng(0))
    counts = np.bincount(picked, minlength=6)
    assert np.abs(counts - 40 * weights / weights.sum()).max() < 1
    assert not counts[weights == 0].any()
    assert len(pick_evenly(weights, 0, np.random.default_rng(0))) == 0


def test_densities_are_bounded():
    even = np.linspace(0, 1, 2000)[:, None]
    relative, peak = relative_density(even, np.array([0.05]))
    # Without the reflection it would be a half at the ends.
    np.testing.assert_allclose(relative, 1, atol=0.03)
    assert peak[0] == pytest.approx(1, abs=0.03)
    rising = np.sqrt(even)
    relative, peak = relative_density(rising, np.array([0.02]))
    np.testing.assert_allclose(relative[200:1900], 2 * rising[200:1900], atol=0.1)


def test_a_joint_density_shows_rare_combinations():
    rng = np.random.default_rng(0)
    one = rng.random(20000)
    other = np.where(rng.random(20000) < 0.9, one, 1 - one)
    values = np.column_stack([one, other])
    each, _ = relative_density(values, np.array([0.05, 0.05]))
    np.testing.assert_allclose(each, 1, atol=0.15)
    joint = joint_density(values, np.array([0.05, 0.05]))
    diagonal = np.abs(one - other) < 0.02
    off = (np.abs(1 - one - other) < 0.02) & (np.abs(one - 0.5) > 0.3)
    assert joint[diagonal].mean() > 4 * joint[off].mean()
    even = joint_density(rng.random((200000, 2)), np.array([0.1, 0.1]))
    np.testing.assert_allclose(even, 1, atol=0.15)
    alone = joint_density(values[:, :1], np.array([0.05]))
    np.testing.assert_allclose(alone, each[:, 0])


def test_codes_of_attributes_sum_to_one_and_hold_products():
    values = np.random.default_rng(0).random((50, 3))
    for basis in BASES:
        codes = basis.codes(values, np.zeros(3), np.ones(3))
        assert codes.shape == (50, basis.n_codes(3))
        assert codes.min() >= 0
        np.testing.assert_allclose(codes.sum(axis=1), 1, rtol=1e-5)
    products = next(basis for basis in BASES if basis.products)
    codes = products.codes(values, np.zeros(3), np.ones(3)).astype(float)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        wanted = values[:, a] * values[:, b]
        found = codes @ np.linalg.lstsq(codes, wanted, rcond=None)[0]
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_products_are_used_where_features_depend_on_them():
    rng = np.random.default_rng(0)
    y = rng.uniform(-1, 1, (600, 2))
    noise = 0.3 * rng.normal(size=(600, 20))
    lines = y @ rng.normal(size=(2, 20))
    both = lines + np.outer(y[:, 0] * y[:, 1], rng.normal(size=20))
    assert not BASES[choose_basis(y, lines + noise)].products
    assert BASES[choose_basis(y, both + noise)].products
    assert not BASES[choose_basis(y[:, :1], lines + noise)].products


def test_information_about_shares_is_below_its_maximum():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([0.6, 0.6, 0.6], 4000)
    X = 3 * shares + 0.2 * rng.normal(size=shares.shape)
    found = share_information(X[:2000], shares[:2000], X[2000:], shares[2000:])
    P = shares[2000:]
    maximum = entr(P.mean(axis=0)).sum() - entr(P).sum(axis=1).mean()
    assert found.maximum == pytest.approx(maximum)
    assert 0.5 * maximum < found.value < maximum
    nothing = share_information(rng.normal(size=(2000, 3)), shares[:2000], X[2000:], P)
    assert nothing.value < 0.05


def test_information_about_attributes_is_that_of_gaussians():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(6000, 1))
    X = y + 0.5 * rng.normal(size=(6000, 1))
    found = attribute_information(X[:3000], y[:3000], X[3000:], y[3000:])
    assert found.value == pytest.approx(0.5 * np.log(1 + 4), abs=0.05)
    assert found.maximum == np.inf
