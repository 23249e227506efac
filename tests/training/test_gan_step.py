"""One training step as a pure function, against its terms one by one."""

import copy

import pytest
import torch
from torch.nn import functional

from skmiaug.training import gan_step
from tests.training._toy import CODES, LN2, same, toy_batches, toy_players, toy_weights


@pytest.fixture
def batch():
    return toy_batches().draw()


def test_the_same_step_gives_the_same_bits(batch):
    one, other = toy_players(moved=True), toy_players(moved=True)
    losses = [gan_step(players, batch, toy_weights()) for players in (one, other)]
    assert torch.equal(*losses)
    assert same(one.snapshot(), other.snapshot())


def test_a_step_changes_both_players_and_not_the_batch(batch):
    players = toy_players(moved=True)
    before, kept = players.snapshot(), copy.deepcopy(batch)
    losses = gan_step(players, batch, toy_weights())
    after = players.snapshot()
    for name, tensor in before.items():
        assert not torch.equal(tensor, after[name]), name
    assert all(map(torch.equal, batch, kept))
    assert losses.shape == (3,)
    assert not losses.requires_grad


@pytest.mark.parametrize("change", [{"leash": 50.0}, {}])
def test_the_critic_takes_no_part_in_the_generators_step(batch, change):
    # The leash is a term of the generator's loss alone.
    plain, other = toy_players(moved=True), toy_players(moved=True)
    gan_step(plain, batch, toy_weights())
    gan_step(other, batch, toy_weights(**change))
    one, two = plain.snapshot(), other.snapshot()
    assert all(torch.equal(one[n], two[n]) for n in one if n.startswith("critic"))
    differs = any(not torch.equal(one[n], two[n]) for n in one if "generator" in n)
    assert differs == bool(change)


def test_what_needs_gradients_stays_as_it_was(batch):
    players = toy_players()
    frozen = players.critic.trunk[0].weight.requires_grad_(False)
    before = frozen.clone()
    gan_step(players, batch, toy_weights())
    assert not frozen.requires_grad
    assert torch.equal(frozen, before)
    others = [p for p in players.critic.parameters() if p is not frozen]
    assert all(p.requires_grad for p in others)


def log_normal(x, mean, log_variance):
    variance = log_variance.exp()
    return -0.5 * ((x - mean) ** 2 / variance + variance.log())


def information_parts(critic, rows, classes, codes):
    """E[log q(c|x)] and the code part, written out."""
    output = critic(rows, classes)
    log_q = torch.stack(
        [output.class_logits[i].log_softmax(0)[c] for i, c in enumerate(classes)]
    )
    told = log_normal(codes, output.code_mean, output.code_log_variance) + 0.5
    return output.score, log_q.mean(), told.mean()


@pytest.mark.parametrize("information", [0.0, 0.3, 2.0])
def test_losses_are_the_sums_of_their_terms(batch, information):
    players = toy_players(moved=True)
    before = copy.deepcopy(players)
    found = gan_step(players, batch, toy_weights(information=information, leash=0.7))

    codes = batch.latent[:, -CODES:]
    residual = before.generator(batch.start, batch.latent, batch.start_classes)
    made = batch.start + residual
    real_output = before.critic(batch.real, batch.real_classes)
    score, log_q, told = information_parts(before.critic, made, batch.start_classes, codes)
    real_log_q = -functional.cross_entropy(real_output.class_logits, batch.real_classes)
    critic_loss = (1 - real_output.score).relu().mean() + (1 + score).relu().mean()
    critic_loss -= information * (0.5 * (LN2 + log_q + real_log_q) + told)
    assert found[0].item() == pytest.approx(critic_loss.item(), rel=1e-4)

    # The generator meets the critic after its step.
    score, log_q, told = information_parts(players.critic, made, batch.start_classes, codes)
    squared = torch.stack([r @ r for r in residual]).mean()
    generator_loss = -score.mean() - information * (LN2 + log_q + told) + 0.7 * squared
    assert found[1].item() == pytest.approx(generator_loss.item(), rel=1e-4)
    assert found[2].item() == pytest.approx((LN2 + log_q).item(), rel=1e-4)


def test_without_the_information_term_the_recognition_head_stays_untrained(batch):
    players = toy_players()
    players.critic_optimizer.param_groups[0]["weight_decay"] = 0.0
    of_q = slice(3, None)  # after the score and one row for each class
    before = players.critic.heads.weight[of_q].clone()
    gan_step(players, batch, toy_weights(information=0.0))
    assert torch.equal(players.critic.heads.weight[of_q], before)
    gan_step(players, batch, toy_weights(information=1.0))
    assert not torch.equal(players.critic.heads.weight[of_q], before)


def test_it_runs_without_codes():
    players, batches = toy_players(n_codes=0), toy_batches(n_codes=0)
    assert gan_step(players, batches.draw(), toy_weights()).isfinite().all()


def test_bfloat16_products_give_nearly_the_same_losses(batch):
    single = gan_step(toy_players(moved=True), batch, toy_weights())
    half = gan_step(toy_players(moved=True), batch, toy_weights(autocast=torch.bfloat16))
    assert half.dtype == torch.float32
    assert not torch.equal(half, single)
    torch.testing.assert_close(half, single, rtol=0.02, atol=0.02)


def test_weights_stay_float32_under_bfloat16(batch):
    players = toy_players()
    gan_step(players, batch, toy_weights(autocast=torch.bfloat16))
    assert {t.dtype for t in players.snapshot().values()} == {torch.float32}
    assert players.are_finite()
