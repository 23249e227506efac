"""From timesteps of features to hidden states, to one vector a sequence, to labels."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from skmiaug.nn._timestep_backbones import (
    Drop,
    GRUBackbone,
    TransformerBackbone,
    keep_all,
)

BACKBONES = ("transformer", "gru")
POOLINGS = ("mean", "mean_std", "max")
_MIN_VARIANCE = 1e-5
_MIN_SCALE = 1e-3


@dataclass(frozen=True)
class TimestepArchitecture:
    """Shape of a :class:`TimestepEncoder`."""

    n_features: int  # Features of a timestep
    backbone: str  # {"transformer", "gru"}
    # Width, depth and, for the transformer, heads that share the width
    hidden_size: int
    n_layers: int
    n_heads: int

    def __post_init__(self) -> None:
        sizes = (self.n_features, self.hidden_size, self.n_layers, self.n_heads)
        if self.backbone not in BACKBONES or min(sizes) < 1:
            raise ValueError(f"There is no such network: {self}.")
        parts = 2 if self.backbone == "gru" else 2 * self.n_heads
        if self.hidden_size % parts:
            need = "even" if self.backbone == "gru" else "a multiple of 2 * n_heads"
            raise ValueError(
                f"hidden_size must be {need}, got hidden_size={self.hidden_size} and "
                f"n_heads={self.n_heads}."
            )


class TimestepEncoder(nn.Module):
    """Backbone with a way in and a way out.

    The way in is linear; a learned vector stands for the timesteps that are hidden from
    the backbone. The way out is linear too and is used in pretraining alone.
    """

    def __init__(self, architecture: TimestepArchitecture):
        super().__init__()
        self.architecture = architecture
        width = architecture.hidden_size
        self.enter = nn.Linear(architecture.n_features, width)
        self.hidden_step = nn.Parameter(0.02 * torch.randn(width))
        self.backbone: nn.Module
        if architecture.backbone == "gru":
            self.backbone = GRUBackbone(width, architecture.n_layers)
        else:
            self.backbone = TransformerBackbone(
                width, architecture.n_layers, architecture.n_heads
            )
        self.leave = nn.Linear(width, architecture.n_features)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make an encoder of this shape."""
        return {"architecture": self.architecture}

    def forward(
        self,
        values: Tensor,
        lengths: Tensor,
        masked: Tensor | None = None,
        drop: Drop = keep_all,
    ) -> Tensor:
        """Return hidden states (n, time, hidden_size), of no meaning behind ``lengths``.

        ``values`` (n, time, n_features) are finite; those of timesteps ``masked`` (n, time)
        are replaced by the learned vector. ``drop`` is the dropout of the backbone, see
        ``channel_dropout``.
        """
        hidden = self.enter(values).float()
        if masked is not None:
            hidden = torch.where(masked[..., None], self.hidden_step, hidden)
        return self.backbone(hidden, lengths, drop)

    def restore(self, hidden: Tensor) -> Tensor:
        """Return the features that hidden states stand for, (n, time, n_features)."""
        return self.leave(hidden)


def pooled_width(hidden_size: int, pooling: str) -> int:
    """Columns of what :func:`pool_timesteps` returns."""
    return 2 * hidden_size if pooling == "mean_std" else hidden_size


def pool_timesteps(hidden: Tensor, lengths: Tensor, pooling: str) -> Tensor:
    """Pool (n, time, width) over each sequence's own timesteps, in float32.

    What lies behind the ``lengths`` (n,) is not read. Returns (n, width), or (n, 2 * width)
    for ``"mean_std"``: the means followed by the standard deviations (the square root of
    the variance plus 1e-5, so that it has a gradient at 0).
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
    return torch.cat([mean, (variance + _MIN_VARIANCE).sqrt()], dim=1)


class SequenceHead(nn.Module):
    """Standardised columns, dropout and one linear layer."""

    def __init__(self, width: int, n_outputs: int):
        super().__init__()
        self.linear = nn.Linear(width, n_outputs)
        self.center: Tensor
        self.scale: Tensor
        self.register_buffer("center", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a head of this shape."""
        width, n_outputs = self.linear.in_features, self.linear.out_features
        return {"width": width, "n_outputs": n_outputs}

    def measure(self, pooled: Tensor) -> None:
        """Take means and deviations of the columns of ``pooled`` (n, width).

        Those of the training sequences before training: the head then begins with columns
        of one scale, whichever encoder they come from.
        """
        self.center.copy_(pooled.mean(dim=0))
        self.scale.copy_(pooled.std(dim=0, correction=0) + _MIN_SCALE)

    def forward(self, pooled: Tensor, drop: Drop = keep_all) -> Tensor:
        """Return (n, n_outputs) from embeddings (n, width), thinned by ``drop``."""
        return self.linear(drop((pooled - self.center) / self.scale))
