"""Dropout of whole channels, from a generator of its own."""

import pytest
import torch

from skmiaug.nn import channel_dropout, keep_all


def test_a_channel_is_dropped_at_all_timesteps_or_at_none():
    drop = channel_dropout(0.25, torch.Generator().manual_seed(0))
    dropped = drop(torch.ones(400, 7, 50))
    assert (dropped == dropped[:, :1]).all()
    assert dropped.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)


def test_rows_without_timesteps_are_dropped_cell_by_cell():
    drop = channel_dropout(0.5, torch.Generator().manual_seed(0))
    dropped = drop(torch.ones(100, 40))
    assert 0.4 < (dropped == 0).float().mean() < 0.6
    assert len({tuple(row.tolist()) for row in dropped}) == 100


def test_a_rate_of_zero_drops_nothing_and_draws_nothing():
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    assert channel_dropout(0.0, generator) is keep_all
    assert torch.equal(generator.get_state(), before)


def test_the_global_state_is_not_touched():
    before = torch.random.get_rng_state()
    channel_dropout(0.5, torch.Generator().manual_seed(0))(torch.ones(3, 4, 5))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_half_precision_stays_half():
    drop = channel_dropout(0.5, torch.Generator().manual_seed(0))
    assert drop(torch.ones(3, 4, 5, dtype=torch.bfloat16)).dtype == torch.bfloat16
