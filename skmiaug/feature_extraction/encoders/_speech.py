"""Encoders of speech, and the limits of a clip."""

import inspect
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from skmiaug.feature_extraction.encoders._base import Encoded, Encoder, taken_by
from skmiaug.feature_extraction.encoders._loading import (
    LoadedModel,
    ModelSource,
    Stamp,
    read_config,
)
from skmiaug.utils import require

# 25 ms at 16 kHz: one analysis window of every filter bank in use.
_SHORTEST_WINDOW = 400
# Seconds of two test inputs, long enough for any model that takes an utterance.
_TEST_SECONDS = (1.0, 0.6)
# The models for which padding with a mask is known to have no effect.
_WAVE_MODELS = {"wav2vec2", "hubert", "wavlm", "unispeech", "unispeech-sat"}


@dataclass(frozen=True)
class SpeechLimits:
    """Sampling rate of a speech model in Hz, shortest clip and longest chunk in samples."""

    rate: int
    min_samples: int = _SHORTEST_WINDOW
    max_samples: int | None = None


def is_wave_model(config: Any) -> bool:
    """Whether :class:`WaveEncoder` serves a model."""
    return (
        config.model_type in _WAVE_MODELS
        # An adapter shortens the output; a batch norm makes padding non-zero.
        and not getattr(config, "add_adapter", False)
        and not getattr(config, "conv_pos_batch_norm", False)
    )


def speech_limits(config: Any, processor: Any) -> SpeechLimits:
    """Limits from a model's configuration and its feature extractor."""
    rate = int(processor.sampling_rate)
    if is_wave_model(config):
        field = 1
        convolutions = zip(config.conv_kernel, config.conv_stride, strict=True)
        for kernel, stride in reversed(list(convolutions)):
            field = (field - 1) * stride + kernel
        return SpeechLimits(rate, field)
    if config.model_type == SpectrogramEncoder.model_type:
        return SpeechLimits(rate, max_samples=config.max_length * SpectrogramEncoder.hop)
    # Whisper's feature extractor, which other models use too, pads to a fixed length.
    window = getattr(processor, "n_samples", None)
    return SpeechLimits(rate, max_samples=None if window is None else int(window))


def read_limits(source: ModelSource) -> SpeechLimits:
    """Limits of a speech model whose weights need not be there."""
    return _read_limits(source, source.stamp())


@lru_cache
def _read_limits(source: ModelSource, stamp: Stamp) -> SpeechLimits:
    transformers = require("transformers", extra="audio", purpose="load pretrained models")
    processor = source.from_pretrained(transformers.AutoFeatureExtractor)
    return speech_limits(read_config(source), processor)


class SpeechEncoder(Encoder):
    """A model of speech, with its ``limits`` and sampling ``rate`` in Hz."""

    def __init__(self, loaded: LoadedModel) -> None:
        super().__init__(loaded)
        self.limits = speech_limits(loaded.config, loaded.processor)
        self.rate = self.limits.rate

    def _inputs(self, clip: np.ndarray, **options: Any) -> dict[str, torch.Tensor]:
        """Output of the model's own feature extractor for one clip."""
        options |= {"sampling_rate": self.rate, "return_tensors": "pt"}
        return dict(self.loaded.processor(clip, **options))

    def _to_model(self, value: torch.Tensor) -> torch.Tensor:
        dtype = self.loaded.dtype if value.is_floating_point() else None
        return value.to(self.loaded.device, dtype)


class WaveEncoder(SpeechEncoder):
    """wav2vec2, HuBERT, WavLM: convolutions over the waveform, then a transformer.

    Clips are normalised one by one, padded with zeros and masked; group norm, where the
    model has it, is computed over the own frames (see :class:`LengthMaskedGroupNorm`).
    """

    def __init__(self, loaded: LoadedModel) -> None:
        super().__init__(loaded)
        config = loaded.config
        self._convolutions = list(zip(config.conv_kernel, config.conv_stride, strict=True))
        with loaded.lock:
            self._norm = _mask_group_norm(loaded.model)

    def _encode(self, units: Sequence[np.ndarray], wanted: tuple[int, ...]) -> Encoded:
        sizes = [len(unit) for unit in units]
        values = torch.zeros(len(units), max(sizes))
        for row, (unit, size) in enumerate(zip(units, sizes, strict=True)):
            values[row, :size] = self._inputs(unit)["input_values"][0]
        inputs = {"input_values": self._to_model(values)}
        if min(sizes) < max(sizes):
            mask = torch.arange(max(sizes)) < torch.tensor(sizes)[:, None]
            inputs["attention_mask"] = mask.long().to(self.loaded.device)
        frames = [self._frames(size) for size in sizes]
        if self._norm is not None:
            self._norm.lengths = [per_layer[0] for per_layer in frames]
        try:
            with warnings.catch_warnings():
                # WavLM passes a boolean and a float mask, which torch deprecates.
                warnings.filterwarnings("ignore", message="Support for mismatched")
                hidden = self._run(wanted, **inputs)
        finally:
            if self._norm is not None:
                self._norm.lengths = None
        own = [per_layer[-1] for per_layer in frames]
        return {layer: (states, own) for layer, states in hidden.items()}

    def _frames(self, n_samples: int) -> list[int]:
        """Frames after each convolution, which has no padding."""
        lengths = []
        for kernel, stride in self._convolutions:
            n_samples = (n_samples - kernel) // stride + 1
            lengths.append(n_samples)
        return lengths


class LengthMaskedGroupNorm(nn.Module):
    """A ``GroupNorm`` over (batch, channels, time) that uses each row's own length.

    wav2vec2-base and HuBERT-base normalise each channel over time after their first
    convolution. Padded with zeros, a clip's own frames would be scaled by statistics that
    include its padding, attention mask or not. The later convolutions have neither padding
    nor norm: an output frame of theirs that lies in the clip depends on the clip alone.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm  # the norm that it replaces, with its parameters
        # Own lengths of the rows of the next input, set before each forward.
        self.lengths: list[int] | None = None

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        norm = self.norm
        if self.lengths is None or all(n == hidden.shape[-1] for n in self.lengths):
            return norm(hidden)
        out = torch.zeros_like(hidden)
        for row, n in enumerate(self.lengths):
            own = hidden[row : row + 1, :, :n]
            out[row, :, :n] = F.group_norm(
                own, norm.num_groups, norm.weight, norm.bias, norm.eps
            )[0]
        return out


def _mask_group_norm(model: nn.Module) -> LengthMaskedGroupNorm | None:
    """Replace the group norm of the first convolution, once; None if it has none."""
    first: Any = model.feature_extractor.conv_layers[0]  # type: ignore[union-attr,index]
    norm = getattr(first, "layer_norm", None)
    if isinstance(norm, nn.GroupNorm):
        first.layer_norm = norm = LengthMaskedGroupNorm(norm)
    return norm if isinstance(norm, LengthMaskedGroupNorm) else None


class SpectrogramEncoder(SpeechEncoder):
    """The Audio Spectrogram Transformer (AST), whose input has a fixed length.

    Its feature extractor pads the filter banks of every clip to the window (10.24 s), and
    the model cuts them into patches. The two special tokens and the patches that begin
    within the clip are pooled.
    """

    model_type = "audio-spectrogram-transformer"
    hop = 160  # samples a frame, fixed in Kaldi's filter banks
    _frame = 400

    def cost(self, length: int) -> float:
        return float(self.limits.max_samples or length)

    def _encode(self, units: Sequence[np.ndarray], wanted: tuple[int, ...]) -> Encoded:
        config = self.loaded.config
        values = torch.cat([self._inputs(unit)["input_values"] for unit in units])
        n_times = (config.max_length - config.patch_size) // config.time_stride + 1
        encoded = {}
        for layer, states in self._run(wanted, input_values=self._to_model(values)).items():
            special, patches = states[:, :2], states[:, 2:]
            # From (bands, times) to (times, bands): own patches before padding.
            patches = patches.unflatten(1, (-1, n_times)).transpose(1, 2)
            own = []
            for unit in units:
                n_frames = 1 + (len(unit) - self._frame) // self.hop
                own.append(min(math.ceil(n_frames / config.time_stride), n_times))
            lengths = [2 + n * patches.shape[2] for n in own]
            encoded[layer] = torch.cat([special, patches.flatten(1, 2)], dim=1), lengths
        return encoded


class AnySpeechEncoder(SpeechEncoder):
    """Any other model: clips of exactly the same length share a batch, unpadded.

    A feature extractor that pads every clip to a fixed length must return a mask of the
    clip's own frames, as Whisper's does; else the model is refused. If m of n input frames
    are the clip's own, the first ceil(m N / n) of N output frames are pooled.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        super().__init__(loaded)
        self._takes = taken_by(loaded.model)
        self._main = str(loaded.model.main_input_name)
        signals = [_test_signal(round(seconds * self.rate)) for seconds in _TEST_SECONDS]
        self._options: dict[str, Any] = {}
        with self._probing():
            long, short = (self._inputs(signal)[self._main].shape for signal in signals)
        self._fixed_length = self.may_pad = long == short
        if self._fixed_length:
            self._options["return_attention_mask"] = True
            with self._probing():
                masks = [
                    self._mask(self._inputs(signal, **self._options)) for signal in signals
                ]
            own = [0 if mask is None else int(mask.sum()) for mask in masks]
            if masks[0] is None or own[0] <= own[1]:
                raise ValueError(
                    "expected a feature extractor that returns a mask of a clip's own "
                    f"frames, {type(loaded.processor).__name__} pads every clip to a fixed "
                    "length without one; this model is not supported, choose another"
                )
            self._axis = list(long).index(masks[0].shape[1])
        else:
            self._axis = [a == b for a, b in zip(long, short, strict=True)].index(False)
            own = [long[self._axis], short[self._axis]]
        self._samples_a_frame = (len(signals[0]) - len(signals[1])) / (own[0] - own[1])
        # Clips that are not padded meet only clips of equal length in a batch.
        self._examine(signals[0], signals[1] if self.may_pad else signals[0][::-1].copy())
        window = self.limits.max_samples
        if self._fixed_length and window is None:
            window = int(self._samples_a_frame * long[self._axis])
        least = self._shortest(signals[0])
        self.limits = replace(self.limits, min_samples=least, max_samples=window)

    def cost(self, length: int) -> float:
        fixed = self.limits.max_samples if self._fixed_length else None
        return float(fixed or length)

    def _encode(self, units: Sequence[np.ndarray], wanted: tuple[int, ...]) -> Encoded:
        prepared = [self._inputs(unit, **self._options) for unit in units]
        n_inputs = prepared[0][self._main].shape[self._axis]
        if not self._fixed_length:
            taken = self._samples_a_frame * n_inputs
            if len(units[0]) > 1.05 * taken + _SHORTEST_WINDOW:
                raise ValueError(
                    "expected a feature extractor that keeps all "
                    f"{len(units[0]) / self.rate:.1f} s of a clip, it truncates to "
                    f"{taken / self.rate:.1f} s; set chunk_length to less"
                )
        masks = [self._mask(row) for row in prepared]
        own = [n_inputs if mask is None else int(mask.sum()) for mask in masks]
        inputs = {
            name: self._to_model(torch.cat([row[name] for row in prepared]))
            for name in prepared[0]
            # Models with an input of fixed length were trained without a mask.
            if self._takes(name) and not (self._fixed_length and name.endswith("mask"))
        }
        encoded = {}
        for layer, states in self._run(wanted, **inputs).items():
            n_frames = states.shape[1] if states.ndim > 1 else 0
            # In integers, since a float product may be rounded up beyond a whole number.
            lengths = [max(1, -(-n * n_frames // n_inputs)) for n in own]
            encoded[layer] = states, lengths
        return encoded

    def _mask(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor | None:
        """The mask of the input frames, where there is one for each of them."""
        for name, value in inputs.items():
            if name.endswith("mask") and value.shape[1] in inputs[self._main].shape:
                return value
        return None

    def _shortest(self, signal: np.ndarray) -> int:
        """Fewest samples on which the model runs, found once by bisection."""
        found = self.loaded.findings
        if "min_samples" not in found:
            low, high = self.limits.min_samples, len(signal)
            if self._runs(signal[:low]):
                high = low
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if self._runs(signal[:middle]) else (middle, high)
            found["min_samples"] = high
        return found["min_samples"]

    def _runs(self, clip: np.ndarray) -> bool:
        try:
            states = self._last([clip])
        except (RuntimeError, ValueError, IndexError):
            return False
        return states.numel() > 0 and bool(states.isfinite().all())


def _test_signal(n_samples: int) -> np.ndarray:
    """A hum with noise that grows louder: no two parts of it are equal."""
    rng = np.random.RandomState(0)
    hum = np.sin(np.arange(n_samples) / 15) + 0.1 * rng.standard_normal(n_samples)
    return (0.1 * hum * np.linspace(0.5, 1, n_samples)).astype(np.float32)


class WhisperEncoder(SpeechEncoder):
    """The encoder of Whisper, run layer by layer.

    Both windows start from the same log-mel frames: those of the model's own feature
    extractor for the clip padded with silence to the full window. A clip of n samples at
    16 kHz has ceil(n / 320) frames of 20 ms; only these are pooled.

    - ``"full"`` encodes the whole window, as in training: the clip's frames also attend to
      the silence after it.
    - ``"trimmed"`` cuts log-mel frames and position embeddings to the clip's own frames. In
      a batch, frames beyond them are set to zero before each convolution (like its padding)
      and masked in the attention, so that each clip gets the same result as alone.
    """

    def __init__(self, loaded: LoadedModel, *, window: str) -> None:
        super().__init__(loaded)
        self.window = window
        self._window_samples = int(loaded.processor.n_samples)
        self._hop = int(loaded.processor.hop_length)

    def cost(self, length: int) -> float:
        return float(length if self.window == "trimmed" else self._window_samples)

    def _encode(self, units: Sequence[np.ndarray], wanted: tuple[int, ...]) -> Encoded:
        # The second convolution halves the number of log-mel frames.
        frames = [math.ceil(len(unit) / (2 * self._hop)) for unit in units]
        log_mel = self._log_mel(units).to(self.loaded.device, self.loaded.dtype)
        lengths = None
        if self.window == "trimmed":
            log_mel = log_mel[..., : 2 * max(frames)]
            lengths = frames if min(frames) < max(frames) else None
        hidden = self._forward(log_mel, lengths, wanted)
        return {layer: (states, frames) for layer, states in hidden.items()}

    def _log_mel(self, units: Sequence[np.ndarray]) -> torch.Tensor:
        """Log-mel frames, (batch, n_mels, n_mel_frames), of a window that holds all clips.

        The frames of the full window are scaled by their maximum, which lies within the
        clip, and the frames after it are silence: a window that ends one analysis window
        after the longest clip therefore has the same frames.
        """
        processor = self.loaded.processor
        size = self._window_samples
        if self.window == "trimmed":
            step = 2 * self._hop
            needed = max(len(unit) for unit in units) + processor.n_fft
            size = min(size, math.ceil(needed / step) * step)
        waves = np.zeros((len(units), size), dtype=np.float32)
        for row, unit in enumerate(units):
            waves[row, : len(unit)] = unit
        inputs = processor(
            list(waves), sampling_rate=self.rate, return_tensors="pt", max_length=size
        )
        return inputs["input_features"]

    def _forward(
        self, log_mel: torch.Tensor, lengths: list[int] | None, wanted: tuple[int, ...]
    ) -> dict[int, torch.Tensor]:
        model: Any = self.loaded.model
        hidden = _blank(log_mel, lengths, 2)
        hidden = _blank(F.gelu(model.conv1(hidden)), lengths, 2)
        hidden = F.gelu(model.conv2(hidden)).transpose(1, 2)
        positions = model.embed_positions.weight[: hidden.shape[1]]
        hidden = hidden + positions
        mask = None if lengths is None else _attention_mask(hidden, lengths)
        caught = {0: hidden} if 0 in wanted else {}
        layers = model.layers
        for index, layer in enumerate(layers, start=1):
            if index > max(wanted):
                return caught
            hidden = _call_layer(layer, hidden, mask)
            if index in wanted:
                caught[index] = hidden
        if len(layers) in wanted:
            caught[len(layers)] = model.layer_norm(hidden)
        return caught


def _blank(x: torch.Tensor, lengths: list[int] | None, factor: int) -> torch.Tensor:
    """Zero what lies past ``factor * length`` in (batch, channels, time)."""
    if lengths is None:
        return x
    ends = torch.tensor(lengths, device=x.device)[:, None, None] * factor
    return x.masked_fill(torch.arange(x.shape[-1], device=x.device) >= ends, 0.0)


def _attention_mask(hidden: torch.Tensor, lengths: list[int]) -> torch.Tensor:
    """Additive mask (batch, 1, n_frames, n_frames) that hides keys past the length."""
    n_frames = hidden.shape[1]
    ends = torch.tensor(lengths, device=hidden.device)[:, None]
    hidden_keys = torch.arange(n_frames, device=hidden.device) >= ends
    mask = torch.zeros(hidden_keys.shape, dtype=hidden.dtype, device=hidden.device)
    mask = mask.masked_fill(hidden_keys, torch.finfo(hidden.dtype).min)
    return mask[:, None, None, :].expand(-1, 1, n_frames, -1)


def _call_layer(
    layer: Any, hidden: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    # transformers 4 requires a mask of heads and returns a tuple, 5 does neither.
    takes = inspect.signature(layer.forward).parameters
    extra = {"layer_head_mask": None} if "layer_head_mask" in takes else {}
    output = layer(hidden, mask, **extra)
    return output[0] if isinstance(output, tuple) else output
