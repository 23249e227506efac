"""Which pretrained model: where it lies, what it is, and which weights it has."""

import difflib
import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError

from skmiaug.utils._optional import require
from skmiaug.utils.files._paths import absolute_path

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
    """How to find a pretrained model.

    Parameters
    ----------
    name : str
        Local folder or hub name.
    revision : str or None
        Branch, tag or commit on the hub.
    local_files_only : bool
        Whether the hub must not be asked.
    trust_remote_code : bool
        Whether code in the repository of the model may run.
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
