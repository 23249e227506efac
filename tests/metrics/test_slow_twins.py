"""Vectorised metrics against loops that follow the definitions."""

import math

import numpy as np
import pytest
from scipy import linalg, stats
from scipy.spatial.distance import cdist
from scipy.special import digamma, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from skmiaug.metrics import (
    classifier_two_sample_test,
    feature_drift,
    frechet_distance,
    gaussian_information,
    ksg_information,
    mixed_information,
    mutual_information_score,
    precision_recall_density_coverage,
)

RNG = np.random.default_rng(0)


def canonical(x, y):
    """Canonical variates of unit variance, from the columns' normal scores."""
    sides = []
    for z in (x, y):
        z = stats.norm.ppf((stats.rankdata(z, axis=0) - 0.5) / len(z))
        z = z - z.mean(axis=0)
        sides.append(z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / len(z))).T)
    left, _, right = np.linalg.svd(sides[0].T @ sides[1])
    return sides[0] @ left, sides[1] @ right.T


@pytest.mark.parametrize(("d", "k", "duplicates"), [(2, 1, 0), (2, 3, 20), (3, 4, 20)])
def test_ksg(d, k, duplicates):
    n = 80
    x = RNG.normal(size=(n, d))
    y = x + RNG.normal(size=(n, d))
    x[:duplicates], y[:duplicates] = (
        x[duplicates : 2 * duplicates],
        y[duplicates : 2 * duplicates],
    )
    if duplicates:
        x[40:45], y[40:45] = x[40], y[40]  # more duplicates than neighbours
    u, v = canonical(x, y)
    total = 0.0
    for i in range(n):
        near_x = np.abs(np.delete(u, i, axis=0) - u[i]).max(axis=1)
        near_y = np.abs(np.delete(v, i, axis=0) - v[i]).max(axis=1)
        joint = np.maximum(near_x, near_y)
        reach = np.sort(joint)[k - 1]
        if reach < 1e-9:
            terms = [(side < 1e-9).sum() for side in (joint, near_x, near_y)]
        else:
            terms = [k, (near_x < reach - 1e-9).sum(), (near_y < reach - 1e-9).sum()]
        total += digamma(terms[0]) - digamma(terms[1] + 1) - digamma(terms[2] + 1)
    found = ksg_information(
        x, y, n_neighbors=k, bias_correction=False, n_permutations=0, max_samples=None
    )
    assert found.estimate == pytest.approx(digamma(n) + total / n, abs=1e-9)


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
    found = mixed_information(X, classes, n_neighbors=k, scale=False, n_permutations=0)
    assert found.estimate == pytest.approx(expected, abs=1e-9)


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


@pytest.mark.parametrize(("n", "d", "atol"), [(60, 3, 2e-3), (30, 50, 2e-2)])
def test_ridge_discriminant(n, d, atol):
    """Every row left out of its own regression, for every penalty, one by one."""
    classes = np.arange(n) % 3
    X = RNG.normal(size=(n, d)) + 2 * np.eye(3, d)[classes]
    new = RNG.normal(size=(20, d)) + 2 * np.eye(3, d)[np.arange(20) % 3]
    Z, new_Z = ((rows - X.mean(axis=0)) / X.std(axis=0) for rows in (X, new))
    indicator, shares = np.eye(3)[classes], np.full(3, 1 / 3)

    def log_q(scores, means, precision):
        gaps = scores[:, None] - means
        density = -0.5 * np.einsum("ncj,jk,nck->nc", gaps, precision, gaps)
        # The class shares have 1 % of the weight, as a floor.
        return np.log(0.99 * softmax(density, axis=1) + 0.01 * shares)

    best = (-math.log(3), None)
    for penalty in (1e-3, 1e-2, 1e-1, 1.0, 10.0):
        scores = np.empty((n, 3))
        for i in range(n):
            rest = np.arange(n) != i
            model = Ridge(alpha=penalty * n).fit(Z[rest], indicator[rest])
            scores[i] = model.predict(Z[[i]])[0] - indicator[rest].mean(axis=0)
        if scores[np.arange(n), classes].mean() <= 1e-6:
            continue
        means = np.stack([scores[classes == c, :2].mean(axis=0) for c in range(3)])
        gaps = scores[:, :2] - means[classes]
        covariance = gaps.T @ gaps / n
        covariance = 0.9 * covariance + 0.05 * np.trace(covariance) * np.eye(2)
        fitted = means, np.linalg.inv(covariance)
        likelihood = log_q(scores[:, :2], *fitted)[np.arange(n), classes].mean()
        if likelihood > best[0]:
            all_rows = Ridge(alpha=penalty * n).fit(Z, indicator)
            best = likelihood, log_q(all_rows.predict(new_Z)[:, :2] - shares[:2], *fitted)
    assert best[1] is not None
    named = np.arange(20) % 3
    new_shares = np.bincount(named) / 20
    # The prior of the score are the class shares of the new rows.
    q = (np.exp(best[1]) - 0.01 * shares) * new_shares
    q = 0.99 * q / q.sum(axis=1, keepdims=True) + 0.01 * new_shares
    expected = np.log(q[np.arange(20), named] / new_shares[named]).mean()
    found = mutual_information_score(new, named, X, classes, n_permutations=0)
    assert found.estimate == pytest.approx(expected, abs=atol)


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize(
    "draw",
    [
        lambda: RNG.normal(size=(90, 3)),
        lambda: RNG.integers(2, size=(90, 8)),
        lambda: RNG.integers(4, size=(90, 3)),
        lambda: RNG.normal(size=(15, 40))[RNG.integers(15, size=90)],
    ],
    ids=["normal", "binary", "grid", "duplicates"],
)
def test_prdc(draw, scale):
    """Balls contain their surface, at any scale."""
    real, synthetic = np.array_split(draw().astype(float), 2)
    found = precision_recall_density_coverage(real, synthetic, n_neighbors=3, scale=scale)
    unit = real.std(axis=0) if scale else 1.0
    a, b = real / unit, synthetic / unit
    across = cdist(b, a)
    reach, other_reach = (np.sort(cdist(c, c))[:, 3] + 1e-9 for c in (a, b))
    in_real, in_synthetic = across <= reach, other_reach >= across.T
    assert found.precision == pytest.approx(in_real.any(axis=1).mean())
    assert found.recall == pytest.approx(in_synthetic.any(axis=1).mean())
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


def test_the_area_is_that_of_scikit_learn():
    areas = []

    class FirstColumn(ClassifierMixin, BaseEstimator):
        """Scores by the first column, with ties; the second is the class."""

        def fit(self, X, y):
            return self

        def decision_function(self, X):
            scores = np.round(X[:, 0], 1)
            areas.append(roc_auc_score(X[:, 1], scores))
            return scores

    real = np.column_stack([RNG.normal(size=60), np.zeros(60)])
    synthetic = np.column_stack([RNG.normal(size=50) + 0.5, np.ones(50)])
    found = classifier_two_sample_test(
        real, synthetic, classifier=FirstColumn(), n_permutations=0
    )
    assert found.auc == pytest.approx(np.mean(areas))
