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
    the inner product of the trunk's output with a vector of the class. All heads are one
    matrix product; the outputs are cut from it.
    """

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        n_codes: int,
        hidden_layer_sizes: Sequence[int],
    ):
        super().__init__()
        self.n_classes = n_classes
        self.n_codes = n_codes
        self.trunk, width = hidden_stack(n_features, hidden_layer_sizes)
        self.heads = nn.Linear(width, 1 + 2 * n_classes + 2 * n_codes)

    def forward(self, rows: Tensor, classes: Tensor) -> CriticOutput:
        """Judge ``rows`` (n, n_features) as members of ``classes`` (n,)."""
        outputs = self.heads(self.trunk(rows)).float()
        realness, by_class, class_logits, code_mean, code_log_variance = torch.split(
            outputs, [1, self.n_classes, self.n_classes, self.n_codes, self.n_codes], dim=1
        )
        of_its_class = by_class.gather(1, classes[:, None])
        return CriticOutput(
            (realness + of_its_class).squeeze(1),
            class_logits,
            code_mean,
            code_log_variance.clamp(-6.0, 6.0),
        )
