"""Vectorised code against loops that follow the definitions."""

import math

import numpy as np
import pytest
from scipy import linalg, stats
from scipy.spatial.distance import cdist
from scipy.special import digamma
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from skmiaug.metrics import (
    feature_drift,
    frechet_distance,
    gaussian_information,
    precision_recall_density_coverage,
)
from skmiaug.metrics._classifier_bound import held_out_folds, shuffled_within
from skmiaug.metrics._distances import count_within, nearest, squared_distance_blocks
from skmiaug.metrics._ksg_counts import counts_by_pairs, counts_by_tree
from skmiaug.metrics._ksg_information import ksg_mean
from skmiaug.metrics._mixed_information import neighbour_order, ross_mean
from skmiaug.metrics._ridge_discriminant import RidgeBasis, _left_out
from skmiaug.metrics._two_sample import _areas

RNG = np.random.default_rng(0)


def farthest(a, b):
    return max(abs(p - q) for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize(("d", "k"), [(1, 1), (1, 3), (2, 3), (3, 5)])
def test_ksg(d, k):
    n = 60
    x = RNG.normal(size=(n, d))
    y = x + RNG.normal(size=(n, d))
    total = 0.0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        joint = sorted(max(farthest(x[i], x[j]), farthest(y[i], y[j])) for j in others)
        reach = joint[k - 1]
        near_x = sum(farthest(x[i], x[j]) < reach for j in others)
        near_y = sum(farthest(y[i], y[j]) < reach for j in others)
        total += digamma(near_x + 1) + digamma(near_y + 1)
    expected = digamma(k) + digamma(n) - total / n
    assert ksg_mean(x, y, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("d", [1, 3])
def test_ksg_counts_of_trees_and_of_all_pairs(d):
    # Exact in float32 too, with copies on both sides, on one, and three of a kind.
    u, v = RNG.normal(size=(2, 700, d)).astype(np.float32).astype(np.float64)
    u[:20], v[:20] = u[20:40], v[20:40]
    v[40:60] = v[60:80]
    u[100:105] = v[100:105] = 0.5
    for k in (1, 3, 6):
        tree, pairs = counts_by_tree(u, v, k), counts_by_pairs(u, v, k)
        np.testing.assert_array_equal(pairs, tree)


@pytest.mark.parametrize("k", [1, 3])
def test_ross(k):
    counts = [30, 15, 3]
    classes = np.repeat([0, 1, 2], counts)
    X = RNG.normal(size=(48, 3)) + classes[:, None]
    terms = []
    for i in range(48):
        distance = [float(np.sum((X[i] - X[j]) ** 2)) for j in range(48)]
        own = sorted(distance[j] for j in range(48) if j != i and classes[j] == classes[i])
        k_own = min(k, len(own))
        rank = sum(distance[j] <= own[k_own - 1] for j in range(48) if j != i)
        terms.append(digamma(k_own) - digamma(counts[classes[i]]) - digamma(rank))
    expected = digamma(48) + np.mean(terms)
    found = ross_mean(neighbour_order(X), classes, k)
    assert found == pytest.approx(expected, abs=1e-9)


def test_gaussian_by_determinants():
    n, p, q = 80, 3, 2
    x = RNG.normal(size=(n, p))
    y = x[:, :q] + RNG.normal(size=(n, q))

    def log_determinant(z):
        z = z - z.mean(axis=0)
        d = z.shape[1]
        freedom = n - 1
        expected = sum(digamma((freedom - i) / 2) for i in range(d)) + d * math.log(2)
        return np.linalg.slogdet(z.T @ z)[1] - expected

    truth = 0.5 * (
        log_determinant(x) + log_determinant(y) - log_determinant(np.hstack([x, y]))
    )
    found = gaussian_information(x, y, n_permutations=0)
    assert found.estimate == pytest.approx(truth, abs=1e-9)


@pytest.mark.parametrize(("n", "d"), [(40, 3), (25, 60)])
def test_ridge_without_each_row(n, d):
    """The closed form for leaving rows out against a regression fitted without each."""
    X = RNG.normal(size=(n, d))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    classes = np.arange(n) % 3
    indicator = np.eye(3, dtype=np.float32)[classes]
    shares = indicator.mean(axis=0)
    basis = RidgeBasis(X)
    for column, penalty in enumerate([1e-3, 1e-2, 1e-1, 1.0, 10.0]):
        kept = basis._kept[:, column]
        fitted = basis._left @ (kept[:, None] * (basis._left.T @ (indicator - shares)))
        found = _left_out(fitted + shares, indicator, shares, basis._leverage[:, column])
        for i in range(0, n, 7):
            others = np.arange(n) != i
            model = Ridge(alpha=penalty * n).fit(X[others], indicator[others])
            expected = model.predict(X[[i]])[0] - indicator[others].mean(axis=0)
            # Float32 where next to nothing of a row is left over.
            atol = 2e-2 if (n < d and penalty < 0.01) else 2e-3
            np.testing.assert_allclose(found[i], expected, atol=atol)


def test_many_fits_are_those_of_one_by_one():
    X = RNG.normal(size=(90, 5))
    sets = [RNG.permutation(np.arange(90) % 3) for _ in range(4)]
    sets[0] = (X[:, 0] > 0).astype(int) + (X[:, 0] > 0.8)
    basis = RidgeBasis(X)
    projected = basis.project(X)
    for classes, found in zip(sets, basis.fit_many(sets, 3), strict=True):
        alone = basis.fit(classes, 3).log_density(projected)
        np.testing.assert_allclose(found.log_density(projected), alone, atol=1e-3)


def test_prdc():
    real, made, k = RNG.normal(size=(40, 3)), 0.7 * RNG.normal(size=(50, 3)) + 0.3, 3

    def reach(rows):
        return [sorted(np.linalg.norm(rows - r, axis=1))[k] for r in rows]

    def within(a, balls, radii):
        return [[np.linalg.norm(p - b) <= r for b, r in zip(balls, radii, strict=True)]
                for p in a]  # fmt: skip

    in_real = np.array(within(made, real, reach(real)))
    in_made = np.array(within(real, made, reach(made)))
    found = precision_recall_density_coverage(real, made, n_neighbors=k, scale=False)
    assert found.precision == pytest.approx(in_real.any(axis=1).mean())
    assert found.recall == pytest.approx(in_made.any(axis=1).mean())
    assert found.density == pytest.approx(in_real.sum() / (k * len(made)))
    assert found.coverage == pytest.approx(in_real.any(axis=0).mean())


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize(
    "draw",
    [
        lambda: RNG.integers(2, size=(90, 8)),
        lambda: RNG.integers(4, size=(90, 3)),
        lambda: RNG.normal(size=(15, 40))[RNG.integers(15, size=90)],
    ],
    ids=["binary", "grid", "copies"],
)
def test_prdc_where_distances_tie(draw, scale):
    """Balls hold what lies on their surface, at any scale."""
    real, made = np.array_split(draw().astype(float), 2)
    found = precision_recall_density_coverage(real, made, n_neighbors=3, scale=scale)
    unit = real.std(axis=0) if scale else 1.0
    a, b = real / unit, made / unit
    across = cdist(b, a)
    reach, made_reach = (np.sort(cdist(c, c))[:, 3] + 1e-9 for c in (a, b))
    in_real, in_made = across <= reach, made_reach >= across.T
    assert found.precision == pytest.approx(in_real.any(axis=1).mean())
    assert found.recall == pytest.approx(in_made.any(axis=1).mean())
    assert found.density == pytest.approx(in_real.sum() / (3 * len(b)))
    assert found.coverage == pytest.approx(in_real.any(axis=0).mean())


def test_frechet_by_the_matrix_square_root():
    one = RNG.normal(size=(200, 4)) @ RNG.normal(size=(4, 4))
    two = RNG.normal(size=(150, 4)) @ RNG.normal(size=(4, 4)) + 1
    a, b = np.cov(one.T), np.cov(two.T)
    gap = np.sum((one.mean(axis=0) - two.mean(axis=0)) ** 2)
    expected = gap + np.trace(a + b - 2 * np.real(linalg.sqrtm(a @ b)))
    assert frechet_distance(one, two, scale=False) == pytest.approx(expected, rel=1e-4)


def test_kolmogorov_smirnov_is_that_of_scipy():
    one, two = RNG.normal(size=(70, 3)), np.round(RNG.normal(size=(50, 3)), 1)
    expected = [stats.ks_2samp(one[:, j], two[:, j]).statistic for j in range(3)]
    np.testing.assert_allclose(feature_drift(one, two).ks, expected)


def test_areas_are_those_of_scikit_learn():
    scores, labels = np.round(RNG.normal(size=(1, 60)), 1), np.arange(60) % 2
    folds = [(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]
    expected = np.mean([roc_auc_score(labels[t], scores[0, t]) for _, t in folds])
    assert _areas(scores, [labels], folds)[0] == pytest.approx(expected)


@pytest.mark.parametrize("block_bytes", [1, 4000, 2**27])
def test_distances_in_blocks_of_any_size(monkeypatch, block_bytes):
    monkeypatch.setattr("skmiaug.metrics._distances._BLOCK_BYTES", block_bytes)
    a, b = RNG.normal(size=(37, 5)), RNG.normal(size=(23, 5))
    full = np.linalg.norm(a[:, None] - b[None], axis=2)
    seen = np.vstack([block.copy() for _, block in squared_distance_blocks(a, b)])
    np.testing.assert_allclose(np.sqrt(seen), full, atol=1e-4)
    distances, rows = nearest(a, b, 3)
    np.testing.assert_allclose(distances, np.sort(full, axis=1)[:, :3], atol=1e-12)
    np.testing.assert_array_equal(rows[:, 0], full.argmin(axis=1))
    own = np.linalg.norm(a[:, None] - a[None], axis=2) + np.diag(np.full(37, np.inf))
    np.testing.assert_allclose(nearest(a, a, same_rows=True)[0][:, 0], own.min(axis=1))
    counts, hit = count_within(a, b, np.full(23, 2.0))
    np.testing.assert_array_equal(counts, (full <= 2).sum(axis=1))
    np.testing.assert_array_equal(hit, (full <= 2).any(axis=0))


def test_shuffles_keep_to_their_blocks():
    classes = np.arange(60) % 4
    folds = held_out_folds(classes, 5, None, 0)
    tests = [test for _, test in folds]
    shuffled = shuffled_within(tests, classes, np.random.default_rng(0))
    assert (shuffled != classes).any()
    for test in tests:
        assert sorted(shuffled[test]) == sorted(classes[test])
