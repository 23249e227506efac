"""Variational bounds of mutual information against closed forms and integrals."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from torch.nn import functional

from skmiaug.losses import (
    categorical_information,
    gaussian_code_information,
)

shares = st.lists(st.floats(0.01, 1), min_size=2, max_size=8)


def normalised(weights):
    return torch.tensor(weights, dtype=torch.float64) / sum(weights)


# ---- the class part


@given(shares)
def test_log_shares_as_logits_have_no_information(weights):
    # The best guess that ignores the rows: H(c) + E[log p(c)] = 0.
    probabilities = normalised(weights)
    classes = torch.arange(len(weights))
    entropy = torch.special.entr(probabilities).sum()
    each = [
        categorical_information(probabilities.log()[None], classes[c : c + 1], entropy)
        for c in classes
    ]
    assert (torch.stack(each) * probabilities).sum().item() == pytest.approx(0, abs=1e-9)


def test_certainty_gives_the_entropy():
    classes = torch.tensor([0, 1, 2, 2])
    logits = 100 * functional.one_hot(classes, 3).double()
    assert categorical_information(logits, classes, 1.25).item() == pytest.approx(1.25)


@given(st.integers(0, 2**32 - 1), st.floats(0, 50))
def test_the_bound_is_at_most_the_entropy(seed, scale):
    rng = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(40, 3, generator=rng)
    classes = torch.randint(3, (40,), generator=rng)
    maximum = math.log(3)
    assert categorical_information(logits, classes, maximum) <= maximum


def test_confident_errors_are_penalised():
    logits = torch.tensor([[5.0, -5.0]])
    assert categorical_information(logits, torch.tensor([1]), math.log(2)) < -9


@pytest.mark.parametrize("distance", [0.5, 2.0, 5.0])
def test_the_true_posterior_reaches_the_information_of_a_mixture(distance):
    # Two unit normals `distance` apart: I = h(x) - h(e), the first by integration.
    centres = np.array([-distance / 2, distance / 2])

    def density(x):
        return stats.norm.pdf(x[..., None] - centres).mean(axis=-1)

    grid = np.linspace(-12, 12, 20_001)
    h_x = integrate.simpson(-density(grid) * np.log(density(grid)), x=grid)
    truth = h_x - 0.5 * math.log(2 * math.pi * math.e)

    # Quantiles instead of random draws: the mean over them is the integral.
    quantiles = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    x = torch.from_numpy(np.concatenate([quantiles + c for c in centres]))
    classes = torch.arange(2).repeat_interleave(len(quantiles))
    posterior = -0.5 * (x[:, None] - torch.from_numpy(centres)).square()
    entropy = math.log(2)
    found = categorical_information(posterior, classes, entropy).item()
    assert found == pytest.approx(truth, abs=1e-3)
    # Any other q gives a lower bound.
    assert categorical_information(2 * posterior, classes, entropy).item() < found
    assert categorical_information(0.5 * posterior, classes, entropy).item() < found


# ---- the Gaussian part


@pytest.fixture(scope="module")
def uncorrelated():
    """Two columns whose sample means are 0 and whose sample covariance is exactly I."""
    draws = np.random.default_rng(0).standard_normal((500, 2))
    draws -= draws.mean(axis=0)
    axes, _, rotation = np.linalg.svd(draws, full_matrices=False)
    return torch.from_numpy(axes @ rotation * math.sqrt(len(draws)))


@given(rho=st.floats(-0.999, 0.999))
def test_the_posterior_of_a_gaussian_pair_gives_its_information(uncorrelated, rho):
    code, noise = uncorrelated[:, :1], uncorrelated[:, 1:]
    x = rho * code + math.sqrt(1 - rho**2) * noise
    log_variance = torch.full_like(code, math.log(1 - rho**2))
    found = gaussian_code_information(rho * x, log_variance, code)
    assert found.item() == pytest.approx(-0.5 * math.log(1 - rho**2), abs=1e-9)


def test_standard_normal_predictions_have_no_information(uncorrelated):
    nothing = torch.zeros_like(uncorrelated)
    found = gaussian_code_information(nothing, nothing, uncorrelated)
    assert found.item() == pytest.approx(0, abs=1e-12)


def test_it_is_the_mean_over_the_codes(uncorrelated):
    mean, log_variance = 0.3 * uncorrelated, torch.full_like(uncorrelated, -0.7)
    each = [
        gaussian_code_information(mean[:, [k]], log_variance[:, [k]], uncorrelated[:, [k]])
        for k in range(2)
    ]
    both = gaussian_code_information(mean, log_variance, uncorrelated)
    assert both.item() == pytest.approx(sum(each).item() / 2)


def test_no_codes_have_no_information():
    none = torch.zeros(5, 0)
    assert gaussian_code_information(none, none, none) == 0
