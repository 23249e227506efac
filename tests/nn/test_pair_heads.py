"""Heads that estimate the information between two groups of columns."""

import math

import pytest
import torch
from torch.nn.functional import one_hot

from skmiaug.nn import ContrastiveHeads, GaussianHead

TARGETS = one_hot(torch.arange(10) % 3, 3).float()


@pytest.fixture
def parts():
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(10, n, generator=rng) for n in (5, 3, 2)]


def test_scores_are_products_of_codes_plus_the_offset_of_each_row(parts):
    torch.manual_seed(0)
    heads = ContrastiveHeads((5, 3, 2), 3)
    first, second, third = (code.detach() for code in heads(parts, TARGETS))
    assert first.shape == second.shape == third.shape == (10, 17)
    scores = heads.scores(first, third)
    for i in range(10):
        for j in range(10):
            product = float(first[i, :16] @ third[j, :16]) / math.sqrt(16)
            expected = product + float(first[i, 16]) + float(third[j, 16])
            assert float(scores[i, j]) == pytest.approx(expected, abs=1e-5)
    one, other = (code.unflatten(0, (2, 5)) for code in (first, third))
    blocks = heads.scores(one, other)
    torch.testing.assert_close(blocks[1], scores[5:, 5:])


def test_the_target_changes_scale_and_offset_of_the_first_layer(parts):
    torch.manual_seed(0)
    network = ContrastiveHeads((5, 3), 3).networks[0]
    outputs = [
        network(parts[0], one_hot(torch.tensor([c] * 10), 3).float()) for c in (0, 1)
    ]
    assert not torch.allclose(*outputs)
    shares = torch.tensor([0.2, 0.5, 0.3])
    scale, offset = (network.of_target.weight @ shares).chunk(2)
    entered = (1 + scale) * network.enter(parts[0]) + offset
    leaky = torch.nn.LeakyReLU(0.2)
    expected = network.leave(leaky(network.hidden(leaky(entered))))
    torch.testing.assert_close(network(parts[0], shares.expand(10, 3)), expected)


def test_an_untrained_gaussian_is_standard_normal(parts):
    mean, log_variance = GaussianHead((5, 3), 3)(parts[0], TARGETS)
    assert mean.shape == log_variance.shape == (10, 3)
    assert not mean.any()
    assert not log_variance.any()


def test_variances_stay_within_bounds(parts):
    head = GaussianHead((5, 3), 3)
    torch.nn.init.constant_(head.network.leave.bias, 99.0)
    _, log_variance = head(parts[0], TARGETS)
    assert (log_variance == 6.0).all()
