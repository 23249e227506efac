"""Pretrained models: where they lie, what they are, and each loaded once in a process."""

import difflib
import hashlib
import inspect
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from torch import nn

from skmiaug.utils import require
from skmiaug.utils._device import torch_defaults
from skmiaug.utils.files._untrusted import absolute_path

# Models that papers and model cards call by the part after the slash. The hub does not know
# them by this name, which takes 23 s to find out without a network.
_WELL_KNOWN = """
openai/whisper-tiny openai/whisper-base openai/whisper-small openai/whisper-medium
openai/whisper-large openai/whisper-large-v2 openai/whisper-large-v3
openai/whisper-large-v3-turbo microsoft/wavlm-base microsoft/wavlm-base-plus
microsoft/wavlm-large facebook/wav2vec2-base facebook/wav2vec2-base-960h
facebook/wav2vec2-large facebook/wav2vec2-large-960h facebook/wav2vec2-large-robust
facebook/wav2vec2-large-xlsr-53 facebook/wav2vec2-xls-r-300m facebook/wav2vec2-xls-r-1b
facebook/hubert-base-ls960 facebook/hubert-large-ll60k facebook/hubert-large-ls960-ft
facebook/hubert-xlarge-ll60k facebook/data2vec-audio-base facebook/data2vec-audio-large
facebook/w2v-bert-2.0 audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim
UsefulSensors/moonshine-tiny UsefulSensors/moonshine-base
MIT/ast-finetuned-audioset-10-10-0.4593 sentence-transformers/all-MiniLM-L6-v2
sentence-transformers/all-MiniLM-L12-v2 sentence-transformers/all-mpnet-base-v2
sentence-transformers/all-distilroberta-v1
sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2
j-hartmann/emotion-english-distilroberta-base microsoft/deberta-v3-small
microsoft/deberta-v3-base microsoft/deberta-v3-large microsoft/mpnet-base
intfloat/multilingual-e5-small intfloat/multilingual-e5-base intfloat/multilingual-e5-large
BAAI/bge-m3 BAAI/bge-small-en-v1.5 BAAI/bge-base-en-v1.5 BAAI/bge-large-en-v1.5
"""
_FULL_NAMES = {name.partition("/")[2].lower(): name for name in _WELL_KNOWN.split()}

# Files of a model folder that change nothing in what its torch model computes.
_NO_WEIGHTS = {".md", ".h5", ".msgpack", ".onnx", ".ot", ".gguf", ".png"}

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class ModelSource:
    """How to find a pretrained model: a local folder or a name on the hub.

    ``revision`` is a branch, tag or commit there. With ``local_files_only`` the hub is not
    asked; ``trust_remote_code`` lets code in the repository of the model run.
    """

    name: str
    revision: str | None = None
    local_files_only: bool = False
    trust_remote_code: bool = False

    def stamp(self) -> Stamp:
        """Names, sizes and times of the files of a local folder; empty for a hub name.

        Two loads with equal source and stamp give the same model.
        """
        if not os.path.isdir(self.name):
            return ()
        found = [(e.name, e.stat()) for e in os.scandir(self.name) if e.is_file()]
        return tuple(sorted((name, st.st_size, st.st_mtime_ns) for name, st in found))

    def from_pretrained(self, factory: Any, **kwargs: Any) -> Any:
        """Call ``factory.from_pretrained`` with this source."""
        try:
            return factory.from_pretrained(
                self.name,
                revision=self.revision or "main",
                local_files_only=self.local_files_only,
                trust_remote_code=self.trust_remote_code,
                **kwargs,
            )
        # A file of weights that is cut short, or of other shapes than the configuration's.
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise OSError(self._explain(error)) from error

    def identity(self) -> str:
        """Name of the exact weights: a digest of the folder, or the commit on the hub."""
        if os.path.isdir(self.name):
            return _folder_digest(self.name, self.stamp())
        hub = require("transformers.utils", extra="audio", purpose="load pretrained models")
        try:
            config = hub.cached_file(
                self.name,
                "config.json",
                revision=self.revision or "main",
                local_files_only=self.local_files_only,
            )
        except (OSError, ValueError) as error:
            raise OSError(self._explain(error)) from error
        # The cache of the hub is laid out as .../snapshots/<commit>/config.json
        return f"hub:{self.name}@{Path(config).parent.name}"

    def _explain(self, error: Exception) -> str:
        reason = " ".join(str(error).split())[:500]
        if os.path.isdir(self.name):
            return (
                f"expected a transformers model in the folder {self.name!r} (config.json, "
                f"weights, tokenizer or feature extractor), it could not be read: {reason}"
            )
        short = self.name.rpartition("/")[2].lower()
        near = difflib.get_close_matches(short, _FULL_NAMES, 1, 0.85)
        guess = f" Did you mean {_FULL_NAMES[near[0]]!r}?" if near else ""
        return (
            f"expected the model {self.name!r} as a local folder or on the hub, found "
            f"neither ({reason}).{guess} Without a network, download it elsewhere "
            "(huggingface_hub.snapshot_download) and pass the path of its folder."
        )


def find_model(model: str | os.PathLike[str]) -> str:
    """The absolute path of a local folder, for other processes too, or the hub name."""
    folder = absolute_path(model)
    if os.path.isdir(folder):
        return folder
    name = os.path.expanduser(os.fspath(model))
    if name.lower() in _FULL_NAMES:
        raise OSError(
            f"expected a folder or a name on the hub with its owner, got {name!r}; did you "
            f"mean {_FULL_NAMES[name.lower()]!r}?"
        )
    return name


@lru_cache
def _folder_digest(folder: str, stamp: Stamp) -> str:
    total = hashlib.sha256()
    for name, size, _ in stamp:
        if name.startswith(".") or Path(name).suffix.lower() in _NO_WEIGHTS:
            continue
        with open(os.path.join(folder, name), "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{name}\0{size}\0{content}\n".encode())
    return f"sha256:{total.hexdigest()}"


def read_config(source: ModelSource) -> Any:
    """The configuration of a model, without its weights."""
    return _read_config(source, source.stamp())


@lru_cache
def _read_config(source: ModelSource, stamp: Stamp) -> Any:
    transformers = require("transformers", extra="audio", purpose="load pretrained models")
    return source.from_pretrained(transformers.AutoConfig)


class ModelShape(NamedTuple):
    """Modality of a model, layers of it or its encoder, and width of a hidden state."""

    modality: str
    n_layers: int
    dim: int


def read_shape(source: ModelSource) -> ModelShape:
    """Modality, depth and width of a model from its configuration."""
    config = read_config(source)
    kind = getattr(config, "model_type", "?")
    if hasattr(config, "text_config") and hasattr(config, "audio_config"):
        raise ValueError(
            f"expected a model of speech or of text, got {source.name!r} of type {kind!r}, "
            "which takes both; choose a model of one of them, or save the encoder of one "
            "(as model.audio_tower) with save_pretrained in a folder of its own"
        )
    # Of an encoder-decoder the first is another number than the last.
    names = ("encoder_layers", "encoder_num_hidden_layers", "num_hidden_layers")
    depth = next((n for n in (getattr(config, name, None) for name in names) if n), None)
    width = getattr(config, "hidden_size", None)
    main_input = _main_input(source, config)
    modalities = {"input_values": "audio", "input_features": "audio", "input_ids": "text"}
    modality = modalities.get(main_input)
    if modality is None or not isinstance(depth, int) or not isinstance(width, int):
        raise ValueError(
            "expected a speech model (input_values, input_features) or a text model "
            f"(input_ids) with num_hidden_layers and hidden_size, got {source.name!r} of "
            f"type {kind!r} with the input {main_input!r}"
        )
    return ModelShape(modality, depth, width)


def _main_input(source: ModelSource, config: Any) -> str:
    transformers = require("transformers", extra="audio", purpose="load pretrained models")
    try:
        model_class = transformers.MODEL_MAPPING[type(config)]
    except KeyError:
        # The code of this architecture is in the repository of the model.
        reference = getattr(config, "auto_map", {}).get("AutoModel")
        if reference is None or not source.trust_remote_code:
            return f"of the unknown class {type(config).__name__}"
        model_class = transformers.dynamic_module_utils.get_class_from_dynamic_module(
            reference, source.name, revision=source.revision
        )
    several = isinstance(model_class, tuple | list)
    return (model_class[0] if several else model_class).main_input_name


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
