"""One step of players for several modalities: what changes, and in which direction."""

import pytest
import torch

from skmiaug.training import Pairs, generate, read_pairs
from skmiaug.training.gan._joint_step import heads_step, joint_step
from tests.training._toy import same
from tests.training._toy_joint import (
    CODES,
    LATENT,
    toy_joint_batches,
    toy_joint_players,
    toy_joint_weights,
    toy_layout,
)

KINDS = [(False, False), (True, False), (True, True)]


def weights_of(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize(("conditioned", "gaussian_head"), KINDS)
def test_a_step_moves_all_networks_and_reports_nats(conditioned, gaussian_head):
    layout = toy_layout(conditioned=conditioned)
    players = toy_joint_players(layout, gaussian_head=gaussian_head)
    batches = toy_joint_batches(layout, given_spread=0.0 if conditioned else None)
    before = {name: weights_of(module) for name, module in players.modules()}
    figures = joint_step(players, batches.draw(), toy_joint_weights(), layout)
    assert figures.shape == (4,)
    assert torch.isfinite(figures).all()
    assert not figures.requires_grad
    for name, module in players.modules():
        assert not same(before[name], weights_of(module)), name


def test_without_weight_the_heads_stay_as_they_are():
    layout = toy_layout()
    players, batches = toy_joint_players(layout), toy_joint_batches(layout)
    before = weights_of(players.heads)
    figures = joint_step(
        players, batches.draw(), toy_joint_weights(information=0.0), layout
    )
    assert same(before, weights_of(players.heads))
    assert figures[3] == 0.0


def test_what_is_given_comes_back_as_it_was():
    layout = toy_layout()
    players, batches = toy_joint_players(layout), toy_joint_batches(layout)
    torch.nn.init.normal_(players.generator.leave.weight)
    batch = batches.draw()
    rows, residual = generate(
        players.generator, layout, batch.start.rows, batch.inputs, batch.start.classes,
        free=batch.free,
    )  # fmt: skip
    fixed = batch.free == 0.0
    assert fixed.any()
    assert torch.equal(rows[fixed], batch.start.rows[fixed])
    assert not residual[fixed].any()
    assert (rows[~fixed] != batch.start.rows[~fixed]).any()


def test_half_a_residual_is_half_the_way():
    layout = toy_layout(conditioned=True)
    players = toy_joint_players(layout)
    torch.nn.init.normal_(players.generator.leave.weight)
    start, inputs = torch.randn(6, 5), torch.randn(6, LATENT + CODES)
    classes = torch.arange(6) % 2
    whole, residual = generate(players.generator, layout, start, inputs, classes)
    half, _ = generate(players.generator, layout, start, inputs, classes, strength=0.5)
    torch.testing.assert_close(half[:, :3], (whole[:, :3] + start[:, :3]) / 2)
    assert torch.equal(whole[:, 3:], start[:, 3:])
    assert residual.shape == (6, 3)


@pytest.mark.parametrize("gaussian_head", [False, True])
def test_heads_come_to_read_what_the_data_hold(gaussian_head):
    layout = toy_layout(conditioned=gaussian_head)
    players = toy_joint_players(layout, gaussian_head=gaussian_head)
    batches = toy_joint_batches(layout, given_spread=0.0 if gaussian_head else None)
    held = batches.draw_held_out(30)

    def of_held_out() -> float:
        return float(read_pairs(players.heads, layout.sizes, 1, held).sum().detach())

    before = of_held_out()
    for _ in range(60):
        read = heads_step(players, *batches.draw_pairs(), layout)
    # -½ ln(1 - 0.8²) = 0.51 nats are there; the 80 rows are being learned by heart.
    assert 0.2 < float(read) < 1.2
    assert of_held_out() > before + 0.1


def test_training_brings_independent_starts_to_depend_on_each_other():
    layout = toy_layout(conditioned=True)
    players = toy_joint_players(layout, rate=5e-3)
    batches = toy_joint_batches(layout, given_spread=0.0, counts=(200, 200))
    batches.regressions = {(1,): torch.zeros(2, 3)}  # the start knows of no dependence
    batches.factor = torch.eye(5)
    for _ in range(60):
        heads_step(players, *batches.draw_pairs(), layout)

    def found() -> float:
        batch = batches.draw()
        with torch.no_grad():
            rows, _ = generate(
                players.generator, layout, batch.start.rows, batch.inputs,
                batch.start.classes,
            )  # fmt: skip
        centred = rows - batches.row_means[batch.start.classes]
        return float(torch.corrcoef(centred[:, [0, 3]].T)[0, 1])

    assert abs(found()) < 0.3
    for _ in range(250):
        joint_step(players, batches.draw(), toy_joint_weights(), layout)
    assert found() > 0.4
    assert isinstance(batches.draw().real, Pairs)
