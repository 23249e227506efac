"""The residual generator: zero before training, but ready to learn."""

import inspect

import pytest
import torch
from torch.nn.functional import one_hot

from skmiaug.nn import ResidualGenerator


def build(hidden=(16, 8), n_latent=3, *, moved=False):
    torch.manual_seed(0)
    generator = ResidualGenerator(5, 4, n_latent, hidden)
    if moved:
        torch.nn.init.normal_(generator.leave.weight)
    return generator


def inputs(n=6, n_latent=3):
    rng = torch.Generator().manual_seed(1)
    prior, latent = (torch.randn(n, width, generator=rng) for width in (5, n_latent))
    return prior, latent, one_hot(torch.arange(n) % 4, 4).float()


@pytest.mark.parametrize("hidden", [(16,), (16, 8), (8, 8, 8)])
@pytest.mark.parametrize("n_latent", [0, 3])
def test_the_residual_is_exactly_zero_before_training(hidden, n_latent):
    residual = build(hidden, n_latent)(*inputs(n_latent=n_latent))
    assert residual.shape == (6, 5)
    assert (residual == 0).all()


def test_the_last_layer_gets_gradients_at_once_and_all_others_after_one_step():
    generator = build()
    optimizer = torch.optim.SGD(generator.parameters(), lr=0.1)
    wanted = torch.ones(6, 5)
    (generator(*inputs()) - wanted).square().sum().backward()
    assert generator.leave.weight.grad.abs().sum() > 0
    assert generator.leave.bias.grad.abs().sum() > 0
    optimizer.step()
    optimizer.zero_grad()
    (generator(*inputs()) - wanted).square().sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_target_and_noise_change_the_residual_of_each_row_by_itself():
    generator, (prior, latent, targets) = build(moved=True), inputs()
    residual = generator(prior, latent, targets)
    for other in (generator(prior, latent, targets.roll(1, 1)),
                  generator(prior, latent + 1, targets)):  # fmt: skip
        assert (residual - other).abs().amax(dim=1).min() > 1e-3
    alone = [generator(prior[[i]], latent[[i]], targets[[i]]) for i in range(6)]
    torch.testing.assert_close(torch.cat(alone), residual)


def test_shares_of_targets_mix_their_first_layer_offsets():
    generator, (prior, latent, _) = build((16,), moved=True), inputs()
    shares = torch.tensor([0.1, 0.2, 0.3, 0.4])
    weight, of_targets = generator.enter.weight.tensor_split([8], dim=1)
    entered = torch.cat([prior, latent], dim=1) @ weight.T + generator.enter.bias
    entered = entered + of_targets @ shares
    expected = generator.leave(torch.nn.functional.leaky_relu(entered, 0.2))
    torch.testing.assert_close(generator(prior, latent, shares.expand(6, 4)), expected)


def test_its_arguments_are_kept_and_build_another():
    generator = build()
    names = inspect.signature(ResidualGenerator).parameters
    again = ResidualGenerator(**{name: getattr(generator, name) for name in names})
    again.load_state_dict(generator.state_dict())
    assert all(getattr(again, name) == getattr(generator, name) for name in names)
