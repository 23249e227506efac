"""The information that the modalities of a row have of each other, as heads read it."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skmiaug.losses import gaussian_code_information
from skmiaug.nn import ContrastiveHeads, GaussianHead


def pair_information(
    heads: nn.Module,
    rows: Tensor,
    sizes: Sequence[int],
    classes: Tensor,
    ids: Tensor,
    n_blocks: int,
) -> Tensor:
    """Lower bounds of I(h; t | c) for blocks of rows and pairs of modalities, nats.

    With contrastive heads by InfoNCE: a part is told apart from those of the other rows of
    its block and class, so that what both parts say of the class does not count again.
    With a Gaussian head by H(t) + E[log q(t | h, c)], for two modalities.

    Parameters
    ----------
    heads : ContrastiveHeads or GaussianHead
    rows : Tensor of shape (n, n_features)
        Columns of all modalities side by side, whitened.
    sizes : sequence of int
        Columns of each modality.
    classes : Tensor of shape (n,)
    ids : Tensor of shape (n,)
        Two rows of one id share a part, and are not to be told apart.
    n_blocks : int
        The rows are read in as many equal blocks, one after another; what is left over
        does not count.

    Returns
    -------
    Tensor of shape (n_blocks, n_pairs)
        0 where there are fewer rows than blocks.
    """
    size = len(rows) // n_blocks
    if size == 0:
        n_pairs = len(sizes) * (len(sizes) - 1) // 2
        return rows.new_zeros(n_blocks, n_pairs)
    used = size * n_blocks
    classes, ids = classes[:used], ids[:used]
    parts = rows[:used].split(list(sizes), dim=1)
    if isinstance(heads, GaussianHead):
        first, second = parts
        return _gaussian_information(heads, first, second, classes, n_blocks)
    assert isinstance(heads, ContrastiveHeads)
    classes, ids = classes.view(n_blocks, size), ids.view(n_blocks, size)
    candidates = _each_with_each(classes) & ~_each_with_each(ids)
    candidates |= torch.eye(size, dtype=torch.bool, device=rows.device)
    outputs = heads(parts, classes.view(-1))
    codes = [code.unflatten(0, (n_blocks, size)) for code in outputs]
    return torch.stack(
        [
            contrastive_information(heads.scores(one, other), candidates)
            for one, other in combinations(codes, 2)
        ],
        dim=1,
    )


class Pairs(NamedTuple):
    """Rows of whose modalities the information is read; n rows.

    Attributes
    ----------
    rows : Tensor of shape (n, n_features)
    classes, ids : Tensor of shape (n,)
    """

    rows: Tensor
    classes: Tensor
    ids: Tensor


def read_pairs(
    heads: nn.Module, sizes: Sequence[int], n_blocks: int, *sets: Pairs
) -> Tensor:
    """Return :func:`pair_information` of sets of n rows each, by one pass of the heads.

    Returns
    -------
    Tensor of shape (n_sets, n_blocks, n_pairs)
    """
    used = len(sets[0].rows) // n_blocks * n_blocks
    together = [
        parts[0][:used] if len(sets) == 1 else torch.cat([part[:used] for part in parts])
        for parts in zip(*sets, strict=True)
    ]
    rows, classes, ids = together
    n = len(sets) * n_blocks
    return pair_information(heads, rows, sizes, classes, ids, n).unflatten(
        0, (len(sets), n_blocks)
    )


def contrastive_information(scores: Tensor, candidates: Tensor) -> Tensor:
    """InfoNCE in both directions for several blocks of pairs at once, nats.

    Parameters
    ----------
    scores : Tensor of shape (n_blocks, n, n)
        The pairs themselves on the diagonals.
    candidates : Tensor of shape (n_blocks, n, n), bool
        What each one is told apart from, itself among it; symmetric.

    Returns
    -------
    Tensor of shape (n_blocks,)
        As ``skmiaug.losses.info_nce_information`` of each block.
    """
    masked = scores.masked_fill(~candidates, -torch.inf)
    log_q = sum(masked.log_softmax(dim=side).diagonal(dim1=1, dim2=2) for side in (1, 2))
    ceiling = candidates.sum(dim=1).to(scores.dtype).log()
    return (ceiling + 0.5 * log_q).mean(dim=1)


def _each_with_each(labels: Tensor) -> Tensor:
    """Whether two rows of a block have the same label, (n_blocks, n, n)."""
    return labels[:, :, None] == labels[:, None, :]


def _gaussian_information(
    head: GaussianHead, first: Tensor, second: Tensor, classes: Tensor, n_blocks: int
) -> Tensor:
    mean, log_variance = head(first, classes)
    blocks = zip(
        mean.chunk(n_blocks), log_variance.chunk(n_blocks), second.chunk(n_blocks),
        strict=True,
    )  # fmt: skip
    # The function gives the mean over the columns; their sum is the bound.
    bounds = [gaussian_code_information(*block) * second.shape[1] for block in blocks]
    return torch.stack(bounds)[:, None]
