"""Small pairs: two modalities that share what they say, and a class that both show."""

import torch

from skmiaug.nn import AlignmentNetwork
from skmiaug.training import (
    AlignmentBatch,
    AlignmentBatches,
    AlignmentModel,
    AlignmentWeights,
)
from tests._internals import isolated_torch_seed

WIDTHS = (6, 5)


def toy_model(
    *, rate=1e-2, seed=0, widths=WIDTHS, n_components=4, temperature=0.1
) -> AlignmentModel:
    with isolated_torch_seed(seed):
        network = AlignmentNetwork(widths, 2, n_components, (), temperature)
    return AlignmentModel.build(network, learning_rate=rate, weight_decay=0.01)


def toy_pairs(n=80, *, missing=(), widths=WIDTHS, seed=1) -> AlignmentBatch:
    """Rows of ``n`` pairs; the rows in ``missing`` lack the last modality."""
    rng = torch.Generator().manual_seed(100)
    mixing = [torch.randn(3, width, generator=rng) for width in widths]
    rng = torch.Generator().manual_seed(seed)
    classes = torch.arange(n) % 2
    said = torch.randn(n, 3, generator=rng)
    said[:, 0] += 3.0 * (classes - 0.5)
    rows = [said @ m + 0.1 * torch.randn(n, m.shape[1], generator=rng) for m in mixing]
    present = torch.ones(n, len(widths), dtype=torch.bool)
    present[list(missing), -1] = False
    rows[-1][~present[:, -1]] = 0.0
    return AlignmentBatch(tuple(rows), present, classes)


def toy_pair_batches(rows=None, *, batch_size=32, seed=0) -> AlignmentBatches:
    generator = torch.Generator().manual_seed(seed)
    return AlignmentBatches(toy_pairs() if rows is None else rows, batch_size, generator)


def toy_align_weights(**changes) -> AlignmentWeights:
    parameters = {
        "classification": 1.0,
        "contrastive": 1.0,
        "information": 1.0,
        "same_class": "negative",
        "entropy": 0.6931471805599453,
    }
    return AlignmentWeights(**parameters | changes)
