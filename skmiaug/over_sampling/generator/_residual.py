"""The residual network: what its training needs, a run for each λ, and its samples."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling.generator._validation import ValidationScorer
from skmiaug.over_sampling.prior._prior import Prior
from skmiaug.over_sampling.targets._regression import regress
from skmiaug.training.gan import (
    GanBatches,
    GanNetworks,
    GanRecord,
    GanWeights,
    Layout,
    NetworkParameters,
    WeightedRows,
    build_networks,
    discriminate,
    generate,
)

_SCALES = (0.0, 0.5, 1.0)


@dataclass
class ResidualSampler:
    """Prior and networks; numpy arrays and CPU modules.

    Attributes
    ----------
    prior : Prior
    generator : ResidualGenerator
    critic : Critic
        Its recognition head ranks samples where some are rejected.
    sizes : tuple of int
        Leading coordinates of each group that the networks see.
    residual_scale : float
        Factor on the residual, in [0, 1]: chosen on held-out rows.
    rejection_rate : float
        Share of the samples that is thrown away, in [0, 1).
    """

    prior: Prior
    generator: ResidualGenerator
    critic: Critic
    sizes: tuple[int, ...]
    residual_scale: float
    rejection_rate: float

    @property
    def layout(self) -> Layout:
        """The groups of columns as the networks know them."""
        return Layout(self.sizes, self.prior.n_generated)

    def sample(
        self, T: np.ndarray, *, rng: np.random.Generator, given: np.ndarray | None = None
    ) -> np.ndarray:
        """Draw a row of coordinates for each target, as ``Prior.sample`` does.

        With a rejection rate r, 1 / (1 - r) rows are drawn for each one that is returned,
        and the one whose target the recognition head is surest of is kept.
        """
        if self.rejection_rate == 0:
            return self._propose(T, rng, given)
        n = len(T)
        owner = np.arange(int(np.ceil(n / (1 - self.rejection_rate)))) % n
        proposed = self._propose(T[owner], rng, None if given is None else given[owner])
        log_q = self._log_posterior(proposed, T[owner])
        order = np.lexsort((-log_q, owner))
        return proposed[order[np.searchsorted(owner[order], np.arange(n))]]

    def target_log_density(self, given: np.ndarray) -> np.ndarray:
        """Return the log density of given groups under each target, by the prior."""
        return self.prior.target_log_density(given)

    def moved_to_means(self, given: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return given groups moved to the means of their targets, see ``Prior``."""
        return self.prior.moved_to_means(given, T)

    def _propose(
        self, T: np.ndarray, rng: np.random.Generator, given: np.ndarray | None
    ) -> np.ndarray:
        Z = self.prior.sample(T, rng=rng, given=given)
        if self.residual_scale == 0:
            return Z
        layout, columns = self.layout, self._columns()
        weight = self.generator.enter.weight
        noise_rng = torch.Generator(weight.device).manual_seed(int(rng.integers(2**62)))
        n_context = layout.n_features - layout.n_generated
        latent_width = self.generator.n_latent - n_context - layout.n_flags
        with torch.inference_mode():
            noise = torch.randn(
                len(T), latent_width, generator=noise_rng, device=weight.device
            )
            samples, _ = generate(
                self.generator,
                layout,
                torch.from_numpy(Z[:, columns]).to(weight.device),
                noise,
                torch.from_numpy(T).to(weight.device),
                self._given_groups(given, weight.device),
                scale=self.residual_scale,
            )
        generated = columns[: layout.n_generated]
        Z[:, generated] = samples[:, : layout.n_generated].cpu().numpy()
        return Z

    def _given_groups(
        self, given: np.ndarray | None, device: torch.device
    ) -> Tensor | None:
        if given is None or not self.layout.n_flags:
            return None
        first = np.cumsum([0, *self.prior.widths[:-1]])
        return torch.from_numpy(~np.isnan(given[:, first])).float().to(device)

    def _log_posterior(self, Z: np.ndarray, T: np.ndarray) -> np.ndarray:
        weight = self.generator.enter.weight
        with torch.inference_mode():
            targets = torch.from_numpy(T).to(weight.device)
            values = torch.from_numpy(Z[:, self._columns()]).to(weight.device)
            logits = discriminate(self.critic, values, targets, self.layout).class_logits
            return (torch.log_softmax(logits, dim=1) * targets).sum(dim=1).cpu().numpy()

    def _columns(self) -> np.ndarray:
        return self.prior.leading(tuple(range(len(self.sizes))), self.sizes)[0]

    def check(self) -> None:
        """Raise ValueError if the pieces do not belong together."""
        layout, q = self.layout, len(self.prior.row_means)
        n_context = layout.n_features - layout.n_generated
        shapes = [
            ("sizes", len(self.sizes), len(self.prior.widths)),
            ("generator", self.generator.n_features, layout.n_generated),
            ("generator", self.generator.n_targets, q),
            ("critic", self.critic.n_features, layout.n_generated),
            ("critic", self.critic.n_targets, q),
            ("critic", self.critic.n_context, n_context),
        ]
        for name, found, expected in shapes:
            if found != expected:
                raise ValueError(f"{name} of size {found}, expected {expected}")
        sizes = zip(self.sizes, self.prior.sizes, strict=True)
        if not all(0 < m <= most for m, most in sizes):
            raise ValueError("sizes beyond those of the prior")
        if self.generator.n_latent < n_context + layout.n_flags + self.critic.n_codes:
            raise ValueError("generator of too few inputs")
        if not 0 <= self.residual_scale <= 1 or not 0 <= self.rejection_rate < 1:
            raise ValueError("residual_scale or rejection_rate outside of its range")


# ---------------------------------------------------------------- training


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
        parameters, layout, n_targets, seed=weights_seed % 2**31, device=device
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
