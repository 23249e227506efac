"""Encoders of speech that take a waveform, and the fallback for all others."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from skmiaug.feature_extraction._encoders import Encoded, Encoder
from skmiaug.feature_extraction._limits import speech_limits
from skmiaug.feature_extraction._loading import LoadedModel
from skmiaug.feature_extraction._masked_norm import LengthMaskedGroupNorm, conv_lengths


class SpeechEncoder(Encoder):
    """A model of speech.

    Attributes
    ----------
    limits : SpeechLimits
    rate : int
        Sampling rate in Hz that the model was trained on.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        super().__init__(loaded)
        self.limits = speech_limits(loaded.config, loaded.processor)
        self.rate = self.limits.rate

    def _inputs(self, clip: np.ndarray) -> dict[str, torch.Tensor]:
        """What the model's own feature extractor makes of one clip, unpadded."""
        return dict(
            self.loaded.processor(clip, sampling_rate=self.rate, return_tensors="pt")
        )


class WaveEncoder(SpeechEncoder):
    """wav2vec2 and its kin: convolutions over the waveform, then a transformer.

    Clips are normalised one by one, padded with zeros and masked; group norm, where the
    model has it, goes over the true frames (see ``_masked_norm``).
    """

    def __init__(self, loaded: LoadedModel) -> None:
        super().__init__(loaded)
        config = loaded.config
        self._kernels, self._strides = list(config.conv_kernel), list(config.conv_stride)
        with loaded.lock:
            self._norm = _mask_group_norm(loaded.model)

    def _encode(self, units: Sequence[np.ndarray], wanted: tuple[int, ...]) -> Encoded:
        sizes = [len(unit) for unit in units]
        values = torch.zeros(len(units), max(sizes))
        for row, (unit, size) in enumerate(zip(units, sizes, strict=True)):
            values[row, :size] = self._inputs(unit)["input_values"][0]
        frames = [conv_lengths(size, self._kernels, self._strides) for size in sizes]
        inputs = {"input_values": values.to(self.loaded.device, self.loaded.dtype)}
        if min(sizes) < max(sizes):
            mask = torch.arange(max(sizes)) < torch.tensor(sizes)[:, None]
            inputs["attention_mask"] = mask.long().to(self.loaded.device)
        if self._norm is not None:
            self._norm.lengths = [per_layer[0] for per_layer in frames]
        try:
            with warnings.catch_warnings():
                # WavLM hands torch a boolean and a float mask, which torch calls outdated.
                warnings.filterwarnings("ignore", message="Support for mismatched")
                hidden = self._run(wanted, **inputs)
            return hidden, [per_layer[-1] for per_layer in frames]
        finally:
            if self._norm is not None:
                self._norm.lengths = None


class AnySpeechEncoder(SpeechEncoder):
    """Any other model: clips of exactly the same length share a batch, unpadded.

    All output frames are pooled, or those that the feature extractor's mask keeps where
    the mask is as long as the output.
    """

    may_pad = False

    def _encode(self, units: Sequence[np.ndarray], wanted: tuple[int, ...]) -> Encoded:
        prepared = [self._inputs(unit) for unit in units]
        inputs = {}
        for name in prepared[0]:
            value = torch.cat([row[name] for row in prepared]).to(self.loaded.device)
            inputs[name] = (
                value.to(self.loaded.dtype) if value.is_floating_point() else value
            )
        hidden = self._run(wanted, **inputs)
        n_frames = max(state.shape[1] for state in hidden.values())
        mask = inputs.get("attention_mask")
        if mask is not None and mask.shape[1] == n_frames:
            return hidden, [int(n) for n in mask.sum(1)]
        return hidden, [n_frames] * len(units)


def _mask_group_norm(model: nn.Module) -> LengthMaskedGroupNorm | None:
    """Replace the group norm of the first convolution, once; None if it has none."""
    first: Any = model.feature_extractor.conv_layers[0]  # type: ignore[union-attr,index]
    norm = getattr(first, "layer_norm", None)
    if isinstance(norm, nn.GroupNorm):
        first.layer_norm = norm = LengthMaskedGroupNorm(norm)
    return norm if isinstance(norm, LengthMaskedGroupNorm) else None
