"""One model trained by several processes, as one process would train it.

Every process draws the same batch from the same seed and works on its share of the rows;
gradients are averaged before each step. The losses are means over rows, so the average
weighed by the shares is the gradient of the whole batch. The first process alone scores the
held-out rows, and all follow what it decides.

A training loop knows nothing of this: it gets networks, batches and callbacks of a group.
The group of one process changes none of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from skmiaug.exceptions import ProcessGroupError
from skmiaug.training.gan._batches import GanBatch, GanBatches, Rows
from skmiaug.training.gan._networks import GanNetworks
from skmiaug.training.loop._checkpoint import Checkpoint
from skmiaug.training.loop._model_state import ModelState

T = TypeVar("T")

# Beyond this, what two processes prepared is not the same but for rounding.
_TOLERANCE = 1e-2


class SingleProcess:
    """The processes that train a model; this class is that of a process alone."""

    rank = 0
    size = 1

    @property
    def leads(self) -> bool:
        """Whether this process shows progress and writes files."""
        return self.rank == 0

    def agreed(self, call: Callable[..., T]) -> Callable[..., T]:
        """Return ``call`` so that the first process makes it and all get its result."""
        return call

    def average(self, figures: Tensor) -> Tensor:
        """Return the figures (n_figures,) of the whole batch from those of its shares."""
        return figures

    def share_networks(self, networks: GanNetworks) -> GanNetworks:
        """Return the same networks with optimisers that learn from all shares."""
        return networks

    def share_batches(self, batches: GanBatches) -> GanBatches:
        """Return batches of this process's rows."""
        return batches

    def share_checkpoint(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return a checkpoint that the first process writes and all continue from."""
        return checkpoint

    def align(self, model: ModelState) -> None:
        """Give all processes the weights of the first."""

    def check_alike(self, prepared: Mapping[str, np.ndarray]) -> None:
        """Raise where the processes have not prepared the same."""


class ProcessGroup(SingleProcess):
    """The processes of torch.distributed's default group; this one trains on ``device``."""

    def __init__(self, device: torch.device):
        if not (dist.is_available() and dist.is_initialized()):
            raise ProcessGroupError(
                "data_parallel=True trains one model in several processes, and no process "
                "group is there. Call torch.distributed.init_process_group('gloo') (on "
                "GPUs 'nccl') at the beginning of the script and start it by "
                "`torchrun --nproc-per-node=2 script.py`, or set data_parallel=False."
            )
        self.device = device
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.share = 1.0 / self.size

    def agreed(self, call: Callable[..., T]) -> Callable[..., T]:
        """As :meth:`SingleProcess.agreed`; all raise an error of the first process."""

        def of_first(*args: Any, **kwargs: Any) -> T:
            answer: list[Any] = [None, None]
            if self.leads:
                try:
                    answer[0] = call(*args, **kwargs)
                except Exception as error:
                    answer[1] = error
            with _peer_errors():
                dist.broadcast_object_list(answer, device=self.device)
            if answer[1] is not None:
                raise answer[1]
            return answer[0]

        return of_first

    def average(self, figures: Tensor) -> Tensor:
        return self._total(figures * self.share)

    def share_networks(self, networks: GanNetworks) -> GanNetworks:
        """As :meth:`SingleProcess.share_networks`; optimiser steps wait for all."""
        shared: Any = _SharedOptimizer
        return replace(
            networks,
            generator_optimizer=shared(networks.generator_optimizer, self),
            critic_optimizer=shared(networks.critic_optimizer, self),
        )

    def share_batches(self, batches: GanBatches) -> GanBatches:
        n = batches.batch_size
        if n < self.size:
            raise ValueError(
                f"Batches of {n} rows cannot be shared by {self.size} processes. Raise "
                "batch_size, which is lowered to the number of training rows, or start "
                "fewer processes."
            )
        rows = slice(n * self.rank // self.size, n * (self.rank + 1) // self.size)
        self.share = (rows.stop - rows.start) / n
        return _SharedBatches(batches, rows)

    def share_checkpoint(self, checkpoint: Checkpoint) -> Checkpoint:
        return _SharedCheckpoint(checkpoint.path, checkpoint.fingerprint, self)

    def align(self, model: ModelState) -> None:
        for _, module in model.modules():
            tensors = list(module.state_dict().values())
            flat = torch.cat([tensor.detach().flatten() for tensor in tensors])
            with _peer_errors():
                dist.broadcast(flat, 0)
            _copy_back(flat, tensors)

    def check_alike(self, prepared: Mapping[str, np.ndarray]) -> None:
        first = self.agreed(lambda: dict(prepared))()
        other = [name for name in first if not _alike(first[name], prepared[name])]
        n_other = self._total(torch.tensor([float(bool(other))], device=self.device))
        if n_other.item() > 0:
            which = ", ".join(other) or "those of another process"
            raise ProcessGroupError(
                "The processes that train a model together must be given the same rows, "
                f"in the same order, and the same parameters; these differ: {which}. Read "
                "the data in the same way everywhere, on machines of one kind."
            )

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by that of the whole batch."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        _copy_back(self._total(flat.mul_(self.share)), gradients)

    def _total(self, values: Tensor) -> Tensor:
        with _peer_errors():
            dist.all_reduce(values)
        return values


class _SharedOptimizer:
    """An optimiser that takes each step by the gradients of all processes."""

    def __init__(self, optimizer: torch.optim.Optimizer, group: ProcessGroup):
        self._optimizer, self._group = optimizer, group

    def step(self) -> None:
        groups = self._optimizer.param_groups
        self._group.average_gradients(p for group in groups for p in group["params"])
        self._optimizer.step()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._optimizer, name)


class _SharedBatches(GanBatches):
    """Draws what all draw, and keeps the rows of this process."""

    def __init__(self, batches: GanBatches, own: slice):
        super().__init__(**{f.name: getattr(batches, f.name) for f in fields(GanBatches)})
        self.own = own

    def draw(self) -> GanBatch:
        whole = super().draw()
        real, prior, held_out = (
            Rows(*(part[self.own] for part in rows)) for rows in whole[:3]
        )
        own = whole.noise[self.own], whole.given[self.own]
        return GanBatch(real, prior, held_out, *own)


@dataclass(frozen=True)
class _SharedCheckpoint(Checkpoint):
    """A file of the first process, which the others need not see."""

    group: ProcessGroup

    def exists(self) -> bool:
        return self.group.agreed(super().exists)()

    def check_writable(self) -> None:
        self.group.agreed(super().check_writable)()

    def read(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return self.group.agreed(super().read)()

    def write(self, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        if self.group.leads:
            super().write(header, arrays)

    def remove(self) -> None:
        if self.group.leads:
            super().remove()


def _copy_back(flat: Tensor, tensors: list[Tensor]) -> None:
    """Copy the values (n,) into tensors that hold as many in all."""
    parts = flat.split([tensor.numel() for tensor in tensors])
    with torch.no_grad():
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    return bool(np.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE))


@contextmanager
def _peer_errors() -> Iterator[None]:
    """Explain the error that follows when another process does not answer."""
    try:
        yield
    except RuntimeError as error:
        raise ProcessGroupError(
            "Another process of the group ended, or did not answer within the timeout of "
            "init_process_group. Look for its own error, and start all of them again; with "
            f"checkpoint=... they continue. ({str(error).splitlines()[0]})"
        ) from error
