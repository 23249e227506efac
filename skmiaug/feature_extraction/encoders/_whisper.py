"""Whisper's encoder, with its window of 30 s or trimmed to the clip."""

import inspect
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from skmiaug.feature_extraction.encoders._base import Encoded
from skmiaug.feature_extraction.encoders._loading import LoadedModel
from skmiaug.feature_extraction.encoders._speech import SpeechEncoder


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
