"""One training step: a function of networks, batch and loss weights.

With a single group of columns the networks may be a stack of models, see :class:`GanStack`:
every tensor then has a first axis of n_models, and so have the losses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn

from skmiaug.losses import (
    categorical_information,
    class_cross_entropy,
    critic_hinge_loss,
    gaussian_code_information,
    generator_hinge_loss,
    info_nce_information,
    residual_penalty,
)
from skmiaug.nn import (
    ContrastiveHeads,
    Critic,
    CriticOutput,
    GaussianHead,
    ResidualGenerator,
)
from skmiaug.training.gan._batches import GanBatch, Layout, Rows
from skmiaug.training.gan._networks import GanNetworks
from skmiaug.utils._device import precision

_MARGIN = 0.1


@dataclass(frozen=True)
class GanWeights:
    """Weights of the loss terms."""

    # λ of the papers, on the mutual-information bound in the losses of generator and
    # critic; one for each model of a stack
    information: float | Tensor
    penalty: float  # On the mean squared norm of the residual
    entropy: float  # H(c) of the balanced batches, nats
    autocast: torch.dtype | None = None  # Type of the matrix products; None is float32

    @property
    def informed(self) -> bool:
        """Whether any model has a λ above 0, without waiting for the device."""
        return isinstance(self.information, Tensor) or self.information > 0


def generate(
    generator: ResidualGenerator,
    layout: Layout,
    prior: Tensor,
    noise: Tensor,
    targets: Tensor,
    given: Tensor | None = None,
    *,
    scale: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Add ``scale`` times the residual to prior samples (..., n, n_features).

    ``given`` (n, n_groups) is 1 where a group is given to a row and must stay; None: no
    group that is ever generated. Returns the samples, and the residual (..., n,
    n_generated) before ``scale``.
    """
    moved, context = _split_context(prior, layout)
    inputs = [] if context is None else [context]
    if layout.n_flags:
        if given is None:
            given = noise.new_zeros(len(noise), layout.n_flags)
        inputs.append(given)
    latent = torch.cat([*inputs, noise], dim=-1) if inputs else noise
    residual = generator(moved, latent, targets)
    if given is not None and layout.n_flags:
        residual = residual * layout.free(given)
    samples = moved + scale * residual
    return samples if context is None else torch.cat([samples, context], dim=-1), residual


def discriminate(
    critic: Critic, values: Tensor, targets: Tensor, layout: Layout
) -> CriticOutput:
    """Return the critic's output on rows (..., n, n_features) given their context."""
    generated, context = _split_context(values, layout)
    return critic(generated, targets, context)


def _split_context(values: Tensor, layout: Layout) -> tuple[Tensor, Tensor | None]:
    """Split rows into what is generated and what is always given, if there is any."""
    if layout.n_generated == layout.n_features:
        return values, None
    generated, context = values.tensor_split([layout.n_generated], dim=-1)
    return generated, context


def gan_step(
    networks: GanNetworks, batch: GanBatch, weights: GanWeights, layout: Layout
) -> Tensor:
    """Update the critic with its heads, then the generator, on one batch.

    Returns critic loss, generator loss, class information and information between the
    groups (nats; 0 with a single group), (4,) or (n_models, 4), detached.
    """
    prior, device = batch.prior, batch.noise.device
    with precision(device, weights.autocast):
        samples, residual = generate(
            networks.generator,
            layout,
            prior.values,
            batch.noise,
            prior.targets,
            batch.given,
        )
        critic_loss = _critic_loss(networks, batch, samples.detach(), weights, layout)
    networks.critic_optimizer.zero_grad(set_to_none=True)
    # The models of a stack share no weights: the sum gives each its own gradient.
    critic_loss.sum().backward()
    networks.critic_optimizer.step()

    with precision(device, weights.autocast), frozen(networks.critic, networks.heads):
        output = discriminate(networks.critic, samples, prior.targets, layout)
        information = categorical_information(
            output.class_logits, prior.targets, weights.entropy
        )
        bound = information + gaussian_code_information(
            output.code_mean, output.code_log_variance, _codes(networks, batch)
        )
        between = torch.zeros_like(information)
        if networks.heads is not None and weights.informed:
            between, gain = _pair_terms(networks, batch, samples, layout)
            bound = bound + gain
        generator_loss = (
            generator_hinge_loss(output.score)
            - weights.information * bound
            + weights.penalty * residual_penalty(residual)
        )
    networks.generator_optimizer.zero_grad(set_to_none=True)
    generator_loss.sum().backward()
    networks.generator_optimizer.step()
    figures = (critic_loss, generator_loss, information, between)
    return torch.stack([figure.detach() for figure in figures], dim=-1)


def heads_step(networks: GanNetworks, real: Rows, prior: Rows, layout: Layout) -> Tensor:
    """Train the heads alone, on real rows and on prior samples.

    Returns the information between the groups of the real rows, nats, detached.
    """
    of_real, of_prior = read_pairs(networks.heads, layout, real, prior)
    if not of_real.requires_grad:
        return of_real.sum()  # fewer rows than blocks
    loss = -0.5 * (of_real + of_prior).mean(dim=0).sum()
    networks.critic_optimizer.zero_grad(set_to_none=True)
    loss.backward()
    networks.critic_optimizer.step()
    return of_real.detach().mean(dim=0).sum()


def _critic_loss(
    networks: GanNetworks,
    batch: GanBatch,
    samples: Tensor,
    weights: GanWeights,
    layout: Layout,
) -> Tensor:
    """Hinge loss, less λ times the information that Q and the heads find.

    InfoGAN shows Q the generated rows alone. Here Q sees the real ones too, so that it
    learns what a class looks like in the data, not a code that the two networks agree on.
    """
    n = batch.real.values.shape[-2]
    values = torch.cat([batch.real.values, samples], dim=-2)
    targets = torch.cat([batch.real.targets, batch.prior.targets], dim=-2)
    both = discriminate(networks.critic, values, targets, layout)
    loss = critic_hinge_loss(both.score[..., :n], both.score[..., n:])
    if not weights.informed:
        return loss
    # The mean is over as many real rows as generated ones; H(c) is of the latter alone.
    bound = 0.5 * weights.entropy - class_cross_entropy(both.class_logits, targets)
    bound = bound + gaussian_code_information(
        both.code_mean[..., n:, :],
        both.code_log_variance[..., n:, :],
        _codes(networks, batch),
    )
    if networks.heads is not None:
        # Half of the rows are enough to learn from, in half the time.
        halves = (
            Rows(*(part[::2] for part in rows))
            for rows in (batch.real, batch.prior._replace(values=samples))
        )
        pairs = read_pairs(networks.heads, layout, *halves)
        bound = bound + pairs.mean(dim=1).sum(dim=1).mean()
    return loss - weights.information * bound


def _pair_terms(
    networks: GanNetworks, batch: GanBatch, samples: Tensor, layout: Layout
) -> tuple[Tensor, Tensor]:
    """Information between the groups of the samples, and what the generator gains by it.

    It gains the nats up to what the same heads find in held-out rows. What exceeds both
    that and the prior counts against it: without this limit the groups of generated rows
    depend on each other more than those of real ones.
    """
    heads = networks.heads
    of_samples = read_pairs(heads, layout, batch.prior._replace(values=samples))[0]
    with torch.no_grad():
        wanted, of_prior = read_pairs(heads, layout, batch.held_out, batch.prior)
    wanted = less_margin(wanted, of_prior)
    gain = torch.minimum(of_samples, wanted) - excess(of_samples, wanted, of_prior)
    return of_samples.mean(dim=0).sum(), gain.mean(dim=0).sum()


def less_margin(wanted: Tensor, of_prior: Tensor) -> Tensor:
    """Return the information that generated pairs should reach, nats.

    Heads that are tuned to real pairs find less in others that depend on each other as
    much, and generated pairs would compensate by depending more. The margin is a share of
    what the prior has, since it was measured there; it is 0 where the prior has nothing.
    """
    return wanted - _MARGIN * of_prior.clamp(min=0.0)


def excess(of_samples: Tensor, wanted: Tensor, of_prior: Tensor) -> Tensor:
    """Return by how much information exceeds both the wanted one and that of the prior."""
    return (of_samples - torch.maximum(wanted, of_prior)).clamp(min=0.0)


def _codes(networks: GanNetworks, batch: GanBatch) -> Tensor:
    """Return the continuous codes, the last columns of the noise."""
    return batch.noise[..., batch.noise.shape[-1] - networks.critic.n_codes :]


@contextmanager
def frozen(*modules: torch.nn.Module | None) -> Iterator[None]:
    """Compute no gradients for the weights of modules inside; None is ignored."""
    weights = [
        weight
        for module in modules
        if module is not None
        for weight in module.parameters()
        if weight.requires_grad
    ]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


# ---------------------------------------------------------------- pairs of groups


def pair_information(
    heads: nn.Module | None, rows: Rows, layout: Layout, n_blocks: int
) -> Tensor:
    """Lower bounds of I(h; t | c) for blocks of rows and pairs of groups, nats.

    Contrastive heads give the InfoNCE bound: a part is told apart from those of the other
    rows of its block and class, so that what both parts indicate of the class does not
    count. A Gaussian head gives H(t) + E[log q(t | h, c)], for two groups. Rows of one id
    share a part, and are not told apart; rows that are left over from equal blocks do not
    count. Returns (n_blocks, n_pairs), 0 where there are fewer rows than blocks.
    """
    size = len(rows.values) // n_blocks
    n_pairs = len(layout.sizes) * (len(layout.sizes) - 1) // 2
    if size == 0:
        return rows.values.new_zeros(n_blocks, n_pairs)
    values, targets, ids = (part[: size * n_blocks] for part in rows)
    parts = values.split(list(layout.sizes), dim=1)
    if isinstance(heads, GaussianHead):
        figures = (*heads(parts[0], targets), parts[1])
        in_blocks = (figure.unflatten(0, (n_blocks, size)) for figure in figures)
        # The function gives the mean over the columns; their sum is the bound.
        return layout.sizes[1] * gaussian_code_information(*in_blocks)[:, None]
    assert isinstance(heads, ContrastiveHeads)
    classes = targets.argmax(dim=1).view(n_blocks, size)
    ids = ids.view(n_blocks, size)
    candidates = _each_with_each(classes) & ~_each_with_each(ids)
    candidates |= torch.eye(size, dtype=torch.bool, device=values.device)
    codes = [code.unflatten(0, (n_blocks, size)) for code in heads(parts, targets)]
    return torch.stack(
        [
            info_nce_information(heads.scores(one, other), candidates)
            for one, other in combinations(codes, 2)
        ],
        dim=1,
    )


def read_pairs(
    heads: nn.Module | None, layout: Layout, *sets: Rows, n_blocks: int | None = None
) -> Tensor:
    """Return :func:`pair_information` of sets of n rows each, by one pass of the heads.

    The shape is (n_sets, n_blocks, n_pairs).
    """
    n_blocks = n_blocks or layout.n_blocks
    used = len(sets[0].values) // n_blocks * n_blocks
    together = Rows(
        *(
            parts[0][:used] if len(sets) == 1 else torch.cat([p[:used] for p in parts])
            for parts in zip(*sets, strict=True)
        )
    )
    information = pair_information(heads, together, layout, len(sets) * n_blocks)
    return information.unflatten(0, (len(sets), n_blocks))


def _each_with_each(labels: Tensor) -> Tensor:
    """Whether two rows of a block have the same label, (n_blocks, n, n)."""
    return labels[:, :, None] == labels[:, None, :]
