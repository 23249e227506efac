"""Projection of several modalities into one space, with what is read from there."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmiaug.nn._gan import hidden_stack


class ProjectionHead(nn.Module):
    """A linear map plus, where hidden layers are given, a network that begins at zero."""

    def __init__(
        self, n_features: int, n_components: int, hidden_layer_sizes: Sequence[int]
    ):
        super().__init__()
        self.linear = nn.Linear(n_features, n_components)
        self.residual: nn.Module | None = None
        if hidden_layer_sizes:
            trunk, width = hidden_stack(n_features, hidden_layer_sizes)
            leave = nn.Linear(width, n_components)
            nn.init.zeros_(leave.weight)
            nn.init.zeros_(leave.bias)
            self.residual = nn.Sequential(trunk, leave)

    def forward(self, rows: Tensor) -> Tensor:
        """Project ``rows`` (n, n_features) to (n, n_components)."""
        projected = self.linear(rows)
        return projected if self.residual is None else projected + self.residual(rows)


class AlignmentOutput(NamedTuple):
    """Codes of n rows in the shared space, and the classes read from them."""

    # Each (n, n_components), one for each modality, on the sphere of :func:`on_sphere`
    codes: tuple[Tensor, ...]
    # Each (n, n_classes): q(c | code) of each modality, unnormalised
    class_logits: tuple[Tensor, ...]
    shared_logits: Tensor  # (n, n_classes): q(c | shared code), unnormalised


class AlignmentNetwork(nn.Module):
    """A projection head and a class head for each modality, and a class head for all.

    The cosines are divided by ``temperature`` at first; ``log_scale`` learns it.
    """

    def __init__(
        self,
        n_features: Sequence[int],
        n_classes: int,
        n_components: int,
        hidden_layer_sizes: Sequence[int],
        temperature: float,
    ):
        super().__init__()
        self.n_features = tuple(n_features)
        self.n_classes, self.n_components = n_classes, n_components
        self.temperature = temperature
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        self.heads = nn.ModuleList(
            ProjectionHead(n, n_components, hidden_layer_sizes) for n in n_features
        )
        self.class_heads = nn.ModuleList(
            nn.Linear(n_components, n_classes) for _ in n_features
        )
        self.shared_class_head = nn.Linear(n_components, n_classes)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def codes(self, rows: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Project the rows of each modality (n, n_features) onto the sphere."""
        return tuple(
            on_sphere(head(part)) for head, part in zip(self.heads, rows, strict=True)
        )

    def forward(
        self, rows: Sequence[Tensor], present: Tensor | None = None
    ) -> AlignmentOutput:
        """Project the rows (n, n_features) of each modality, and read the classes.

        ``present`` (n, n_modalities) is False where a row lacks a modality, whose values do
        not matter then. None: all are there.
        """
        codes = self.codes(rows)
        logits = tuple(
            head(code).float() for head, code in zip(self.class_heads, codes, strict=True)
        )
        shared = shared_code(codes, present)
        return AlignmentOutput(codes, logits, self.shared_class_head(shared).float())


def on_sphere(codes: Tensor) -> Tensor:
    """Scale rows (n, n_components) to the length √n_components, so that the mean square
    of a coordinate is 1; zeros stay."""
    return functional.normalize(codes, dim=1) * math.sqrt(codes.shape[1])


def shared_code(codes: Sequence[Tensor], present: Tensor | None = None) -> Tensor:
    """Return the mean direction of the codes that are ``present``, (n, n_components)."""
    if present is not None:
        # where, not a product: a missing part may hold anything.
        codes = [
            torch.where(there[:, None], code, 0.0)
            for code, there in zip(codes, present.T, strict=True)
        ]
    first, *others = codes
    return on_sphere(sum(others, start=first))
