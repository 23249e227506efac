"""The two players with their optimisers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from skmiaug.nn import ContrastiveHeads, Critic, GaussianHead, ResidualGenerator
from skmiaug.training.gan._joint_batches import JointLayout
from skmiaug.training.loop._adamw import AdamW
from skmiaug.training.loop._model_state import ModelState
from skmiaug.utils._random import isolated_torch_seed

# The heads play against nobody: what they read is there or not, and is worth nothing to
# the generator before they read it.
_HEADS_RATE = 5.0
# Nor does anybody keep them from learning the real pairs by heart.
_HEADS_DECAY = 1.0


@dataclass
class GanPlayers(ModelState):
    """Generator, critic (with the recognition head) and the optimiser of each."""

    discriminators: ClassVar[tuple[str, ...]] = ("critic",)

    generator: ResidualGenerator
    critic: Critic
    generator_optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the networks by name."""
        yield "generator", self.generator
        yield "critic", self.critic

    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        """Yield the optimisers by name."""
        yield "generator", self.generator_optimizer
        yield "critic", self.critic_optimizer


@dataclass
class JointPlayers(GanPlayers):
    """Players for rows of several modalities.

    ``heads`` read what the modalities say of each other; they learn with the critic, and
    its optimiser is theirs too.
    """

    heads: ContrastiveHeads | GaussianHead

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the networks by name."""
        yield from super().modules()
        yield "heads", self.heads


def build_players(
    *,
    n_features: int,
    n_classes: int,
    latent_dim: int,
    n_codes: int,
    generator_sizes: Sequence[int],
    critic_sizes: Sequence[int],
    generator_lr: float,
    critic_lr: float,
    seed: int,
    device: torch.device,
) -> GanPlayers:
    """Build both players; the same ``seed`` gives the same first weights everywhere."""
    with isolated_torch_seed(seed):
        generator = ResidualGenerator(
            n_features, n_classes, latent_dim + n_codes, generator_sizes
        )
        critic = Critic(n_features, n_classes, n_codes, critic_sizes)
    generator.to(device)
    critic.to(device)
    return GanPlayers(
        generator,
        critic,
        adam(generator, generator_lr),
        adam(critic, critic_lr),
    )


def build_joint_players(
    *,
    layout: JointLayout,
    n_classes: int,
    latent_dim: int,
    n_codes: int,
    generator_sizes: Sequence[int],
    critic_sizes: Sequence[int],
    gaussian_head: bool,
    generator_lr: float,
    critic_lr: float,
    seed: int,
    device: torch.device,
) -> JointPlayers:
    """Build both players for rows of several modalities, as :func:`build_players` does.

    Parameters
    ----------
    layout : JointLayout
    gaussian_head : bool
        Whether a Gaussian reads the second of two modalities from the first; else scores
        of how well they go together.
    n_classes, latent_dim, n_codes, generator_sizes, critic_sizes, generator_lr, critic_lr
        As there.
    """
    n_context = layout.n_features - layout.n_generated
    with isolated_torch_seed(seed):
        generator = ResidualGenerator(
            layout.n_generated,
            n_classes,
            n_context + layout.n_flags + latent_dim + n_codes,
            generator_sizes,
        )
        critic = Critic(layout.n_generated, n_classes, n_codes, critic_sizes, n_context)
        kind = GaussianHead if gaussian_head else ContrastiveHeads
        heads = kind(layout.sizes, n_classes)
    for module in (generator, critic, heads):
        module.to(device)
    players = JointPlayers(
        generator,
        critic,
        adam(generator, generator_lr),
        adam(critic, critic_lr),
        heads,
    )
    players.critic_optimizer.add_param_group(
        {
            "params": list(heads.parameters()),
            "lr": _HEADS_RATE * critic_lr,
            "weight_decay": _HEADS_DECAY,
        }
    )
    return players


def adam(module: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    # No momentum in the first moment: the opponent moves the loss at every step. The
    # decay keeps a critic on few rows from growing without bound.
    return AdamW(
        module.parameters(),
        lr=learning_rate,
        betas=(0.5, 0.99),
        weight_decay=1e-2,
        fused=True,
    )
