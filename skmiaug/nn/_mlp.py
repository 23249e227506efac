"""A stack of hidden layers."""

from collections.abc import Sequence

from torch import nn


def hidden_stack(
    n_inputs: int, hidden_layer_sizes: Sequence[int]
) -> tuple[nn.Sequential, int]:
    """Return linear layers with leaky rectifiers between, and the width that comes out.

    Leaky, since a critic whose units die stops telling the generator anything.
    """
    layers: list[nn.Module] = []
    width = n_inputs
    for size in hidden_layer_sizes:
        layers += [nn.Linear(width, size), nn.LeakyReLU(0.2, inplace=True)]
        width = size
    return nn.Sequential(*layers), width
