"""The hidden states of chosen layers, without running the layers above them."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn


class _DeepEnough(Exception):
    pass


def find_layers(model: nn.Module, n_layers: int) -> nn.ModuleList:
    """The list of transformer layers in a model: the first ModuleList of that length.

    Raises
    ------
    ValueError
        There is none, so that no layer can be chosen.
    """
    lists = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList) and len(module) == n_layers
    ]
    # A convolutional front end may happen to have as many layers.
    lists.sort(key=lambda pair: not pair[0].endswith(("encoder.layers", "encoder.layer")))
    if not lists:
        raise ValueError(
            f"expected a model with a list of {n_layers} layers, {type(model).__name__} "
            "has none; this architecture is not supported"
        )
    return lists[0][1]


def hidden_states(
    forward: Callable[[], Any], layers: nn.ModuleList, wanted: Collection[int]
) -> dict[int, torch.Tensor]:
    """Run ``forward`` as far as needed and keep the hidden states asked for.

    Parameters
    ----------
    forward : callable
        Runs the model that holds ``layers``.
    wanted : collection of int
        0 is the input of the first layer, i the output of layer i (counted from 1), and
        ``len(layers)`` the model's ``last_hidden_state``, after a final norm if there is
        one. These are transformers' ``hidden_states``, but for the last entry, where its
        models disagree on whether the norm is in.
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
