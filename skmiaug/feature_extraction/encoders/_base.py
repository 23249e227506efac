"""What all encoders share: hidden states of chosen layers, and the check at first use."""

import inspect
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from skmiaug.feature_extraction.encoders._loading import (
    LoadedModel,
    find_layers,
    plain_torch,
)

# One input of an encoder: samples (an array) or tokens (a dict of lists of int).
Unit = Any
# By layer: hidden states (batch, n_frames, dim), and the number of own frames of each row,
# which precede its padding.
Encoded = dict[int, tuple[torch.Tensor, list[int]]]

# ||alone - in a batch|| / ||alone|| that rounding can explain.
_ROUNDING = {torch.float32: 1e-3, torch.bfloat16: 0.05, torch.float16: 0.01}


class Encoder:
    """A pretrained model that turns a batch of units into hidden states.

    ``may_pad`` tells whether units of different length may share a batch with no effect on
    each other; ``most_rows`` is the most units in a batch, if there is a limit.
    """

    may_pad = True
    most_rows: int | None = None

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded

    def length(self, unit: Unit) -> int:
        """Length by which batches are sorted: samples or tokens."""
        return len(unit)

    def cost(self, length: int) -> float:
        """Cost of a unit of that length, in units of the batch budget."""
        return float(length)

    def encode(self, units: Sequence[Unit], wanted: Sequence[int]) -> Encoded:
        """Hidden states of the wanted layers."""
        with self.loaded.lock, plain_torch(self.loaded.device, inference=True):
            return self._encode(units, tuple(wanted))

    def _encode(self, units: Sequence[Unit], wanted: tuple[int, ...]) -> Encoded:
        raise NotImplementedError

    def _run(
        self, wanted: tuple[int, ...], **inputs: torch.Tensor
    ) -> dict[int, torch.Tensor]:
        model = self.loaded.model
        depth = self.loaded.shape.n_layers
        if wanted == (depth,):
            # No layer has to be found: some architectures (ALBERT) have no list of them.
            return {depth: model(**inputs).last_hidden_state}
        return hidden_states(lambda: model(**inputs), find_layers(model, depth), wanted)

    def _examine(self, one: Unit, other: Unit) -> None:
        """Check on two test inputs whether units may share a batch, else encode each alone.

        This is done once for a loaded model, on its last layer, before any feature is
        trusted. ValueError where the model does not run or is not deterministic.
        """
        if "may_share" not in self.loaded.findings:
            with self._probing():
                alone, again, pair = (self._last(u) for u in ([one], [one], [one, other]))
            if self._differ(alone, again):
                raise ValueError(
                    "expected finite hidden states that are the same in every run, those "
                    f"of {self._name} in {self.loaded.dtype} are not; choose another model "
                    "or dtype"
                )
            self.loaded.findings["may_share"] = not self._differ(alone, pair)
        if not self.loaded.findings["may_share"]:
            self.most_rows = 1

    @contextmanager
    def _probing(self) -> Iterator[None]:
        """Explain whatever a model raises on a test input."""
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, TypeError, ValueError, LookupError, AttributeError) as error:
            reason = " ".join(str(error).split())[:300]
            raise ValueError(
                f"expected a model that encodes a short test input, {self._name} does not "
                f"({type(error).__name__}: {reason}); this architecture is not supported, "
                "choose another model"
            ) from error

    def _last(self, units: list[Unit]) -> torch.Tensor:
        """Own frames of the first unit in the last layer, in double precision."""
        depth, device = self.loaded.shape.n_layers, self.loaded.device
        with (
            self.loaded.lock,
            plain_torch(device, inference=True),
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
        ):
            # Of the statistics of a single frame.
            warnings.simplefilter("ignore", RuntimeWarning)
            states, lengths = self._encode(units, (depth,))[depth]
        return states[0, : lengths[0]].double().cpu()

    def _differ(self, states: torch.Tensor, others: torch.Tensor) -> bool:
        if states.shape != others.shape:
            return True
        error = (states - others).norm() / states.norm().clamp_min(1e-12)
        return not float(error) <= _ROUNDING[self.loaded.dtype]

    @property
    def _name(self) -> str:
        return type(self.loaded.model).__name__


def taken_by(model: nn.Module) -> Callable[[str], bool]:
    """A predicate on names: whether the model's ``forward`` takes this argument."""
    parameters = inspect.signature(model.forward).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return lambda name: takes_any or name in parameters


class _DeepEnough(Exception):
    pass


def hidden_states(
    forward: Callable[[], Any], layers: nn.ModuleList, wanted: Collection[int]
) -> dict[int, torch.Tensor]:
    """Run ``forward`` as far as needed and keep the hidden states asked for.

    0 is the input of the first layer, i the output of layer i (counted from 1), and
    ``len(layers)`` the model's ``last_hidden_state``, after a final norm if there is one.
    These are transformers' ``hidden_states``, but for the last entry, where its models
    disagree on whether the norm is in.
    """
    caught: dict[int, torch.Tensor] = {}
    deepest = max(wanted)

    def catch(index: int) -> Callable:
        def hook(module: nn.Module, args: tuple, kwargs: dict) -> None:
            if index in wanted:
                caught[index] = args[0] if args else kwargs["hidden_states"]
            if index == deepest:
                raise _DeepEnough

        return hook

    with ExitStack() as stack:
        for index, layer in enumerate(layers):
            if index in wanted:
                handle = layer.register_forward_pre_hook(catch(index), with_kwargs=True)
                stack.callback(handle.remove)
        try:
            output = forward()
        except _DeepEnough:
            return caught
    caught[len(layers)] = output.last_hidden_state
    lost = sorted(set(wanted) - set(caught))
    if lost:
        raise ValueError(
            f"expected the model to run its layers one after another, it did not run those "
            f"that give the hidden states {lost}; this architecture is not supported, "
            "choose layer=-1 or another model"
        )
    return caught
