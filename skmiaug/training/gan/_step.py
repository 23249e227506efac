"""One training step: a pure function of players, batch and weights.

The players may be a stack of models, see :class:`GanStack`: every tensor then has a first
axis of n_models, and so has what a loss returns.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from skmiaug.losses import (
    categorical_information,
    class_cross_entropy,
    critic_hinge_loss,
    gaussian_code_information,
    generator_hinge_loss,
    leash_penalty,
)
from skmiaug.nn import Critic, CriticOutput
from skmiaug.training.gan._batches import GanBatch
from skmiaug.training.gan._players import GanPlayers
from skmiaug.utils._precision import precision


@dataclass(frozen=True)
class GanWeights:
    """How much each term counts.

    Attributes
    ----------
    information : float or Tensor of shape (n_models,)
        The papers' λ, on the mutual-information bound in both players' losses; one for
        each model of a stack.
    leash : float
        On the mean squared residual.
    entropy : float
        H(c) of the balanced batches, nats.
    autocast : torch.dtype or None
        Type of the matrix products; None is float32.
    """

    information: float | Tensor
    leash: float
    entropy: float
    autocast: torch.dtype | None = None

    @property
    def informed(self) -> bool:
        """Whether any model has a λ above 0, without waiting for the device."""
        return isinstance(self.information, Tensor) or self.information > 0


def gan_step(players: GanPlayers, batch: GanBatch, weights: GanWeights) -> Tensor:
    """Update the critic, then the generator, on one batch.

    Returns
    -------
    Tensor of shape (3,) or (n_models, 3)
        Critic loss, generator loss, class information (nats); on the device, detached.
    """
    with precision(batch.real.device, weights.autocast):
        residual = players.generator(batch.start, batch.latent, batch.start_classes)
        generated = batch.start + residual
        critic_loss = _critic_loss(players, batch, generated.detach(), weights)
    players.critic_optimizer.zero_grad(set_to_none=True)
    # The models of a stack share no weights: the sum gives each its own gradient.
    critic_loss.sum().backward()
    players.critic_optimizer.step()

    with precision(batch.real.device, weights.autocast), frozen(players.critic):
        output = players.critic(generated, batch.start_classes)
        information = categorical_information(
            output.class_logits, batch.start_classes, weights.entropy
        )
        bound = information + code_information(players.critic, output, batch.latent)
        generator_loss = (
            generator_hinge_loss(output.score)
            - weights.information * bound
            + weights.leash * leash_penalty(residual)
        )
    players.generator_optimizer.zero_grad(set_to_none=True)
    generator_loss.sum().backward()
    players.generator_optimizer.step()
    figures = (critic_loss, generator_loss, information)
    return torch.stack([figure.detach() for figure in figures], dim=-1)


def _critic_loss(
    players: GanPlayers, batch: GanBatch, generated: Tensor, weights: GanWeights
) -> Tensor:
    """Hinge loss, less λ times what Q reads from real and from generated rows.

    InfoGAN shows Q the generated rows alone. Here it sees the real ones too, so that
    what the generator is asked to say is what the class looks like in the data and not
    a code that the two players have made up.
    """
    n = batch.real.shape[-2]
    both = players.critic(
        torch.cat([batch.real, generated], dim=-2),
        torch.cat([batch.real_classes, batch.start_classes], dim=-1),
    )
    loss = critic_hinge_loss(both.score[..., :n], both.score[..., n:])
    if weights.informed:
        on_generated, bound = read_classes(
            both, batch.real_classes, batch.start_classes, weights.entropy
        )
        bound = bound + code_information(players.critic, on_generated, batch.latent)
        loss = loss - weights.information * bound
    return loss


def read_classes(
    both: CriticOutput, real_classes: Tensor, made_classes: Tensor, entropy: float
) -> tuple[CriticOutput, Tensor]:
    """Return what the critic says of the made rows, and what Q reads from all of them.

    Parameters
    ----------
    both : CriticOutput
        Of real rows, then of made ones.
    real_classes, made_classes : Tensor of shape (..., n)
    entropy : float
        H(c), nats.
    """
    n = real_classes.shape[-1]
    real_error = class_cross_entropy(both.class_logits[..., :n, :], real_classes)
    on_made = CriticOutput(both.score[..., n:], *(part[..., n:, :] for part in both[1:]))
    read = categorical_information(on_made.class_logits, made_classes, entropy)
    return on_made, 0.5 * (read - real_error)


def code_information(critic: Critic, output: CriticOutput, inputs: Tensor) -> Tensor:
    """What Q reads of the codes, the last columns of the generator's inputs; nats."""
    codes = inputs[..., inputs.shape[-1] - critic.n_codes :]
    return gaussian_code_information(output.code_mean, output.code_log_variance, codes)


class frozen(AbstractContextManager):
    """No gradients for a module's weights inside: the generator's step needs none."""

    def __init__(self, module: torch.nn.Module):
        self.parameters = [p for p in module.parameters() if p.requires_grad]

    def __enter__(self) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(False)

    def __exit__(self, *exc_info: object) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(True)
