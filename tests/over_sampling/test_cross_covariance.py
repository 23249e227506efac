"""The cross-covariance of groups: what holds on left-out rows, and nothing by chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.over_sampling.columns import fit_columns
from skmiaug.over_sampling.prior import (
    GroupRows,
    cross_validated_correlation,
    draw_folds,
    fit_cross_covariance,
    left_out_residuals,
)
from skmiaug.over_sampling.targets import Gram, regress
from tests.over_sampling._rows import columns_of, fitted, one_hot, shares


def group_rows(rows, T, complete=None):
    """One group of columns, its rows with all groups, and its coordinates."""
    complete = np.ones(len(rows), dtype=bool) if complete is None else complete
    transform, Z = fit_columns(columns_of(rows.astype(np.float32)), T, marginals="gaussian")
    means = regress(Z, T).astype(np.float32)
    part = GroupRows.of(Z[complete], T[complete], means, Gram.of(T), transform.groups[0])
    return part, Z


def information(C, n_first) -> float:
    """Information of the first coordinates about the others, nats."""
    held = np.linalg.svd(C[:n_first, n_first:].astype(float), compute_uv=False)
    return float(-0.5 * np.log1p(-(held**2)).sum())


@pytest.mark.parametrize("codes", ["classes", "shares"])
def test_residuals_of_left_out_rows_are_those_of_a_refit(codes):
    rng = np.random.default_rng(0)
    T = one_hot(np.repeat([0, 1, 2], [9, 8, 1])) if codes == "classes" else shares(18, 3)
    Z = rng.normal(size=(18, 4))
    fold = np.isin(np.arange(18), [0, 3, 4, 10, 11])
    found = left_out_residuals((Z - T @ regress(Z, T))[fold], T[fold], Gram.of(T))
    expected = Z[fold] - T[fold] @ regress(Z[~fold], T[~fold])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("codes", ["classes", "shares"])
@pytest.mark.parametrize("n_without", [0, 25])
@pytest.mark.parametrize("d", [12, 120])
def test_the_covariance_without_a_fold_is_that_of_the_other_rows(n_without, d, codes):
    rng = np.random.default_rng(0)
    n = 90
    T = one_hot(np.arange(n) % 3) if codes == "classes" else shares(n, 3)
    rows = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    complete = np.arange(n) >= n_without
    part, Z = group_rows(rows, T, complete)
    fold = draw_folds(T[complete].argmax(axis=1), rng) == 2
    L = part.factor_without(T[complete], fold)

    kept = np.ones(n, dtype=bool)
    kept[np.flatnonzero(complete)[fold]] = False
    U, T = Z[kept].astype(float), T[kept]
    U -= T @ regress(U, T)
    own = (1 - part.shrinkage) * U.T @ U / (kept.sum() - 3)
    np.testing.assert_allclose(L @ L.T, own + np.diag(part.identity), atol=2e-3)


def test_the_share_of_the_identity_is_the_same_without_the_directions_of_no_row():
    """2,100 columns of 30 rows are represented by 31 coordinates."""
    rng = np.random.default_rng(0)
    T = one_hot(np.arange(30) % 2)
    rows = rng.normal(size=(30, 2100)) * np.linspace(2, 1, 2100)
    part, Z = group_rows(rows, T)
    assert Z.shape[1] < 40
    own = np.square(Z - T @ regress(Z, T)).sum(axis=0) / 28
    np.testing.assert_allclose((1 - part.shrinkage) * own + part.identity, 1, atol=0.01)


@pytest.mark.parametrize("codes", ["classes", "shares"])
def test_chance_in_many_columns_and_few_rows_counts_for_nothing(codes, seed):
    rng = np.random.default_rng(seed)
    T = one_hot(np.arange(120) % 3) if codes == "classes" else shares(120, 3, seed)
    parts = [group_rows(rng.normal(size=(120, d)), T)[0] for d in (100, 60)]
    assert information(fit_cross_covariance(parts, T, rng), 100) < 0.2


def test_dependence_in_directions_of_small_variance_is_found(seed):
    """Few rows, many columns, as in embeddings; the largest variances depend on nothing."""
    rng = np.random.default_rng(seed)
    n, n_audio, n_text = 160, 200, 5
    falling = 0.95 ** np.arange(50)
    audio, text = rng.normal(size=(n, 50)), rng.normal(size=(n, n_text))
    text[:, 1:] = 0.95 * audio[:, 40:44] + np.sqrt(1 - 0.95**2) * text[:, 1:]
    audio = (audio * falling) @ np.linalg.qr(rng.normal(size=(n_audio, 50)))[0].T
    _, _, prior = fitted([audio, text], one_hot(np.arange(n) % 2), bandwidth=1.0)
    assert prior.sizes == (160, 5)
    true = -0.5 * 4 * np.log(1 - 0.95**2)
    assert information(prior.correlation, 160) > 0.35 * true
    # Little of it is in the directions that networks would see.
    _, lead = prior.leading((0, 1), (36, 5))
    assert information(prior.correlation[np.ix_(lead, lead)], 36) < 0.25 * true


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 100))
def test_no_class_lies_in_one_fold_alone(counts, seed):
    classes = np.repeat(np.arange(len(counts)), counts)
    folds = draw_folds(classes, np.random.default_rng(seed))
    for c, n in enumerate(counts):
        own = folds[classes == c]
        if n == 1:
            assert own == [-1]
        else:
            assert len(set(own)) == min(n, 5)


def test_classes_of_one_row_have_no_dependence():
    rng = np.random.default_rng(0)
    T = one_hot(np.arange(4))
    one, other = (group_rows(rng.normal(size=(4, d)), T)[0] for d in (3, 2))
    folds = draw_folds(np.arange(4), rng)
    assert (cross_validated_correlation(one, other, T, folds) == 0).all()


def test_columns_that_are_copies_or_constant_do_no_harm(seed):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(80, 3))
    audio = np.hstack([shared, shared, np.zeros((80, 2)), 1e-8 * shared])
    _, _, prior = fitted([audio, shared], one_hot(np.arange(80) % 2), bandwidth=1.0)
    assert np.isfinite(prior.factor).all()
    assert information(prior.correlation, prior.widths[0]) > 3


def test_three_groups_have_a_joint_distribution():
    """Their cross-covariances are estimated one by one."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(40, 3))
    parts = [common + 0.1 * rng.normal(size=common.shape) for _ in range(3)]
    _, _, prior = fitted(parts, one_hot(np.arange(40) % 2), bandwidth=1.0)
    values = np.linalg.eigvalsh(prior.correlation.astype(float))
    assert values[0] > 0.004
    np.testing.assert_allclose(prior.correlation.diagonal(), 1)
    assert prior.correlation[:3, 3:].max() > 0.4
