"""A stack gives what its networks give one by one."""

import pytest
import torch
from torch import nn

from skmiaug.nn import Critic, ResidualGenerator, load_model, stack_modules


def rows(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", ["critic", "generator"])
def test_outputs_and_gradients_are_those_of_the_networks_alone(kind):
    if kind == "critic":
        networks = [Critic(5, 3, 2, (8, 4), 2) for _ in range(4)]
        inputs = rows(4, 7, 5), rows(4, 7, 3), rows(4, 7, 2)
    else:
        networks = [ResidualGenerator(5, 3, 2, (8,)) for _ in range(4)]
        inputs = rows(4, 7, 5), rows(4, 7, 2), rows(4, 7, 3)
        for network in networks:
            nn.init.normal_(network.leave.weight)

    def outputs(network, *inputs):
        found = network(*inputs)
        return [found] if isinstance(found, torch.Tensor) else list(found)

    stack = stack_modules(networks)
    together = outputs(stack, *inputs)
    sum(part.square().sum() for part in together).backward()
    for k, network in enumerate(networks):
        alone = outputs(network, *(part[k] for part in inputs))
        for part, own in zip(together, alone, strict=True):
            torch.testing.assert_close(part[k], own)
        sum(part.square().sum() for part in alone).backward()
        for name, parameter in network.named_parameters():
            stacked = stack.get_parameter(name).grad[k]
            torch.testing.assert_close(stacked, parameter.grad, rtol=1e-4, atol=1e-4)


def test_a_stack_copies_the_weights_and_a_model_is_taken_out_again():
    critics = [Critic(5, 3, 2, (8,)) for _ in range(2)]
    stack, copy = stack_modules(critics), Critic(5, 3, 2, (8,))
    load_model(copy, stack, 1)
    with torch.no_grad():
        for parameter in stack.parameters():
            parameter.zero_()
    for name, tensor in copy.state_dict().items():
        assert torch.equal(tensor, critics[1].state_dict()[name])
    assert critics[1].heads.weight.any()


@pytest.mark.parametrize("layer", [nn.LayerNorm(4), nn.Conv1d(4, 4, 1)])
def test_other_layers_are_refused(layer):
    with pytest.raises(TypeError, match="Only linear layers can be stacked; 0 is a"):
        stack_modules([nn.Sequential(layer)] * 2)
