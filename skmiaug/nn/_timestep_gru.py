"""A bidirectional GRU over timesteps, blind to padding."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from skmiaug.nn._timestep_noise import Drop, keep_all


class GRUBackbone(nn.Module):
    """Layers of two GRUs each, one of which reads the sequence from its end.

    Padding lies behind a sequence, so the forward GRU meets it last. For the backward one
    each sequence is turned around within its own length, which leaves the padding behind
    it as well; packed sequences, which sort on the CPU, are not needed.

    Parameters
    ----------
    hidden_size : int
        Width of both directions together; even.
    n_layers : int
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

        Parameters
        ----------
        hidden : Tensor of shape (n, time, width)
        lengths : Tensor of shape (n,)
        drop : callable
            Applied to what each layer adds.
        """
        turn = turner(lengths, hidden.shape[1])
        for ahead, back in zip(self.forwards, self.backwards, strict=True):
            read = torch.cat([ahead(hidden)[0], turn(back(turn(hidden))[0])], dim=2)
            hidden = hidden + drop(read)
        return self.norm(hidden)


def turner(lengths: Tensor, n_steps: int) -> Callable[[Tensor], Tensor]:
    """Return a function that turns each sequence of (n, time, width) around.

    Padding stays where it is, so that turning twice gives the sequence back.
    """
    steps = torch.arange(n_steps, device=lengths.device)
    last = lengths[:, None] - 1
    index = torch.where(steps <= last, last - steps, steps)[..., None]

    def turn(hidden: Tensor) -> Tensor:
        return hidden.gather(1, index.expand(-1, -1, hidden.shape[2]))

    return turn
