"""Heads that read one modality from another."""

import math

import pytest
import torch

from skmiaug.nn import ContrastiveHeads, GaussianHead


@pytest.fixture
def parts():
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(10, n, generator=rng) for n in (5, 3, 2)]


CLASSES = torch.arange(10) % 3


def test_scores_are_products_of_codes_and_what_each_row_adds(parts):
    torch.manual_seed(0)
    heads = ContrastiveHeads((5, 3, 2), 3)
    first, second, third = (code.detach() for code in heads(parts, CLASSES))
    assert first.shape == second.shape == third.shape == (10, 17)
    scores = heads.scores(first, third)
    for i in range(10):
        for j in range(10):
            product = float(first[i, :16] @ third[j, :16]) / math.sqrt(16)
            expected = product + float(first[i, 16]) + float(third[j, 16])
            assert float(scores[i, j]) == pytest.approx(expected, abs=1e-5)


def test_blocks_are_scored_apart(parts):
    heads = ContrastiveHeads((5, 3), 3)
    codes = [code.unflatten(0, (2, 5)) for code in heads(parts[:2], CLASSES)]
    both = heads.scores(*codes)
    assert both.shape == (2, 5, 5)
    torch.testing.assert_close(both[1], heads.scores(codes[0][1], codes[1][1]))


def test_the_class_changes_what_is_read(parts):
    torch.manual_seed(0)
    for heads in (ContrastiveHeads((5, 3), 3), GaussianHead((5, 3), 3)):
        network = (
            heads.networks[0] if isinstance(heads, ContrastiveHeads) else heads.network
        )
        torch.nn.init.normal_(network.leave.weight)
        one = network(parts[0], torch.zeros(10, dtype=torch.long))
        other = network(parts[0], torch.ones(10, dtype=torch.long))
        assert not torch.allclose(one, other)


def test_an_untrained_gaussian_knows_nothing(parts):
    mean, log_variance = GaussianHead((5, 3), 3)(parts[0], CLASSES)
    assert mean.shape == log_variance.shape == (10, 3)
    assert not mean.any()
    assert not log_variance.any()


def test_variances_stay_within_bounds(parts):
    head = GaussianHead((5, 3), 3)
    torch.nn.init.constant_(head.network.leave.bias, 99.0)
    _, log_variance = head(parts[0], CLASSES)
    assert (log_variance == 6.0).all()
