"""The generator: a start that is drawn elsewhere, and a learned residual on it."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmiaug.nn._mlp import hidden_stack


class ResidualGenerator(nn.Module):
    """G(z, c) = start + r(start, z, codes, c), with r = 0 before training.

    The start is a draw from the class Gaussian in whitened space, so the untrained
    generator is exactly that Gaussian and training can only move away from it. The last
    layer begins at zero, its input does not, so that its gradient is not zero.

    Parameters
    ----------
    n_features : int
        Number of whitened directions that the network sees.
    n_classes : int
        Number of classes, one learned first-layer offset each.
    n_latent : int
        Number of inputs beside the start: noise z and the continuous codes together.
    hidden_layer_sizes : sequence of int
        Widths of the hidden layers, at least one.
    """

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        n_latent: int,
        hidden_layer_sizes: Sequence[int],
    ):
        super().__init__()
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        first, *rest = hidden_layer_sizes
        self.enter = nn.Linear(n_features + n_latent, first)
        self.class_offset = nn.Embedding(n_classes, first)
        self.trunk, width = hidden_stack(first, rest)
        self.leave = nn.Linear(width, n_features)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, start: Tensor, latent: Tensor, classes: Tensor) -> Tensor:
        """Return the residual, (n, n_features).

        Parameters
        ----------
        start : Tensor of shape (n, n_features)
            Whitened draws from the class Gaussian.
        latent : Tensor of shape (n, n_latent)
            Noise and codes.
        classes : Tensor of shape (n,)
            Class indices.
        """
        hidden = self.enter(torch.cat([start, latent], dim=-1)) + self.class_offset(classes)
        return self.leave(self.trunk(functional.leaky_relu(hidden, 0.2)))
