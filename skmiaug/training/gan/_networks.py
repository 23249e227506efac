"""Generator, critic and heads with their optimisers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from skmiaug.nn import ContrastiveHeads, Critic, GaussianHead, ResidualGenerator
from skmiaug.training.gan._batches import Layout
from skmiaug.training.loop._model_state import AdamW, ModelState
from skmiaug.utils._random import isolated_torch_seed

# The heads have no opponent: they may learn fast, and until they have learned they are of
# no use to the generator.
_HEADS_RATE = 5.0
# Nothing but the decay keeps them from memorising the training pairs.
_HEADS_DECAY = 1.0


@dataclass
class GanNetworks(ModelState):
    """Generator, critic (with the recognition head) and heads, and two optimisers.

    ``heads`` estimate the information between the groups of columns of a row; None with a
    single group. They learn with the critic, by its optimiser.
    """

    discriminators: ClassVar[tuple[str, ...]] = ("critic",)
    remedy: ClassVar[str] = (
        "Lower generator_learning_rate and critic_learning_rate, lower mi_weight, or look "
        "for extreme values in X."
    )

    generator: ResidualGenerator
    critic: Critic
    heads: ContrastiveHeads | GaussianHead | None
    generator_optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        yield "generator", self.generator
        yield "critic", self.critic
        if self.heads is not None:
            yield "heads", self.heads

    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        yield "generator", self.generator_optimizer
        yield "critic", self.critic_optimizer


@dataclass(frozen=True)
class NetworkParameters:
    """Sizes of the networks and of a training step, resolved for one data set."""

    sizes: tuple[int, ...]  # Leading coordinates of each group that the networks see
    generator_sizes: tuple[int, ...]  # Widths of the hidden layers
    critic_sizes: tuple[int, ...]
    latent_dim: int
    n_codes: int  # Continuous codes
    generator_lr: float
    critic_lr: float
    batch_size: int
    penalty: float  # On the residual
    autocast: torch.dtype | None = None
    # With two groups, whether the second is predicted from the first by a Gaussian head;
    # otherwise heads score pairs
    gaussian_head: bool = False

    @property
    def latent_width(self) -> int:
        """Noise and continuous codes together."""
        return self.latent_dim + self.n_codes

    def largest_product(self) -> int:
        """Multiply-adds of the largest matrix product of a training step."""
        hidden = self.generator_sizes + self.critic_sizes
        widest = max(sum(self.sizes) + self.latent_width, *hidden)
        # The critic sees real and generated rows in one product.
        return 2 * self.batch_size * widest * max(hidden)


def build_networks(
    parameters: NetworkParameters,
    layout: Layout,
    n_targets: int,
    *,
    seed: int,
    device: torch.device,
) -> GanNetworks:
    """Build untrained networks; the same ``seed`` gives the same weights everywhere."""
    n_codes = parameters.n_codes
    n_context = layout.n_features - layout.n_generated
    heads: ContrastiveHeads | GaussianHead | None = None
    with isolated_torch_seed(seed):
        generator = ResidualGenerator(
            layout.n_generated,
            n_targets,
            n_context + layout.n_flags + parameters.latent_width,
            parameters.generator_sizes,
        )
        critic = Critic(
            layout.n_generated, n_targets, n_codes, parameters.critic_sizes, n_context
        )
        if len(layout.sizes) > 1:
            kind = GaussianHead if parameters.gaussian_head else ContrastiveHeads
            heads = kind(layout.sizes, n_targets)
    for module in (generator, critic, heads):
        if module is not None:
            module.to(device)
    networks = GanNetworks(
        generator,
        critic,
        heads,
        adam(generator, parameters.generator_lr),
        adam(critic, parameters.critic_lr),
    )
    if heads is not None:
        networks.critic_optimizer.add_param_group(
            {
                "params": list(heads.parameters()),
                "lr": _HEADS_RATE * parameters.critic_lr,
                "weight_decay": _HEADS_DECAY,
            }
        )
    return networks


def adam(module: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    """Return the optimiser of one network."""
    # Little momentum, since the opponent moves the loss at every step. The decay bounds a
    # critic that is trained on few rows.
    return AdamW(
        module.parameters(),
        lr=learning_rate,
        betas=(0.5, 0.99),
        weight_decay=1e-2,
        fused=True,
    )
