"""From the prior to a trained generator: preparation, a run for each λ, and its end."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skmiaug.over_sampling.generator._residual import ResidualSampler
from skmiaug.over_sampling.generator._validation import ValidationScorer
from skmiaug.over_sampling.prior._prior import Prior
from skmiaug.over_sampling.targets._regression import regress
from skmiaug.training.gan import (
    GanBatches,
    GanNetworks,
    GanRecord,
    GanWeights,
    Layout,
    WeightedRows,
    build_networks,
)

_SCALES = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class NetworkParameters:
    """Sizes of the networks and of a training step, resolved for one data set.

    Attributes
    ----------
    sizes : tuple of int
        Leading coordinates of each group of columns that the networks see.
    generator_sizes, critic_sizes : tuple of int
        Widths of the hidden layers.
    latent_dim, n_codes : int
    generator_lr, critic_lr : float
    batch_size : int
    penalty : float
    autocast : torch.dtype or None
    gaussian_head : bool
    """

    sizes: tuple[int, ...]
    generator_sizes: tuple[int, ...]
    critic_sizes: tuple[int, ...]
    latent_dim: int
    n_codes: int
    generator_lr: float
    critic_lr: float
    batch_size: int
    penalty: float
    autocast: torch.dtype | None
    gaussian_head: bool

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


@dataclass
class Preparation:
    """What the training runs of all λ share.

    Attributes
    ----------
    prior : Prior
    parameters : NetworkParameters
    layout : Layout
    rows, held_out : WeightedRows
        Leading coordinates of the rows with all groups, on the device, sorted by class.
    row_means : Tensor of shape (n_targets, n_columns)
        Regression of ``rows`` on their targets.
    seeds : tuple of int
        Of weights, batches and validation.
    """

    prior: Prior
    parameters: NetworkParameters
    layout: Layout
    rows: WeightedRows
    held_out: WeightedRows
    row_means: Tensor
    seeds: tuple[int, int, int]

    def summary(self) -> dict[str, np.ndarray]:
        """Return small arrays that identify the preparation of these rows."""
        return {
            "rows of each class": self.rows.targets.sum(dim=0).cpu().numpy(),
            "bandwidth": np.array(self.prior.bandwidth),
            "class means": self.row_means.cpu().numpy(),
        }


@dataclass
class TrainingRun:
    """A training run that is ready to begin."""

    prior: Prior
    networks: GanNetworks
    batches: GanBatches
    weights: GanWeights
    score: Callable[..., float | None]


def prepare(
    Z: np.ndarray,
    T: np.ndarray,
    prior: Prior,
    parameters: NetworkParameters,
    validation: np.ndarray,
    *,
    rng: np.random.Generator,
    device: torch.device,
) -> Preparation:
    """Take what the networks see of the rows to the device.

    Parameters
    ----------
    Z : ndarray of shape (n, n_coordinates), float32
    T : ndarray of shape (n, n_targets), float32
    prior : Prior
    parameters : NetworkParameters
    validation : ndarray of shape (n,), bool
        Rows to hold out.
    rng : numpy.random.Generator
    device : torch.device
    """
    layout = Layout(parameters.sizes, prior.n_generated)
    columns = prior.leading(tuple(range(len(layout.sizes))), layout.sizes)[0]
    lead = Z[:, columns]
    complete = ~np.isnan(lead).any(axis=1)
    order = np.argsort(T.argmax(axis=1), kind="stable")
    kept, held = (order[(complete & mask)[order]] for mask in (~validation, validation))

    def rows(numbers: np.ndarray) -> WeightedRows:
        own = (torch.from_numpy(a[numbers]).to(device) for a in (lead, T))
        return WeightedRows(*own)

    row_means = regress(lead[kept], T[kept]).astype(np.float32)
    seeds = tuple(int(seed) for seed in rng.integers(2**62, size=3))
    return Preparation(
        prior=prior,
        parameters=replace(
            parameters, batch_size=min(parameters.batch_size, max(len(kept), 2))
        ),
        layout=layout,
        rows=rows(kept),
        held_out=rows(held),
        row_means=torch.from_numpy(row_means).to(device),
        seeds=seeds,  # type: ignore[arg-type]
    )


def ready_run(prepared: Preparation, mi_weight: float) -> TrainingRun:
    """Build the networks and their batches for one λ."""
    prior = prepared.prior.with_mi_weight(mi_weight)
    parameters, layout = prepared.parameters, prepared.layout
    device = prepared.row_means.device
    weights_seed, batch_seed, validation_seed = prepared.seeds
    everything = tuple(range(len(layout.sizes)))
    columns, inner = prior.leading(everything, layout.sizes)
    # Means of the kept rows, shrunken as much as those of all rows.
    kept = torch.from_numpy(prior.kept_share()[:, columns]).to(device)
    factor, regressions = _dependence(prior, layout, inner, device)
    batches = GanBatches(
        rows=prepared.rows,
        held_out=prepared.held_out,
        row_means=prepared.row_means,
        means=kept * prepared.row_means,
        bandwidth=prior.bandwidth,
        latent_width=parameters.latent_width,
        batch_size=parameters.batch_size,
        generator=torch.Generator(device).manual_seed(batch_seed),
        layout=layout,
        factor=factor,
        regressions=regressions,
        given_bandwidth=prior.given_bandwidth,
    )
    n_targets = len(prepared.row_means)
    networks = build_networks(
        layout=layout,
        n_targets=n_targets,
        latent_dim=parameters.latent_dim,
        n_codes=parameters.n_codes,
        generator_sizes=parameters.generator_sizes,
        critic_sizes=parameters.critic_sizes,
        generator_lr=parameters.generator_lr,
        critic_lr=parameters.critic_lr,
        gaussian_head=parameters.gaussian_head,
        seed=weights_seed % 2**31,
        device=device,
    )
    scorer = ValidationScorer(
        batches,
        torch.Generator(device).manual_seed(validation_seed),
        with_pairs=mi_weight > 0,
    )
    weights = GanWeights(
        information=mi_weight,
        penalty=parameters.penalty,
        entropy=math.log(n_targets),
        autocast=parameters.autocast,
    )
    return TrainingRun(prior, networks, batches, weights, scorer.score)


def _dependence(
    prior: Prior, layout: Layout, inner: np.ndarray, device: torch.device
) -> tuple[Tensor | None, dict[tuple[int, ...], Tensor]]:
    """Return factor and regressions of the leading coordinates of all groups."""
    if prior.correlation is None:
        return None, {}
    C = prior.correlation[np.ix_(inner, inner)].astype(float)
    ends = np.cumsum([0, *layout.sizes])
    numbers = [np.arange(a, b) for a, b in pairwise(ends)]
    regressions = {}
    for given in layout.subsets():
        a = np.concatenate([numbers[k] for k in given])
        b = np.concatenate([numbers[k] for k in layout.others(given)])
        moves = np.linalg.solve(C[np.ix_(a, a)], C[np.ix_(a, b)]).astype(np.float32)
        regressions[given] = torch.from_numpy(moves).to(device)
    factor = np.linalg.cholesky(C).astype(np.float32)
    return torch.from_numpy(factor).to(device), regressions


def finish_run(
    run: TrainingRun,
    record: GanRecord,
    sizes: tuple[int, ...],
    *,
    rejection_rate: float,
    choose_scale: bool,
) -> tuple[ResidualSampler, float | None]:
    """Choose the scale of the residual; return the sampler and its validation score.

    The scale is the one of 0, 0.5 and 1 whose samples score best; the least of equals. It
    is 1 where no rows were held out, or with ``choose_scale=False``.
    """
    for _, module in run.networks.modules():
        module.eval()
    none = run.score(run.networks, 0.0)
    if not choose_scale:
        scale, score = 1.0, run.score(run.networks, 1.0)
    elif none is None:
        scale, score = 1.0, None
    elif record.best_iter == 0:
        # An untrained residual is 0, whatever its scale.
        scale, score = 0.0, none
    else:
        scores: Mapping[float, Any] = {
            s: none if s == 0 else run.score(run.networks, s) for s in _SCALES
        }
        scale = max(_SCALES, key=lambda s: (scores[s], -s))
        score = scores[scale]
    sampler = ResidualSampler(
        prior=run.prior,
        generator=run.networks.generator.cpu(),
        critic=run.networks.critic.cpu(),
        sizes=sizes,
        residual_scale=scale,
        rejection_rate=rejection_rate,
    )
    return sampler, score
