"""The bandwidth: densities of left-out rows against a slow twin, and what is chosen."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, logsumexp

from skmiaug import GaussianAugmenter
from skmiaug.over_sampling.prior import (
    BANDWIDTHS,
    FittedRows,
    calibrated_log_posterior,
    choose_bandwidth,
    left_out_information,
)
from skmiaug.over_sampling.prior import _bandwidth as module
from skmiaug.over_sampling.targets import Gram
from tests.over_sampling._rows import classed_rows, one_hot

KEPT, COVARIANCE_SHRINKAGE = 0.6, 0.2


# ---- left-out rows against fits without them


def fit(rows, classes, left_out=None):
    """Means and covariance of the other rows."""
    n_classes = classes.max() + 1
    used = np.arange(len(rows)) != left_out
    means = [rows[used & (classes == c)].mean(axis=0) for c in range(n_classes)]
    r = (rows - np.array(means)[classes])[used]
    return np.array(means), r.T @ r / (len(rows) - n_classes)


def shrunken(covariance, variance):
    identity = np.eye(len(covariance))
    return (1 - COVARIANCE_SHRINKAGE) * covariance + COVARIANCE_SHRINKAGE * (
        variance * identity
    )


def slow(rows, classes, bandwidth):
    """Log densities (n_classes, n) up to a constant of each row, by refits."""
    n, n_classes = len(rows), classes.max() + 1
    variance = np.trace(fit(rows, classes)[1]) / rows.shape[1]
    w = np.sqrt(1 - bandwidth**2)
    out = np.empty((n_classes, n))
    for i in range(n):
        means, covariance = fit(rows, classes, i)
        precision = np.linalg.inv(shrunken(covariance, variance))
        for c in range(n_classes):
            others = rows[(classes == c) & (np.arange(n) != i)]
            v = rows[i] - (KEPT * means[c] + w * (others - means[c]))
            kernels = -np.einsum("jd,de,je->j", v, precision, v) / (2 * bandwidth**2)
            out[c, i] = logsumexp(kernels) - np.log(len(others))
    return out


def whitened(rows, classes):
    """As a fit has it: whitened by the shrunken covariance of all rows."""
    means, covariance = fit(rows, classes)
    variance = np.trace(covariance) / rows.shape[1]
    values, axes = np.linalg.eigh(shrunken(covariance, variance))
    to_white = axes / np.sqrt(values)
    T = one_hot(classes)
    return FittedRows(
        residuals=(rows - means[classes]) @ to_white,
        classes=classes,
        row_means=means @ to_white,
        means=KEPT * means @ to_white,
        kept=np.full(len(means), KEPT),
        leverage=Gram.of(T).leverage(T),
        weight=(1 - COVARIANCE_SHRINKAGE) / (len(rows) - len(means)),
    )


@pytest.mark.parametrize("table", [2**22, 30])
@pytest.mark.parametrize("n_features", [3, 40])
@pytest.mark.parametrize("counts", [(9, 5, 2), (6, 6)])
def test_densities_are_those_of_fits_without_the_row(
    counts, n_features, table, monkeypatch
):
    monkeypatch.setattr(module, "_MAX_TABLE", table)
    rows, classes = classed_rows(counts, n_features, apart=0.5)
    order = np.random.default_rng(0).permutation(len(rows))
    rows, classes = rows[order].astype(float), classes[order]
    bandwidths = (0.3, 0.7, 1.0)
    found = whitened(rows, classes).left_out_log_densities(bandwidths)
    for bandwidth, log_densities in zip(bandwidths, found, strict=True):
        expected = slow(rows, classes, bandwidth)
        assert np.diff(log_densities, axis=0) == pytest.approx(
            np.diff(expected, axis=0), rel=1e-6, abs=1e-6
        )


def test_float32_is_enough():
    rows, classes = classed_rows((40, 30, 20), 60, apart=1.0)
    double = whitened(rows.astype(float), classes)
    names = ("residuals", "row_means", "means")
    single = replace(double, **{n: getattr(double, n).astype(np.float32) for n in names})
    one, other = (left_out_information(f, BANDWIDTHS) for f in (single, double))
    assert one == pytest.approx(other, abs=1e-4)


def test_a_class_without_rows_is_impossible():
    rows, classes = classed_rows((9, 5))
    fitted = whitened(rows.astype(float), classes)
    third = replace(
        fitted,
        row_means=np.vstack([fitted.row_means, fitted.row_means[:1]]),
        means=np.vstack([fitted.means, fitted.means[:1]]),
        kept=np.full(3, KEPT),
    )
    one, other = (f.left_out_log_densities((0.5, 1.0)) for f in (fitted, third))
    np.testing.assert_allclose(other[:, :2], one)
    assert (other[:, 2] == -np.inf).all()
    assert left_out_information(third, BANDWIDTHS) == pytest.approx(
        left_out_information(fitted, BANDWIDTHS)
    )


# ---- calibration


@given(st.integers(0, 10_000), st.floats(-0.3, 2))
def test_calibration_undoes_a_power_and_is_the_best_of_a_grid(seed, log_power):
    rng = np.random.default_rng(seed)
    log_densities = rng.normal(size=(3, 30))
    rows, classes = np.arange(30), np.arange(30) % 3
    log_densities[classes, rows] += 1
    weights = np.full(30, 1 / 30)
    found = calibrated_log_posterior(10**log_power * log_densities, classes, weights)
    best = max(
        log_softmax(power * log_densities, axis=0)[classes, rows].mean()
        for power in np.logspace(-3, 0.7, 400)
    )
    assert found == pytest.approx(best, abs=1e-4)


# ---- the choice


def fitted_to(rows, classes):
    """Unshrunken means, and rows that are taken as white."""
    T = one_hot(classes)
    means = np.stack([rows[classes == c].mean(axis=0) for c in range(T.shape[1])])
    return FittedRows(
        residuals=rows - means[classes],
        classes=classes,
        row_means=means,
        means=means,
        kept=np.ones(len(means)),
        leverage=Gram.of(T).leverage(T),
        weight=1 / max(len(rows) - len(means), 1),
    )


def choose(rows, classes):
    return choose_bandwidth(fitted_to(rows.astype(np.float32), classes))


def gaussian_classes(n=150, d=8, seed=0):
    classes = np.repeat([0, 1], n)
    rows = np.random.default_rng(seed).normal(size=(2 * n, d))
    rows[:, 0] += 2.0 * classes
    return rows, classes


def clustered_classes(n=150, seed=0):
    """Two classes in turns along a line, of the same mean and covariance."""
    rng = np.random.default_rng(seed)
    classes = np.repeat([0, 1], n)
    rows = rng.normal(size=(2 * n, 2))
    rows[:, 0] = (2 * rng.integers(4, size=2 * n) + classes) / 2.5 + 0.03 * rows[:, 0]
    return rows - rows.mean(axis=0), classes


def rings(n=200, d=6, seed=0):
    rng = np.random.default_rng(seed)
    classes = np.repeat([0, 1], n)
    rows = rng.normal(size=(2 * n, d))
    rows[:, :2] *= (1.0 + classes[:, None]) / np.linalg.norm(rows[:, :2], axis=1)[:, None]
    return rows, classes


def test_few_rows_of_many_features_are_drawn_from_the_gaussian(seed):
    """Kernels around 30 rows of 200 features have no information beyond the means."""
    rng = np.random.default_rng(seed)
    classes = np.repeat([0, 1, 2], 30)
    rows = rng.normal(size=(90, 200)) + rng.normal(size=(3, 200))[classes] / 3
    assert choose(rows, classes) == 1.0


def test_rings_and_clusters_are_drawn_around_their_rows(seed):
    """Classes of one mean and one covariance, which a Gaussian cannot tell apart."""
    assert choose(*rings(seed=seed)) <= 0.7
    assert choose(*clustered_classes(seed=seed)) == min(BANDWIDTHS)


def test_gaussian_classes_need_no_kernels(seed):
    """In a few columns kernels describe them as well, and close ones worse."""
    scores = left_out_information(fitted_to(*gaussian_classes(seed=seed)), BANDWIDTHS)
    assert scores[0] < scores[-1]
    assert scores[-1] == pytest.approx(scores.max(), abs=0.03)


def test_of_bandwidths_as_good_the_largest_is_taken():
    rows, classes = gaussian_classes()
    rows[:, 0] += 30.0 * classes
    assert choose(rows, classes) == 1.0


@pytest.mark.parametrize(
    ("scores", "expected", "without_step"),
    [
        ([-0.9, -0.8, -0.7, -0.6, -0.5], 1.0, 1.0),
        ([-0.9, -0.8, -0.7, -0.6, -0.6005], 1.0, 1.0),
        ([-0.9, -0.8, -0.7, -0.6, -0.7], 0.7, 0.85),
        ([-0.9, -0.6, -0.7, -0.8, -0.9], 0.3, 0.5),
        ([-0.5, -0.6, -0.7, -0.8, -0.9], 0.3, 0.3),
        (None, 1.0, 1.0),
    ],
)
def test_the_most_informative_or_one_below_unless_it_is_the_gaussian(
    monkeypatch, scores, expected, without_step
):
    scores = None if scores is None else np.array(scores)
    monkeypatch.setattr(module, "left_out_information", lambda *args: scores)
    fitted = fitted_to(*gaussian_classes(n=3))
    assert choose_bandwidth(fitted) == expected
    assert choose_bandwidth(fitted, smoother=False) == without_step


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_without_information_no_class_has_an_advantage(seed, share):
    """However few rows a class has."""
    classes = (np.arange(400) < 400 * share).astype(int)
    rows = np.random.default_rng(seed).normal(size=(400, 100))
    found = left_out_information(replace(fitted_to(rows, classes), weight=0), BANDWIDTHS)
    assert found == pytest.approx(-np.log(2), abs=0.02)


def test_left_out_rows_are_predicted_as_new_ones(seed):
    """Also with fewer rows than features, where the covariance has seen each row."""
    rng = np.random.default_rng(seed)
    classes, new = np.repeat([0, 1], 60), np.repeat([0, 1], 4000)
    rows = rng.normal(size=(8120, 200))
    rows[:, 0] += 3.0 * np.concatenate([classes, new])
    _, S = fit(rows[:120], classes)
    values, axes = np.linalg.eigh(0.5 * S + 0.5 * np.eye(200))
    rows = rows @ (axes / np.sqrt(values))
    fitted = replace(fitted_to(rows[:120], classes), weight=0.5 / 118)

    def predicted(rows):
        return np.square(rows[:, None] - fitted.means).sum(axis=2).argmin(axis=1)

    left_out = fitted.left_out_log_densities((1.0,))[0].argmax(axis=0)
    of_new = (predicted(rows[120:]) == new).mean()
    # The standard error of a share of 120 rows is 0.04.
    assert (left_out == classes).mean() == pytest.approx(of_new, abs=0.12)
    assert (predicted(rows[:120]) == classes).mean() > (left_out == classes).mean()


@pytest.mark.parametrize("counts", [(1, 1), (5, 1)])
def test_too_few_rows_to_leave_any_out_take_the_gaussian(counts):
    rows, classes = classed_rows(counts, 3)
    assert choose(rows, classes) == 1.0


def test_a_class_of_one_row_is_passed_over():
    rows, classes = gaussian_classes()
    far = np.vstack([rows, rows[:1] + 50]), np.append(classes, 2)
    one, other = (
        left_out_information(fitted_to(*data), BANDWIDTHS)
        for data in (far, (rows, classes))
    )
    assert one == pytest.approx(other, rel=0.01)


def test_the_order_of_the_rows_does_not_matter():
    rows, classes = clustered_classes(n=40)
    order = np.random.default_rng(1).permutation(len(rows))
    one, other = (
        left_out_information(fitted_to(rows[o], classes[o]), BANDWIDTHS)
        for o in (np.arange(len(rows)), order)
    )
    assert one == pytest.approx(other, rel=1e-6)


# ---- augmenters


def rings_in_sixteen_columns():
    """Classes that kernels tell apart well, but with too much confidence."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [300, 60, 60])
    X = 0.5 * rng.normal(size=(len(y), 16))
    angle = rng.uniform(0, 2 * np.pi, len(y))
    radius = 1 + y + 0.2 * rng.normal(size=len(y))
    X[:, 0], X[:, 1] = radius * np.cos(angle), radius * np.sin(angle)
    return X, y


def chosen(X, y, **parameters):
    return GaussianAugmenter(random_state=0, **parameters).fit(X, y).bandwidth_


def test_samples_of_modalities_stay_further_from_real_rows():
    X, y = rings_in_sixteen_columns()
    alone = chosen(X, y)
    together = chosen(X, y, modalities={"audio": slice(0, 8), "text": slice(8, None)})
    assert alone <= 0.7
    assert alone == BANDWIDTHS[BANDWIDTHS.index(together) - 1]


def test_speech_embeddings_of_any_layer_are_drawn_from_the_gaussian(emodb):
    layers = emodb["X_whisper_layers"].swapaxes(0, 1)
    found = [chosen(layer.astype(np.float32), emodb["y"]) for layer in layers]
    assert found == [1.0] * 7
