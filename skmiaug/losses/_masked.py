"""Reconstruction error of masked timesteps."""

import torch
from torch import Tensor

RECONSTRUCTION_ERRORS = ("l1", "l2")


def masked_reconstruction_loss(
    restored: Tensor,
    target: Tensor,
    masked: Tensor,
    known: Tensor | None = None,
    *,
    error: str = "l1",
) -> Tensor:
    """Mean error over the cells of masked timesteps whose values are known.

    Masked timesteps lie within their sequences, so padding never counts. Equation: mean of
    ``|x̂ - x|`` or ``(x̂ - x)²`` over the cells (i, t, j) with ``masked[i, t]`` and
    ``known[i, t, j]`` (None: all); 0 when no cell counts. ``restored`` and ``target`` (n,
    time, n_features) are finite everywhere, in the padding too.
    """
    difference = restored.float() - target
    each = difference.abs() if error == "l1" else difference.square()
    if known is None:
        total = (each.sum(dim=2) * masked).sum()
        return total / (masked.sum() * target.shape[2]).clamp(min=1)
    counted = known & masked[..., None]
    total = torch.where(counted, each, 0.0).sum()
    return total / counted.sum().clamp(min=1)
