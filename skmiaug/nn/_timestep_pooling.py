"""From hidden states of timesteps to one vector a sequence."""

import torch
from torch import Tensor

POOLINGS = ("mean", "mean_std", "max")
_LEAST_VARIANCE = 1e-5


def pooled_width(hidden_size: int, pooling: str) -> int:
    """Columns of what :func:`pool_timesteps` returns."""
    return 2 * hidden_size if pooling == "mean_std" else hidden_size


def pool_timesteps(hidden: Tensor, lengths: Tensor, pooling: str) -> Tensor:
    """Pool (n, time, width) over each sequence's own timesteps, in float32.

    Parameters
    ----------
    hidden : Tensor of shape (n, time, width)
    lengths : Tensor of shape (n,)
        At least 1 each; what lies behind is not read.
    pooling : {"mean", "mean_std", "max"}
        ``"mean_std"`` gives the means followed by the standard deviations (the square
        root of the variance plus 1e-5, so that it has a gradient at 0).

    Returns
    -------
    Tensor of shape (n, width) or (n, 2 * width)
    """
    hidden = hidden.float()
    steps = torch.arange(hidden.shape[1], device=hidden.device)
    padding = (steps >= lengths[:, None])[..., None]
    if pooling == "max":
        return hidden.masked_fill(padding, -torch.inf).amax(dim=1)
    count = lengths[:, None]
    mean = hidden.masked_fill(padding, 0.0).sum(dim=1) / count
    if pooling == "mean":
        return mean
    deviation = (hidden - mean[:, None]).masked_fill(padding, 0.0)
    variance = deviation.square().sum(dim=1) / count
    return torch.cat([mean, (variance + _LEAST_VARIANCE).sqrt()], dim=1)
