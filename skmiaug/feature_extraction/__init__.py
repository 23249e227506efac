"""Feature vectors from audio files and transcripts."""

from skmiaug.feature_extraction._acoustic_features import AcousticFeatures
from skmiaug.feature_extraction._extraction import (
    DamagedCacheWarning,
    FailedInputWarning,
    TruncatedTextWarning,
)
from skmiaug.feature_extraction._transformer_features import TransformerFeatures
from skmiaug.feature_extraction.encoders import clear_model_cache
from skmiaug.utils.audio import AudioDecodeError

__all__ = [
    "AcousticFeatures",
    "AudioDecodeError",
    "DamagedCacheWarning",
    "FailedInputWarning",
    "TransformerFeatures",
    "TruncatedTextWarning",
    "clear_model_cache",
]
