"""The validation score, against closed forms and a slow twin."""

import math

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch.nn.functional import one_hot

from skmiaug.datasets import make_gaussian_pairs
from skmiaug.over_sampling.generator._validation import (
    ValidationScorer,
    linear_information,
    pair_gain,
    tstr_information,
)
from skmiaug.training.gan import heads_step
from tests.training._toy import CONDITION, ONE, PAIR, toy_batches, toy_networks

# ---- train on synthetic, test on real


def gaussian_classes(n, d=3, n_classes=2, apart=2.0, seed=0):
    """Unit normals around the first corners of a cube; n rows of each class."""
    rng = torch.Generator().manual_seed(seed)
    targets = torch.eye(n_classes).repeat_interleave(n, dim=0)
    values = torch.randn(len(targets), d, generator=rng)
    return values + apart * targets @ torch.eye(n_classes, d), targets


def slow_information(samples, targets, real, real_targets):
    """Linear discriminant analysis, class by class and row by row."""
    samples, classes = samples.double().numpy(), targets.argmax(dim=1).numpy()
    n_classes = targets.shape[1]
    means = np.array([samples[classes == c].mean(axis=0) for c in range(n_classes)])
    residuals = samples - means[classes]
    covariance = 0.9 * residuals.T @ residuals / len(samples) + 0.1 * np.eye(len(means[0]))
    precision = np.linalg.inv(covariance)
    log_q = [[] for _ in range(n_classes)]
    for row, c in zip(real.numpy(), real_targets.argmax(dim=1).tolist(), strict=True):
        logits = [-0.5 * (row - m) @ precision @ (row - m) for m in means]
        log_q[c].append(log_softmax(logits)[c])
    return math.log(n_classes) + np.mean([np.mean(own) for own in log_q if own])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kept", [slice(None, -2), slice(5, None)])
def test_tstr_information_is_that_of_a_linear_discriminant(n_classes, kept):
    samples, targets = gaussian_classes(20, n_classes=n_classes)
    real, real_targets = gaussian_classes(5, n_classes=n_classes, seed=1)
    # Imbalanced, or without one of the classes.
    data = samples, targets, real[kept], real_targets[kept]
    assert tstr_information(*data) == pytest.approx(slow_information(*data), abs=1e-4)


@pytest.mark.parametrize("apart", [1.0, 2.0, 4.0])
def test_large_samples_of_the_true_classes_carry_all_information(apart):
    samples, targets = gaussian_classes(20_000, apart=apart)
    real, real_targets = gaussian_classes(20_000, apart=apart, seed=1)
    found = tstr_information(samples, targets, real, real_targets)
    # The true posterior, averaged over the same rows.
    log_q = torch.log_softmax(-0.5 * torch.cdist(real, apart * torch.eye(2, 3)) ** 2, dim=1)
    truth = math.log(2) + float((log_q * real_targets).sum(dim=1).mean())
    assert found == pytest.approx(truth, abs=0.02)
    assert found < truth + 1e-3


def test_bad_samples_carry_less_information():
    samples, targets = gaussian_classes(2000)
    real = gaussian_classes(2000, seed=1)
    order = torch.randperm(4000, generator=torch.Generator().manual_seed(0))
    aside = torch.tensor([1.0, 0.0, 0.0])
    good, off, far_off = (
        tstr_information(samples + shift * aside, targets, *real) for shift in (0, 0.7, 1.5)
    )
    shuffled = tstr_information(samples[order], targets, *real)
    swapped = tstr_information(samples, 1 - targets, *real)
    assert shuffled == pytest.approx(0, abs=0.02)
    assert good > off > far_off
    assert good > 0.3
    assert swapped < -1


def test_with_shares_as_targets_it_is_the_mean_log_score_of_the_shares():
    samples, targets = gaussian_classes(500)
    shares = torch.tensor([[0.5, 0.5]]).repeat(200, 1)
    at_middle = torch.tensor([[1.0, 1.0, 0.0]]).repeat(200, 1)
    found = tstr_information(samples, targets, at_middle, shares)
    # Between the two means each class has probability one half.
    assert found == pytest.approx(0.0, abs=0.02)


# ---- linear dependence between groups


def as_tensors(values, classes, n_classes):
    targets = one_hot(torch.from_numpy(classes), n_classes).float()
    return torch.from_numpy(values.astype(np.float32)), targets


def test_linear_information_is_that_of_gaussian_pairs(seed):
    pairs = make_gaussian_pairs(3000, random_state=seed)
    values = np.hstack([pairs.audio, pairs.text])
    rows = as_tensors(values, pairs.y, len(np.unique(pairs.y)))
    found = linear_information(*rows, (pairs.audio.shape[1], pairs.text.shape[1]))
    assert found == pytest.approx(pairs.information, abs=0.1)


def test_many_independent_columns_have_none(seed):
    values = np.random.default_rng(seed).normal(size=(400, 150))
    rows = as_tensors(values, np.arange(400) % 3, 3)
    found = [linear_information(*rows, sizes) for sizes in ((75, 75), (50,) * 3)]
    np.testing.assert_allclose(found, 0.0, atol=2.0)  # plug-in: 9 and 12 nats


def test_of_three_groups_it_is_the_total_correlation(seed):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(20_000, 1))
    values = 0.6**0.5 * common + 0.4**0.5 * rng.normal(size=(20_000, 3))
    rows = as_tensors(values, np.zeros(20_000, dtype=int), 1)
    wanted = -0.5 * math.log(np.linalg.det(np.full((3, 3), 0.6) + 0.4 * np.eye(3)))
    assert linear_information(*rows, (1, 1, 1)) == pytest.approx(wanted, abs=0.03)


def test_class_means_do_not_count_and_classes_may_lack_rows(seed):
    classes = 2 * (np.arange(2000) % 2)
    values = np.random.default_rng(seed).normal(size=(2000, 2)) + 50.0 * classes[:, None]
    assert abs(linear_information(*as_tensors(values, classes, 3), (1, 1))) < 0.02


def test_too_few_rows_give_nan():
    rows = as_tensors(np.eye(6), np.arange(6) % 2, 2)
    assert math.isnan(linear_information(*rows, (3, 3)))


# ---- how much nearer the samples are than the prior


@pytest.mark.parametrize(
    ("wanted", "of_prior", "of_samples", "expected"),
    [
        (1.0, 0.2, 0.2, 0.0),  # nothing learned
        (1.0, 0.2, 0.7, 0.5),
        (1.0, 0.2, 0.98, 0.78),  # all of it, less a tenth of the prior's
        (1.0, 0.2, 1.28, 0.48),  # the excess counts against them
        (1.0, -1.0, 0.0, 0.5),  # half of the way from a prior without information
        (1.0, -1.0, 1.0, 1.0),
        (-0.1, -0.5, -0.1, 0.0),  # there is nothing to learn
        (0.5, 0.8, 0.8, 0.0),  # a prior that has more may stay
        (0.5, 0.8, 0.4, -0.02),
    ],
)
def test_the_gain_of_pairs(wanted, of_prior, of_samples, expected):
    found = pair_gain(*(torch.tensor([v]) for v in (wanted, of_prior, of_samples)))
    assert float(found) == pytest.approx(expected, abs=1e-6)


# ---- the scorer


def scorer(batches, *, with_pairs=True, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return ValidationScorer(batches, generator, with_pairs=with_pairs)


def test_the_score_is_the_same_at_each_check_and_leaves_the_batches_alone():
    batches = toy_batches(PAIR)
    state = batches.generator.get_state()
    networks, own = toy_networks(PAIR, moved=True), scorer(batches)
    assert own.score(networks) == own.score(networks) == scorer(batches).score(networks)
    assert torch.equal(batches.generator.get_state(), state)
    assert scorer(batches, seed=1).score(networks) != own.score(networks)


@pytest.mark.parametrize("layout", [ONE, PAIR, CONDITION])
def test_it_scores_samples_for_balanced_targets(layout):
    batches = toy_batches(layout, counts=(300, 10), n_held_out=50)
    own = scorer(batches, with_pairs=False)
    mass = own.prior.targets.sum(dim=0)
    assert mass[1] / mass.sum() == pytest.approx(0.5, abs=0.01)
    generated = slice(layout.n_generated)
    # Untrained networks, and those whose residual has no scale, give the prior.
    expected = tstr_information(
        own.prior.values[:, generated],
        own.prior.targets,
        batches.held_out.values[:, generated],
        batches.held_out.targets,
    )
    assert own.score(toy_networks(layout)) == pytest.approx(expected)
    assert own.score(toy_networks(layout, moved=True), 0.0) == pytest.approx(expected)


def test_a_residual_that_spoils_the_classes_scores_worse():
    networks, own = toy_networks(moved=True), scorer(toy_batches(n_held_out=100))
    with torch.no_grad():
        networks.generator.leave.bias[0] += 3.0
    scores = [own.score(networks, scale) for scale in (0.0, 0.5, 1.0)]
    assert scores == sorted(scores, reverse=True)


def test_without_held_out_rows_there_is_no_score():
    for layout in (ONE, PAIR):
        own = scorer(toy_batches(layout, n_held_out=0))
        assert own.score(toy_networks(layout)) is None


def dependent_twice(networks, batches):
    """Let the generator copy the first column of one group to that of the other."""
    generator = networks.generator
    with torch.no_grad():
        for module in (generator.enter, generator.leave):
            for parameter in module.parameters():
                parameter.zero_()
        generator.enter.weight[0, 0] = generator.enter.weight[1, 0] = 1.0
        generator.enter.weight[1, 0] = -1.0
        # Leaky rectifiers of ±x: their difference is 1.2 x.
        generator.leave.weight[3, 0], generator.leave.weight[3, 1] = 2.5, -2.5
    return networks


def test_dependence_beyond_that_of_real_rows_counts_against_the_samples():
    batches = toy_batches(PAIR, counts=(300, 300), n_held_out=200, batch_size=64)
    networks = toy_networks(PAIR)
    for _ in range(60):
        heads_step(networks, *batches.draw_rows(), PAIR)
    own, without = scorer(batches), scorer(batches, with_pairs=False)
    base = own.score(networks) - without.score(networks)
    # The prior is as dependent as real rows: nothing is gained or lost.
    assert base == pytest.approx(0.0, abs=0.05)
    dependent_twice(networks, batches)
    assert own.score(networks) - without.score(networks) < base - 0.3
    assert own.max_linear == pytest.approx(-0.5 * math.log(1 - 0.8**2), abs=0.15)


def test_a_prior_without_the_dependence_of_real_rows_can_be_improved_on():
    batches = toy_batches(
        PAIR, counts=(300, 300), n_held_out=200, batch_size=64, bandwidth=1.0
    )
    networks = toy_networks(PAIR)
    batches.factor = torch.eye(5)
    for _ in range(100):
        heads_step(networks, *batches.draw_rows(), PAIR)
    own, without = scorer(batches), scorer(batches, with_pairs=False)
    base = own.score(networks) - without.score(networks)
    dependent_twice(networks, batches)
    with torch.no_grad():
        networks.generator.leave.weight[3] *= 0.3
    assert own.score(networks) - without.score(networks) > base + 0.1
