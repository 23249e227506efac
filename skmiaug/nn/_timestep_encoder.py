"""From timesteps of features to hidden states, and from those back to features."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skmiaug.nn._timestep_gru import GRUBackbone
from skmiaug.nn._timestep_noise import Drop, keep_all
from skmiaug.nn._timestep_transformer import TransformerBackbone

BACKBONES = ("transformer", "gru")


@dataclass(frozen=True)
class TimestepArchitecture:
    """Shape of a :class:`TimestepEncoder`.

    Attributes
    ----------
    n_features : int
        Features of a timestep.
    backbone : {"transformer", "gru"}
    hidden_size, n_layers, n_heads : int
        Width, depth and, for the transformer, heads that share the width.
    """

    n_features: int
    backbone: str
    hidden_size: int
    n_layers: int
    n_heads: int

    def __post_init__(self) -> None:
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

    Parameters
    ----------
    architecture : TimestepArchitecture
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

    def forward(
        self,
        values: Tensor,
        lengths: Tensor,
        masked: Tensor | None = None,
        drop: Drop = keep_all,
    ) -> Tensor:
        """Return hidden states, (n, time, hidden_size).

        Parameters
        ----------
        values : Tensor of shape (n, time, n_features)
            Standardised, finite.
        lengths : Tensor of shape (n,)
            Timesteps of each sequence. Hidden states behind them mean nothing.
        masked : Tensor of shape (n, time), bool, default=None
            Timesteps whose values are hidden and replaced by the learned vector.
        drop : callable
            Dropout of the backbone; see ``channel_dropout``.
        """
        hidden = self.enter(values).float()
        if masked is not None:
            hidden = torch.where(masked[..., None], self.hidden_step, hidden)
        return self.backbone(hidden, lengths, drop)

    def restore(self, hidden: Tensor) -> Tensor:
        """Return the features that hidden states stand for, (n, time, n_features)."""
        return self.leave(hidden)
