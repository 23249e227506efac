"""Samples given some groups: against the closed form of Gaussians and of their mixtures."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import multivariate_normal

from skmiaug.over_sampling.targets import regress
from tests.over_sampling._rows import fitted, one_hot, shares

WIDTHS = (3, 2, 2)
SPANS = [np.arange(0, 3), np.arange(3, 5), np.arange(5, 7)]
N = 20_000


def dependent_parts(T, widths=WIDTHS, seed=0):
    """Groups of columns that depend on each other and on the targets."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(len(T), 2))
    return [
        common @ rng.normal(size=(2, d))
        + T @ (2 * rng.normal(size=(T.shape[1], d)))
        + 0.5 * rng.normal(size=(len(T), d))
        for d in widths
    ]


@pytest.fixture(scope="module", params=["classes", "shares"])
def gaussian(request):
    T = one_hot(np.arange(300) % 3) if request.param == "classes" else shares(300, 3)
    _, Z, prior = fitted(dependent_parts(T), T, bandwidth=1.0)
    assert prior.sizes == WIDTHS
    assert np.abs(prior.correlation[:3, 3:]).max() > 0.4
    return prior, Z


def conditional(mean, C, a, b, known):
    """Mean and covariance of the coordinates b given those of a."""
    moves = np.linalg.solve(C[np.ix_(a, a)], C[np.ix_(a, b)])
    return mean[..., b] + (known - mean[..., a]) @ moves, (
        C[np.ix_(b, b)] - C[np.ix_(b, a)] @ moves
    )


def only(Z, groups):
    """Coordinates with NaN in all groups but those."""
    given = np.full(Z.shape, np.nan, dtype=np.float32)
    for k in groups:
        given[:, SPANS[k]] = Z[:, SPANS[k]]
    return given


def spans(groups):
    return np.concatenate([SPANS[k] for k in groups])


@pytest.mark.parametrize("known", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
def test_samples_have_mean_and_covariance_of_the_conditional(gaussian, known):
    prior, Z = gaussian
    others = tuple(k for k in range(3) if k not in known)
    a, b = spans(known), spans(others)
    t, row = np.float32([[0.2, 0.5, 0.3]]), Z[:1]
    T, given = t.repeat(N, axis=0), only(row.repeat(N, axis=0), known)
    samples = prior.sample(T, rng=np.random.default_rng(0), given=given)
    np.testing.assert_array_equal(samples[:, a], given[:, a])
    mean, covariance = conditional(
        (t @ prior.means)[0], prior.correlation.astype(float), a, b, row[0, a]
    )
    np.testing.assert_allclose(samples[:, b].mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(samples[:, b].T), covariance, atol=0.04)


def test_each_row_is_filled_by_its_own_pattern(gaussian):
    prior, Z = gaussian
    rng = np.random.default_rng(1)
    patterns = [(), (0,), (1, 2), (0, 1, 2)]
    which, T = rng.integers(0, 4, size=N), shares(N, 3, seed=3)
    rows = Z[rng.integers(0, 300, size=N)]
    given = np.full(rows.shape, np.nan, dtype=np.float32)
    for i, known in enumerate(patterns):
        given[which == i] = only(rows[which == i], known)
    samples = prior.sample(T, rng=rng, given=given)
    assert np.isfinite(samples).all()
    there = ~np.isnan(given)
    np.testing.assert_array_equal(samples[there], given[there])
    C = prior.correlation.astype(float)
    for i, known in enumerate(patterns[1:3], start=1):
        a, b = spans(known), spans([k for k in range(3) if k not in known])
        own = which == i
        mean, covariance = conditional(T[own] @ prior.means, C, a, b, given[own][:, a])
        noise = samples[own][:, b] - mean
        np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.05)
        np.testing.assert_allclose(noise.T @ noise / len(noise), covariance, atol=0.06)
        # The noise does not depend on what was given.
        np.testing.assert_allclose(noise.T @ given[own][:, a] / len(noise), 0, atol=0.1)
    whole = samples[which == 0] - T[which == 0] @ prior.means
    np.testing.assert_allclose(np.cov(whole.T), C, atol=0.06)


def test_whole_samples_have_the_cross_covariance(gaussian):
    prior, _ = gaussian
    T = one_hot(np.arange(N) % 3)
    noise = prior.sample(T, rng=np.random.default_rng(0)) - T @ prior.means
    np.testing.assert_allclose(np.cov(noise.T), prior.correlation, atol=0.04)


def test_coordinates_beyond_those_that_correlate_are_independent(monkeypatch):
    from skmiaug.over_sampling.prior import _fit_prior

    monkeypatch.setattr(_fit_prior, "_MAX_CORRELATED", 2)
    T = one_hot(np.arange(300) % 3)
    _, Z, prior = fitted(dependent_parts(T), T, bandwidth=1.0)
    assert prior.sizes == (2, 2, 2)
    assert prior.correlation.shape == (6, 6)
    given = only(Z[:1].repeat(N, axis=0), (1,))
    T = one_hot([0], 3).repeat(N, axis=0)
    samples = prior.sample(T, rng=np.random.default_rng(0), given=given)
    last = samples[:, 2]
    assert last.mean() == pytest.approx(prior.means[0, 2], abs=1e-4)
    assert last.std() == pytest.approx(1, abs=0.03)
    np.testing.assert_allclose(np.corrcoef(samples[:, :3].T)[2, :2], 0, atol=0.03)


# ---- a bandwidth below 1


def mixture_mean(prior, c, known, others, row):
    """Mean of the other groups given the known ones, summed over all rows of the class."""
    a, b = spans(known), spans(others)
    C, s = prior.correlation.astype(float), prior.bandwidth
    own = prior.order[prior.class_begin[c] : prior.class_begin[c + 1]]
    centres = prior.means[c] + np.sqrt(1 - s**2) * prior.residuals[own]
    log_weight = [
        multivariate_normal(centre[a], s**2 * C[np.ix_(a, a)]).logpdf(row[a])
        for centre in centres
    ]
    means = np.stack([conditional(centre, C, a, b, row[a])[0] for centre in centres])
    return softmax(log_weight) @ means


@pytest.mark.parametrize("bandwidth", [0.3, 0.8])
@pytest.mark.parametrize("known", [(0,), (1, 2)])
def test_samples_come_from_the_rows_that_are_near_what_is_given(bandwidth, known):
    T = one_hot(np.arange(60) % 2)
    _, Z, prior = fitted(dependent_parts(T), T, bandwidth=bandwidth)
    others = tuple(k for k in range(3) if k not in known)
    for i in (0, 1):
        given = only(Z[i : i + 1].repeat(N, axis=0), known)
        own = one_hot([i], 2).repeat(N, axis=0)
        samples = prior.sample(own, rng=np.random.default_rng(0), given=given)
        expected = mixture_mean(prior, i, known, others, Z[i])
        found = samples[:, spans(others)].mean(axis=0)
        np.testing.assert_allclose(found, expected, atol=0.03)


# ---- density, means


def test_log_densities_of_targets_are_those_of_their_gaussians(gaussian):
    prior, Z = gaussian
    C = prior.correlation.astype(float)
    for known in [(0,), (1, 2), (0, 1, 2)]:
        a = spans(known)
        found = prior.target_log_density(only(Z[:5], known))
        expected = np.stack(
            [
                multivariate_normal(m, C[np.ix_(a, a)]).logpdf(Z[:5, a])
                for m in prior.means[:, a]
            ],
            axis=1,
        )
        np.testing.assert_allclose(np.diff(found), np.diff(expected), atol=1e-2)
    assert (prior.target_log_density(only(Z[:5], ())) == 0).all()


def test_given_groups_are_moved_to_the_means_of_their_targets(gaussian):
    prior, Z = gaussian
    T = one_hot(np.repeat([0, 1, 2], [30, 20, 1]))
    given = only(Z[: len(T)], (0, 2))
    moved = prior.moved_to_means(given, T)
    a = spans((0, 2))
    found = regress(moved[:, a], T)
    np.testing.assert_allclose(found[:2], prior.means[:2, a], atol=1e-5)
    np.testing.assert_array_equal(np.isnan(moved), np.isnan(given))
    np.testing.assert_array_equal(moved[-1, a], given[-1, a])


# ---- rows that lack a group


def test_rows_without_a_group_count_in_the_others():
    T = one_hot(np.repeat([0, 1], [80, 60]))
    audio, text = dependent_parts(T, (3, 2))
    audio[:50] = np.nan
    audio[100:110] = np.nan
    _, Z, prior = fitted([audio, text], T, bandwidth=0.5)
    there = ~np.isnan(Z[:, 0])
    np.testing.assert_allclose(prior.row_means[:, 3:], regress(Z[:, 3:], T), atol=1e-5)
    expected = regress(Z[there, :3], T[there])
    np.testing.assert_allclose(prior.row_means[:, :3], expected, atol=1e-5)
    assert len(prior.residuals) == there.sum()
    assert np.isfinite(prior.correlation).all()
    assert np.abs(prior.correlation[:3, 3:]).max() > 0.4
    samples = prior.sample(T, rng=np.random.default_rng(0), given=Z)
    assert np.isfinite(samples).all()
    np.testing.assert_array_equal(samples[there], Z[there])


# ---- conditions


def conditioned(given_bandwidth, bandwidth=1.0):
    T = one_hot(np.repeat([0, 1], [50, 30]))
    _, Z, prior = fitted(
        dependent_parts(T, (3, 2)),
        T,
        n_generated=1,
        bandwidth=bandwidth,
        given_bandwidth=given_bandwidth,
    )
    return Z, T, prior


def test_conditions_of_the_gaussian_depend_on_the_rows_as_in_the_data():
    _, _, prior = conditioned(1.0)
    assert prior.residuals is None
    T = one_hot(np.repeat([0, 1], N // 2))
    noise = prior.sample(T, rng=np.random.default_rng(0)) - T @ prior.means
    np.testing.assert_allclose(np.cov(noise.T), prior.correlation, atol=0.05)


@pytest.mark.parametrize("bandwidth", [1.0, 0.5])
def test_conditions_of_real_rows_come_back_as_they_are(bandwidth):
    Z, T, prior = conditioned(0.0, bandwidth)
    samples = prior.sample(T, rng=np.random.default_rng(0))
    for c in range(2):
        own = T[:, c] == 1
        found, expected = samples[own, 3:], Z[own, 3:]
        order, wanted = (np.lexsort(a.T) for a in (found, expected))
        np.testing.assert_allclose(found[order], expected[wanted], atol=1e-3)


def test_a_condition_that_is_passed_comes_back():
    Z, T, prior = conditioned(0.5)
    given = Z.copy()
    given[:, :3] = np.nan
    samples = prior.sample(T, rng=np.random.default_rng(0), given=given)
    np.testing.assert_array_equal(samples[:, 3:], Z[:, 3:])
    assert np.isfinite(samples).all()
