"""Batches of several modalities: what is given, what is free, and how starts are spread."""

import pytest
import torch

from tests.training._toy_joint import RHO, toy_joint_batches, toy_layout

CPU = torch.device("cpu")


def test_subsets_of_what_may_be_given():
    assert toy_layout().subsets() == [(0,), (1,)]
    assert toy_layout(conditioned=True).subsets() == [(1,)]
    three = toy_layout(sizes=(3, 2, 2)).subsets()
    assert three == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]


def test_columns_of_modalities():
    layout = toy_layout(sizes=(3, 2, 2))
    assert layout.columns((0, 2), CPU).tolist() == [0, 1, 2, 5, 6]
    assert layout.columns((), CPU).tolist() == []
    assert (layout.n_features, layout.n_generated, layout.n_flags) == (7, 7, 3)
    layout = toy_layout(conditioned=True)
    assert (layout.n_features, layout.n_generated, layout.n_flags) == (5, 3, 0)


@pytest.mark.parametrize("n", [1, 3, 4, 64, 67])
def test_half_of_a_batch_is_made_as_a_whole(n):
    blocks = toy_layout().blocks(n)
    size = n // 4
    assert [given for _, given in blocks] == ([(0,), (1,)] if size else [])
    numbers = [i for rows, _ in blocks for i in range(n)[rows]]
    assert numbers == list(range(2 * size, 4 * size))


def test_a_condition_is_given_to_all():
    assert toy_layout(conditioned=True).blocks(7) == [(slice(0, 7), (1,))]


@pytest.mark.parametrize("conditioned", [False, True])
def test_what_is_given_is_that_of_a_real_row_and_not_free(conditioned):
    layout = toy_layout(conditioned=conditioned)
    batches = toy_joint_batches(layout, given_spread=0.0 if conditioned else None)
    batch = batches.draw()
    assert batch.start.rows.shape == batch.real.rows.shape == (64, 5)
    assert batch.free.shape == (64, layout.n_generated)
    assert batch.inputs.shape == (64, layout.n_flags + 5)
    real = batches.rows[batch.start.ids]
    for rows, given in layout.blocks(64):
        known = layout.columns(given, CPU)
        torch.testing.assert_close(batch.start.rows[rows][:, known], real[rows][:, known])
        made = known[known < layout.n_generated]
        assert not batch.free[rows][:, made].any()
    if not conditioned:
        assert batch.free[:32].all()
        assert batch.inputs[:32, :2].sum() == 0
        assert batch.inputs[32:, :2].sum(dim=1).tolist() == [1.0] * 32


def test_given_parts_move_as_the_means_of_their_classes_were_shrunken():
    layout = toy_layout(conditioned=True)
    batches = toy_joint_batches(layout, given_spread=0.0, shrunken=0.3)
    batch = batches.draw()
    shift = (batches.means - batches.row_means)[batch.start.classes, 3:]
    real = batches.rows[batch.start.ids][:, 3:]
    torch.testing.assert_close(batch.start.rows[:, 3:], real + shift)


@pytest.mark.parametrize("spread", [0.3, 1.0])
def test_starts_given_a_part_are_draws_from_the_conditional_gaussian(spread):
    layout = toy_layout()
    batches = toy_joint_batches(layout, spread=spread, batch_size=40_000)
    batch = batches.draw()
    (rows, given), _ = layout.blocks(40_000)
    assert given == (0,)
    centred = batch.start.rows[rows] - batches.means[batch.start.classes[rows]]
    if spread == 1.0:
        # t | h is normal around RHO h, of variance 1 - RHO².
        residual = centred[:, 3] - RHO * centred[:, 0]
        assert residual.mean().abs() < 0.03
        assert residual.var() == pytest.approx(1 - RHO**2, abs=0.02)
        assert centred[:, 4].var() == pytest.approx(1.0, abs=0.05)
    else:
        # Around real rows: given its own h, that row is where the draw lies.
        near = batches.rows[batch.start.ids[rows]]
        found = torch.corrcoef(torch.stack([batch.start.rows[rows][:, 3], near[:, 3]]))
        assert found[0, 1] > 0.9


def test_whole_starts_go_together_as_the_factor_says():
    batches = toy_joint_batches(toy_layout(sizes=(3, 2, 2)), batch_size=40_000)
    batch = batches.draw()
    whole = slice(0, 19_000)
    centred = batch.start.rows[whole] - batches.means[batch.start.classes[whole]]
    found = torch.cov(centred.T)
    torch.testing.assert_close(found, batches.factor @ batches.factor.T, atol=0.05, rtol=0)


@pytest.mark.parametrize("given_spread", [0.5, 1.0])
def test_conditions_may_be_drawn_around_their_class_mean(given_spread):
    layout = toy_layout(conditioned=True)
    batches = toy_joint_batches(layout, given_spread=given_spread, batch_size=20_000)
    batch = batches.draw()
    given = batch.start.rows[:, 3:] - batches.means[batch.start.classes, 3:]
    near = batches.rows[batch.start.ids][:, 3:]
    found = float(torch.corrcoef(torch.stack([given[:, 0], near[:, 0]]))[0, 1])
    assert found == pytest.approx((1 - given_spread**2) ** 0.5, abs=0.1)


def test_targets_are_held_out_rows_with_equally_likely_classes():
    batches = toy_joint_batches(toy_layout(), batch_size=2000)
    batch = batches.draw()
    torch.testing.assert_close(batch.target.rows, batches.held_rows[batch.target.ids])
    assert torch.equal(batch.target.classes, batches.held_classes[batch.target.ids])
    assert batch.target.classes.float().mean() == pytest.approx(0.5, abs=0.05)
    batch = toy_joint_batches(toy_layout(), held_out=False).draw()
    assert batch.target is batch.real


def test_the_generator_alone_decides_a_batch():
    first, again = (toy_joint_batches(toy_layout()).draw() for _ in range(2))
    for one, other in zip(first[:3], again[:3], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert torch.equal(first.inputs, again.inputs)
    other = toy_joint_batches(toy_layout(), seed=1).draw()
    assert not torch.equal(first.start.rows, other.start.rows)
