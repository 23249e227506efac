"""Which timesteps are hidden, and what stands in their place."""

from typing import NamedTuple

import torch
from torch import Tensor

from skmiaug.training.sequences._set import SequenceBatch
from skmiaug.utils._random import draw_below

REPLACEMENTS = ("learned", "zero", "random")
_LEARNED_SHARE, _RANDOM_SHARE = 0.8, 0.1


def draw_spans(
    lengths: Tensor, n_steps: int, ratio: float, span: int, generator: torch.Generator
) -> Tensor:
    """Draw the timesteps to hide, (n, n_steps) bool.

    Each timestep begins a span of ``span`` steps with the same probability, spans may
    overlap, and that probability is such that each timestep is hidden with probability
    ``ratio``, those at either end too. Where no span falls into a sequence, one step is
    hidden all the same, and where all steps of several would be, one is left.

    Parameters
    ----------
    lengths : Tensor of shape (n,)
        On the device of ``generator``.
    n_steps : int
        The longest.
    ratio : float in (0, 1)
    span : int
        Steps of a span.
    generator : torch.Generator
    """
    device = lengths.device
    begins = 1 - (1 - ratio) ** (1 / span)
    # Spans that begin before the sequence reach into it.
    drawn = torch.rand(len(lengths), n_steps + span - 1, generator=generator, device=device)
    hidden = (drawn < begins).unfold(1, span, 1).any(dim=2)
    steps = torch.arange(n_steps, device=device)
    inside = steps < lengths[:, None]
    hidden &= inside
    # A step drawn from each sequence evens out the extremes.
    is_one = steps == draw_below(lengths, generator)[:, None]
    none_hidden = ~hidden.any(dim=1, keepdim=True)
    none_left = ~(inside & ~hidden).any(dim=1, keepdim=True) & (lengths > 1)[:, None]
    return (hidden | (none_hidden & is_one)) & ~(none_left & is_one)


class Corrupted(NamedTuple):
    """What the network is shown.

    Attributes
    ----------
    values : Tensor of shape (n, time, n_features)
    replaced : Tensor of shape (n, time), bool, or None
        Timesteps in whose place the network puts its learned vector.
    """

    values: Tensor
    replaced: Tensor | None


def corrupt(
    batch: SequenceBatch, masked: Tensor, replacement: str, generator: torch.Generator
) -> Corrupted:
    """Hide the timesteps of ``masked`` (n, time).

    Parameters
    ----------
    batch : SequenceBatch
    masked : Tensor of shape (n, time), bool
    replacement : {"learned", "zero", "random"}
        ``"learned"``: the network's own vector. ``"zero"``: zeros, the mean of each
        feature. ``"random"``: of ten hidden steps eight get the learned vector, one a
        timestep of another sequence and one stays as it is, all of them to be restored
        (Devlin et al. 2019, arXiv 1810.04805, section 3.1).
    generator : torch.Generator
    """
    if replacement == "learned":
        return Corrupted(batch.values, masked)
    if replacement == "zero":
        return Corrupted(batch.values.masked_fill(masked[..., None], 0.0), None)
    n, n_steps, width = batch.values.shape
    lot = torch.rand(n, n_steps, generator=generator, device=masked.device)
    uniform = torch.rand(n, n_steps, 2, generator=generator, device=masked.device)
    row = (uniform[..., 0] * n).long().clamp(max=n - 1)
    lengths = batch.lengths[row]
    step = torch.minimum((uniform[..., 1] * lengths).long(), lengths - 1)
    other = batch.values.view(n * n_steps, width)[row * n_steps + step]
    swapped = masked & (lot >= _LEARNED_SHARE) & (lot < _LEARNED_SHARE + _RANDOM_SHARE)
    values = torch.where(swapped[..., None], other, batch.values)
    return Corrupted(values, masked & (lot < _LEARNED_SHARE))
