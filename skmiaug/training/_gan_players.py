"""The two players with their optimisers."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.utils._random import isolated_torch_seed


@dataclass
class GanPlayers:
    """Generator, critic (with the recognition head) and the optimiser of each."""

    generator: ResidualGenerator
    critic: Critic
    generator_optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the networks by name."""
        yield "generator", self.generator
        yield "critic", self.critic

    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        """Yield the optimisers by name."""
        yield "generator", self.generator_optimizer
        yield "critic", self.critic_optimizer

    def lower_rates(self, factor: float) -> None:
        """Multiply both learning rates by ``factor``."""
        for _, optimizer in self.optimizers():
            for group in optimizer.param_groups:
                group["lr"] *= factor

    def are_finite(self) -> bool:
        """Whether every weight and optimiser moment is finite; waits for the device."""
        return bool(torch.stack([t.isfinite().all() for _, t in self._tensors()]).all())

    def snapshot(self) -> dict[str, torch.Tensor]:
        """Copy every weight and optimiser moment, on their device."""
        return {name: tensor.detach().clone() for name, tensor in self._tensors()}

    def restore(self, snapshot: dict[str, torch.Tensor]) -> None:
        """Take back a :meth:`snapshot`; moments that did not exist then become zero."""
        with torch.no_grad():
            for name, tensor in self._tensors():
                if name in snapshot:
                    tensor.copy_(snapshot[name])
                else:
                    tensor.zero_()

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the whole state as numpy arrays."""
        return {
            name: tensor.detach().cpu().numpy().copy() for name, tensor in self._tensors()
        }

    def load_arrays(self, arrays: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`to_arrays` gave, after the optimisers' first step too."""
        for key, optimizer in self.optimizers():
            for index, parameter in enumerate(_parameters(optimizer)):
                prefix = f"{key}.optimizer.{index}."
                moments = {n: a for n, a in arrays.items() if n.startswith(prefix)}
                optimizer.state[parameter] = {
                    name.removeprefix(prefix): torch.from_numpy(array.copy()).to(
                        # Fused Adam counts its steps on the device of the weights.
                        parameter.device
                    )
                    for name, array in moments.items()
                }
        self.restore({n: torch.from_numpy(a.copy()) for n, a in arrays.items()})

    def _tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        for key, module in self.modules():
            for name, tensor in module.state_dict().items():
                yield f"{key}.{name}", tensor
        for key, optimizer in self.optimizers():
            for index, parameter in enumerate(_parameters(optimizer)):
                for name, value in optimizer.state[parameter].items():
                    yield f"{key}.optimizer.{index}.{name}", value


def _parameters(optimizer: torch.optim.Optimizer) -> Iterator[nn.Parameter]:
    for group in optimizer.param_groups:
        yield from group["params"]


def build_players(
    *,
    n_features: int,
    n_classes: int,
    latent_dim: int,
    n_codes: int,
    generator_sizes: Sequence[int],
    critic_sizes: Sequence[int],
    generator_lr: float,
    critic_lr: float,
    seed: int,
    device: torch.device,
) -> GanPlayers:
    """Build both players; the same ``seed`` gives the same first weights everywhere."""
    with isolated_torch_seed(seed):
        generator = ResidualGenerator(
            n_features, n_classes, latent_dim + n_codes, generator_sizes
        )
        critic = Critic(n_features, n_classes, n_codes, critic_sizes)
    generator.to(device)
    critic.to(device)
    return GanPlayers(
        generator,
        critic,
        _adam(generator, generator_lr),
        _adam(critic, critic_lr),
    )


class _AdamW(torch.optim.AdamW):
    """AdamW without what torch wraps around it for its compiler.

    The wrappers import that compiler: two seconds at the first fit of a process.
    """

    add_param_group = inspect.unwrap(torch.optim.AdamW.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.AdamW.zero_grad)
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


def _adam(module: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    # No momentum in the first moment: the opponent moves the loss at every step. The
    # decay keeps a critic on few rows from growing without bound.
    return _AdamW(
        module.parameters(),
        lr=learning_rate,
        betas=(0.5, 0.99),
        weight_decay=1e-2,
        fused=True,
    )
