"""The weights and optimisers of a run as one thing to copy, to save and to take back."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from torch import nn


class ModelState(ABC):
    """Base of what a training loop changes: networks by name, and their optimisers."""

    # Networks that score the output of the others. They learn even where no validation
    # check improves on the untrained model, and then keep their last weights.
    discriminators: ClassVar[tuple[str, ...]] = ()

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
