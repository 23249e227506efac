"""Networks: seeded weights, snapshots and arrays that hold the whole state."""

import pytest
import torch

from skmiaug.training.gan import gan_step
from tests.training._toy import (
    CONDITION,
    ONE,
    PAIR,
    same,
    toy_batches,
    toy_networks,
    toy_weights,
)


def train(networks, n=3, seed=0):
    batches = toy_batches(seed=seed)
    for _ in range(n):
        gan_step(networks, batches.draw(), toy_weights(), ONE)
    return networks


def test_the_seed_alone_decides_the_untrained_weights():
    before = torch.get_rng_state()
    one = toy_networks(seed=5).snapshot()
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    assert same(one, toy_networks(seed=5).snapshot())
    assert not same(one, toy_networks(seed=6).snapshot())


def test_heads_learn_with_the_critic_and_faster():
    for layout, gaussian in ((PAIR, False), (CONDITION, True)):
        networks = toy_networks(layout, gaussian_head=gaussian, rate=0.01)
        assert [name for name, _ in networks.modules()] == ["generator", "critic", "heads"]
        critic, heads = networks.critic_optimizer.param_groups
        assert heads["params"] == list(networks.heads.parameters())
        assert heads["lr"] > critic["lr"]
    assert toy_networks().heads is None


def test_a_snapshot_holds_copies_of_weights_and_moments():
    networks = train(toy_networks())
    snapshot = networks.snapshot()
    assert {"generator.leave.weight", "critic.heads.bias"} <= snapshot.keys()
    n_weights = sum(len(list(module.parameters())) for _, module in networks.modules())
    for moment in ("exp_avg", "exp_avg_sq", "step"):
        assert sum(name.endswith(f".{moment}") for name in snapshot) == n_weights
    train(networks)
    assert same(snapshot, train(toy_networks()).snapshot())


def test_training_from_a_restored_snapshot_goes_on_as_it_did():
    networks = train(toy_networks())
    snapshot = networks.snapshot()
    first = train(networks, seed=1).snapshot()
    networks.restore(snapshot)
    assert same(networks.snapshot(), snapshot)
    assert same(train(networks, seed=1).snapshot(), first)


def test_to_restore_the_untrained_state_forgets_the_moments():
    networks = toy_networks()
    untrained = networks.snapshot()
    train(networks, seed=1)
    networks.restore(untrained)
    assert same(train(networks).snapshot(), train(toy_networks()).snapshot())


@pytest.mark.parametrize(("trained", "other"), [(3, 0), (3, 2), (0, 3)])
def test_arrays_carry_the_state_into_other_networks(trained, other):
    networks, receiver = train(toy_networks(), trained), train(toy_networks(seed=9), other)
    receiver.load_arrays(networks.to_arrays())
    if trained:
        assert same(receiver.snapshot(), networks.snapshot())
    assert same(train(receiver, seed=1).snapshot(), train(networks, seed=1).snapshot())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_one_value_that_is_not_finite_is_found_anywhere(bad):
    networks = train(toy_networks())
    assert networks.are_finite()
    parameter = networks.critic.heads.bias
    networks.critic_optimizer.state[parameter]["exp_avg"][1] = bad
    assert not networks.are_finite()


def test_a_step_is_adam_with_decoupled_weight_decay():
    networks = toy_networks(rate=0.1)
    parameter = networks.critic.heads.bias
    start = parameter.detach().clone()
    train(networks, 1)
    # The first step: the rate against the sign of the gradient, after the decay.
    decayed = start * (1 - 0.1 * networks.critic_optimizer.param_groups[0]["weight_decay"])
    expected = decayed - 0.1 * parameter.grad.sign()
    moved = parameter.grad.abs() > 1e-5
    assert moved.any()
    torch.testing.assert_close(
        parameter.detach()[moved], expected[moved], rtol=1e-3, atol=1e-3
    )


def test_gradients_are_forgotten_and_never_kept_as_zeros():
    networks = toy_networks()
    weight = networks.generator.leave.weight
    weight.grad = torch.ones_like(weight)
    networks.generator_optimizer.zero_grad()
    assert weight.grad is None
    with pytest.raises(ValueError, match="set_to_none=True"):
        networks.generator_optimizer.zero_grad(set_to_none=False)
