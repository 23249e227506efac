"""Pretrained models, each loaded once in a process and shared by all estimators."""

import inspect
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from skmiaug.feature_extraction.encoders._source import (
    ModelShape,
    ModelSource,
    Stamp,
    read_config,
    read_shape,
)
from skmiaug.utils._optional import require
from skmiaug.utils._torch_state import torch_defaults


@dataclass
class LoadedModel:
    """A model in evaluation mode with what prepares its input.

    ``model`` is the encoder alone of an encoder-decoder, ``processor`` a feature extractor
    or tokenizer, ``config`` that of the whole model. ``lock`` is to be held during a
    forward, as hooks and masks are set on the shared model. ``findings`` are what was found
    out by running it.
    """

    model: nn.Module
    processor: Any
    config: Any
    shape: ModelShape
    dtype: torch.dtype
    device: torch.device
    lock: Any = field(default_factory=threading.RLock)
    findings: dict[str, Any] = field(default_factory=dict)

    @property
    def n_layers(self) -> int:
        """Transformer layers of the model, or of its encoder."""
        return self.shape.n_layers


# Several threads must not load the same model at the same time.
_lock = threading.Lock()


def load(source: ModelSource, dtype: torch.dtype, device: torch.device) -> LoadedModel:
    """The model in one precision on one device, from memory if it was loaded before.

    Raises OSError where it cannot be found or read, or weights of its layers are missing.
    """
    with _lock:
        return _load(source, source.stamp(), dtype, device)


def find_layers(model: nn.Module, n_layers: int) -> nn.ModuleList:
    """The list of transformer layers in a model: the first ModuleList of that length."""
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


def clear_model_cache() -> None:
    """Free the pretrained models that this process keeps loaded.

    They are loaded again when needed. Memory of a GPU is returned to torch's allocator.

    See Also
    --------
    skmiaug.TransformerFeatures : Loads the models.

    Examples
    --------
    >>> from skmiaug.feature_extraction import clear_model_cache
    >>> clear_model_cache()
    """
    _load.cache_clear()


# More are unusual (an audio and a text model, each on a GPU of two), and each may take
# gigabytes.
@lru_cache(maxsize=4)
def _load(
    source: ModelSource, stamp: Stamp, dtype: torch.dtype, device: torch.device
) -> LoadedModel:
    transformers = require("transformers", extra="audio", purpose="load pretrained models")
    shape = read_shape(source)
    kind = "AutoTokenizer" if shape.modality == "text" else "AutoFeatureExtractor"
    processor = source.from_pretrained(getattr(transformers, kind))
    if getattr(processor, "dither", 0.0):
        processor.dither = 0.0  # random noise, which no two runs would share
    with _quiet(transformers), plain_torch(device):
        model, info = source.from_pretrained(
            transformers.AutoModel, dtype=dtype, output_loading_info=True
        )
    encoder = _encoder_of(model)
    _check_weights(model, encoder, shape.n_layers, info["missing_keys"], source.name)
    model = encoder.to(device=device, dtype=dtype).eval().requires_grad_(False)
    return LoadedModel(model, processor, read_config(source), shape, dtype, device)


def _encoder_of(model: nn.Module) -> nn.Module:
    """The encoder of a model that has a decoder too; any other model as it is."""
    # The configuration is not reliable: is_encoder_decoder is False in that of a T5 encoder
    # saved alone, which is loaded as an encoder-decoder nevertheless.
    takes = inspect.signature(model.forward).parameters
    if "decoder_input_ids" in takes or getattr(model.config, "is_encoder_decoder", False):
        return model.get_encoder()  # type: ignore[operator]
    return model


def _check_weights(
    model: nn.Module, encoder: nn.Module, n_layers: int, missing: Iterable[str], name: str
) -> None:
    """Refuse layers whose weights are missing, which transformers initialises randomly.

    Weights of a pooler or decoder may be missing: they are not used.
    """
    try:
        layers = find_layers(encoder, n_layers)
    except ValueError:  # no list of layers: only the last output is read
        return
    used = {id(parameter) for parameter in layers.parameters()}
    found = dict(model.named_parameters())
    lost = sorted(key for key in missing if key in found and id(found[key]) in used)
    if lost:
        raise OSError(
            f"expected weights for all {n_layers} layers in the model {name!r}; "
            f"{len(lost)} are not there, among them {', '.join(lost[:3])}, and random ones "
            "would give features without meaning. The file is incomplete, or of another "
            "architecture than config.json describes; download the model again."
        )


@contextmanager
def plain_torch(device: torch.device, *, inference: bool = False) -> Iterator[None]:
    """Torch as it starts, whatever its global settings are outside.

    Else the features of a clip would depend on an autocast or default dtype around the
    call, and those in float32 on whether a GPU rounds convolutions to TF32.
    """
    with ExitStack() as stack:
        stack.enter_context(torch_defaults(inference=inference))
        if device.type == "cuda":
            stack.enter_context(torch.backends.cudnn.flags(enabled=True, allow_tf32=False))
        yield


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No progress bar of transformers while weights are read; its setting is restored."""
    logging = transformers.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
