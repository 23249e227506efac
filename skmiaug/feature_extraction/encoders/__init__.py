"""Pretrained transformers: found, loaded, run on batches, pooled over time."""

from skmiaug.feature_extraction.encoders._extractor import (
    TransformerExtractor,
    chunk_samples,
)
from skmiaug.feature_extraction.encoders._loading import clear_model_cache
from skmiaug.feature_extraction.encoders._pooling import POOLINGS, n_parts
from skmiaug.feature_extraction.encoders._source import ModelSource, find_model, read_shape
from skmiaug.feature_extraction.encoders._speech import read_limits

__all__ = [
    "POOLINGS",
    "ModelSource",
    "TransformerExtractor",
    "chunk_samples",
    "clear_model_cache",
    "find_model",
    "n_parts",
    "read_limits",
    "read_shape",
]
