"""One training step, and the matrix products it cannot do without."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import torch
from skmiaug.over_sampling._row_fit import new_players
from skmiaug.over_sampling._settings import FitSettings

from skmiaug import MIGANAugmenter
from skmiaug.training import GanBatches, gan_step
from skmiaug.training.gan._batches import GanBatch
from skmiaug.training.loop._cuda_graph import graphed

CPU = torch.device("cpu")


def default_settings(
    n_rows: int,
    n_features: int,
    n_classes: int,
    n_components: int | str = "auto",
    device: torch.device = CPU,
) -> FitSettings:
    """The augmenter's defaults, as a fit to so many rows resolves them."""
    augmenter = MIGANAugmenter(n_components=n_components)
    augmenter.classes_ = np.arange(n_classes)
    return augmenter._settings(np.empty((n_rows, n_features)), device)


def build_step(
    settings: FitSettings,
    counts: tuple[int, ...],
    *,
    device: torch.device = CPU,
    captured: bool = True,
) -> Callable[[], object]:
    """One training step, batch included; ``captured``: as a CUDA graph where it can be."""
    rng = torch.Generator(device).manual_seed(0)
    m, n_classes = settings.n_components, len(counts)
    sizes = torch.tensor(counts, device=device)
    players = new_players(settings, n_classes, 0, device)
    batches = GanBatches(
        rows=torch.randn(sum(counts), m, generator=rng, device=device),
        row_means=torch.zeros(n_classes, m, device=device),
        class_begin=torch.cumsum(sizes, 0) - sizes,
        class_count=sizes,
        means=torch.randn(n_classes, m, generator=rng, device=device),
        bandwidth=0.7,
        latent_width=settings.latent_width,
        batch_size=settings.batch_size,
        generator=rng,
    )
    weights = settings.weights(n_classes)

    def update(batch: GanBatch) -> torch.Tensor:
        return gan_step(players, batch, weights)

    step = graphed(players, update, device) if captured else update
    return lambda: step(batches.draw())


def step_products(settings: FitSettings, n_classes: int) -> list[tuple[int, int, int]]:
    """Shapes (rows, inner, columns) of all matrix products of a step."""
    n, m, codes = settings.batch_size, settings.n_components, settings.n_continuous_codes
    entered = m + settings.latent_dim + codes
    generator = [entered, *settings.generator_hidden_layer_sizes, m]
    critic = [m, *settings.critic_hidden_layer_sizes, 1 + 2 * n_classes + 2 * codes]
    return [
        *_layer_products(n, generator, weights=True, inputs=False),
        # Its own step shows the critic real and generated rows, the generator's step the
        # generated ones, for the gradient of what comes in.
        *_layer_products(2 * n, critic, weights=True, inputs=False),
        *_layer_products(n, critic, weights=False, inputs=True),
    ]


def _layer_products(
    n: int, widths: list[int], *, weights: bool, inputs: bool
) -> Iterator[tuple[int, int, int]]:
    """Products of a stack of layers, back and forth.

    ``weights``, ``inputs``: whether the gradient of the weights is wanted, and that of
    what comes in.
    """
    for k, (wide, narrow) in enumerate(itertools.pairwise(widths)):
        yield n, wide, narrow
        if weights:
            yield narrow, n, wide
        if inputs or k > 0:
            yield n, narrow, wide


def build_products(settings: FitSettings, n_classes: int) -> Callable[[], object]:
    """The matrix products of a step alone."""
    shapes = step_products(settings, n_classes)
    pairs = [(torch.randn(a, b), torch.randn(b, c)) for a, b, c in shapes]
    return lambda: [left @ right for left, right in pairs]
