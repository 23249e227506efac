"""One training step, and the matrix products that it needs."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import torch

from skmiaug import MIGANAugmenter
from skmiaug.training.gan import (
    GanBatch,
    GanBatches,
    GanWeights,
    Layout,
    NetworkParameters,
    WeightedRows,
    build_networks,
    gan_step,
)
from skmiaug.training.loop._cuda_graph import graphed

CPU = torch.device("cpu")


def default_parameters(
    n_rows: int,
    n_features: int,
    n_classes: int,
    n_components: int | str = "auto",
    device: torch.device = CPU,
) -> NetworkParameters:
    """The augmenter's defaults, as a fit to so many rows resolves them."""
    augmenter = MIGANAugmenter(n_components=n_components)
    Z, T = np.empty((n_rows, n_features)), np.empty((n_rows, n_classes))
    return augmenter._network_parameters(Z, T, (n_features,), device)


def build_step(
    parameters: NetworkParameters,
    counts: tuple[int, ...],
    *,
    device: torch.device = CPU,
    captured: bool = True,
) -> Callable[[], object]:
    """One training step, batch included; ``captured``: as a CUDA graph where it can be."""
    rng = torch.Generator(device).manual_seed(0)
    (m,), n_classes = parameters.sizes, len(counts)
    layout = Layout((m,), 1)
    networks = build_networks(parameters, layout, n_classes, seed=0, device=device)
    classes = torch.arange(n_classes).repeat_interleave(torch.tensor(counts))
    targets = torch.nn.functional.one_hot(classes).float().to(device)
    rows = torch.randn(sum(counts), m, generator=rng, device=device)
    batches = GanBatches(
        rows=WeightedRows(rows, targets),
        held_out=WeightedRows(rows[:n_classes], targets[:n_classes]),
        row_means=torch.zeros(n_classes, m, device=device),
        means=torch.randn(n_classes, m, generator=rng, device=device),
        bandwidth=0.7,
        latent_width=parameters.latent_width,
        batch_size=parameters.batch_size,
        generator=rng,
        layout=layout,
        factor=None,
        regressions={},
        given_bandwidth=None,
    )
    weights = GanWeights(
        information=1.0,
        penalty=parameters.penalty,
        entropy=float(np.log(n_classes)),
        autocast=parameters.autocast,
    )

    def update(batch: GanBatch) -> torch.Tensor:
        return gan_step(networks, batch, weights, layout)

    step = graphed(networks, update, device) if captured else update
    return lambda: step(batches.draw())


def step_products(
    parameters: NetworkParameters, n_classes: int
) -> list[tuple[int, int, int]]:
    """Shapes (rows, inner, columns) of all matrix products of a step."""
    n, (m,), codes = parameters.batch_size, parameters.sizes, parameters.n_codes
    entered = m + parameters.latent_dim + codes
    generator = [entered, *parameters.generator_sizes, m]
    critic = [m, *parameters.critic_sizes, 1 + 2 * n_classes + 2 * codes]
    first = parameters.generator_sizes[0]
    return [
        (n, n_classes, first),  # the offset of the target, and the gradient of its weight
        (first, n, n_classes),
        *_layer_products(n, generator, weights=True, inputs=False),
        # Its own step shows the critic real and generated rows, the generator's step the
        # generated ones, for the gradient of its inputs.
        *_layer_products(2 * n, critic, weights=True, inputs=False),
        *_layer_products(n, critic, weights=False, inputs=True),
    ]


def _layer_products(
    n: int, widths: list[int], *, weights: bool, inputs: bool
) -> Iterator[tuple[int, int, int]]:
    """Products of a stack of layers, forward and backward.

    ``weights``, ``inputs``: whether gradients of the weights and of the inputs are taken.
    """
    for k, (wide, narrow) in enumerate(itertools.pairwise(widths)):
        yield n, wide, narrow
        if weights:
            yield narrow, n, wide
        if inputs or k > 0:
            yield n, narrow, wide


def build_products(parameters: NetworkParameters, n_classes: int) -> Callable[[], object]:
    """The matrix products of a step alone."""
    shapes = step_products(parameters, n_classes)
    pairs = [(torch.randn(a, b), torch.randn(b, c)) for a, b, c in shapes]
    return lambda: [left @ right for left, right in pairs]
