"""Many pairs of players that train as one batched model."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skmiaug.nn import load_model, stack_modules
from skmiaug.training.gan._batches import GanBatch, GanBatches
from skmiaug.training.gan._players import GanPlayers, adam


@dataclass
class GanStack(GanPlayers):
    """Players whose every weight has a first axis of n_models."""

    def keep(self, models: Tensor) -> None:
        """Go on with these models (n_kept,) alone; their moments stay theirs."""
        with torch.no_grad():
            for _, optimizer in self.optimizers():
                for parameter in optimizer.param_groups[0]["params"]:
                    parameter.data = parameter.data.index_select(0, models)
                    parameter.grad = None
                    moments = optimizer.state[parameter]
                    for name, value in moments.items():
                        # The count of steps is one number for all.
                        if value.ndim > 0:
                            moments[name] = value.index_select(0, models)

    def finite_models(self) -> Tensor:
        """Which models have finite weights and moments alone, bool (n_models,)."""
        tensors = [tensor for _, tensor in self._tensors() if tensor.ndim > 0]
        finite = [tensor.isfinite().flatten(1).all(dim=1) for tensor in tensors]
        return torch.stack(finite).all(dim=0)

    def load_into(self, players: GanPlayers, index: int) -> None:
        """Copy the weights of one model into a single pair of players."""
        load_model(players.generator, self.generator, index)
        load_model(players.critic, self.critic, index)


def stack_players(players: Sequence[GanPlayers]) -> GanStack:
    """Join untrained players of one shape and one pair of learning rates."""
    first = players[0]
    generator = stack_modules([one.generator for one in players])
    critic = stack_modules([one.critic for one in players])

    def like(module: nn.Module, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
        return adam(module, optimizer.param_groups[0]["lr"])

    return GanStack(
        generator,
        critic,
        like(generator, first.generator_optimizer),
        like(critic, first.critic_optimizer),
    )


class StackBatches:
    """Batches for a stack: models of one group share rows, seed and so every draw.

    Parameters
    ----------
    groups : sequence of GanBatches
        One for each data set and seed, of one batch size and number of features.
    group_of : sequence of int
        The group of each model.
    offsets : Tensor of shape (n_models, n_classes, n_features)
        How far the class means at which a model starts are from those of its group.
    """

    def __init__(
        self, groups: Sequence[GanBatches], group_of: Sequence[int], offsets: Tensor
    ):
        self.groups = list(groups)
        self.group_of = list(group_of)
        self.offsets = offsets

    def keep(self, models: Sequence[int]) -> None:
        """Draw for these models alone; a group of none of them draws no more."""
        group_of = [self.group_of[k] for k in models]
        used = sorted(set(group_of))
        self.groups = [self.groups[g] for g in used]
        self.group_of = [used.index(g) for g in group_of]
        self.offsets = self.offsets[list(models)]

    def draw(self) -> GanBatch:
        """Draw the next batch of each group; every tensor is (n_models, n, ...)."""
        drawn = [group.draw() for group in self.groups]
        fields = zip(*drawn, strict=True)
        batch = GanBatch(*(torch.stack([f[g] for g in self.group_of]) for f in fields))
        model = torch.arange(len(self.offsets), device=self.offsets.device)[:, None]
        batch.start.add_(self.offsets[model, batch.start_classes])
        return batch
