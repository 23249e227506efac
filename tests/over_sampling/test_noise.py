"""Noise of the prior: what each family keeps of the rows, and which one is chosen."""

from contextlib import nullcontext

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist
from scipy.stats import multivariate_normal, ortho_group, skew
from sklearn.base import clone

import skmiaug
from skmiaug import GaussianAugmenter, MIGANAugmenter
from skmiaug.exceptions import TinyClassWarning
from skmiaug.over_sampling.columns import fit_columns
from skmiaug.over_sampling.prior import (
    NOISES,
    candidates_of,
    choose_noise,
    class_covariances,
    fit_prior,
    unbiased_residuals,
)
from skmiaug.over_sampling.targets import Gram
from tests.over_sampling._rows import classed_rows, fitted, one_hot

MANY = 20_000


def prior_of(counts, noise, bandwidth=None, d=5, rows=None):
    own, classes = classed_rows(counts, d)
    own = own if rows is None else rows
    _, Z, prior = fitted(own, one_hot(classes), noise=noise, bandwidth=bandwidth)
    residuals = np.array(Z)
    unbiased_residuals(residuals, one_hot(classes), prior.row_means)
    return prior, residuals, classes


def noise_of(prior, c, n=MANY):
    T = one_hot(np.full(n, c), len(prior.row_means))
    return prior.sample(T, rng=np.random.default_rng(1)) - prior.means[c]


# ---- families


def test_residuals_have_the_variance_of_the_noise_in_small_classes_too():
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(400), 2)
    Z = rng.normal(size=(800, 4)).astype(np.float32)
    T = one_hot(classes)
    unbiased_residuals(Z, T, Gram.of(T).inverse.astype(np.float32) @ (T.T @ Z))
    assert Z.var() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("bandwidth", [0.5, None])
@pytest.mark.parametrize("counts", [(60, 12), (60, 3)])
def test_class_gaussian_mixes_the_covariances_of_class_and_pool(counts, bandwidth):
    prior, residuals, classes = prior_of(counts, "class_gaussian", bandwidth)
    for c in range(2):
        own, (w, b) = residuals[classes == c], prior.class_noise[:, c]
        if bandwidth is not None:
            assert (w, b) == (0.75, 1)
        expected = w * own.T @ own / len(own) + (1 - w) * b * np.eye(5)
        found = noise_of(prior, c)
        np.testing.assert_allclose(found.T @ found / MANY, expected, atol=0.08)


def test_scales_of_classes_are_relative_to_all_rows():
    counts = np.array([900, 100])
    deviation = np.repeat([1.0, 4.0], counts)[:, None]
    rows = (deviation * np.random.default_rng(0).normal(size=(1000, 5))).astype(np.float32)
    prior, _, _ = prior_of(counts, "class_gaussian", rows=rows)
    common, rare = prior.class_noise[1]
    assert rare > 5 * common
    assert np.average([common, rare], weights=counts) == pytest.approx(1, abs=0.1)


def test_borrowed_residuals_give_small_classes_the_shape_of_all():
    rng = np.random.default_rng(0)
    rows = rng.exponential(size=(420, 3)).astype(np.float32)
    prior, residuals, _ = prior_of((400, 20), "residuals", 0.15, d=3, rows=rows)
    found = noise_of(prior, 1)
    pooled = residuals.T @ residuals / len(residuals)
    expected = (1 - 0.15**2) * pooled + 0.15**2 * np.eye(3)
    np.testing.assert_allclose(found.T @ found / MANY, expected, atol=0.05)
    np.testing.assert_allclose(skew(found), skew(residuals), atol=0.2)


@pytest.mark.parametrize("noise", NOISES)
def test_samples_have_the_variance_of_the_rows_however_much_is_shrunken(noise):
    rng = np.random.default_rng(0)
    axes = ortho_group.rvs(300, random_state=0)
    X = rng.normal(size=(120, 300)) * np.geomspace(10, 0.1, 300) @ axes
    augmenter = GaussianAugmenter(noise=noise, random_state=0).fit(X, np.arange(120) % 2)
    found = augmenter.sample(2000)[0].var(axis=0).sum() / X.var(axis=0).sum()
    assert found == pytest.approx(1, abs=0.1)


def test_the_noise_of_a_class_has_the_scatter_of_the_class():
    """In far more columns than rows, where most of it is Gaussian."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 30])
    X = rng.normal(size=(90, 200)) * np.where(y == 1, 3.0, 1.0)[:, None]
    augmenter = GaussianAugmenter(noise="class_gaussian", random_state=0).fit(X, y)
    one, three = (augmenter.sample(400, c)[0].std(axis=0).mean() for c in (0, 1))
    assert 2 < three / one < 4


@pytest.mark.parametrize("noise", NOISES)
def test_every_noise_has_mean_zero_and_is_the_same_for_the_same_seed(noise):
    prior, _, _ = prior_of((40, 15, 1), noise, None if noise == "class_gaussian" else 0.5)
    for c in range(3):
        np.testing.assert_allclose(noise_of(prior, c, 500).mean(axis=0), 0, atol=1e-5)
    T = one_hot([0, 2, 1, 1])
    one, other = (prior.sample(T, rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


# ---- weights of the covariances


def slow_log_likelihood(own, k, m):
    """Mean log density of the rows of a class, its covariance fitted without each."""
    n, d = own.shape
    w, densities = n / (n + k * d), []
    for i in range(n):
        others = np.delete(own, i, axis=0)
        S = others.T @ others / (n - 1)
        b = 1 + n / (n + m) * (np.trace(S) / d - 1)
        S = w * S + (1 - w) * b * np.eye(d)
        densities.append(multivariate_normal.logpdf(own[i], cov=S))
    return np.mean(densities)


@pytest.mark.parametrize("ratio", [1.0, 2.0, 6.0])
@pytest.mark.parametrize("sizes", [(40, 25), (12, 3)])
def test_covariances_are_those_of_refits_without_each_row(ratio, sizes):
    rng = np.random.default_rng(int(ratio))
    counts, d = np.array(sizes), 4
    classes = np.repeat([0, 1], counts)
    residuals = rng.normal(size=(len(classes), d))
    residuals[classes == 1] *= np.array([ratio, ratio / 2, ratio, 1])
    weight, scale = class_covariances(residuals.astype(np.float32), classes, counts)
    parts = [residuals[classes == c] for c in range(2)]
    pairs = [(k, m) for k in (0.02, 0.1, 0.3, 1, 3, 10, 1e9) for m in (3, 1e9)]
    totals = [sum(slow_log_likelihood(own, k, m) for own in parts) for k, m in pairs]
    k, m = pairs[int(np.argmax(totals))]
    means = np.array([np.mean(own**2) for own in parts])
    np.testing.assert_allclose(weight, counts / (counts + k * d), atol=1e-6)
    np.testing.assert_allclose(scale, 1 + counts / (counts + m) * (means - 1), atol=1e-5)


def test_classes_of_equal_covariance_get_less_weight_than_those_that_differ():
    rng = np.random.default_rng(0)
    counts = np.array([200, 200])
    classes = np.repeat([0, 1], counts)
    alike = rng.normal(size=(400, 10)).astype(np.float32)
    differ = np.where(classes[:, None] == 1, alike * np.linspace(0.2, 3, 10), alike)
    one, other = (
        class_covariances(x.astype(np.float32), classes, counts)[0] for x in (alike, differ)
    )
    assert one.max() < 0.7 < 0.9 < other.min()


# ---- the choice


def chosen(X, y, groups=None, **options):
    T = one_hot(y)
    transform, Z = fit_columns([(X.astype(np.float32), np.arange(X.shape[1]))], T)
    candidates = options.pop("candidates", candidates_of("auto", "auto"))
    k, scores = choose_noise(
        Z,
        T,
        transform,
        candidates=candidates,
        mi_weight=1.0,
        groups=groups,
        rng=np.random.default_rng(0),
    )
    return candidates[k][0], {(s.noise, round(s.bandwidth, 2)): s.score for s in scores}


def test_coordinates_that_are_not_whitened_have_the_distances_of_standard_columns():
    rows, classes = classed_rows((30, 20), 6)
    transform, Z = fit_columns([(rows, np.arange(6))], one_hot(classes))
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    np.testing.assert_allclose(pdist(transform.unwhitened(Z)), pdist(standard), rtol=1e-3)


def test_whitening_anew_is_undone_by_its_matrix():
    rows, classes = classed_rows((30, 20), 6)
    T = one_hot(classes)
    groups = [(rows, np.arange(4)), (rows, np.arange(4, 6))]
    transform, Z = fit_columns(groups, T)
    V = transform.unwhitened(Z)
    own, U = transform.whitened_anew(V[::2], T[::2])
    np.testing.assert_allclose(U @ own.unwhitening(), V[::2], atol=1e-4)


def test_samples_near_rows_are_worth_less_than_the_gaussian_that_the_rows_are_from():
    gaps = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        y = np.repeat([0, 1], [200, 40])
        X = rng.normal(size=(240, 10)) + 0.5 * rng.normal(size=(2, 10))[y]
        _, scores = chosen(X, y)
        gaps.append(scores["gaussian", 1.0] - scores["class_residuals", 0.3])
    assert np.mean(gaps) > 2 * np.std(gaps) / np.sqrt(len(gaps))


def test_a_ring_is_sampled_near_its_rows():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [300, 100])
    X = rng.normal(size=(400, 2))
    ring = 2.5 * X / np.linalg.norm(X, axis=1, keepdims=True) + 0.3 * X
    noise, scores = chosen(np.where(y[:, None] == 1, ring, X), y)
    assert noise == "class_residuals"
    assert scores["class_residuals", 0.3] > scores["gaussian", 1.0] + 0.03


def test_classes_that_differ_in_scatter_alone_are_told_apart():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [300, 100])
    X = rng.normal(size=(400, 6)) * np.where(y == 1, 3.0, 1.0)[:, None]
    noise, scores = chosen(X, y)
    assert noise != "gaussian"
    assert max(scores.values()) > scores["gaussian", 1.0] + 0.01


def test_rows_of_a_group_are_left_out_together():
    """Near duplicates of rows inform about each other, and about no one else."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [40, 20])
    X = np.repeat(rng.normal(size=(60, 20)), 5, axis=0)
    X += 0.05 * rng.normal(size=X.shape)
    groups = np.repeat(np.arange(60), 5)
    apart, together = (chosen(X, np.repeat(y, 5), groups=own)[1] for own in (None, groups))
    near = "class_residuals", 0.3
    assert apart[near] > 0.5 > 0.2 > together[near]


def test_the_only_row_of_a_class_is_left_out_with_its_group(monkeypatch):
    rows, classes = classed_rows((35, 25, 1), 4)
    groups = np.r_[np.arange(60) % 2, 1]
    sizes = []

    def recorded(U, T, *args, **options):
        sizes.append((len(U), T.shape[1]))
        return fit_prior(U, T, *args, **options)

    monkeypatch.setattr("skmiaug.over_sampling.prior._choice.fit_prior", recorded)
    chosen(rows, classes, groups=groups)
    assert sorted(set(sizes)) == [(30, 2), (31, 3)]
    sizes.clear()
    chosen(rows, classes)
    assert {n_classes for _, n_classes in sizes} == {3}


@pytest.mark.parametrize("bandwidth", [0.9, 0.5, 0.01])
def test_means_move_to_those_of_the_rows_as_the_bandwidth_falls(bandwidth):
    rows, classes = classed_rows((60, 12), 6, apart=0.5)
    shrunken = GaussianAugmenter(noise="gaussian", random_state=0).fit(rows, classes)
    local = clone(shrunken).set_params(noise="class_residuals", bandwidth=bandwidth)
    local.fit(rows, classes)
    for c in range(2):
        own = rows[classes == c].mean(axis=0)
        away = shrunken.sample(2000, y=c)[0].mean(axis=0) - own
        expected = (1 - np.sqrt(1 - bandwidth**2)) * away
        found = local.sample(2000, y=c)[0].mean(axis=0) - own
        assert c == 0 or np.abs(away).max() > 0.05
        # Rows of the class are used equally often but for a remainder.
        np.testing.assert_allclose(found, expected, atol=1e-2)


def test_a_tiny_bandwidth_returns_rows():
    rows, classes = classed_rows((60, 12), 6)
    augmenter = GaussianAugmenter(bandwidth=0.001, random_state=0).fit(rows, classes)
    for c in range(2):
        own = rows[classes == c]
        samples = augmenter.sample(200, y=c)[0]
        # Residuals are a little longer than their rows': of unit variance.
        scale = np.sqrt(len(own) / (len(own) - 1))
        expected = own.mean(axis=0) + scale * (own - own.mean(axis=0))
        distances = cdist(samples, expected).min(axis=1)
        assert distances.max() < 0.2 * pdist(expected).mean()


def test_a_single_column_is_enough_for_the_choice():
    rows, classes = classed_rows((30, 20), 1)
    augmenter = GaussianAugmenter(random_state=0).fit(rows, classes)
    assert len(augmenter.choices_) == 7


def test_an_augmenter_leaves_its_groups_out_together():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(60, 20)), 5, axis=0)
    X += 0.05 * rng.normal(size=X.shape)
    y, groups = np.repeat([0, 1], [200, 100]), np.repeat(np.arange(60), 5)
    for given, low, high in ((None, 0.5, 1), (groups, -1, 0.2)):
        augmenter = GaussianAugmenter(random_state=0).fit(X, y, groups=given)
        assert low < augmenter.choices_[-1].score < high


@pytest.mark.parametrize("counts", [(30, 1), (2, 1), (1, 1), (3, 2)])
def test_few_rows_do_not_end_the_choice(counts):
    rows, classes = classed_rows(counts, 4)
    warned = pytest.warns(TinyClassWarning) if 1 in counts else nullcontext()
    with warned:
        augmenter = GaussianAugmenter(random_state=0).fit(rows, classes)
    assert augmenter.noise_ in NOISES


# ---- augmenters


def test_choices_list_what_was_compared():
    rows, classes = classed_rows((60, 20), apart=0.3)
    augmenter = GaussianAugmenter(random_state=0).fit(rows, classes)
    compared = [(c.noise, c.standard_error) for c in augmenter.choices_]
    assert {noise for noise, _ in compared} == set(NOISES)
    assert sum(error == 0 for _, error in compared) == 1
    assert augmenter.noise_ in NOISES
    fixed = GaussianAugmenter(noise="gaussian").fit(rows, classes)
    assert fixed.choices_ == []
    assert fixed.bandwidth_ == 1
    near = GaussianAugmenter(bandwidth=0.4).fit(rows, classes)
    assert (near.noise_, near.bandwidth_) == ("class_residuals", 0.4)


@pytest.mark.parametrize("noise", NOISES)
def test_a_saved_augmenter_samples_the_same_rows(noise, tmp_path):
    rows, classes = classed_rows((60, 20))
    augmenter = GaussianAugmenter(noise=noise, random_state=0).fit(rows, classes)
    skmiaug.save(augmenter, tmp_path / "augmenter.skmiaug")
    again = skmiaug.load(tmp_path / "augmenter.skmiaug")
    assert again.noise_ == noise
    assert again.choices_ == augmenter.choices_
    for one, other in zip(augmenter.sample(30), again.sample(30), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("noise", ["residuals", "class_gaussian"])
@pytest.mark.parametrize("trained", [False, True])
def test_noise_without_dependence_between_groups_is_refused(noise, trained):
    rows, classes = classed_rows((60, 20))
    modalities = None if trained else {"a": [0, 1, 2], "b": [3, 4, 5]}
    augmenter = MIGANAugmenter(
        noise=noise, modalities=modalities, max_iter=5 if trained else 0
    )
    with pytest.raises(ValueError, match=f"noise='{noise}'"):
        augmenter.fit(rows, classes)
