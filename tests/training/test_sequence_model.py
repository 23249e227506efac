"""Networks with their optimiser: schedule, gradients, and the step that goes back too."""

import numpy as np
import pytest
import torch
from torch import nn

from skmiaug.training import build_sequence_model, rate_factor


def test_the_rate_rises_for_a_tenth_and_falls_to_zero():
    factors = [rate_factor(step, 100) for step in range(101)]
    assert factors[0] == pytest.approx(1 / 11)
    assert np.argmax(factors) == 10
    assert factors[10] == 1.0
    assert (np.diff(factors[:11]) > 0).all()
    np.testing.assert_allclose(np.diff(factors[10:]), -1 / 90, rtol=1e-9)
    assert factors[100] == 0.0


@pytest.mark.parametrize("n_steps", [0, 1, 2, 5])
def test_short_runs_have_rates_as_well(n_steps):
    factors = [rate_factor(step, n_steps) for step in range(n_steps)]
    assert all(0 < factor <= 1 for factor in factors)


def linear(rate=0.1, n_steps=10, decay=0.0):
    layer = nn.Linear(2, 1)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    return build_sequence_model(
        {"layer": layer},
        {"layer": rate},
        weight_decay=decay,
        n_steps=n_steps,
    )


def descend(model, n=1, slope=1.0):
    for _ in range(n):
        model.descend(slope * model.networks["layer"](torch.ones(1, 2)).sum())


def test_a_step_follows_the_schedule_and_leaves_the_full_rate():
    model = linear(n_steps=10)
    for step in range(10):
        before = model.networks["layer"].weight.detach().clone()
        descend(model)
        moved = (before - model.networks["layer"].weight)[0, 0].item()
        # Adam's step is the rate when the gradient does not change.
        assert moved == pytest.approx(0.1 * rate_factor(step, 10), rel=1e-3)
        assert [group["lr"] for group in model.optimizer.param_groups] == [0.1, 0.1]
    assert model.steps_done == 10


def test_a_gradient_that_explodes_is_cut():
    model = linear()
    descend(model, slope=1e6)
    gradients = [p.grad for p in model.networks["layer"].parameters()]
    assert torch.stack([g.norm() for g in gradients]).norm() <= 1 + 1e-5


def test_only_matrices_decay():
    model = linear(rate=1e-3, n_steps=100, decay=100.0)
    nn.init.ones_(model.networks["layer"].bias)
    descend(model, 40, slope=0.0)
    assert (model.networks["layer"].weight < 0.5).all()
    assert (model.networks["layer"].bias == 1).all()


@pytest.mark.parametrize("way", ["snapshot", "arrays"])
def test_the_step_goes_back_with_the_weights(way):
    model = linear(n_steps=20)
    descend(model, 3)
    kept = model.snapshot() if way == "snapshot" else model.to_arrays()
    descend(model, 4)
    expected = model.networks["layer"].weight.detach().clone()
    if way == "snapshot":
        model.restore(kept)
    else:
        model = linear(n_steps=20)
        model.load_arrays(kept)
    assert model.steps_done == 3
    descend(model, 4)
    assert model.steps_done == 7
    assert torch.equal(model.networks["layer"].weight, expected)


def test_networks_have_rates_of_their_own():
    networks = {"slow": nn.Linear(2, 1), "fast": nn.Linear(2, 1)}
    rates = {"slow": 1e-3, "fast": 1e-1}
    model = build_sequence_model(networks, rates, weight_decay=0.0, n_steps=1)
    before = {k: v.weight.detach().clone() for k, v in networks.items()}
    model.descend(sum(net(torch.ones(1, 2)).sum() for net in networks.values()))
    moved = {k: (v.weight - before[k]).abs().max().item() for k, v in networks.items()}
    assert moved["fast"] == pytest.approx(100 * moved["slow"], rel=1e-2)
