"""One training step for rows of several modalities."""

import torch
from torch import Tensor

from skmiaug.losses import (
    categorical_information,
    critic_hinge_loss,
    generator_hinge_loss,
    leash_penalty,
)
from skmiaug.nn import Critic, CriticOutput, ResidualGenerator
from skmiaug.training.gan._joint_batches import JointBatch, JointLayout
from skmiaug.training.gan._pairs import Pairs, read_pairs
from skmiaug.training.gan._players import JointPlayers
from skmiaug.training.gan._step import (
    GanWeights,
    code_information,
    frozen,
    read_classes,
)
from skmiaug.utils._precision import precision

_MARGIN = 0.1


def generate(
    generator: ResidualGenerator,
    layout: JointLayout,
    start: Tensor,
    inputs: Tensor,
    classes: Tensor,
    *,
    free: Tensor | float = 1.0,
    strength: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Move the starts by the residual.

    Parameters
    ----------
    generator : ResidualGenerator
    layout : JointLayout
    start, inputs, free
        As in a ``JointBatch``.
    classes : Tensor of shape (n,)
    strength : float, default=1.0
        Factor on the residual.

    Returns
    -------
    rows : Tensor of shape (n, n_features)
        What is given stays.
    residual : Tensor of shape (n, n_generated)
        Before ``strength``.
    """
    made, context = _made_and_context(start, layout)
    if context is not None:
        inputs = torch.cat([context, inputs], dim=1)
    residual = generator(made, inputs, classes) * free
    rows = made + strength * residual
    return rows if context is None else torch.cat([rows, context], dim=1), residual


def judge(
    critic: Critic, rows: Tensor, classes: Tensor, layout: JointLayout
) -> CriticOutput:
    """Return what the critic says of rows (n, n_features), given their context."""
    made, context = _made_and_context(rows, layout)
    return critic(made, classes, context)


def _made_and_context(rows: Tensor, layout: JointLayout) -> tuple[Tensor, Tensor | None]:
    """Cut rows into what is made and what is always given, if there is such a part."""
    if layout.n_generated == layout.n_features:
        return rows, None
    made, context = rows.tensor_split([layout.n_generated], dim=1)
    return made, context


def joint_step(
    players: JointPlayers, batch: JointBatch, weights: GanWeights, layout: JointLayout
) -> Tensor:
    """Update the critic with its heads, then the generator, on one batch.

    Returns
    -------
    Tensor of shape (4,)
        Critic loss, generator loss, class information, information of the pairs (nats);
        on the device, detached.
    """
    device, autocast = batch.real.rows.device, weights.autocast
    with precision(device, autocast):
        made, residual = generate(
            players.generator,
            layout,
            batch.start.rows,
            batch.inputs,
            batch.start.classes,
            free=batch.free,
        )
        critic_loss = _critic_loss(players, batch, made.detach(), weights, layout)
    players.critic_optimizer.zero_grad(set_to_none=True)
    critic_loss.backward()
    players.critic_optimizer.step()

    with precision(device, autocast), frozen(players.critic), frozen(players.heads):
        output = judge(players.critic, made, batch.start.classes, layout)
        information = categorical_information(
            output.class_logits, batch.start.classes, weights.entropy
        )
        bound = information + code_information(players.critic, output, batch.inputs)
        pairs = information.new_zeros(())
        if weights.information > 0:
            pairs, worth = _pair_terms(players, batch, made, layout)
            bound = bound + worth
        generator_loss = (
            generator_hinge_loss(output.score)
            - weights.information * bound
            + weights.leash * leash_penalty(residual)
        )
    players.generator_optimizer.zero_grad(set_to_none=True)
    generator_loss.backward()
    players.generator_optimizer.step()
    figures = (critic_loss, generator_loss, information, pairs)
    return torch.stack([figure.detach() for figure in figures])


def heads_step(
    players: JointPlayers, real: Pairs, start: Pairs, layout: JointLayout
) -> Tensor:
    """Teach the heads alone, on real rows and on starts, and return what they read.

    Returns
    -------
    Tensor of shape ()
        Information of the real pairs, nats; on the device, detached.
    """
    of_real, of_start = _read(players, layout, real, start)
    if not of_real.requires_grad:
        return of_real.sum()  # fewer rows than blocks: there is nothing to read
    loss = -0.5 * (of_real + of_start).mean(dim=0).sum()
    players.critic_optimizer.zero_grad(set_to_none=True)
    loss.backward()
    players.critic_optimizer.step()
    return of_real.detach().mean(dim=0).sum()


def _critic_loss(
    players: JointPlayers,
    batch: JointBatch,
    made: Tensor,
    weights: GanWeights,
    layout: JointLayout,
) -> Tensor:
    """As for rows of one modality, and the heads learn from real and from made pairs."""
    n = len(batch.real.rows)
    both = judge(
        players.critic,
        torch.cat([batch.real.rows, made]),
        torch.cat([batch.real.classes, batch.start.classes]),
        layout,
    )
    loss = critic_hinge_loss(both.score[:n], both.score[n:])
    if weights.information == 0:
        return loss
    on_made, bound = read_classes(
        both, batch.real.classes, batch.start.classes, weights.entropy
    )
    # Every other row is enough to learn from, at half the time.
    real, of_made = (
        Pairs(*(part[::2] for part in pairs))
        for pairs in (batch.real, batch.start._replace(rows=made))
    )
    pairs = _read(players, layout, real, of_made)
    bound = bound + pairs.mean(dim=1).sum(dim=1).mean()
    bound = bound + code_information(players.critic, on_made, batch.inputs)
    return loss - weights.information * bound


def _pair_terms(
    players: JointPlayers, batch: JointBatch, made: Tensor, layout: JointLayout
) -> tuple[Tensor, Tensor]:
    """Information of the made pairs, and what it is worth to the generator.

    It is worth its nats as far as the same heads find held-out real pairs to depend on
    each other. Beyond that, and beyond what the start had, it costs them: without that
    limit generated pairs depend on each other more than real ones do.
    """
    of_made = _read(players, layout, batch.start._replace(rows=made))[0]
    with torch.no_grad():
        wanted, of_start = _read(players, layout, batch.target, batch.start)
    wanted = less_margin(wanted, of_start)
    worth = torch.minimum(of_made, wanted) - excess(of_made, wanted, of_start)
    return of_made.mean(dim=0).sum(), worth.mean(dim=0).sum()


def less_margin(wanted: Tensor, of_start: Tensor) -> Tensor:
    """Return the information that made pairs are to come to, nats.

    Heads that are tuned to real pairs read less from others that depend on each other as
    much, and made pairs would make up for it by depending more. The margin is a share of
    what the start has, for there it was seen: where the start holds nothing there is none.
    """
    return wanted - _MARGIN * of_start.clamp(min=0.0)


def excess(of_made: Tensor, wanted: Tensor, of_start: Tensor) -> Tensor:
    """Return by how much information is above what is wanted and what the start had."""
    return (of_made - torch.maximum(wanted, of_start)).clamp(min=0.0)


def _read(players: JointPlayers, layout: JointLayout, *sets: Pairs) -> Tensor:
    return read_pairs(players.heads, layout.sizes, layout.n_blocks, *sets)
