"""Dropout with a generator of its own."""

from collections.abc import Callable

import torch
from torch import Tensor

Drop = Callable[[Tensor], Tensor]


def keep_all(hidden: Tensor) -> Tensor:
    """Drop nothing: what the networks do outside training."""
    return hidden


def channel_dropout(rate: float, generator: torch.Generator) -> Drop:
    """Return a function that zeroes channels of (n, time, width), the rest scaled up.

    A channel of a sequence is dropped at all its timesteps or at none (Gal and
    Ghahramani, 2016, arXiv 1512.05287), so that a draw has n · width numbers and costs
    next to nothing on a CPU. The global random state is not touched.
    """
    if rate == 0:
        return keep_all

    def drop(hidden: Tensor) -> Tensor:
        shape = (len(hidden), *(1 for _ in hidden.shape[2:]), hidden.shape[-1])
        drawn = torch.rand(shape, generator=generator, device=hidden.device)
        return hidden * ((drawn >= rate) / (1 - rate)).to(hidden.dtype)

    return drop
