"""A training step as one CUDA graph.

A step of these small networks is some three hundred kernels, and a GPU is done with each
before the next is launched. Captured once as a graph, they are launched together. What a
graph asks for is kept by the steps and batches of this package, and tested on the CPU:
fixed shapes and addresses, no waiting for the device, and no randomness inside (batches and
noise are drawn before, and copied into the graph's inputs).
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from skmiaug.exceptions import CudaGraphWarning
from skmiaug.training.loop._model_state import ModelState

# Moments, handles and workspaces are made at first steps, and must not be made in a graph.
_N_WARM_UP = 3
# Of how far a step moves weights and moments; the kernels are the same ones.
_TOLERANCE = 1e-2

Update = Callable[[Any], Tensor]


def may_capture(device: torch.device) -> bool:
    """Whether steps on a device are captured.

    Not where several processes train together, nor where the environment variable
    ``SKMIAUG_CUDA_GRAPH`` is 0.
    """
    distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
    wanted = os.environ.get("SKMIAUG_CUDA_GRAPH", "1") != "0"
    return device.type == "cuda" and wanted and not distributed


def graphed(model: ModelState, update: Update, device: torch.device) -> Update:
    """Return ``update`` as a graph where that is possible, else as it is.

    It takes a batch (a nested tuple of tensors), changes ``model`` alone, and returns a
    tensor.
    """
    return GraphedStep(model, update, device) if may_capture(device) else update


class GraphedStep:
    """A step that is captured when it is first called, and replayed from then on.

    The first step is taken both ways from the same state, and counts as eager; the graph is
    used only if it came to the same. It is captured anew when a rate, a shape or the
    address of a weight has changed. If capture fails for whatever reason, a
    ``CudaGraphWarning`` is issued and all further steps are eager. What a call returns is
    overwritten by the next.
    """

    def __init__(self, model: ModelState, update: Update, device: torch.device):
        self.model = model
        self.update = update
        self.device = device
        self._graph: Graph | None = None
        self._state: tuple[object, ...] = ()
        self._gave_up = False

    def __call__(self, batch: Any) -> Tensor:
        """Take one step."""
        if self._gave_up:
            return self.update(batch)
        if self._graph is not None and self._state == fixed_state(self.model, batch):
            return self._graph.step(batch)
        self._graph = None
        return self._first(batch)

    def _first(self, batch: Any) -> Tensor:
        before, graph, by_graph = self.model.snapshot(), None, {}
        try:
            graph = capture(self.model, self.update, batch, self.device)
            self.model.restore(before)
            by_graph = {"figures": graph.step(batch).clone()} | self.model.snapshot()
        except Exception as error:  # A graph is worth having, not worth a fit.
            graph = None
            self._give_up(f"{type(error).__name__}: {error}")
        self.model.restore(before)
        figures = self.update(batch)
        if graph is not None:
            eager = {"figures": figures} | self.model.snapshot()
            if agree(before, by_graph, eager):
                self._graph, self._state = graph, fixed_state(self.model, batch)
            else:
                self._give_up("its first step differed from the same step without it")
        return figures

    def _give_up(self, why: str) -> None:
        self._gave_up = True
        _repair_random_state(self.device)
        warnings.warn(
            f"The training step could not be run as one CUDA graph ({why}). "
            "Training continues without one, slower and with the same result. "
            "SKMIAUG_CUDA_GRAPH=0 in the environment turns graphs off.",
            CudaGraphWarning,
            stacklevel=3,
        )


@dataclass
class Graph:
    """A captured step."""

    replay: Callable[[], None]  # Runs it
    inputs: Any  # What it reads as its batch
    figures: Tensor  # What it returned, overwritten by each replay

    def step(self, batch: Any) -> Tensor:
        """Run it on a batch."""
        for place, part in zip(tensors_of(self.inputs), tensors_of(batch), strict=True):
            place.copy_(part)
        self.replay()
        return self.figures


def capture(model: ModelState, update: Update, batch: Any, device: torch.device) -> Graph:
    """Capture ``update``; ``model`` is left some steps further."""
    inputs = copy_of(batch)
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    # The stream is set outside of torch.cuda.graph, which leaves its own set if it fails.
    with torch.cuda.device(device), torch.cuda.stream(stream):
        for _ in range(_N_WARM_UP):
            update(inputs)
        graph = torch.cuda.CUDAGraph()
        # Other threads may go on using the device meanwhile.
        how: dict[str, Any] = {"stream": stream, "capture_error_mode": "thread_local"}
        with _capturable(model), torch.cuda.graph(graph, **how):
            figures = update(inputs)
    torch.cuda.current_stream(device).wait_stream(stream)
    return Graph(graph.replay, inputs, figures)


@contextmanager
def _capturable(model: ModelState) -> Iterator[None]:
    """Mark torch's optimisers as captured, which they require."""
    groups = [g for _, optimizer in model.optimizers() for g in optimizer.param_groups]
    for group in groups:
        group["capturable"] = True
    try:
        yield
    finally:
        for group in groups:
            group["capturable"] = False


def _repair_random_state(device: torch.device) -> None:
    """Let the device's global generator be used again.

    A capture that fails can leave it marked as captured, and then it refuses to draw. No
    draw here comes from it, but those of others may. A copy of its state is not marked.
    """
    with suppress(Exception):
        index = torch.cuda.current_device() if device.index is None else device.index
        generator = torch.cuda.default_generators[index]
        generator.graphsafe_set_state(generator.clone_state())


def fixed_state(model: ModelState, batch: Any) -> tuple[object, ...]:
    """Return what is written into a graph: rates, shapes and addresses."""
    state: list[object] = [part.shape for part in tensors_of(batch)]
    for _, optimizer in model.optimizers():
        for group in optimizer.param_groups:
            state.append(group["lr"])
            for parameter in group["params"]:
                state.append(parameter.data_ptr())
                moments = optimizer.state[parameter].values()
                state.extend(moment.data_ptr() for moment in moments)
    return tuple(state)


def agree(
    before: dict[str, Tensor], one: dict[str, Tensor], other: dict[str, Tensor]
) -> bool:
    """Whether two steps from the state ``before`` came to the same, for rounding.

    Each kind of tensor as a whole: weights, first moments and so on. Of a single weight
    Adam makes a whole step even where its gradient is all rounding. Waits for the device.
    """
    apart: dict[str, Tensor] = {}
    moved: dict[str, Tensor] = {}
    for name, tensor in other.items():
        _, is_moment, rest = name.partition(".optimizer.")
        kind = rest.partition(".")[2] if is_moment else name.partition(".")[0]
        start = before.get(name, torch.zeros_like(tensor))
        off, way = (tensor - one[name]).square().sum(), (tensor - start).square().sum()
        apart[kind] = apart.get(kind, 0.0) + off
        moved[kind] = moved.get(kind, 0.0) + way
    checks = [apart[kind] <= _TOLERANCE**2 * moved[kind] for kind in apart]
    return bool(torch.stack(checks).all())


def tensors_of(batch: Any) -> Iterator[Tensor]:
    """Yield the tensors of a nested tuple, in order."""
    if isinstance(batch, Tensor):
        yield batch
    else:
        for part in batch:
            yield from tensors_of(part)


def copy_of(batch: Any) -> Any:
    """Copy a nested (named) tuple of tensors."""
    if isinstance(batch, Tensor):
        return batch.clone(memory_format=torch.contiguous_format)
    parts = [copy_of(part) for part in batch]
    return type(batch)(*parts) if hasattr(batch, "_fields") else tuple(parts)
