"""Feature vectors from audio files and transcripts, by pretrained transformers."""

from skmiaug.feature_extraction._errors import (
    DamagedCacheWarning,
    FailedInputWarning,
    TruncatedTextWarning,
)
from skmiaug.feature_extraction._loading import clear_model_cache
from skmiaug.feature_extraction._transformer_features import TransformerFeatures
from skmiaug.utils._audio_errors import AudioDecodeError

__all__ = [
    "AudioDecodeError",
    "DamagedCacheWarning",
    "FailedInputWarning",
    "TransformerFeatures",
    "TruncatedTextWarning",
    "clear_model_cache",
]
