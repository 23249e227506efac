"""The weights and optimisers of a run as one thing to copy, to save and to take back."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn


class ModelState(ABC):
    """Base of what a training loop changes: networks by name, and their optimisers."""

    # Networks that score the output of the others. They learn even where no validation
    # check improves on the untrained model, and then keep their last weights.
    discriminators: ClassVar[tuple[str, ...]] = ()
    remedy: ClassVar[str]  # what to change when the losses stay non-finite

    @abstractmethod
    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the networks by name."""

    @abstractmethod
    def optimizers(self) -> Iterator[tuple[str, torch.optim.Optimizer]]:
        """Yield the optimisers by name."""

    def lower_rates(self, factor: float) -> None:
        """Multiply every learning rate by ``factor``."""
        for _, optimizer in self.optimizers():
            for group in optimizer.param_groups:
                group["lr"] *= factor

    def are_finite(self) -> bool:
        """Whether every weight and optimiser moment is finite; waits for the device."""
        return bool(torch.stack([t.isfinite().all() for _, t in self._tensors()]).all())

    def snapshot(self) -> dict[str, torch.Tensor]:
        """Copy every weight and optimiser moment, on their device."""
        return {name: tensor.detach().clone() for name, tensor in self._tensors()}

    def discriminator_weights(
        self, snapshot: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """Return what a :meth:`snapshot` holds of the discriminators."""
        prefixes = tuple(f"{name}." for name in self.discriminators)
        return {name: t for name, t in snapshot.items() if name.startswith(prefixes)}

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


# ---------------------------------------------------------------- optimiser


class AdamW(torch.optim.AdamW):
    """AdamW without what torch wraps around it for its compiler.

    The wrappers import that compiler: two seconds at the first fit of a process.
    """

    add_param_group = inspect.unwrap(torch.optim.AdamW.add_param_group)
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; torch's own way takes five times as long."""
        if not set_to_none:
            raise ValueError("Gradients are forgotten here; use set_to_none=True.")
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None


def decay_groups(
    network: torch.nn.Module, weight_decay: float, **options: Any
) -> list[dict[str, Any]]:
    """Return parameter groups of a network: its matrices decay, its vectors do not.

    Vectors are biases, norms, learned timesteps and temperatures. Further ``options`` of
    the groups, such as ``lr``, are those of both.
    """
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group | options for group in groups if group["params"]]
