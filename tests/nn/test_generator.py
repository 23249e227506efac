"""The residual generator: nothing before training, but ready to learn."""

import pytest
import torch

from skmiaug.nn import ResidualGenerator


def build(hidden=(16, 8), n_latent=3):
    torch.manual_seed(0)
    return ResidualGenerator(5, 4, n_latent, hidden)


def inputs(n=6, n_latent=3):
    rng = torch.Generator().manual_seed(1)
    return (
        torch.randn(n, 5, generator=rng),
        torch.randn(n, n_latent, generator=rng),
        torch.arange(n) % 4,
    )


@pytest.mark.parametrize("hidden", [(16,), (16, 8), (8, 8, 8)])
@pytest.mark.parametrize("n_latent", [0, 3])
def test_the_residual_is_exactly_zero_before_training(hidden, n_latent):
    residual = build(hidden, n_latent)(*inputs(n_latent=n_latent))
    assert residual.shape == (6, 5)
    assert (residual == 0).all()


def test_the_last_layer_gets_gradients_at_once_and_all_others_after_one_step():
    generator = build()
    optimizer = torch.optim.SGD(generator.parameters(), lr=0.1)
    target = torch.ones(6, 5)
    (generator(*inputs()) - target).square().sum().backward()
    assert generator.leave.weight.grad.abs().sum() > 0
    assert generator.leave.bias.grad.abs().sum() > 0
    optimizer.step()
    optimizer.zero_grad()
    (generator(*inputs()) - target).square().sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


@pytest.fixture
def trained():
    generator = build()
    torch.nn.init.normal_(generator.leave.weight)
    return generator


def test_the_class_matters(trained):
    start, latent, classes = inputs()
    first = trained(start, latent, classes)
    other = trained(start, latent, (classes + 1) % 4)
    assert (first - other).abs().amax(dim=1).min() > 1e-3


def test_the_noise_matters(trained):
    start, latent, classes = inputs()
    moved = trained(start, latent + 1, classes) - trained(start, latent, classes)
    assert moved.abs().amax(dim=1).min() > 1e-3


def test_rows_do_not_see_each_other(trained):
    start, latent, classes = inputs()
    alone = [trained(start[[i]], latent[[i]], classes[[i]]) for i in range(6)]
    torch.testing.assert_close(torch.cat(alone), trained(start, latent, classes))
