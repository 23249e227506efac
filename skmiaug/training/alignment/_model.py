"""The network of the aligned space with its optimiser."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from skmiaug.losses import LARGEST_LOG_SCALE
from skmiaug.nn import AlignmentNetwork
from skmiaug.training.loop._adamw import AdamW
from skmiaug.training.loop._model_state import ModelState
from skmiaug.utils._random import isolated_torch_seed


@dataclass
class AlignmentModel(ModelState):
    """Projection and class heads, the temperature, and their optimiser."""

    network: AlignmentNetwork
    optimizer: torch.optim.Optimizer

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the network by name."""
        yield "network", self.network

    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        """Yield the optimiser by name."""
        yield "network", self.optimizer

    def limit_scale(self) -> None:
        """Keep the cosines' scale where it has a slope, as in Radford et al. (2021)."""
        with torch.no_grad():
            self.network.log_scale.clamp_(max=LARGEST_LOG_SCALE)


def build_alignment(
    *,
    n_features: Sequence[int],
    n_classes: int,
    n_components: int,
    hidden_layer_sizes: Sequence[int],
    temperature: float,
    learning_rate: float,
    weight_decay: float,
    seed: int,
    device: torch.device,
) -> AlignmentModel:
    """Build network and optimiser; the same ``seed`` gives the same weights everywhere."""
    with isolated_torch_seed(seed):
        network = AlignmentNetwork(
            n_features, n_classes, n_components, hidden_layer_sizes, temperature
        )
    network.to(device)
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        # Neither offsets nor the temperature are pulled towards zero.
        {"params": others, "weight_decay": 0.0},
    ]
    model = AlignmentModel(network, AdamW(groups, lr=learning_rate, fused=True))
    model.limit_scale()
    return model
