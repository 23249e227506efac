"""The critic and the recognition head Q, on one trunk."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from skmiaug.nn._mlp import hidden_stack


class CriticOutput(NamedTuple):
    """Output of the critic on n rows."""

    score: Tensor  # (n,), realness given the target; higher is more real
    class_logits: Tensor  # (n, n_targets): Q(c | x), unnormalised
    # (n, n_codes), the Gaussian Q(code | x)
    code_mean: Tensor
    code_log_variance: Tensor


class Critic(nn.Module):
    """D(x, c) and Q(c, codes | x) with a shared trunk.

    D is a projection discriminator (Miyato and Koyama, 2018): a score of the row plus
    the inner product of the trunk's output with a linear map of the target codes, and of
    the context (n_context columns) if there is one; Q never sees it. All heads are one
    matrix product.
    """

    def __init__(
        self,
        n_features: int,
        n_targets: int,
        n_codes: int,
        hidden_layer_sizes: Sequence[int],
        n_context: int = 0,
    ):
        super().__init__()
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        self.n_targets = n_targets
        self.n_context = n_context
        self.n_features = n_features
        self.n_codes = n_codes
        self.trunk, width = hidden_stack(n_features, hidden_layer_sizes)
        self.heads = nn.Linear(width, 1 + 2 * n_targets + 2 * n_codes)
        self.context: nn.Linear | None = None
        if n_context:
            self.context = nn.Linear(n_context, width, bias=False)
            nn.init.zeros_(self.context.weight)

    @property
    def config(self) -> dict[str, Any]:
        """Constructor arguments of another critic of this shape."""
        return {
            "n_features": self.n_features,
            "n_targets": self.n_targets,
            "n_codes": self.n_codes,
            "hidden_layer_sizes": self.hidden_layer_sizes,
            "n_context": self.n_context,
        }

    def forward(
        self, rows: Tensor, targets: Tensor, context: Tensor | None = None
    ) -> CriticOutput:
        """Score rows (n, n_features) given targets (n, n_targets) and context."""
        hidden = self.trunk(rows)
        outputs = self.heads(hidden).float()
        realness, by_target, class_logits, code_mean, code_log_variance = torch.split(
            outputs, [1, self.n_targets, self.n_targets, self.n_codes, self.n_codes], dim=-1
        )
        score = realness.squeeze(-1) + (by_target * targets).sum(dim=-1)
        if self.context is not None:
            score = score + (hidden * self.context(context)).sum(dim=-1).float()
        return CriticOutput(
            score,
            class_logits,
            code_mean,
            code_log_variance.clamp(-6.0, 6.0),
        )
