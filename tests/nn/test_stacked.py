"""A stack gives what its networks give one by one."""

import pytest
import torch
from torch import nn

from skmiaug.nn import Critic, ResidualGenerator, load_model, stack_modules


def rows(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_critics_of_a_stack_judge_as_alone():
    critics = [Critic(5, 3, 2, (8, 4)) for _ in range(4)]
    stack = stack_modules(critics)
    X, classes = rows(4, 7, 5), torch.arange(28).view(4, 7) % 3
    together = stack(X, classes)
    for k, critic in enumerate(critics):
        for part, own in zip(together, critic(X[k], classes[k]), strict=True):
            torch.testing.assert_close(part[k], own)


def test_generators_of_a_stack_and_their_gradients():
    generators = [ResidualGenerator(5, 3, 2, (8,)) for _ in range(3)]
    for generator in generators:
        nn.init.normal_(generator.leave.weight)
    stack = stack_modules(generators)
    start, latent = rows(3, 7, 5), rows(3, 7, 2)
    classes = torch.arange(21).view(3, 7) % 3
    stack(start, latent, classes).square().sum().backward()
    for k, generator in enumerate(generators):
        generator(start[k], latent[k], classes[k]).square().sum().backward()
        for name, parameter in generator.named_parameters():
            stacked = stack.get_parameter(name).grad[k]
            torch.testing.assert_close(stacked, parameter.grad)


def test_a_model_is_taken_out_again():
    critics = [Critic(5, 3, 2, (8,)) for _ in range(2)]
    stack, copy = stack_modules(critics), Critic(5, 3, 2, (8,))
    load_model(copy, stack, 1)
    for name, tensor in copy.state_dict().items():
        assert torch.equal(tensor, critics[1].state_dict()[name])


def test_the_networks_keep_their_own_weights():
    critics = [Critic(5, 3, 2, (8,)) for _ in range(2)]
    stack = stack_modules(critics)
    with torch.no_grad():
        stack.heads.weight.zero_()
    assert critics[0].heads.weight.abs().sum() > 0


@pytest.mark.parametrize("layer", [nn.LayerNorm(4), nn.Linear(4, 4, bias=False)])
def test_other_layers_are_refused(layer):
    with pytest.raises(TypeError, match="can be stacked"):
        stack_modules([nn.Sequential(layer)] * 2)
