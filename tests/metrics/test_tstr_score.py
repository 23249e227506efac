"""TSTR score: closed forms, a slow twin, invariance, standard errors."""

import math

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import log_softmax
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel

from skmiaug.metrics import TSTRScorer, paired_difference
from tests.metrics._known import class_mixture, mixture_truth


def tstr_score(Z, T, Z_real, T_real, **options):
    return TSTRScorer(Z_real, T_real, **options).score(Z, T).value


def mixture(n, seed, apart=2.0, d=3, k=2):
    """Rows and one-hot classes of known mutual information."""
    Z, y = class_mixture(n, d, apart, k, np.random.default_rng(seed))
    return Z, np.eye(k)[y]


def rings(n, seed):
    """Two classes of equal means: points of radius about 1 and about 3."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    Z = rng.normal(size=(n, 2))
    Z *= ((1 + 2 * y) / np.linalg.norm(Z, axis=1))[:, None]
    return Z + 0.2 * rng.normal(size=Z.shape), np.eye(2)[y]


@pytest.mark.parametrize(("apart", "k"), [(1.0, 2), (2.0, 2), (2.0, 4)])
def test_samples_of_the_real_distribution_have_its_information(apart, k):
    found = TSTRScorer(*mixture(3000, 0, apart, k=k)).score(*mixture(3000, 1, apart, k=k))
    truth = mixture_truth(apart, k)
    assert found.value == pytest.approx(truth, abs=0.04 + 3 * found.standard_error)
    assert found.value < truth + 3 * found.standard_error


def test_it_separates_rings():
    real, synthetic = rings(600, 0), rings(600, 1)
    assert tstr_score(*synthetic, *real) > 0.5


def test_shuffled_and_swapped_classes_score_nothing():
    rng = np.random.default_rng(0)
    Z, T = mixture(400, 0, d=20, k=3)
    scorer = TSTRScorer(*mixture(300, 1, d=20, k=3))
    found = [scorer.score(Z, rng.permutation(T)).value for _ in range(20)]
    # The temperature is fitted to the real rows, which is worth a little.
    assert np.mean(found) < 0.05
    Z, T = mixture(400, 0)
    swapped = TSTRScorer(*mixture(300, 1)).score(Z, 1 - T)
    assert swapped.value < 1e-9
    # The temperature does not become negative.
    assert swapped.inverse_temperature == 0


def test_class_counts_of_either_side_do_not_matter():
    real, synthetic = mixture(4000, 0), mixture(4000, 1)
    expected = tstr_score(*synthetic, *real)
    rng = np.random.default_rng(2)
    skewed = []
    for Z, T in (real, synthetic):
        kept = (T[:, 0] == 1) | (rng.random(len(T)) < 0.2)
        skewed.append((Z[kept], T[kept]))
    assert tstr_score(*skewed[1], *skewed[0]) == pytest.approx(expected, abs=0.03)
    # A class that is absent from the real rows is left out of the mean.
    only = real[1][:, 0] == 1
    found = tstr_score(*synthetic, real[0][only], real[1][only])
    assert 0 <= found <= math.log(2)


def test_repeating_the_samples_changes_nothing():
    (Z, T), scorer = mixture(300, 0), TSTRScorer(*mixture(200, 1))
    one, two = scorer.score(Z, T), scorer.score(np.tile(Z, (3, 1)), np.tile(T, (3, 1)))
    assert two.value == pytest.approx(one.value, abs=1e-4)


def test_the_temperature_is_found_where_classes_are_exaggerated():
    """Twice the distance of the classes: their posterior alone would be too certain."""
    real = mixture(2000, 0)
    faithful, apart = (tstr_score(*mixture(4000, 1, a), *real) for a in (2, 5))
    assert apart == pytest.approx(faithful, abs=0.05)


def test_more_columns_than_samples():
    Z, T = mixture(40, 0, apart=8.0, d=300)
    real = mixture(60, 1, apart=8.0, d=300)
    found = tstr_score(Z, T, *real)
    assert 0.05 < found <= math.log(2) + 1e-12


@pytest.mark.parametrize("turned", [False, True])
def test_samples_added_to_real_rows_score_as_both_together(turned):
    (Z_train, T_train), (Z, T) = soft(60, 3, 0), soft(150, 3, 1)
    scorer = TSTRScorer(*soft(200, 3, 2), n_components=80)
    both = scorer.score(np.concatenate([Z_train, Z]), np.concatenate([T_train, T]))
    axes = np.random.default_rng(0).normal(size=(4, 4)) if turned else None
    passed = Z @ np.linalg.inv(axes) if turned else Z
    added = scorer.added_to(Z_train, T_train, axes=axes)
    found = added.score(passed, T)
    np.testing.assert_allclose(found.row_values, both.row_values, atol=2e-5)
    # The scorer itself stays as it is.
    assert scorer.score(Z, T).value != pytest.approx(both.value, abs=1e-9)
    with pytest.raises(ValueError, match="T_train has 2 classes"):
        scorer.added_to(Z_train, np.eye(2)[np.arange(60) % 2])
    with pytest.raises(ValueError, match="4 features"):
        added.score(passed[:, :2], T)


# ---- slow twins


def log_score(scores, T):
    """Each class by itself; the temperature by a bounded search."""
    present = [c for c in range(T.shape[1]) if T[:, c].sum() > 0]

    def value(factor):
        log_q = log_softmax(factor * scores, axis=1)
        means = [np.average(log_q[:, c], weights=T[:, c]) for c in present]
        return math.log(T.shape[1]) + np.mean(means)

    found = optimize.minimize_scalar(
        lambda t: -value(math.exp(t)), bounds=(-12, 12), method="bounded"
    )
    return max(-found.fun, 0.0)


def soft(n, k, seed):
    rng = np.random.default_rng(seed)
    T = rng.dirichlet(np.full(k, 0.5), n)
    return T @ rng.normal(size=(k, 4)) * 2 + rng.normal(size=(n, 4)), T


def test_the_twin_is_kernel_ridge_regression():
    """Many random features approximate the Gaussian kernel."""
    (Z, T), (real, T_real) = soft(60, 3, 1), soft(50, 3, 1)
    T, T_real = (np.eye(3)[t.argmax(axis=1)] for t in (T, T_real))
    weights = (T / (3 * T.sum(axis=0))).sum(axis=1)
    # A constant feature of large weight stands for the intercept.
    kernel, across = (rbf_kernel(rows, Z, gamma=0.2) + 1e4 for rows in (Z, real))
    model = KernelRidge(alpha=0.01, kernel="precomputed")
    model.fit(kernel, T - 1 / 3, sample_weight=weights)
    expected = log_score(model.predict(across), T_real)
    scorer = TSTRScorer(real, T_real, gamma=0.2, alpha=0.01, n_components=20_000)
    assert scorer.score(Z, T).value == pytest.approx(expected, abs=0.01)


# ---- standard errors


def test_row_values_give_the_score_and_its_standard_error():
    samples = mixture(2000, 100, k=3)
    found = [
        TSTRScorer(*mixture(150, seed, k=3), n_components=100).score(*samples)
        for seed in range(60)
    ]
    for one in found:
        assert one.row_values.mean() == pytest.approx(one.value)
    spread = np.std([one.value for one in found])
    # The standard deviation of 60 values has an error of 9 %.
    assert spread == pytest.approx(np.mean([f.standard_error for f in found]), rel=0.35)


def test_candidates_are_paired():
    scorer = TSTRScorer(*mixture(300, 0))
    one, two = (scorer.score(*mixture(2000, seed)) for seed in (1, 2))
    difference, error = paired_difference(one.row_values, two.row_values)
    assert difference == pytest.approx(one.value - two.value)
    gaps = one.row_values - two.row_values
    assert error == pytest.approx(stats.sem(gaps))
    assert error < 0.3 * one.standard_error


def test_rows_of_a_group_are_not_independent():
    a, b = np.random.default_rng(0).normal(size=(2, 50))
    difference, error = paired_difference(
        np.repeat(a, 4), np.repeat(b, 4), np.repeat(range(50), 4)
    )
    assert difference == pytest.approx((a - b).mean())
    assert error == pytest.approx(stats.sem(a - b))
    assert math.isnan(paired_difference([1.0, 2.0], [0.0, 0.0], ["a", "a"])[1])


# ---- interface


def test_same_seed_same_features():
    synthetic, real = mixture(100, 0), mixture(100, 1)
    one, two = (tstr_score(*synthetic, *real, random_state=3) for _ in range(2))
    assert one == two
    assert tstr_score(*synthetic, *real, random_state=4) != one


def test_errors_say_what_to_do():
    (Z, T), real = mixture(50, 0), mixture(40, 1)
    scorer = TSTRScorer(*real)
    with pytest.raises(ValueError, match="gamma must be above 0"):
        TSTRScorer(*real, gamma=-1)
    with pytest.raises(ValueError, match="alpha must be above 0"):
        TSTRScorer(*real, alpha=0)
    with pytest.raises(ValueError, match="n_components must be an integer >= 1"):
        TSTRScorer(*real, n_components=0)
    with pytest.raises(ValueError, match="T_synthetic must hold shares"):
        scorer.score(Z, 5 * T)
    with pytest.raises(ValueError, match="real rows have 3 features and the synthetic"):
        scorer.score(Z[:, :2], T)
    with pytest.raises(ValueError, match="T_synthetic has 3 classes and T_real 2"):
        scorer.score(Z, np.hstack([T, 0 * T[:, :1]]))
    with pytest.raises(ValueError, match=r"classes \[0\] have no synthetic samples"):
        scorer.score(Z, np.eye(2)[np.ones(50, int)])
