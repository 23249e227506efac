"""One training step as a function of networks and batch, against its terms one by one."""

import copy

import pytest
import torch

from skmiaug.losses import class_cross_entropy
from skmiaug.training.gan import gan_step, generate, heads_step, read_pairs
from tests.training._toy import (
    CODES,
    CONDITION,
    LN2,
    ONE,
    PAIR,
    generated,
    same,
    toy_batches,
    toy_networks,
    toy_weights,
)

KINDS = [(ONE, False), (PAIR, False), (CONDITION, False), (CONDITION, True)]
all_kinds = pytest.mark.parametrize(("layout", "gaussian_head"), KINDS)


def of(name, networks):
    return {n: t for n, t in networks.snapshot().items() if n.startswith(f"{name}.")}


@pytest.fixture
def batch():
    return toy_batches().draw()


@all_kinds
def test_a_step_changes_all_networks_and_not_the_batch(layout, gaussian_head):
    networks = toy_networks(layout, gaussian_head=gaussian_head, moved=True)
    batch = toy_batches(layout).draw()
    before, kept = networks.snapshot(), copy.deepcopy(batch)
    figures = gan_step(networks, batch, toy_weights(), layout)
    for name, tensor in networks.snapshot().items():
        if name in before and name != "critic.context.weight":
            assert not torch.equal(tensor, before[name]), name
    assert figures.shape == (4,)
    assert figures.isfinite().all()
    assert not figures.requires_grad
    for part, was in zip(batch[:3], kept[:3], strict=True):
        assert all(map(torch.equal, part, was))
    assert torch.equal(batch.noise, kept.noise)


@all_kinds
def test_the_same_step_gives_the_same_bits(layout, gaussian_head):
    batch = toy_batches(layout).draw()
    one, other = (toy_networks(layout, gaussian_head=gaussian_head) for _ in range(2))
    figures = gan_step(one, batch, toy_weights(), layout)
    torch.rand(3)  # Global generators do not matter.
    assert torch.equal(gan_step(other, batch, toy_weights(), layout), figures)
    assert same(one.snapshot(), other.snapshot())


def test_weights_that_need_no_gradients_stay_so(batch):
    networks = toy_networks()
    frozen = networks.critic.trunk[0].weight.requires_grad_(False)
    before = frozen.clone()
    gan_step(networks, batch, toy_weights(), ONE)
    assert not frozen.requires_grad
    assert torch.equal(frozen, before)
    others = [p for p in networks.critic.parameters() if p is not frozen]
    assert all(p.requires_grad for p in others)


def information_parts(critic, rows, targets, codes):
    """Score, E[log q(c|x)] and the information of the codes, written out."""
    output = critic(rows, targets)
    classes = targets.argmax(dim=1).tolist()
    log_q = [output.class_logits[i].log_softmax(0)[c] for i, c in enumerate(classes)]
    variance = output.code_log_variance.exp()
    squared = (codes - output.code_mean) ** 2 / variance
    of_codes = 0.5 - 0.5 * (squared + variance.log())
    return output.score, torch.stack(log_q).mean(), of_codes.mean()


@pytest.mark.parametrize("information", [0.0, 0.3, 2.0])
def test_losses_are_the_sums_of_their_terms(batch, information):
    networks = toy_networks(moved=True)
    before = copy.deepcopy(networks)
    weights = toy_weights(information=information, penalty=0.7)
    found = gan_step(networks, batch, weights, ONE)

    (real, targets, _), (prior, drawn_for, _), _, noise, _ = batch
    codes = noise[:, -CODES:]
    residual = before.generator(prior, noise, drawn_for)
    samples = prior + residual
    on_real = before.critic(real, targets)
    score, log_q, of_codes = information_parts(before.critic, samples, drawn_for, codes)
    real_log_q = -class_cross_entropy(on_real.class_logits, targets)
    critic_loss = (1 - on_real.score).relu().mean() + (1 + score).relu().mean()
    critic_loss -= information * (0.5 * (LN2 + log_q + real_log_q) + of_codes)
    assert found[0].item() == pytest.approx(critic_loss.item(), rel=1e-4)

    # The generator meets the critic after its step.
    score, log_q, of_codes = information_parts(networks.critic, samples, drawn_for, codes)
    squared = torch.stack([r @ r for r in residual]).mean()
    generator_loss = -score.mean() - information * (LN2 + log_q + of_codes) + 0.7 * squared
    assert found[1].item() == pytest.approx(generator_loss.item(), rel=1e-4)
    assert found[2].item() == pytest.approx((LN2 + log_q).item(), rel=1e-4)
    assert found[3].item() == 0


@pytest.mark.parametrize("layout", [ONE, PAIR])
def test_without_the_information_term_q_and_heads_stay_untrained(layout):
    networks, batch = toy_networks(layout), toy_batches(layout).draw()
    for group in networks.critic_optimizer.param_groups:
        group["weight_decay"] = 0.0
    of_q = slice(3, None)  # after the score and one row for each class
    before = networks.critic.heads.weight[of_q].clone(), of("heads", networks)
    figures = gan_step(networks, batch, toy_weights(information=0.0), layout)
    assert torch.equal(networks.critic.heads.weight[of_q], before[0])
    assert same(of("heads", networks), before[1])
    assert figures[3] == 0
    gan_step(networks, batch, toy_weights(), layout)
    assert not torch.equal(networks.critic.heads.weight[of_q], before[0])


@pytest.mark.parametrize("layout", [ONE, PAIR])
def test_bfloat16_products_give_nearly_the_same_losses(layout):
    batch = toy_batches(layout).draw()
    networks = toy_networks(layout, moved=True)
    single = gan_step(toy_networks(layout, moved=True), batch, toy_weights(), layout)
    half = gan_step(networks, batch, toy_weights(autocast=torch.bfloat16), layout)
    assert half.dtype == torch.float32
    assert not torch.equal(half, single)
    torch.testing.assert_close(half, single, rtol=0.03, atol=0.03)
    assert {t.dtype for t in networks.snapshot().values()} == {torch.float32}
    assert networks.are_finite()


@pytest.mark.parametrize("n", [1, 2])
def test_batches_too_small_for_pairs_train_the_other_networks(n):
    networks, batches = toy_networks(PAIR), toy_batches(PAIR, batch_size=n)
    for group in networks.critic_optimizer.param_groups:
        group["weight_decay"] = 0.0
    before = of("heads", networks), of("critic", networks)
    assert heads_step(networks, *batches.draw_rows(), PAIR) == 0
    assert gan_step(networks, batches.draw(), toy_weights(), PAIR).isfinite().all()
    assert same(of("heads", networks), before[0])
    assert not same(of("critic", networks), before[1])


# ---- samples


def test_given_groups_stay_as_they_are():
    networks, batch = toy_networks(PAIR, moved=True), toy_batches(PAIR).draw()
    given = batch.given
    prior, targets = batch.prior.values, batch.prior.targets
    samples, residual = generate(
        networks.generator, PAIR, prior, batch.noise, targets, given
    )
    fixed = PAIR.free(given) == 0
    assert fixed.any()
    assert torch.equal(samples[fixed], prior[fixed])
    assert not residual[fixed].any()
    assert (samples[~fixed] != prior[~fixed]).all()
    # The generator is told what is given to it.
    anew, _ = generate(networks.generator, PAIR, prior, batch.noise, targets)
    assert not torch.equal(anew[~fixed], samples[~fixed])


def test_the_scale_is_a_factor_on_the_residual_and_a_condition_stays():
    networks, batch = toy_networks(CONDITION, moved=True), toy_batches(CONDITION).draw()
    prior = batch.prior.values
    inputs = networks.generator, CONDITION, prior, batch.noise, batch.prior.targets
    whole, residual = generate(*inputs)
    half, same_residual = generate(*inputs, scale=0.5)
    torch.testing.assert_close(half[:, :3], prior[:, :3] + 0.5 * residual)
    assert torch.equal(residual, same_residual)
    assert torch.equal(whole[:, 3:], prior[:, 3:])


# ---- what steps lead to


@pytest.mark.parametrize("layout", [PAIR, CONDITION])
def test_heads_learn_the_dependence_of_the_data(layout):
    networks = toy_networks(layout, gaussian_head=layout is CONDITION)
    batches = toy_batches(layout, batch_size=64, counts=(200, 200), n_held_out=500)
    held_out = batches.draw_held_out(1000)

    def of_held_out() -> float:
        with torch.no_grad():
            return float(read_pairs(networks.heads, layout, held_out, n_blocks=20).mean())

    assert abs(of_held_out()) < 0.15
    for _ in range(60):
        found = heads_step(networks, *batches.draw_rows(), layout)
    assert found.isfinite()
    # There are -½ ln(1 - 0.8²) = 0.51 nats.
    assert 0.25 < of_held_out() < 0.55


def test_training_makes_the_groups_of_an_independent_prior_depend_on_each_other():
    networks = toy_networks(CONDITION, rate=5e-3)
    batches = toy_batches(CONDITION, bandwidth=1.0, counts=(200, 200), batch_size=64)
    batches.regressions = {(1,): torch.zeros(2, 3)}
    batches.factor = torch.eye(5)
    for _ in range(60):
        heads_step(networks, *batches.draw_rows(), CONDITION)

    def dependence() -> float:
        samples, classes = generated(networks, batches, 4)
        centred = samples - batches.means[classes]
        return float(torch.corrcoef(centred[:, [0, 3]].T)[0, 1])

    assert abs(dependence()) < 0.3
    for _ in range(250):
        gan_step(networks, batches.draw(), toy_weights(), CONDITION)
    assert dependence() > 0.4
