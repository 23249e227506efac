"""From timesteps of features to hidden states, to one vector a sequence, to labels.

The backbones, a bidirectional GRU and a transformer, are blind to padding.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

Drop = Callable[[Tensor], Tensor]
# Feed-forward layers are that much wider, and the slowest rotation that much slower than
# the fastest.
_FEEDFORWARD_FACTOR = 2
_MAX_PERIOD = 100.0


def keep_all(hidden: Tensor) -> Tensor:
    """Drop nothing, as outside training."""
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


class GRUBackbone(nn.Module):
    """Layers of two GRUs each, one of which reads the sequence from its end.

    Padding lies behind a sequence, so the forward GRU meets it last. For the backward one
    each sequence is turned around within its own length, which leaves the padding behind
    it as well; packed sequences, which sort on the CPU, are not needed. ``hidden_size`` is
    the width of both directions together.
    """

    def __init__(self, hidden_size: int, n_layers: int):
        super().__init__()
        self.forwards, self.backwards = (
            nn.ModuleList(
                nn.GRU(hidden_size, hidden_size // 2, batch_first=True)
                for _ in range(n_layers)
            )
            for _ in range(2)
        )
        self.norm = nn.LayerNorm(hidden_size)

    def forward(self, hidden: Tensor, lengths: Tensor, drop: Drop = keep_all) -> Tensor:
        """Return (n, time, width) from ``hidden`` of that shape.

        ``lengths`` are (n,), and ``drop`` is applied to what each layer adds.
        """
        turn = _turner(lengths, hidden.shape[1])
        for ahead, back in zip(self.forwards, self.backwards, strict=True):
            read = torch.cat([ahead(hidden)[0], turn(back(turn(hidden))[0])], dim=2)
            hidden = hidden + drop(read)
        return self.norm(hidden)


def _turner(lengths: Tensor, n_steps: int) -> Callable[[Tensor], Tensor]:
    """Return a function that turns each sequence of (n, time, width) around.

    Padding stays where it is, so that turning twice gives the sequence back.
    """
    steps = torch.arange(n_steps, device=lengths.device)
    last = lengths[:, None] - 1
    index = torch.where(steps <= last, last - steps, steps)[..., None]

    def turn(hidden: Tensor) -> Tensor:
        return hidden.gather(1, index.expand(-1, -1, hidden.shape[2]))

    return turn


class TransformerBackbone(nn.Module):
    """Pre-norm transformer blocks with rotary positions (Su et al. 2021, 2104.09864).

    What a timestep attends to depends on distances in time alone. With positions that are
    added to the input instead, small networks did not learn from their neighbours: they
    restored hidden timesteps no better than straight lines. The width is a multiple of
    ``2 * n_heads``.
    """

    def __init__(self, hidden_size: int, n_layers: int, n_heads: int):
        super().__init__()
        self.head_width = hidden_size // n_heads
        self.blocks = nn.ModuleList(_Block(hidden_size, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(hidden_size)

    def forward(self, hidden: Tensor, lengths: Tensor, drop: Drop = keep_all) -> Tensor:
        """Return (n, time, width) from ``hidden`` of that shape.

        What lies behind the ``lengths`` (n,) is never attended to, and ``drop`` is applied
        to what each block adds.
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
        self.widen = nn.Linear(width, _FEEDFORWARD_FACTOR * width)
        self.narrow = nn.Linear(_FEEDFORWARD_FACTOR * width, width)

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
    return torch.arange(n_steps, device=device)[:, None] / _MAX_PERIOD**share


def rotate(channels: Tensor, turns: Tensor) -> Tensor:
    """Rotate pairs of channels; inner products then depend on differences of angles.

    Pairs lie side by side in (..., width), each a complex number; ``turns``, numbers of
    length 1 at the angles to rotate by, are (..., width / 2).
    """
    numbers = torch.view_as_complex(channels.unflatten(-1, (-1, 2)))
    return torch.view_as_real(numbers * turns).flatten(-2)


# ---------------------------------------------------------------- encoder and head

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
        self.width, self.n_outputs = width, n_outputs
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
        self.scale.copy_(pooled.std(dim=0, correction=0) + _MIN_SCALE)

    def forward(self, pooled: Tensor, drop: Drop = keep_all) -> Tensor:
        """Return (n, n_outputs) from embeddings (n, width), thinned by ``drop``."""
        return self.linear(drop((pooled - self.center) / self.scale))
