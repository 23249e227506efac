"""A transformer over timesteps, blind to padding."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmiaug.nn._timestep_noise import Drop, keep_all

_WIDENING = 2
_SLOWEST = 100.0


class TransformerBackbone(nn.Module):
    """Pre-norm transformer blocks with rotary positions (Su et al. 2021, 2104.09864).

    What a timestep attends to depends on distances in time alone. With positions that are
    added to the input instead, small networks did not learn from their neighbours: they
    restored hidden timesteps no better than straight lines.

    Parameters
    ----------
    hidden_size : int
        Width, a multiple of ``2 * n_heads``.
    n_layers : int
    n_heads : int
    """

    def __init__(self, hidden_size: int, n_layers: int, n_heads: int):
        super().__init__()
        self.head_width = hidden_size // n_heads
        self.blocks = nn.ModuleList(_Block(hidden_size, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(hidden_size)

    def forward(self, hidden: Tensor, lengths: Tensor, drop: Drop = keep_all) -> Tensor:
        """Return (n, time, width) from ``hidden`` of that shape.

        Parameters
        ----------
        hidden : Tensor of shape (n, time, width)
        lengths : Tensor of shape (n,)
            Timesteps of each sequence; what lies behind them is never attended to.
        drop : callable
            Applied to what each block adds.
        """
        n_steps, device = hidden.shape[1], hidden.device
        angles = rotary_angles(n_steps, self.head_width, device)
        turns = torch.polar(torch.ones_like(angles), angles)[:, None, None]
        bias = torch.zeros(len(hidden), 1, 1, n_steps, device=device)
        padding = torch.arange(n_steps, device=device) >= lengths[:, None]
        bias.masked_fill_(padding[:, None, None, :], -torch.inf)
        for block in self.blocks:
            hidden = block(hidden, bias, turns, drop)
        return self.norm(hidden)


class _Block(nn.Module):
    def __init__(self, width: int, n_heads: int):
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.feedforward_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, _WIDENING * width)
        self.narrow = nn.Linear(_WIDENING * width, width)

    def forward(self, hidden: Tensor, bias: Tensor, turns: Tensor, drop: Drop) -> Tensor:
        hidden = hidden + drop(self._attend(self.attention_norm(hidden), bias, turns))
        wide = functional.gelu(self.widen(self.feedforward_norm(hidden)))
        return hidden + drop(self.narrow(wide))

    def _attend(self, hidden: Tensor, bias: Tensor, turns: Tensor) -> Tensor:
        n, n_steps, width = hidden.shape
        # (n, time, query or key or value, heads, width of a head)
        parts = self.query_key_value(hidden).view(n, n_steps, 3, self.n_heads, -1)
        # On a CPU, attention and its gradient take 5 times as long in bfloat16.
        dtype = torch.float32 if parts.device.type == "cpu" else parts.dtype
        query, key = rotate(parts[:, :, :2].float(), turns).to(dtype).unbind(2)
        with torch.autocast("cpu", enabled=False):
            mixed = functional.scaled_dot_product_attention(
                query.transpose(1, 2),
                key.transpose(1, 2),
                parts[:, :, 2].to(dtype).transpose(1, 2),
                attn_mask=bias.to(dtype),
            )
        return self.attention_out(mixed.transpose(1, 2).reshape(n, n_steps, width))


def rotary_angles(n_steps: int, width: int, device: torch.device) -> Tensor:
    """Return the angle of each timestep and pair of channels, (n_steps, width / 2).

    Wave lengths go from 2π to 2π · 100 timesteps in equal ratios.
    """
    share = torch.arange(width // 2, device=device) / max(width // 2 - 1, 1)
    return torch.arange(n_steps, device=device)[:, None] / _SLOWEST**share


def rotate(channels: Tensor, turns: Tensor) -> Tensor:
    """Rotate pairs of channels; inner products then depend on differences of angles.

    Parameters
    ----------
    channels : Tensor of shape (..., width), float32
        Pairs lie side by side: each is a complex number.
    turns : Tensor of shape (..., width / 2), complex64
        Numbers of length 1 at the angles to rotate by.
    """
    numbers = torch.view_as_complex(channels.unflatten(-1, (-1, 2)))
    return torch.view_as_real(numbers * turns).flatten(-2)
