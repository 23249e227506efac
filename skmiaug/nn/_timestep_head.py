"""The linear head on pooled hidden states."""

import torch
from torch import Tensor, nn

from skmiaug.nn._timestep_noise import Drop, keep_all

_LEAST_SCALE = 1e-3


class SequenceHead(nn.Module):
    """Standardised columns, dropout and one linear layer.

    Parameters
    ----------
    width : int
        Columns of an embedding.
    n_outputs : int
    """

    def __init__(self, width: int, n_outputs: int):
        super().__init__()
        self.linear = nn.Linear(width, n_outputs)
        self.center: Tensor
        self.scale: Tensor
        self.register_buffer("center", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def measure(self, pooled: Tensor) -> None:
        """Take means and deviations of the columns of ``pooled`` (n, width).

        Those of the training sequences before training: the head then begins with columns
        of one scale, whichever encoder they come from.
        """
        self.center.copy_(pooled.mean(dim=0))
        self.scale.copy_(pooled.std(dim=0, correction=0) + _LEAST_SCALE)

    def forward(self, pooled: Tensor, drop: Drop = keep_all) -> Tensor:
        """Return (n, n_outputs) from embeddings (n, width).

        Parameters
        ----------
        pooled : Tensor of shape (n, width)
        drop : callable
            Applied to the standardised columns.
        """
        return self.linear(drop((pooled - self.center) / self.scale))
