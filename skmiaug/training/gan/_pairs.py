"""Information between the groups of columns of a row, as the heads estimate it."""

from itertools import combinations

import torch
from torch import Tensor, nn

from skmiaug.losses import gaussian_code_information, info_nce_information
from skmiaug.nn import ContrastiveHeads, GaussianHead
from skmiaug.training.gan._batches import Layout, Rows


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
