"""Everything that an extraction needs to know, in one small object that can be sent."""

import os
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from skmiaug.feature_extraction._pooling import n_parts
from skmiaug.feature_extraction._source import ModelShape, ModelSource, read_shape
from skmiaug.utils._device import resolve_device
from skmiaug.utils._paths import absolute_path


@dataclass(frozen=True)
class ExtractionSpec:
    """Parameters of :class:`TransformerFeatures`, checked and resolved, without weights.

    Parameters
    ----------
    source : ModelSource
    shape : ModelShape
    layers : tuple of int
        Layers to read, 0 to ``shape.n_layers``.
    average : bool
        Whether their hidden states are averaged; else their features are concatenated.
    device : str
        A device that exists: "cpu", "cuda:0", or "cuda" for any GPU.
    """

    source: ModelSource
    shape: ModelShape
    layers: tuple[int, ...]
    average: bool
    pooling: str
    window: str
    chunk_length: float | None
    chunk_overlap: float
    max_duration: float
    truncation: bool
    batch_size: int
    batch_seconds: float
    dtype: str
    device: str
    cache_dir: str | None
    trusted: bool
    decode_timeout: float
    on_error: str

    @property
    def n_features(self) -> int:
        """Columns of the result."""
        blocks = 1 if self.average else len(self.layers)
        return blocks * n_parts(self.pooling) * self.shape.dim

    def feature_names(self) -> list[str]:
        """Names in the order of the columns, such as "layer3_mean_0"."""
        blocks = ["layers"] if self.average else [f"layer{layer}" for layer in self.layers]
        statistics = ["mean", "std"] if self.pooling == "mean_std" else [self.pooling]
        return [
            f"{block}_{statistic}_{k}"
            for block in blocks
            for statistic in statistics
            for k in range(self.shape.dim)
        ]


def resolve_layers(
    layer: int | list[int] | tuple[int, ...] | str, n_layers: int, modality: str
) -> tuple[tuple[int, ...], bool]:
    """Layers to read, 0 to ``n_layers``, and whether they are averaged.

    "auto" is half of the layers of a speech model: the first layers follow the sound, the
    last the words or units that the model was trained to predict, and how something is said
    is in between. A text model is read at its end, where it was made to be read.

    Raises
    ------
    ValueError
        An index is no whole number, out of range or there twice, or the list is empty.
    """
    if layer == "all":
        return tuple(range(n_layers + 1)), True
    if layer == "auto":
        layer = n_layers // 2 if modality == "audio" else n_layers
    wanted = list(layer) if isinstance(layer, list | tuple) else [layer]
    if not wanted:
        raise ValueError("expected at least one layer, got an empty list")
    for index in wanted:
        whole = isinstance(index, Integral) and not isinstance(index, bool)
        if not whole or not -n_layers - 1 <= int(index) <= n_layers:
            raise ValueError(
                f"expected layers from {-n_layers - 1} to {n_layers} (0 is the embedding "
                f"output, {n_layers} or -1 the last of {n_layers} layers), got {index!r}"
            )
    layers = tuple(int(i) % (n_layers + 1) for i in wanted)
    if len(set(layers)) < len(layers):
        twice = next(layer for layer in layers if layers.count(layer) > 1)
        raise ValueError(
            f"expected different layers, got {wanted!r}, which holds layer {twice} more "
            f"than once ({twice - n_layers - 1} is {twice}); leave one out"
        )
    return layers, False


def _found_model(model: str | os.PathLike[str]) -> str:
    """The absolute path of a local folder, for other processes too, or the hub name."""
    folder = absolute_path(model)
    return folder if os.path.isdir(folder) else os.path.expanduser(os.fspath(model))


def _cache_folder(cache_dir: str | os.PathLike[str] | None) -> str | None:
    if cache_dir is None:
        return None
    folder = absolute_path(cache_dir)
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise NotADirectoryError(
            f"expected cache_dir to be a folder, or none yet, got the file {folder!r}; "
            "name another"
        )
    return folder


def make_spec(params: dict[str, Any]) -> ExtractionSpec:
    """Resolve the parameters of an estimator against the model and the machine.

    Parameters
    ----------
    params : dict
        As ``TransformerFeatures.get_params`` gives them, of valid types.

    Raises
    ------
    OSError
        The model cannot be found, or ``cache_dir`` is a file.
    ValueError
        A parameter does not fit the model, or chunks would not advance.
    DeviceUnavailableError
        The device is not there.
    """
    source = ModelSource(
        _found_model(params["model"]),
        params["revision"],
        bool(params["local_files_only"]),
        bool(params["trust_remote_code"]),
    )
    device = resolve_device(params["device"])
    shape = read_shape(source)
    layers, average = resolve_layers(params["layer"], shape.n_layers, shape.modality)
    length, overlap = params["chunk_length"], float(params["chunk_overlap"])
    if length is not None and overlap >= length:
        raise ValueError(
            f"expected chunk_overlap below chunk_length={length:g} s, got {overlap:g} s; "
            "lower chunk_overlap (its default of 2 s is meant for longer chunks)"
        )
    return ExtractionSpec(
        source=source,
        shape=shape,
        layers=layers,
        average=average,
        pooling=params["pooling"],
        window=params["window"],
        chunk_length=None if length is None else float(length),
        chunk_overlap=overlap,
        max_duration=float(params["max_duration"]),
        truncation=bool(params["truncation"]),
        batch_size=int(params["batch_size"]),
        batch_seconds=float(params["batch_seconds"]),
        dtype=params["dtype"],
        # Without a number where none was asked for: several jobs then take a GPU each.
        device=device.type if str(params["device"]) in {"auto", "cuda"} else str(device),
        cache_dir=_cache_folder(params["cache_dir"]),
        trusted=bool(params["trusted"]),
        decode_timeout=float(params["decode_timeout"]),
        on_error=params["on_error"],
    )
