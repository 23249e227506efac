"""The scikit-learn transformer around pretrained speech and text models."""

import os
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.feature_extraction._base import BaseFeatureExtractor
from skmiaug.feature_extraction._extraction import Extractor
from skmiaug.feature_extraction.encoders import (
    POOLINGS,
    ModelSource,
    TransformerExtractor,
    chunk_samples,
    find_model,
    n_parts,
    read_limits,
    read_shape,
)
from skmiaug.utils._device import resolve_device


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerFeatures(BaseFeatureExtractor):
    """Feature vectors of audio or text from a pretrained transformer.

    Each input is encoded by a Hugging Face ``transformers`` model, and the hidden states of
    one or more layers are pooled over time. In float32 the features of an input equal
    those of the model run on this input alone and unpadded, to 1e-5 of their largest value:
    they do not depend on the other inputs, on their order, or on ``batch_size``. Nothing is
    learned from data; ``fit`` only checks the parameters and reads the model's
    configuration.

    Parameters
    ----------
    model : str or path-like, default="openai/whisper-base"
        Local folder, or name on the hub with its owner; the default is downloaded from the
        hub once (290 MB). Speech: wav2vec2, HuBERT, WavLM, UniSpeech, Whisper (encoder),
        the Audio Spectrogram Transformer, and other models that take ``input_values`` or
        ``input_features``. Text: BERT, RoBERTa, MiniLM and other models with a tokenizer.
        Models that take both are refused.
    revision : str, default=None
        Branch, tag or commit on the hub.
    local_files_only : bool, default=False
        Whether to use local files only, without the network.
    trust_remote_code : bool, default=False
        Whether Python code in the repository of the model may run.
    layer : int, list of int, "auto" or "all", default="auto"
        0 is the embedding output, i the output of layer i, -1 the output of the model
        (after its final norm). "auto" takes the middle layer of a speech model (3 of 6),
        which carries most of the emotion, and the last layer of a text model; use -1 for a
        speech model that was fine-tuned for emotion. The features of several layers are
        concatenated; "all" averages the hidden states of all layers, 0 included. Layers
        above the highest requested one are not run.
    pooling : {"mean", "mean_std", "max", "first", "last"}, default="mean"
        Over the input's own frames or tokens (special tokens count). "mean_std" gives the
        means followed by the population standard deviations.
    window : {"trimmed", "full"}, default="trimmed"
        For Whisper only, whose encoder was trained on windows of 30 s. "full" pads each
        clip with silence to 30 s, as in training, and pools the clip's own frames of 20 ms:
        exact, and slow for short clips. "trimmed" cuts the same log-mel frames and the
        position embeddings to the clip's own frames and encodes only those: as good for
        emotion in our runs, and many times as fast. The two give different features; do
        not mix them.
    sampling_rate : int, default=None
        Rate in Hz of arrays given without one.
    chunk_length : float, default=None
        Longer audio is cut into chunks of this many seconds, which are encoded separately
        and pooled together, weighted by their numbers of frames. None means 30 s, or the
        window of the model if it is shorter.
    chunk_overlap : float, default=2.0
        Overlap of consecutive chunks in seconds, less than ``chunk_length``. Frames in an
        overlap count twice.
    max_duration : float, default=600.0
        Maximum length of an input in seconds; a longer input is an error. At most this
        much is decoded.
    truncation : bool, default=False
        Whether texts beyond the limit of the model are truncated, with one warning that
        counts them. By default they are errors.
    batch_size : int, default=32
        Maximum number of chunks or texts in a batch.
    batch_seconds : float, default=30.0
        Maximum audio in a batch in seconds, padding included. 30 was fastest on a CPU,
        whose caches it fits; use some hundreds on a GPU, as its memory allows.
    dtype : {"float32", "bfloat16", "float16"}, default="float32"
        Precision of the model. float32 gives the same features on all machines, to 1e-4 of
        their largest value. bfloat16 is 3 to 8 times as fast where the hardware supports it
        (AMX, AVX-512 BF16, CUDA with compute capability 8.0 or higher), but its features
        differ by up to 5 % (relative Euclidean norm) and vary with machine and batch: use
        the same dtype for training and prediction. The result is always float32. The cache
        keeps the dtypes apart, and a pickle records the choice.
    device : str or torch.device, default="auto"
        "auto" takes a CUDA GPU if there is one.
    cache_dir : str or path-like, default=None
        Folder in which features are cached by the content of the input, the weights of the
        model and the parameters that affect the result. Several processes may share it, and
        an interrupted run resumes from it. Damaged entries are computed again, with one
        warning.
    trusted : bool, default=False
        Whether audio files may be decoded in this process. By default a child process
        decodes them, which is replaced if a malformed file makes it hang or crash.
    decode_timeout : float, default=30.0
        Seconds after which decoding a file is abandoned.
    on_error : {"raise", "nan"}, default="raise"
        How to treat an input that cannot be used (missing, damaged, too short, too long,
        empty, or NaN features): raise an error that names it, or return a row of NaN and
        warn once with the number of such inputs.
    n_jobs : int, default=None
        Number of processes, through joblib (any backend). On GPUs, one process per GPU.
    verbose : int, default=0
        1 shows a progress bar. The logger ``skmiaug.feature_extraction`` always gets the
        speed and the real-time factor.

    Attributes
    ----------
    modality_ : {"audio", "text"}
        Modality of the inputs of the model.
    n_layers_ : int
        Number of transformer layers.
    layers_ : tuple of int
        Layers that are read, 0 to ``n_layers_``.
    n_features_out_ : int
        Columns of the result.

    See Also
    --------
    AcousticFeatures : Hand-crafted features of openSMILE.

    Notes
    -----
    A loaded model is kept by the process and shared by all estimators that use it
    (:func:`skmiaug.feature_extraction.clear_model_cache` frees it); clones and pickles hold
    parameters only. wav2vec2-base and HuBERT-base were trained without attention masks and
    normalise over time; here the norm is computed over each clip's own frames, which gives
    the same result as the model on the clip alone. For models that pad every clip to a
    fixed window, the clip's own frames are pooled. Text models, and speech models other
    than those named above, are checked at first use on short test inputs, alone and in a
    batch: if the batch changes the result (FNet), inputs are encoded one at a time, and
    a model that does not run is refused. Speech models other than those named above get
    clips of equal length in a batch. Stereo is averaged to mono and resampled by soxr
    (high quality) from the rate in the file.

    Examples
    --------
    >>> from skmiaug import TransformerFeatures
    >>> features = TransformerFeatures()
    >>> X = features.fit_transform(["a.wav", "b.flac"])  # doctest: +SKIP
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        **BaseFeatureExtractor._parameter_constraints,
        "model": [str, os.PathLike],
        "revision": [str, None],
        "local_files_only": ["boolean"],
        "trust_remote_code": ["boolean"],
        "layer": [Integral, list, tuple, StrOptions({"auto", "all"})],
        "pooling": [StrOptions(set(POOLINGS))],
        "window": [StrOptions({"trimmed", "full"})],
        "chunk_length": [Interval(Real, 0, None, closed="neither"), None],
        "chunk_overlap": [Interval(Real, 0, None, closed="left")],
        "truncation": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "batch_seconds": [Interval(Real, 0, None, closed="neither")],
        "dtype": [StrOptions({"float32", "bfloat16", "float16"})],
        # A str or torch.device, validated by resolve_device.
        "device": "no_validation",  # type: ignore[dict-item]
    }

    _fitted: ClassVar[tuple[str, ...]] = (
        "modality_",
        "n_layers_",
        "layers_",
        "n_features_out_",
    )

    model: str | os.PathLike[str] = "openai/whisper-base"
    revision: str | None = None
    local_files_only: bool = False
    trust_remote_code: bool = False
    layer: Any = "auto"
    pooling: str = "mean"
    window: str = "trimmed"
    chunk_length: float | None = None
    chunk_overlap: float = 2.0
    truncation: bool = False
    batch_size: int = 32
    batch_seconds: float = 30.0
    dtype: str = "float32"
    device: Any = "auto"

    n_layers_: int = field(init=False)
    layers_: tuple[int, ...] = field(init=False)

    def _resolved(self) -> "TransformerFeatures":
        job = super()._resolved()
        device = resolve_device(self.device)
        # Without a number where none was asked for: several jobs then take a GPU each.
        job.device = device.type if str(self.device) in {"auto", "cuda"} else str(device)
        job._source = ModelSource(
            find_model(self.model),
            self.revision,
            bool(self.local_files_only),
            bool(self.trust_remote_code),
        )
        job._shape = shape = read_shape(job._source)
        depth = shape.n_layers
        job.modality_, job.n_layers_ = shape.modality, depth
        job.layers_, job._average = resolve_layers(self.layer, depth, job.modality_)
        length, overlap = self.chunk_length, self.chunk_overlap
        if length is not None and overlap >= length:
            raise ValueError(
                f"expected chunk_overlap below chunk_length={length:g} s, got {overlap:g} "
                "s; lower chunk_overlap (its default of 2 s is meant for longer chunks)"
            )
        if job.modality_ == "audio" and length is not None:
            chunk_samples(read_limits(job._source), length, overlap)
        n_blocks = 1 if job._average else len(job.layers_)
        job.n_features_out_ = n_blocks * n_parts(self.pooling) * shape.dim
        return job

    def _feature_names(self) -> list[str]:
        blocks = [f"layer{layer}" for layer in self.layers_]
        statistics = ["mean", "std"] if self.pooling == "mean_std" else [self.pooling]
        return [
            f"{block}_{statistic}_{k}"
            for block in (["layers"] if self._average else blocks)
            for statistic in statistics
            for k in range(self._shape.dim)
        ]

    def _recipe(self) -> dict[str, Any]:
        # Batches, jobs, devices and decoding are left out: they do not change a vector
        # beyond rounding.
        return {
            **super()._recipe(),
            "model": self._source.identity(),
            "layers": self.layers_,
            "average": self._average,
            "pooling": self.pooling,
            "window": self.window,
            "chunk_length": self.chunk_length and float(self.chunk_length),
            "chunk_overlap": float(self.chunk_overlap),
            "truncation": bool(self.truncation),
            "dtype": self.dtype,
        }

    def _open(self) -> Extractor:
        return TransformerExtractor(self)


def resolve_layers(
    layer: int | list[int] | tuple[int, ...] | str, n_layers: int, modality: str
) -> tuple[tuple[int, ...], bool]:
    """Layers to read, 0 to ``n_layers``, and whether they are averaged.

    "auto" is the middle layer of a speech model: the first layers follow the sound, the
    last ones the words or units that the model was trained to predict, and the manner of
    speaking is encoded in between. Of a text model it is the last layer.
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
