"""How short and how long a chunk of speech may be for a model."""

from dataclasses import dataclass
from typing import Any

from skmiaug.feature_extraction._masked_norm import receptive_field
from skmiaug.feature_extraction._source import ModelSource, read_config, remembered
from skmiaug.utils._optional import require

# 25 ms at 16 kHz: one analysis window of every filter bank in use.
_SHORTEST_WINDOW = 400


@dataclass(frozen=True)
class SpeechLimits:
    """What a speech model takes.

    Parameters
    ----------
    rate : int
        Sampling rate in Hz that it was trained on.
    min_samples : int
        Shortest clip that gives one frame.
    max_samples : int or None
        Longest chunk.
    """

    rate: int
    min_samples: int = _SHORTEST_WINDOW
    max_samples: int | None = None


def is_whisper(config: Any) -> bool:
    """Whether this is Whisper, whose windows have one length."""
    return config.model_type == "whisper"


def is_wave_model(config: Any) -> bool:
    """Whether it is one of wav2vec2's kin for which padding is known to be no matter."""
    return (
        config.model_type in {"wav2vec2", "hubert", "wavlm", "unispeech", "unispeech-sat"}
        # An adapter shortens the output; a batch norm makes padding non-zero.
        and not getattr(config, "add_adapter", False)
        and not getattr(config, "conv_pos_batch_norm", False)
    )


def speech_limits(config: Any, processor: Any) -> SpeechLimits:
    """Limits from a model's configuration and its feature extractor."""
    rate = int(processor.sampling_rate)
    if is_whisper(config):
        return SpeechLimits(rate, max_samples=int(processor.n_samples))
    if is_wave_model(config):
        kernels, strides = list(config.conv_kernel), list(config.conv_stride)
        return SpeechLimits(rate, receptive_field(kernels, strides))
    return SpeechLimits(rate)


def read_limits(source: ModelSource) -> SpeechLimits:
    """Limits of a speech model whose weights need not be there.

    Raises
    ------
    OSError
        The model cannot be found, or has no feature extractor.
    """
    transformers = require("transformers", extra="audio", purpose="load pretrained models")
    return remembered(
        ("limits", source, source.stamp()),
        lambda: speech_limits(
            read_config(source), source.from_pretrained(transformers.AutoFeatureExtractor)
        ),
    )
