"""The step of the class means against the gradient it is taken along, and its bounds."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from skmiaug.over_sampling import _fit
from skmiaug.over_sampling._class_gaussian import fit_class_gaussian
from skmiaug.over_sampling._emphasis import emphasis, emphasised
from skmiaug.training import train_gan
from tests._helpers import small

COUNTS = (40, 12, 5)


def start(counts=COUNTS, d=6, seed=0, apart=0.5):
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(counts)), counts)
    rows = rng.normal(size=(len(classes), d)) * np.logspace(0, -1.5, d)
    rows += apart * rng.normal(size=(len(counts), d))[classes]
    return fit_class_gaussian(rows.astype(np.float32), classes, len(counts))


def in_features(gaussian, whitened):
    return whitened @ gaussian.colour()


def discriminant_covariance(gaussian):
    """2/3 Σ + 1/3 v I in the coordinates of the features."""
    colour = gaussian.colour().astype(float)
    covariance = colour.T @ colour
    return 2 / 3 * covariance + np.trace(covariance) / len(covariance) / 3 * np.eye(
        len(covariance)
    )


def test_the_step_is_along_the_gradient_of_the_bound():
    """By autograd of log q(c|x) at rows q cannot tell: the grand mean of equal classes."""
    gaussian = start((20, 20, 20))
    means = torch.from_numpy(in_features(gaussian, gaussian.means).astype(float))
    inverse = torch.from_numpy(np.linalg.inv(discriminant_covariance(gaussian)))
    variance = float(np.square(gaussian.deviation.astype(float)).mean())
    mi_weight = 2.0
    after = in_features(gaussian, emphasised(gaussian, mi_weight).means)

    x = torch.zeros(means.shape[1], dtype=torch.float64, requires_grad=True)
    logits = x @ inverse @ means.T - 0.5 * ((means @ inverse) * means).sum(dim=1)
    gradients = []
    for c in range(3):
        # Undecided: the weights of log q at equal logits, whatever the offsets.
        log_q = logits[c] - logits.mean()
        gradients.append(torch.autograd.grad(log_q, x, retain_graph=True)[0])
    step = mi_weight / 2 * gaussian.mean_shrinkage[0] * variance * torch.stack(gradients)
    moved = (means + step).numpy()
    scale = (moved * after).sum() / np.square(moved).sum()
    np.testing.assert_allclose(after, scale * moved, atol=1e-5)
    assert scale < 1


def told_easily(gaussian, means):
    """What the discriminant of Σ_q is told of the classes: the sum of μᵀ Σ_q⁻¹ μ."""
    means = in_features(gaussian, means)
    inverse = np.linalg.inv(discriminant_covariance(gaussian))
    return np.einsum("ci,ij,cj", means, inverse, means)


@given(mi_weight=st.floats(0, 100), seed=st.integers(0, 20))
def test_what_is_read_easily_stays_and_the_rest_grows(mi_weight, seed):
    gaussian = start(seed=seed)
    after = emphasised(gaussian, mi_weight)
    before = told_easily(gaussian, gaussian.means)
    assert told_easily(gaussian, after.means) == pytest.approx(before, rel=1e-4)
    length = np.square(gaussian.means).sum()
    assert np.square(after.means).sum() >= length * (1 - 1e-6)


def information(gaussian, n=20_000):
    """I(c; x) of equally likely Gaussians with these means, by its definition, nats."""
    means = gaussian.means.astype(float)
    rng = np.random.default_rng(0)
    rows = np.concatenate([mean + rng.normal(size=(n, means.shape[1])) for mean in means])
    logits = rows @ means.T - 0.5 * np.square(means).sum(axis=1)
    own = np.repeat(np.arange(len(means)), n)
    return log_softmax(logits, axis=1)[np.arange(len(own)), own].mean() + np.log(len(means))


def test_information_rises_with_the_weight():
    gaussian = start(apart=0.1)
    told = [information(emphasised(gaussian, w)) for w in (0.0, 1.0, 3.0, 10.0)]
    assert (np.diff(told) > 0).all()
    assert told[-1] > 1.05 * told[0]


def test_reported_information_rises_with_the_weight(emodb):
    X, y = emodb["X_whisper_layers"][:, 3].astype(np.float32), emodb["y"]
    told = [
        small(max_iter=0, mi_weight=w).fit(X, y).mutual_information_
        for w in (0.0, 1.0, 3.0)
    ]
    assert (np.diff(told) > 0).all()


@given(mi_weight=st.floats(0.01, 100), seed=st.integers(0, 20))
def test_what_varies_less_counts_more_within_bounds(mi_weight, seed):
    gaussian = start(seed=seed)
    factors = emphasis(gaussian, mi_weight)
    # Directions are in order of falling variance.
    assert (np.diff(factors, axis=1) >= 0).all()
    most = 1 + 1.5 * mi_weight * gaussian.mean_shrinkage.max()
    assert factors.max() / factors.min() <= most * (1 + 1e-6)


def test_without_weight_nothing_moves():
    gaussian = start()
    assert (emphasis(gaussian, 0.0) == 1).all()
    assert (emphasised(gaussian, 0.0).means == gaussian.means).all()


def test_a_class_of_one_row_keeps_it():
    gaussian = start((30, 10, 1))
    factors = emphasis(gaussian, 3.0)
    assert (factors[2] == 1).all()
    assert (factors[:2] != 1).any()


def test_means_of_many_rows_stay():
    few, many = (np.abs(emphasis(start((n, n)), 1.0) - 1).max() for n in (10, 20_000))
    assert many < 0.02 < few


def test_classes_of_one_mean_stay_there():
    rows = np.tile(np.random.default_rng(0).normal(size=(10, 4)), (2, 1))
    gaussian = fit_class_gaussian(rows.astype(np.float32), np.repeat([0, 1], 10), 2)
    assert np.isfinite(emphasis(gaussian, 1.0)).all()


def test_made_rows_have_the_means_that_were_moved(skewed):
    X, y = skewed
    augmenter = small(max_iter=0, mi_weight=4.0, spread=1.0).fit(X, y)
    plain = small(max_iter=0, mi_weight=0.0, spread=1.0).fit(X, y)
    gaussian = plain._sampler.gaussian
    factors = emphasis(gaussian, 4.0)
    for k, c in enumerate(plain.classes_):
        means = [one.sample(500, y=c)[0].mean(axis=0) for one in (plain, augmenter)]
        shift = (factors[k] - 1) * gaussian.means[k] @ gaussian.colour()
        np.testing.assert_allclose(
            means[1] - means[0], shift * X.std(axis=0), rtol=1e-3, atol=1e-5
        )


def test_training_starts_at_the_means_that_are_drawn_from(skewed, monkeypatch):
    batches = []

    def remember(players, drawn, *args, **kwargs):
        batches.append(drawn)
        return train_gan(players, drawn, *args, **kwargs)

    monkeypatch.setattr(_fit, "train_gan", remember)
    # Without rows held out, training and drawing have means of the same rows.
    for mi_weight in (0.0, 4.0):
        fitted = small(mi_weight=mi_weight, validation_fraction=0.0).fit(*skewed)
        means = batches.pop().means.numpy()
        drawn_from = fitted._sampler.gaussian.means[:, : means.shape[1]]
        np.testing.assert_allclose(means, drawn_from, atol=1e-4)
