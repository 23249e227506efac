"""The generator: a learned residual on samples of the prior."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmiaug.nn._mlp import hidden_stack


class ResidualGenerator(nn.Module):
    """The r of G(z, t) = u + r(u, z, codes, t), which is 0 before training.

    u is a sample of the prior in whitened space, so that the untrained generator is the
    prior. The last layer begins at zero, its input does not, so that its gradient is not
    zero. Weights of the targets begin larger than the others, so that it depends on them.

    The network sees ``n_features`` whitened directions and ``n_latent`` further inputs:
    context, flags, noise z and the continuous codes together. It has one hidden layer at
    least.
    """

    def __init__(
        self,
        n_features: int,
        n_targets: int,
        n_latent: int,
        hidden_layer_sizes: Sequence[int],
    ):
        super().__init__()
        self.n_features, self.n_targets, self.n_latent = n_features, n_targets, n_latent
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        first, *rest = hidden_layer_sizes
        self.enter = nn.Linear(n_features + n_latent + n_targets, first)
        with torch.no_grad():
            self.enter.weight[:, -n_targets:].normal_()
        self.trunk, width = hidden_stack(first, rest)
        self.leave = nn.Linear(width, n_features)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    @property
    def config(self) -> dict[str, Any]:
        """Constructor arguments of another generator of this shape."""
        return {
            "n_features": self.n_features,
            "n_targets": self.n_targets,
            "n_latent": self.n_latent,
            "hidden_layer_sizes": self.hidden_layer_sizes,
        }

    def forward(self, prior: Tensor, latent: Tensor, targets: Tensor) -> Tensor:
        """Return the residual (n, n_features) of whitened samples of the prior."""
        hidden = self.enter(torch.cat([prior, latent, targets], dim=-1))
        return self.leave(self.trunk(functional.leaky_relu(hidden, 0.2)))
