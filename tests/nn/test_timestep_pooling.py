"""Pooling over a sequence's own timesteps."""

import pytest
import torch

from skmiaug.nn import POOLINGS, pool_timesteps, pooled_width


@pytest.fixture
def padded(seed):
    rng = torch.Generator().manual_seed(seed)
    hidden = torch.randn(4, 6, 5, generator=rng)
    lengths = torch.tensor([6, 1, 3, 5])
    return hidden, lengths


def one_by_one(hidden, lengths, pooling):
    """Each sequence cut to its length."""
    rows = []
    for values, length in zip(hidden, lengths.tolist(), strict=True):
        own = values[:length]
        mean = own.mean(dim=0)
        deviation = (own.var(dim=0, correction=0) + 1e-5).sqrt()
        rows.append(
            {
                "mean": mean,
                "mean_std": torch.cat([mean, deviation]),
                "max": own.max(dim=0).values,
            }[pooling]
        )
    return torch.stack(rows)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_each_sequence_is_pooled_as_if_alone(padded, pooling):
    hidden, lengths = padded
    pooled = pool_timesteps(hidden, lengths, pooling)
    torch.testing.assert_close(pooled, one_by_one(hidden, lengths, pooling))
    assert pooled.shape[1] == pooled_width(hidden.shape[2], pooling)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf, 1e30])
def test_what_lies_in_the_padding_is_not_read(padded, pooling, rubbish):
    hidden, lengths = padded
    expected = pool_timesteps(hidden, lengths, pooling)
    spoiled = hidden.clone()
    spoiled[torch.arange(6) >= lengths[:, None]] = rubbish
    torch.testing.assert_close(pool_timesteps(spoiled, lengths, pooling), expected)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_gradients_are_finite_where_nothing_varies(pooling):
    hidden = torch.ones(2, 3, 4, requires_grad=True)
    pool_timesteps(hidden, torch.tensor([3, 1]), pooling).sum().backward()
    assert hidden.grad.isfinite().all()


def test_the_result_is_float32():
    hidden = torch.ones(2, 3, 4, dtype=torch.bfloat16)
    assert pool_timesteps(hidden, torch.tensor([3, 1]), "mean").dtype == torch.float32
