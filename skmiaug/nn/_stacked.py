"""Many networks of one shape as one network, by batched matrix products."""

from collections.abc import Sequence
from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

ModuleT = TypeVar("ModuleT", bound=nn.Module)


class StackedLinear(nn.Module):
    """``n_models`` linear layers; weight (n_models, n_outputs, n_inputs)."""

    def __init__(self, weight: Tensor, bias: Tensor | None):
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (n_models, n, n_inputs) to (n_models, n, n_outputs)."""
        if self.bias is None:
            return torch.bmm(inputs, self.weight.mT)
        return torch.baddbmm(self.bias[:, None], inputs, self.weight.mT)


def stack_modules(modules: Sequence[ModuleT]) -> ModuleT:
    """Join networks of one shape into one that takes inputs with a leading model axis.

    The networks are made of linear layers and what has no weights (a TypeError otherwise),
    and their ``forward`` works on trailing axes. The joined network is of the same class,
    its ``state_dict`` has the same names, each tensor with a first axis of
    ``len(modules)``.
    """
    joined = deepcopy(modules[0])
    for path, layer in list(joined.named_modules()):
        if next(layer.parameters(recurse=False), None) is None:
            continue
        alike = [module.get_submodule(path) for module in modules]
        parent_path, _, name = path.rpartition(".")
        setattr(joined.get_submodule(parent_path), name, _stack_layers(path, alike))
    return joined


def _stack_layers(path: str, layers: Sequence[nn.Module]) -> nn.Module:
    def stacked(name: str) -> Tensor:
        return torch.stack([getattr(layer, name).detach() for layer in layers])

    first = layers[0]
    if isinstance(first, nn.Linear):
        bias = None if first.bias is None else stacked("bias")
        return StackedLinear(stacked("weight"), bias)
    raise TypeError(
        f"Only linear layers can be stacked; {path} is a {type(first).__name__}."
    )


def load_model(module: nn.Module, stack: nn.Module, index: int) -> None:
    """Copy the weights of one model of a stack into a single network."""
    state = {name: tensor[index] for name, tensor in stack.state_dict().items()}
    module.load_state_dict(state)
