"""The critic and the recognition head Q, on one trunk."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skmiaug.nn._mlp import hidden_stack


class CriticOutput(NamedTuple):
    """What the critic says of n rows.

    Attributes
    ----------
    score : Tensor of shape (n,)
        Realness given the class; higher is more real.
    class_logits : Tensor of shape (n, n_classes)
        Q(c | x), unnormalised.
    code_mean, code_log_variance : Tensor of shape (n, n_codes)
        The Gaussian Q(code | x).
    """

    score: Tensor
    class_logits: Tensor
    code_mean: Tensor
    code_log_variance: Tensor


class Critic(nn.Module):
    """D(x, c) and Q(c, codes | x) with a shared trunk.

    D is a projection discriminator (Miyato and Koyama, 2018): a score of the row plus
    the inner product of the trunk's output with a vector of the class, and with a linear
    map of what else the row is conditioned on. All heads are one matrix product; the
    outputs are cut from it.

    Parameters
    ----------
    n_features, n_classes, n_codes : int
    hidden_layer_sizes : sequence of int
        Widths of the trunk.
    n_context : int, default=0
        Columns of the context that the score is given; Q never sees it.
    """

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        n_codes: int,
        hidden_layer_sizes: Sequence[int],
        n_context: int = 0,
    ):
        super().__init__()
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        self.n_classes = n_classes
        self.n_codes = n_codes
        self.trunk, width = hidden_stack(n_features, hidden_layer_sizes)
        self.heads = nn.Linear(width, 1 + 2 * n_classes + 2 * n_codes)
        self.context: nn.Linear | None = None
        if n_context:
            self.context = nn.Linear(n_context, width, bias=False)
            nn.init.zeros_(self.context.weight)

    def forward(
        self, rows: Tensor, classes: Tensor, context: Tensor | None = None
    ) -> CriticOutput:
        """Judge rows as members of their classes.

        Parameters
        ----------
        rows : Tensor of shape (n, n_features)
        classes : Tensor of shape (n,)
        context : Tensor of shape (n, n_context), default=None
        """
        hidden = self.trunk(rows)
        outputs = self.heads(hidden).float()
        realness, by_class, class_logits, code_mean, code_log_variance = torch.split(
            outputs, [1, self.n_classes, self.n_classes, self.n_codes, self.n_codes], dim=-1
        )
        score = (realness + by_class.gather(-1, classes[..., None])).squeeze(-1)
        if self.context is not None:
            score = score + (hidden * self.context(context)).sum(dim=-1).float()
        return CriticOutput(
            score,
            class_logits,
            code_mean,
            code_log_variance.clamp(-6.0, 6.0),
        )
