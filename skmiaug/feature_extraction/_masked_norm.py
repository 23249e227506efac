"""Group norm over the true length of each row, so that padding does not count.

wav2vec2-base and HuBERT-base normalise each channel over time after their first
convolution. Padded with zeros, a clip's own frames are then scaled by statistics that
include its padding, and its features change with the batch it is in, attention mask or
not. The later convolutions have neither padding nor norm: an output frame of theirs that
lies in the clip depends on the clip alone.
"""

import torch
import torch.nn.functional as F
from torch import nn


class LengthMaskedGroupNorm(nn.Module):
    """A ``GroupNorm`` over (batch, channels, time) that takes each row's own length.

    Parameters
    ----------
    norm : nn.GroupNorm
        The norm it replaces; its parameters are shared.

    Attributes
    ----------
    lengths : list of int or None
        True lengths of the rows of the next input, set before each forward; None means
        that rows are whole.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm
        self.lengths: list[int] | None = None

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        if self.lengths is None or all(n == hidden.shape[-1] for n in self.lengths):
            return self.norm(hidden)
        out = torch.zeros_like(hidden)
        norm = self.norm
        for row, length in enumerate(self.lengths):
            out[row : row + 1, :, :length] = F.group_norm(
                hidden[row : row + 1, :, :length],
                norm.num_groups,
                norm.weight,
                norm.bias,
                norm.eps,
            )
        return out


def conv_lengths(n_samples: int, kernels: list[int], strides: list[int]) -> list[int]:
    """Frames after each convolution without padding, for an input of ``n_samples``."""
    lengths = []
    for kernel, stride in zip(kernels, strides, strict=True):
        n_samples = (n_samples - kernel) // stride + 1
        lengths.append(n_samples)
    return lengths


def receptive_field(kernels: list[int], strides: list[int]) -> int:
    """Fewest samples that give one frame."""
    field = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        field = (field - 1) * stride + kernel
    return field
