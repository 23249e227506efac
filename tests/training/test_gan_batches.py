"""Batches: balanced, of the right rows, and prior samples of the right distribution."""

import pytest
import torch
from scipy import stats

from skmiaug.training.gan import StackBatches, WeightedRows, sampling_weights
from tests.training._toy import (
    CONDITION,
    CPU,
    ONE,
    PAIR,
    RHO,
    THREE,
    correlation,
    toy_batches,
)

# ---- layouts


def test_groups_and_their_columns():
    assert ONE.subsets() == []
    assert CONDITION.subsets() == [(1,)]
    assert THREE.subsets() == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    assert THREE.others((1,)) == (0, 2)
    assert THREE.columns((0, 2), CPU).tolist() == [0, 1, 2, 5, 6]
    assert THREE.columns((), CPU).tolist() == []


@pytest.mark.parametrize("n", [1, 3, 4, 64, 67])
def test_half_of_a_batch_is_generated_as_a_whole(n):
    blocks, size = PAIR.blocks(n), n // 4
    assert [given for _, given in blocks] == ([(0,), (1,)] if size else [])
    numbers = [i for rows, _ in blocks for i in range(n)[rows]]
    assert numbers == list(range(2 * size, 4 * size))


def test_a_condition_is_given_to_all_rows_and_a_single_group_to_none():
    assert CONDITION.blocks(7) == [(slice(0, 7), (1,))]
    assert ONE.blocks(7) == []


def test_what_is_given_is_not_free():
    given = toy_batches(PAIR, batch_size=8).draw().given
    assert given.tolist() == [[0, 0]] * 4 + [[1, 0]] * 2 + [[0, 1]] * 2
    free = torch.tensor([[1.0] * 5] * 4 + [[0, 0, 0, 1, 1]] * 2 + [[1, 1, 1, 0, 0]] * 2)
    assert torch.equal(PAIR.free(given), free)


# ---- which rows are drawn


def test_with_shares_as_targets_each_target_has_the_same_mass():
    targets = torch.rand(50, 3, generator=torch.Generator().manual_seed(0))
    targets[:, 2] *= 0.1
    weights = sampling_weights(targets)
    assert weights.sum() == pytest.approx(1.0)
    # One over its mass per unit of a target: a slow twin.
    mass = targets.double().sum(dim=0)
    expected = [
        sum(float(t / m) for t, m in zip(row, mass, strict=True)) for row in targets
    ]
    torch.testing.assert_close(weights, torch.tensor(expected).double() / 3)


def test_a_target_without_rows_does_not_count():
    targets = torch.tensor([[1.0, 0, 0], [1.0, 0, 0], [0, 0, 1.0]])
    torch.testing.assert_close(
        sampling_weights(targets).float(), torch.tensor([0.25, 0.25, 0.5])
    )
    assert sampling_weights(targets[:0]).shape == (0,)


def test_rows_are_drawn_by_their_weights():
    targets = torch.tensor([[0.8, 0.2], [1.0, 0.0], [0.1, 0.9], [0.5, 0.5]])
    rows = WeightedRows(torch.arange(4.0)[:, None], targets)
    ids = rows.ids(20_000, torch.Generator().manual_seed(0))
    expected = 20_000 * sampling_weights(targets)
    assert stats.chisquare(torch.bincount(ids), expected).pvalue > 1e-3
    picked = rows.take(ids)
    assert torch.equal(picked.values[:, 0].long(), ids)
    assert torch.equal(picked.targets, targets[ids])


@pytest.mark.parametrize("counts", [(97, 3), (20, 1)])
def test_classes_are_equally_likely_however_imbalanced(counts):
    real, prior, held_out, *_ = toy_batches(PAIR, counts=counts, batch_size=9000).draw()
    classes = [rows.targets.argmax(dim=1) for rows in (real, prior, held_out)]
    for own in classes:
        assert stats.chisquare(torch.bincount(own)).pvalue > 1e-3
    # Real rows and prior samples are drawn independently of each other.
    table = torch.bincount(2 * classes[0] + classes[1])
    assert stats.chisquare(table).pvalue > 1e-3


@pytest.mark.parametrize("layout", [ONE, PAIR, CONDITION])
def test_a_batch_holds_the_rows_that_it_names(layout):
    batches = toy_batches(layout)
    batch = batches.draw()
    assert batch.noise.shape == (32, 5)
    # Only heads need held-out rows.
    assert len(batch.held_out.values) == (0 if layout is ONE else 32)
    drawn_from = (batch.real, batches.rows), (batch.held_out, batches.held_out)
    for part, rows in drawn_from:
        assert torch.equal(part.values, rows.values[part.ids])
        assert torch.equal(part.targets, rows.targets[part.ids])
    assert torch.equal(batch.prior.targets, batches.rows.targets[batch.prior.ids])
    assert batch.prior.values.shape == (32, layout.n_features)


def test_without_held_out_rows_the_real_ones_take_their_place():
    batch = toy_batches(PAIR, n_held_out=0).draw()
    assert batch.held_out is batch.real


@pytest.mark.parametrize("layout", [ONE, PAIR])
def test_the_generator_alone_decides_a_batch(layout):
    before = torch.get_rng_state()
    one, again, other = (toy_batches(layout, seed=s).draw() for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    for part, same in zip(one[:3], again[:3], strict=True):
        assert all(map(torch.equal, part, same))
    assert torch.equal(one.noise, again.noise)
    assert not torch.equal(one.prior.values, other.prior.values)


# ---- samples of the prior


def around_means(batches, batch):
    return batch.prior.values - batch.prior.targets @ batches.means


@pytest.mark.parametrize("layout", [ONE, THREE])
@pytest.mark.parametrize("bandwidth", [0.1, 0.7, 1.0])
def test_samples_keep_mean_and_covariance_whatever_the_bandwidth(layout, bandwidth):
    batches = toy_batches(
        layout, bandwidth=bandwidth, shift=3.0, counts=(5000, 5000), batch_size=40_000
    )
    # Where nothing is given.
    found = around_means(batches, batches.draw())[:20_000]
    torch.testing.assert_close(
        found.mean(dim=0), torch.zeros(layout.n_features), atol=0.05, rtol=0
    )
    torch.testing.assert_close(torch.cov(found.T), correlation(layout), atol=0.08, rtol=0)


def test_samples_of_small_bandwidth_are_rows_moved_to_the_means_of_the_prior():
    batches = toy_batches(bandwidth=0.0, shift=(5.0, 0.0, 0.0, 1.0), shrunken=0.5)
    batch = batches.draw()
    near = batches.rows.take(batch.prior.ids)
    moved = near.values + near.targets @ (batches.means - batches.row_means)
    torch.testing.assert_close(batch.prior.values, moved)


def test_with_shares_as_targets_samples_lie_around_their_mixture_of_means():
    batches = toy_batches(bandwidth=1.0, apart=8.0)
    targets = torch.tensor([[0.3, 0.7]]).repeat(20_000, 1)
    samples = batches.draw_prior(targets, torch.zeros(20_000, 4), [])
    expected = 0.3 * batches.means[0] + 0.7 * batches.means[1]
    torch.testing.assert_close(samples.mean(dim=0), expected, atol=0.04, rtol=0)


@pytest.mark.parametrize(
    ("layout", "given_bandwidth"), [(PAIR, None), (THREE, None), (CONDITION, 0.0)]
)
def test_given_parts_are_those_of_rows_moved_as_the_means_were_shrunken(
    layout, given_bandwidth
):
    batches = toy_batches(layout, shrunken=0.3, given_bandwidth=given_bandwidth)
    batch = batches.draw()
    near = batches.rows.take(batch.prior.ids)
    moved = near.values + near.targets @ (batches.means - batches.row_means)
    for rows, given in layout.blocks(32):
        columns = layout.columns(given, CPU)
        torch.testing.assert_close(
            batch.prior.values[rows][:, columns], moved[rows][:, columns]
        )


def test_given_a_part_the_rest_is_of_the_conditional_gaussian():
    batches = toy_batches(PAIR, bandwidth=1.0, batch_size=40_000)
    (rows, given), _ = PAIR.blocks(40_000)
    assert given == (0,)
    found = around_means(batches, batches.draw())[rows]
    # t | h is normal around RHO h, with variance 1 - RHO².
    residual = found[:, 3] - RHO * found[:, 0]
    assert residual.mean().abs() < 0.05
    assert residual.var() == pytest.approx(1 - RHO**2, abs=0.03)
    assert found[:, 4].var() == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("given_bandwidth", [0.5, 1.0])
def test_conditions_may_be_drawn_around_their_class_mean(given_bandwidth):
    batches = toy_batches(
        CONDITION, given_bandwidth=given_bandwidth, batch_size=20_000, counts=(500, 500)
    )
    batch = batches.draw()
    found = around_means(batches, batch)[:, 3]
    near = batches.rows.take(batch.prior.ids)
    residual = (near.values - near.targets @ batches.row_means)[:, 3]
    correlation = float(torch.corrcoef(torch.stack([found, residual]))[0, 1])
    assert correlation == pytest.approx((1 - given_bandwidth**2) ** 0.5, abs=0.05)
    assert found.var() == pytest.approx(1.0, abs=0.15)


# ---- stacks


@pytest.mark.parametrize("kept", [[0, 1, 2], [2, 0], [1]])
def test_models_of_a_stack_share_draws_and_differ_by_their_means(kept):
    shifts, seeds = (0.0, 1.0, -2.0), (0, 1, 0)
    single = [toy_batches(seed=s, shift=d) for s, d in zip(seeds, shifts, strict=True)]
    stack = StackBatches(single, seeds)
    stack.keep(kept)
    drawn = stack.draw()
    for place, model in enumerate(kept):
        alone = toy_batches(seed=seeds[model], shift=shifts[model]).draw()
        assert torch.equal(drawn.real.values[place], alone.real.values)
        assert torch.equal(drawn.noise[place], alone.noise)
        torch.testing.assert_close(drawn.prior.values[place], alone.prior.values)
