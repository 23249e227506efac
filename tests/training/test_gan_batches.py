"""Batches: balanced, of the right rows, and starts that keep mean and covariance."""

import pytest
import torch
from scipy import stats

from skmiaug.training import StackBatches
from skmiaug.training.gan._batches import draw_start
from tests.training._toy import FEATURES, toy_batches


def many(batches, n=300):
    drawn = [batches.draw() for _ in range(n)]
    return [torch.cat(part) for part in zip(*drawn, strict=True)]


def test_shapes():
    batch = toy_batches(batch_size=10).draw()
    assert [tuple(part.shape) for part in batch] == [
        (10, FEATURES), (10,), (10, FEATURES), (10,), (10, 5),
    ]  # fmt: skip


def test_classes_are_equally_likely_however_skewed_the_data():
    _, real_classes, _, start_classes, _ = many(toy_batches(counts=(97, 3)))
    for classes in (real_classes, start_classes):
        assert stats.chisquare(torch.bincount(classes)).pvalue > 1e-3
    # The classes of real rows and of starts are drawn apart.
    table = torch.bincount(2 * real_classes + start_classes)
    assert stats.chisquare(table).pvalue > 1e-3


def test_rows_of_a_class_are_equally_likely():
    batches = toy_batches(counts=(7, 3))
    batches.rows = torch.arange(10.0)[:, None].repeat(1, FEATURES)
    real, classes, *_ = many(batches)
    number = real[:, 0].long()
    assert torch.equal(classes, (number >= 7).long())
    for c in range(2):
        counts = torch.bincount(number[classes == c])
        assert stats.chisquare(counts[counts > 0]).pvalue > 1e-3
    assert len(number.unique()) == 10


def test_a_class_of_one_row_is_drawn_as_often_as_any():
    batches = toy_batches(counts=(20, 1))
    real, classes, *_ = many(batches)
    assert (real[classes == 1] == batches.rows[20]).all()
    assert 0.45 < classes.float().mean() < 0.55


def test_a_start_of_small_spread_is_a_real_row_moved_to_the_mean_of_its_class():
    batches = toy_batches(spread=1e-6, shift=(5.0, 0.0, 0.0, 1.0))
    batch = batches.draw()
    moved = torch.cat(
        [
            rows - batches.row_means[c] + batches.means[c]
            for c, rows in enumerate(batches.rows.split(batches.class_count.tolist()))
        ]
    )
    distance = (batch.start[:, None] - moved).norm(dim=2)
    assert distance.min(dim=1).values.max() < 1e-4
    nearest = distance.argmin(dim=1)
    assert torch.equal(batch.start_classes, (nearest >= batches.class_count[0]).long())


def test_the_same_generator_state_gives_the_same_batch():
    one, other = toy_batches(seed=3).draw(), toy_batches(seed=3).draw()
    assert all(map(torch.equal, one, other))
    assert not torch.equal(one.real, toy_batches(seed=4).draw().real)


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    toy_batches().draw()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("spread", [0.1, 0.5, 0.85, 1.0])
def test_a_start_keeps_mean_and_covariance_whatever_the_spread(spread):
    rng = torch.Generator().manual_seed(0)
    deviations = torch.randn(50_000, 3, generator=rng)
    means = torch.tensor([[1.0, -2.0, 30.0]]).expand(50_000, 3)
    start = draw_start(means, deviations, spread, rng)
    torch.testing.assert_close(start.mean(dim=0), means[0], atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(start.T), torch.eye(3), atol=0.03, rtol=0)


def test_a_start_of_spread_one_needs_no_rows():
    means = torch.zeros(1000, 2)
    with_rows, without = (
        draw_start(means, rows, 1.0, torch.Generator().manual_seed(0))
        for rows in (torch.full((1000, 2), 99.0), None)
    )
    assert torch.equal(with_rows, without)


@pytest.mark.parametrize("kept", [[0, 1, 2], [2, 0], [1]])
def test_each_model_of_a_stack_starts_off_by_its_own_offset(kept):
    offsets = torch.randn(3, *toy_batches().means.shape)
    group_of = [0, 1, 0]
    stack = StackBatches([toy_batches(seed=k) for k in (0, 1)], group_of, offsets)
    stack.keep(kept)
    drawn = stack.draw()
    for place, model in enumerate(kept):
        alone = toy_batches(seed=group_of[model]).draw()
        off = drawn.start[place] - alone.start
        torch.testing.assert_close(
            off, offsets[model][alone.start_classes], atol=1e-5, rtol=0
        )
        assert (drawn.real[place] == alone.real).all()
