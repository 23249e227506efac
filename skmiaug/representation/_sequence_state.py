"""Scale, encoder and head as a JSON header and arrays, and back."""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn

from skmiaug.nn import SequenceHead, TimestepArchitecture, TimestepEncoder
from skmiaug.representation._masked_fit import SequenceSpace
from skmiaug.representation._sequence_scale import SequenceScale

_SCALE_ARRAYS = ("low", "high", "center", "scale")
_MOST_LAYERS = 1000


def space_to_state(space: SequenceSpace) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return plain values and arrays that :func:`space_from_state` takes."""
    arrays = {f"scale.{name}": getattr(space.scale, name) for name in _SCALE_ARRAYS}
    arrays |= module_to_arrays("encoder", space.encoder)
    return asdict(space.encoder.architecture), arrays


def space_from_state(
    header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> SequenceSpace:
    """Rebuild scale and encoder."""
    architecture = TimestepArchitecture(**header)
    if architecture.n_layers > _MOST_LAYERS:
        raise ValueError(f"{architecture.n_layers} layers")
    scale = SequenceScale(**{name: arrays[f"scale.{name}"] for name in _SCALE_ARRAYS})
    # Without memory: the sizes are not checked until the arrays are put in their place.
    with torch.device("meta"):
        encoder = TimestepEncoder(architecture)
    module_from_arrays("encoder", encoder, arrays)
    return SequenceSpace(scale, encoder)


def head_from_arrays(arrays: dict[str, np.ndarray]) -> SequenceHead:
    """Rebuild a head."""
    n_outputs, width = arrays["head.linear.weight"].shape
    with torch.device("meta"):
        head = SequenceHead(width, n_outputs)
    module_from_arrays("head", head, arrays)
    return head


def module_to_arrays(name: str, module: nn.Module) -> dict[str, np.ndarray]:
    """Return the weights as arrays with ``name`` before theirs."""
    return {f"{name}.{key}": t.numpy() for key, t in module.state_dict().items()}


def module_from_arrays(name: str, module: nn.Module, arrays: dict[str, np.ndarray]) -> None:
    """Put the weights in their place."""
    own = {
        key.removeprefix(f"{name}."): torch.tensor(array)
        for key, array in arrays.items()
        if key.startswith(f"{name}.")
    }
    module.load_state_dict(own, assign=True)
    module.requires_grad_(False)
