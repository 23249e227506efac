"""The class Gaussian against closed forms, scikit-learn and what must not matter."""

import numpy as np
import pytest
import torch
from sklearn.covariance import ledoit_wolf_shrinkage as sklearn_shrinkage
from skmiaug.over_sampling._class_gaussian import (
    fit_class_gaussian,
    ledoit_wolf_shrinkage,
    means_by_class,
)
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._row_sampler import RowSampler
from skmiaug.over_sampling._spectrum import Spectrum

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling import _row_blocks, _spectrum


def classed_rows(counts=(40, 20, 9), d=6, seed=0, apart=2.0):
    """Correlated rows around the means of their classes, of unit size in float32."""
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(counts)), counts)
    mixing = rng.normal(size=(d, d)) / np.sqrt(d) + np.diag(np.linspace(0.5, 1.5, d))
    rows = rng.normal(size=(len(classes), d)) @ mixing
    rows += apart * rng.normal(size=(len(counts), d))[classes]
    return rows.astype(np.float32), classes


def deviations(rows, classes):
    """Rows less the mean of their class, float64."""
    rows = rows.astype(np.float64)
    return np.concatenate(
        [rows[classes == c] - rows[classes == c].mean(axis=0) for c in np.unique(classes)]
    )


# ---- covariance


def spectrum_with(covariance, fourth):
    """What the shrinkage reads of a spectrum."""
    return Spectrum(
        values=np.linalg.eigvalsh(covariance),
        axes=np.eye(len(covariance)),
        squared_norm=np.square(covariance).sum(),
        trace=np.trace(covariance),
        fourth_moment=fourth,
    )


@pytest.mark.parametrize("shape", [(200, 5), (50, 20), (30, 100), (3, 8), (500, 1)])
def test_shrinkage_is_that_of_scikit_learn(shape):
    n, d = shape
    rows = np.random.default_rng(n).normal(size=shape) * np.linspace(1, 3, d)
    fourth = np.mean(np.square(rows).sum(axis=1) ** 2)
    found = ledoit_wolf_shrinkage(spectrum_with(rows.T @ rows / n, fourth), n)
    expected = sklearn_shrinkage(rows, assume_centered=True)
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_multiple_of_the_identity_needs_no_shrinkage():
    assert ledoit_wolf_shrinkage(spectrum_with(3 * np.eye(4), 100.0), 10) == 0


@pytest.mark.parametrize("counts", [(40, 20, 9), (5, 4)])
def test_the_covariance_is_the_pooled_one_shrunken_towards_its_mean_variance(counts):
    rows, classes = classed_rows(counts)
    gaussian = fit_class_gaussian(rows, classes, len(counts))
    r = deviations(rows, classes)
    pooled = r.T @ r / (len(r) - len(counts))
    s = sklearn_shrinkage(r, assume_centered=True)
    shrunken = (1 - s) * pooled + s * np.trace(pooled) / len(pooled) * np.eye(len(pooled))
    assert gaussian.shrinkage == pytest.approx(s, abs=1e-5)
    colour = gaussian.colour().astype(np.float64)
    np.testing.assert_allclose(colour.T @ colour, shrunken, atol=1e-4)


def test_whitened_rows_of_a_large_set_have_unit_covariance_within_classes():
    rows, classes = classed_rows((6000, 3000, 1000))
    whitened = fit_class_gaussian(rows, classes, 3).whiten_in_place(rows)
    covariance = np.cov(deviations(whitened, classes).T)
    np.testing.assert_allclose(covariance, np.eye(6), atol=0.05)


def test_directions_come_in_order_of_falling_variance():
    rows, classes = classed_rows()
    gaussian = fit_class_gaussian(rows, classes, 3)
    assert (np.diff(gaussian.deviation) <= 0).all()
    along = deviations(rows, classes) @ gaussian.axes
    assert (np.diff(along.std(axis=0)) <= 1e-6).all()


@pytest.mark.parametrize("counts", [(40, 20, 9), (8, 3)])
def test_whitening_then_colouring_is_the_identity(counts):
    rows, classes = classed_rows(counts, d=12)
    gaussian = fit_class_gaussian(rows, classes, len(counts))
    whitened = gaussian.whiten_in_place(rows.copy())
    again = gaussian.grand_mean + whitened @ gaussian.colour()
    np.testing.assert_allclose(again, rows, atol=1e-4)


def test_identical_rows_give_a_gaussian_without_width():
    rows = np.repeat([[0.0, 1.0], [1.0, 0.0]], 3, axis=0).astype(np.float32)
    gaussian = fit_class_gaussian(rows, np.repeat([0, 1], 3), 2)
    assert np.isfinite(gaussian.means).all()
    assert (gaussian.deviation < 0.01).all()


def test_more_features_than_rows_leave_no_direction_without_width():
    rows, classes = classed_rows((6, 4), d=50)
    gaussian = fit_class_gaussian(rows, classes, 2)
    assert gaussian.deviation.min() > 0.05


# ---- means


def test_means_by_class_are_the_means():
    rows, classes = classed_rows()
    found = means_by_class(rows, classes, 3)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found[2], rows[classes == 2].mean(axis=0), atol=1e-6)


def test_many_rows_keep_the_class_means():
    rows, classes = classed_rows((20_000, 20_000, 20_000))
    gaussian = fit_class_gaussian(rows, classes, 3)
    assert (gaussian.mean_shrinkage < 0.01).all()
    whitened = gaussian.whiten_in_place(rows)
    expected = means_by_class(whitened, classes, 3)
    np.testing.assert_allclose(gaussian.means, expected, atol=0.05)


def test_few_rows_of_many_features_shrink_the_class_means():
    rows, classes = classed_rows((12, 4), d=40, apart=0.3)
    gaussian = fit_class_gaussian(rows, classes, 2)
    assert (gaussian.mean_shrinkage > 0.3).all()
    assert (gaussian.mean_shrinkage <= 1).all()
    whitened = means_by_class(gaussian.whiten_in_place(rows), classes, 2)
    kept = 1 - gaussian.mean_shrinkage[:, None]
    np.testing.assert_allclose(gaussian.means, kept * whitened, atol=1e-3)


def test_shrinkage_falls_as_rows_come_in():
    taken = [
        fit_class_gaussian(*classed_rows((n, n, n)), 3).mean_shrinkage.mean()
        for n in (4, 20, 200, 2000)
    ]
    assert taken == sorted(taken, reverse=True)


def test_a_class_of_one_row_is_that_row_with_less_noise():
    rows, classes = classed_rows((30, 10, 1))
    gaussian = fit_class_gaussian(rows, classes, 3)
    assert gaussian.mean_shrinkage[2] == 0
    assert gaussian.noise[2] < 1
    assert (gaussian.noise[:2] == 1).all()
    whitened = gaussian.whiten_in_place(rows)
    np.testing.assert_allclose(gaussian.means[2], whitened[-1], atol=1e-4)


@pytest.mark.parametrize("counts", [(1, 1), (2, 1)])
def test_hardly_any_rows_still_give_finite_numbers(counts):
    gaussian = fit_class_gaussian(*classed_rows(counts), 2)
    for array in (gaussian.means, gaussian.deviation, gaussian.axes, gaussian.noise):
        assert np.isfinite(array).all()


# ---- what must not matter


def assert_same_gaussian(one, other, atol=1e-4):
    np.testing.assert_allclose(one.colour(), other.colour(), atol=atol)
    np.testing.assert_allclose(one.means, other.means, atol=atol)
    np.testing.assert_allclose(one.grand_mean, other.grand_mean, atol=atol)
    np.testing.assert_allclose(one.mean_shrinkage, other.mean_shrinkage, atol=atol)
    assert one.shrinkage == pytest.approx(other.shrinkage, abs=atol)


def test_the_size_of_the_chunks(monkeypatch):
    rows, classes = classed_rows()
    whole = fit_class_gaussian(rows, classes, 3)
    whitened = whole.whiten_in_place(rows.copy())
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 7)
    assert_same_gaussian(fit_class_gaussian(rows, classes, 3), whole)
    np.testing.assert_allclose(whole.whiten_in_place(rows), whitened, atol=1e-5)


@pytest.mark.parametrize("counts", [(20, 12, 8), (37, 2, 1), (3, 1)])
def test_few_rows_of_many_columns_have_the_same_gaussian_without_their_covariance(
    counts, monkeypatch
):
    rows, classes = classed_rows(counts, d=90)
    rows[:, 7] = 0.0
    whole = fit_class_gaussian(rows, classes, len(counts))
    monkeypatch.setattr(_spectrum, "_MANY_COLUMNS", 90)
    decomposed, eigh = [], np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: decomposed.append(len(a)) or eigh(a))
    found = fit_class_gaussian(rows, classes, len(counts))
    assert decomposed == [len(rows)]
    np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(90), atol=1e-5)
    # Eigenvectors are known up to their signs, and libraries differ in those they give.
    for axes in (found.axes, whole.axes):
        assert (axes.max(axis=0) == np.abs(axes).max(axis=0)).all()
    np.testing.assert_allclose(
        found.colour().T @ found.colour(), whole.colour().T @ whole.colour(), atol=1e-4
    )
    np.testing.assert_allclose(
        found.means @ found.colour(), whole.means @ whole.colour(), atol=1e-4
    )
    for name in ("deviation", "mean_shrinkage", "direction_shrinkage", "shrinkage"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), atol=1e-4)


def test_rows_that_are_all_alike_have_axes_without_their_covariance(monkeypatch):
    monkeypatch.setattr(_spectrum, "_MANY_COLUMNS", 90)
    found = fit_class_gaussian(np.zeros((6, 90), np.float32), np.repeat([0, 1], 3), 2)
    np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(90), atol=1e-5)
    assert np.isfinite(found.colour()).all()


def test_the_order_of_the_rows():
    rows, classes = classed_rows()
    order = np.random.default_rng(1).permutation(len(rows))
    shuffled = fit_class_gaussian(rows[order], classes[order], 3)
    assert_same_gaussian(shuffled, fit_class_gaussian(rows, classes, 3))


def test_the_numbers_of_the_classes():
    rows, classes = classed_rows()
    named = fit_class_gaussian(rows, classes, 3)
    number = np.array([2, 0, 1])  # class c is called number[c]
    renamed = fit_class_gaussian(rows, number[classes], 3)
    np.testing.assert_allclose(renamed.means[number], named.means, atol=1e-4)
    np.testing.assert_allclose(renamed.colour(), named.colour(), atol=1e-5)


def standardised_draws(X, classes, n=50):
    """Rows of every class, drawn from the Gaussian alone, in units of the columns."""
    n_classes, d = classes.max() + 1, X.shape[1]
    scale = ColumnScale.standard(X)
    sampler = RowSampler(
        scale=scale,
        gaussian=fit_class_gaussian(scale.transform(X), classes, n_classes),
        generator=ResidualGenerator(d, n_classes, 1, (4,)),
        critic=Critic(d, n_classes, 0, (4,)),
        n_components=d,
        latent_width=1,
        bandwidth=1.0,
        residual_strength=0.0,
        rejection_rate=0.0,
        row_deviations=None,
        class_begin=np.searchsorted(classes, np.arange(n_classes + 1)),
    )
    out = np.empty((n_classes, n, d))
    for c in range(n_classes):
        sampler.draw_into(out[c], c, seed=0, device=torch.device("cpu"))
    return (out - scale.center) / scale.scale


@pytest.mark.parametrize(
    ("factor", "offset", "atol"),
    [(1024.0, 0.0, 0.0), (1000.0, 0.0, 1e-3), (0.01, 5.0, 1e-3)],
)
def test_the_unit_of_the_columns(factor, offset, atol):
    rows, classes = classed_rows()
    X = rows.astype(np.float64)
    found = standardised_draws(factor * X + offset, classes)
    np.testing.assert_allclose(found, standardised_draws(X, classes), atol=atol, rtol=0)
