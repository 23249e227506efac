"""Heads that estimate the information between the modalities of a row given its target."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_WIDTH = 64
_N_COMPONENTS = 16
_TARGET_SCALE = 0.3


class TargetNetwork(nn.Module):
    """A network whose first layer depends on the target, in scale and in offset.

    Modalities may depend on each other in another way in each class: this dependence may
    even be all that distinguishes the classes.
    """

    def __init__(self, n_features: int, n_targets: int, n_outputs: int):
        super().__init__()
        self.enter = nn.Linear(n_features, _WIDTH)
        self.of_target = nn.Linear(n_targets, 2 * _WIDTH, bias=False)
        self.hidden = nn.Linear(_WIDTH, _WIDTH)
        self.leave = nn.Linear(_WIDTH, n_outputs)
        nn.init.normal_(self.of_target.weight, std=_TARGET_SCALE)

    def forward(self, rows: Tensor, targets: Tensor) -> Tensor:
        """Map ``rows`` (n, n_features) of ``targets`` (n, n_targets) to (n, n_outputs)."""
        scale, offset = self.of_target(targets).chunk(2, dim=1)
        entered = torch.addcmul(offset, self.enter(rows), 1 + scale)
        hidden = self.hidden(functional.leaky_relu(entered, 0.2))
        return self.leave(functional.leaky_relu(hidden, 0.2))


class ContrastiveHeads(nn.Module):
    """Scores of pairs of rows of two modalities, given the target.

    ``n_features`` are the columns of each modality.
    """

    def __init__(self, n_features: Sequence[int], n_targets: int):
        super().__init__()
        # One more output: the offset that a row adds to all its scores.
        self.networks = nn.ModuleList(
            TargetNetwork(n, n_targets, _N_COMPONENTS + 1) for n in n_features
        )

    def forward(self, rows: Sequence[Tensor], targets: Tensor) -> tuple[Tensor, ...]:
        """Return the codes of the rows of each modality, (n, n_components + 1) each.

        The last column is the offset that a row adds to all its scores.
        """
        return tuple(
            network(part, targets).float()
            for network, part in zip(self.networks, rows, strict=True)
        )

    @staticmethod
    def scores(first: Tensor, second: Tensor) -> Tensor:
        """Return the score of each code of one with each of the other, (..., n, m)."""
        one, one_offset = first.tensor_split([_N_COMPONENTS], dim=-1)
        other, other_offset = second.tensor_split([_N_COMPONENTS], dim=-1)
        products = one @ other.transpose(-1, -2) / math.sqrt(_N_COMPONENTS)
        return products + one_offset + other_offset.transpose(-1, -2)


class GaussianHead(nn.Module):
    """The Gaussian q(t | h, c) of the rows of a second modality given the first.

    ``n_features`` are the columns of h and of t.
    """

    def __init__(self, n_features: Sequence[int], n_targets: int):
        super().__init__()
        first, self.n_outputs = n_features
        self.network = TargetNetwork(first, n_targets, 2 * self.n_outputs)
        # Before training q knows nothing: mean 0 and variance 1, as whitened rows have.
        nn.init.zeros_(self.network.leave.weight)
        nn.init.zeros_(self.network.leave.bias)

    def forward(self, first: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of t, (n, n_features[1]) each."""
        outputs = self.network(first, targets).float()
        mean, log_variance = torch.split(outputs, self.n_outputs, dim=1)
        return mean, log_variance.clamp(-6.0, 6.0)
