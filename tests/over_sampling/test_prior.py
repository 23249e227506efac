"""The prior: what is fitted, and samples of it."""

from dataclasses import replace

import numpy as np
import pytest

from skmiaug.over_sampling.prior import (
    Prior,
    james_stein_shrinkage,
    shrinkage_by_direction,
    standard_normal,
    unbiased_residuals,
)
from skmiaug.over_sampling.prior import _prior as module
from skmiaug.over_sampling.targets import Gram, regress
from tests.over_sampling._rows import classed_rows, fitted, one_hot, shares


def generator(seed=0):
    return np.random.default_rng(seed)


def prior_of(counts=(40, 15, 4), d=6, *, apart=2.0, seed=0, bandwidth=1.0, **options):
    rows, classes = classed_rows(counts, d, seed, apart)
    _, Z, prior = fitted(rows, one_hot(classes), bandwidth=bandwidth, **options)
    return prior, Z, classes


# ---- means


def test_means_are_those_of_the_rows_shrunken_by_their_noise():
    prior, Z, classes = prior_of()
    T = one_hot(classes)
    B, variances = regress(Z, T), Gram.of(T).inverse.diagonal()
    np.testing.assert_allclose(prior.row_means, B, atol=1e-5)
    share = james_stein_shrinkage(B, variances)
    np.testing.assert_allclose(prior.shrinkage, share, rtol=1e-5)
    np.testing.assert_allclose(
        prior.direction_shrinkage, shrinkage_by_direction(B, variances, 56, 6), rtol=1e-5
    )
    plain = prior.with_mi_weight(0.0)
    np.testing.assert_allclose(plain.means, (1 - share) * B, atol=1e-5)


@pytest.mark.parametrize("mi_weight", [0.0, 0.3, 1.0, 50.0])
def test_the_mi_weight_goes_from_one_share_to_those_of_directions(mi_weight):
    prior = prior_of((200, 60), d=96, apart=0.2)[0].with_mi_weight(mi_weight)
    s, s_b = prior.shrinkage, prior.direction_shrinkage
    assert len(set(s_b)) > 1
    expected = 1 - s - min(mi_weight, 1) * (s_b - s)
    np.testing.assert_allclose(prior.kept_share(), np.tile(expected, (2, 1)), rtol=1e-6)
    np.testing.assert_allclose(prior.means, prior.kept_share() * prior.row_means)
    assert (np.abs(prior.means) <= np.abs(prior.row_means)).all()


@pytest.mark.parametrize("informative", [slice(0, 24), slice(72, 96)])
def test_means_are_kept_where_rows_have_information_and_come_nearer(informative):
    """Squared error in units of the standard deviation, over ten draws."""
    errors, relative = np.zeros(2), np.zeros((10, 96))
    for seed in range(10):
        rng = generator(seed)
        classes = np.repeat([0, 1, 2], [2000, 60, 12])
        means = np.zeros((3, 96))
        means[:, informative] = 0.4 * rng.normal(size=(3, 24))
        # Directions of falling variance, as columns of about the same.
        turn = np.logspace(0, -1, 96)[:, None] * np.linalg.qr(rng.normal(size=(96, 96)))[0]
        rows = (rng.normal(size=(len(classes), 96)) + means[classes]) @ turn
        transform, _, prior = fitted(rows, one_hot(classes), bandwidth=1.0)
        group = transform.groups[0]
        true = (means @ turn - group.scale.center) / group.scale.scale
        true = true @ (group.axes / group.deviation)
        for k, weight in enumerate((0.0, 1.0)):
            errors[k] += np.square(prior.with_mi_weight(weight).means - true).sum()
        relative[seed] = (prior.kept_share(1.0) / prior.kept_share(0.0))[0]
    own = np.zeros(96, dtype=bool)
    own[informative] = True
    assert relative[:, own].mean() > 1.1
    assert np.median(relative[:, ~own]) < 0.7
    assert errors[1] < 0.85 * errors[0]


def test_shrinkage_falls_with_the_number_of_rows():
    taken = [prior_of((n, n, n))[0].shrinkage[0] for n in (4, 20, 200, 2000)]
    assert taken == sorted(taken, reverse=True)
    assert taken[-1] < 0.01


def test_a_class_of_one_row_is_that_row_with_half_of_the_noise():
    prior, Z, _ = prior_of((30, 10, 1))
    np.testing.assert_allclose(prior.means[2], Z[-1], atol=1e-5)
    noise = prior.sample(one_hot([2], 3).repeat(20_000, axis=0), rng=generator()) - Z[-1]
    np.testing.assert_allclose(noise.std(axis=0), 0.5, atol=0.02)
    # It has no say in the shrinkage of the others.
    B, variances = prior.row_means[:2], np.array([1 / 30, 1 / 10])
    assert prior.shrinkage[0] == pytest.approx(james_stein_shrinkage(B, variances))


@pytest.mark.parametrize("counts", [(1, 1), (2, 1), (1, 1, 1)])
@pytest.mark.parametrize("bandwidth", [1.0, 0.5])
def test_hardly_any_rows_still_give_samples(counts, bandwidth):
    prior, _, classes = prior_of(counts, bandwidth=bandwidth)
    assert np.isfinite(prior.sample(one_hot(classes), rng=generator())).all()


# ---- samples


def centre_of(prior, T):
    return T @ prior.means


@pytest.mark.parametrize("bandwidth", [0.2, 0.8, 1.0])
@pytest.mark.parametrize("n", [2, 50, 8000])
def test_samples_of_a_class_have_its_mean(bandwidth, n):
    prior, _, _ = prior_of(bandwidth=bandwidth)
    for c in range(3):
        samples = prior.sample(one_hot(np.full(n, c), 3), rng=generator())
        found = samples.mean(axis=0, dtype=float)
        np.testing.assert_allclose(found, prior.means[c], atol=1e-5)


def test_noise_is_standard_normal_around_the_means_of_any_codes():
    prior, _, _ = prior_of()
    T = shares(40_000, 3)
    noise = prior.sample(T, rng=generator()) - centre_of(prior, T)
    np.testing.assert_allclose(np.cov(noise.T), np.eye(6), atol=0.03)
    assert np.mean(noise**4) == pytest.approx(3, abs=0.15)
    np.testing.assert_allclose(regress(noise, T), 0, atol=1e-3)


def test_with_a_bandwidth_the_covariance_is_that_of_the_rows_and_the_noise():
    prior, Z, classes = prior_of((400, 300), bandwidth=0.5)
    T = one_hot(np.repeat([0, 1], 20_000))
    noise = prior.sample(T, rng=generator()) - centre_of(prior, T)
    for c in range(2):
        own = Z[classes == c] - Z[classes == c].mean(axis=0)
        expected = 0.75 * own.T @ own / (len(own) - 1) + 0.25 * np.eye(6)
        found = noise[T[:, c] == 1]
        np.testing.assert_allclose(found.T @ found / len(found), expected, atol=0.05)


def test_a_single_sample_is_from_the_whole_distribution():
    prior, _, _ = prior_of()
    T = one_hot([0], 3)
    rows = np.concatenate([prior.sample(T, rng=generator(s)) for s in range(500)])
    assert rows.std(axis=0).min() > 0.85


def test_a_small_bandwidth_stays_near_real_rows():
    prior, _, _ = prior_of(bandwidth=0.01)
    samples = prior.sample(one_hot([0] * 40, 3), rng=generator()) - prior.means[0]
    real = prior.residuals[:40]
    distance = np.linalg.norm(samples[:, None] - real, axis=2)
    assert distance.min(axis=1).max() < 0.2
    # Each row serves once, in random order.
    nearest = distance.argmin(axis=1)
    assert sorted(nearest) == list(range(40))
    assert nearest.tolist() != list(range(40))


@pytest.mark.parametrize("n", [1, 14, 15, 16, 100])
def test_each_row_is_near_as_many_samples_as_any_other(n):
    prior, _, _ = prior_of(bandwidth=0.01)
    samples = prior.sample(one_hot(np.full(n, 1), 3), rng=generator())
    real = prior.residuals[40:55] + prior.means[1]
    nearest = np.linalg.norm(samples[:, None] - real, axis=2).argmin(axis=1)
    times = np.bincount(nearest, minlength=15)
    assert times.max() - times.min() <= 1


def test_samples_depend_on_targets_and_generator_alone():
    prior, _, _ = prior_of(bandwidth=0.6)
    T = one_hot([0, 1, 2, 0, 1], 3)
    legacy = np.random.get_state()[1].copy()
    kept = prior.residuals.copy(), prior.means.copy(), T.copy()
    first = prior.sample(T, rng=generator(3))
    prior.sample(T[:2], rng=generator(5))
    np.testing.assert_array_equal(prior.sample(T, rng=generator(3)), first)
    assert not np.allclose(prior.sample(T, rng=generator(4)), first)
    assert first.dtype == np.float32
    for before, after in zip(kept, (prior.residuals, prior.means, T), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy)


@pytest.mark.parametrize("n", [1024, 1025, 5000])
def test_noise_does_not_depend_on_the_number_of_threads(n, monkeypatch):
    one = standard_normal((n, 3), generator())
    monkeypatch.setattr(module, "ThreadPoolExecutor", lambda n: OneByOne())
    np.testing.assert_array_equal(standard_normal((n, 3), generator()), one)
    assert len(np.unique(one)) > 0.99 * one.size
    assert one.std() == pytest.approx(1, abs=0.05)


class OneByOne:
    """An executor without threads."""

    map = map

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass


# ---- codes that are no classes


def rated(n=400, d=5, seed=0):
    """Rows whose mean is linear in vote shares of four targets; one of them never leads."""
    T = shares(n, 3, seed)
    T = np.hstack([0.8 * T, np.full((n, 1), 0.2, np.float32) * T[:, :1]])
    T /= T.sum(axis=1, keepdims=True)
    M = 2 * generator(7).normal(size=(4, d))
    return (T @ M + generator(seed).normal(size=(n, d))).astype(np.float32), T


@pytest.mark.parametrize("bandwidth", [1.0, 0.4])
def test_samples_of_shares_have_the_means_of_their_shares(bandwidth):
    rows, T = rated()
    transform, Z, prior = fitted(rows, T, bandwidth=bandwidth)
    assert not prior.single.any()
    np.testing.assert_allclose(prior.row_means, regress(Z, T), atol=1e-4)
    wanted = np.tile(np.float32([0.5, 0.3, 0.15, 0.05]), (20_000, 1))
    samples = prior.sample(wanted, rng=generator())
    np.testing.assert_allclose(samples.mean(axis=0), wanted[0] @ prior.means, atol=1e-2)
    np.testing.assert_allclose(np.cov(samples.T), np.eye(5), atol=0.15)
    out = np.empty((len(samples), 5), dtype=np.float32)
    transform.inverse_into(samples, out)
    near = np.abs(T - wanted[0]).max(axis=1) < 0.1
    np.testing.assert_allclose(out.mean(axis=0), rows[near].mean(axis=0), atol=0.6)


def test_a_target_that_leads_in_no_row_is_drawn_near_any():
    rows, T = rated()
    assert 3 not in T.argmax(axis=1)
    _, _, prior = fitted(rows, T, bandwidth=0.01)
    samples = prior.sample(one_hot([3] * 2000, 4), rng=generator()) - prior.means[3]
    distance = np.linalg.norm(samples[:, None] - prior.residuals, axis=2)
    assert distance.min(axis=1).max() < 0.2
    assert len(np.unique(distance.argmin(axis=1))) > 390


def test_rows_near_mixed_targets_come_from_their_classes_by_shares():
    rows, classes = classed_rows((60, 60), d=4, apart=0.0)
    _, _, prior = fitted(rows, one_hot(classes), bandwidth=0.01)
    T = np.tile(np.float32([0.25, 0.75]), (4000, 1))
    samples = prior.sample(T, rng=generator()) - T @ prior.means
    nearest = np.linalg.norm(samples[:, None] - prior.residuals, axis=2).argmin(axis=1)
    assert (nearest < 60).mean() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("bandwidth", [1.0, 0.5])
def test_indicators_of_several_labels_are_codes_too(bandwidth):
    rng = generator(0)
    T = rng.integers(0, 2, size=(300, 3)).astype(np.float32)
    rows = (T @ rng.normal(size=(3, 4)) + rng.normal(size=(300, 4))).astype(np.float32)
    _, _, prior = fitted(rows, T, bandwidth=bandwidth)
    samples = prior.sample(T, rng=generator(1))
    np.testing.assert_allclose(regress(samples, T), prior.means, atol=0.2)


# ---- state


def test_residuals_are_kept_only_where_samples_need_them():
    rows, classes = classed_rows()
    T = one_hot(classes)
    _, Z, prior = fitted(rows, T, bandwidth=1.0)
    assert prior.residuals is None
    _, Z, prior = fitted(rows, T, bandwidth=0.5, keep_rows=False)
    expected = np.array(Z)
    unbiased_residuals(expected, T, prior.row_means)
    prior.attach_residuals(Z, T)
    assert prior.residuals is Z
    np.testing.assert_allclose(Z, expected, atol=1e-6)
    prior.attach_residuals(np.zeros_like(Z), T)
    assert prior.residuals is Z


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row_means": np.zeros((2, 6))}, "row_means"),
        ({"shrinkage": np.zeros(5)}, "shrinkage has the shape"),
        ({"order": np.zeros(59, dtype=int)}, "order"),
        ({"class_begin": np.array([0, 1, 2, 3])}, "class_begin"),
        ({"sizes": (7,)}, "sizes"),
        ({"bandwidth": 0.0}, "bandwidth"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(change, message):
    prior, _, _ = prior_of(bandwidth=0.5)
    prior.check()
    with pytest.raises(ValueError, match=message):
        replace(prior, **change).check()


def test_a_correlation_that_is_none_is_refused():
    rows, classes = classed_rows()
    _, _, prior = fitted([rows[:, :4], rows[:, 4:]], one_hot(classes), bandwidth=1.0)
    assert isinstance(prior, Prior)
    prior.check()
    with pytest.raises(np.linalg.LinAlgError):
        replace(prior, correlation=2 - np.eye(6, dtype=np.float32)).check()
