"""Players: seeded weights, snapshots and arrays that hold the whole state."""

import subprocess
import sys

import pytest
import torch

from skmiaug.training import gan_step
from tests.training._toy import same, toy_batches, toy_players, toy_weights


def train(players, n=3, seed=0):
    batches = toy_batches(seed=seed)
    for _ in range(n):
        gan_step(players, batches.draw(), toy_weights())
    return players


def test_the_seed_gives_the_first_weights_and_nothing_else_does():
    before = torch.get_rng_state()
    one = toy_players(seed=5).snapshot()
    torch.rand(7)
    other = toy_players(seed=5).snapshot()
    assert same(one, other)
    assert not same(one, toy_players(seed=6).snapshot())
    torch.set_rng_state(before)
    toy_players(seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_snapshot_holds_weights_and_optimiser_state():
    players = train(toy_players())
    names = players.snapshot().keys()
    assert {"generator.leave.weight", "critic.heads.bias"} <= names
    n_weights = sum(len(list(module.parameters())) for _, module in players.modules())
    for moment in ("exp_avg", "exp_avg_sq", "step"):
        assert sum(name.endswith(f".{moment}") for name in names) == n_weights


def test_a_snapshot_is_a_copy():
    players = toy_players()
    snapshot = players.snapshot()
    train(players)
    assert same(snapshot, toy_players().snapshot())


def test_training_from_a_restored_snapshot_goes_on_as_it_did():
    players = train(toy_players())
    snapshot = players.snapshot()
    first = train(players, seed=1).snapshot()
    players.restore(snapshot)
    assert same(players.snapshot(), snapshot)
    assert same(train(players, seed=1).snapshot(), first)


def test_to_restore_the_untrained_state_forgets_the_moments():
    players = toy_players()
    untrained = players.snapshot()
    train(players, seed=1)
    players.restore(untrained)
    assert same(train(players).snapshot(), train(toy_players()).snapshot())


@pytest.mark.parametrize("steps_before", [0, 2])
def test_arrays_carry_the_state_into_new_players(steps_before):
    players = train(toy_players())
    other = train(toy_players(seed=9), steps_before)
    other.load_arrays(players.to_arrays())
    assert same(other.snapshot(), players.snapshot())
    assert same(train(other, seed=1).snapshot(), train(players, seed=1).snapshot())


def test_arrays_of_untrained_players_load_too():
    players = train(toy_players(seed=9))
    players.load_arrays(toy_players().to_arrays())
    assert same(train(players).snapshot(), train(toy_players()).snapshot())


def test_arrays_do_not_share_memory_with_the_weights():
    players = toy_players()
    arrays = players.to_arrays()
    arrays["critic.heads.weight"][:] = 7
    assert (players.critic.heads.weight != 7).all()


def test_both_rates_are_lowered():
    players = toy_players(rate=0.5)
    players.lower_rates(0.1)
    rates = [g["lr"] for _, o in players.optimizers() for g in o.param_groups]
    assert rates == [0.05, 0.05]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_one_bad_number_anywhere_is_found(bad):
    players = train(toy_players())
    assert players.are_finite()
    parameter = players.critic.heads.bias
    players.critic_optimizer.state[parameter]["exp_avg"][1] = bad
    assert not players.are_finite()


def test_training_does_without_the_compiler_of_torch():
    # Its import takes two seconds: torch's own AdamW needs it at the first step.
    script = """
import sys
from skmiaug.training import gan_step
from tests.training._toy import toy_batches, toy_players, toy_weights
gan_step(toy_players(), toy_batches().draw(), toy_weights())
print("torch._dynamo" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr


def test_a_step_is_adam_with_decoupled_weight_decay():
    players = toy_players(rate=0.1)
    parameter = players.critic.heads.bias
    start = parameter.detach().clone()
    gan_step(players, toy_batches().draw(), toy_weights())
    # The first step: the rate against the sign of the gradient, after the decay.
    decayed = start * (1 - 0.1 * players.critic_optimizer.param_groups[0]["weight_decay"])
    expected = decayed - 0.1 * parameter.grad.sign()
    moved = parameter.grad.abs() > 1e-5
    torch.testing.assert_close(
        parameter.detach()[moved], expected[moved], rtol=1e-3, atol=1e-3
    )


def test_gradients_are_forgotten_and_never_kept_as_zeros():
    players = toy_players()
    weight = players.generator.leave.weight
    weight.grad = torch.ones_like(weight)
    players.generator_optimizer.zero_grad()
    assert weight.grad is None
    with pytest.raises(ValueError, match="set_to_none=True"):
        players.generator_optimizer.zero_grad(set_to_none=False)
