"""Pretrained transformers: found, loaded, run on batches, pooled over time."""

from skmiaug.feature_extraction.encoders._extractor import (
    POOLINGS,
    TransformerExtractor,
    chunk_bounds,
    chunk_samples,
    merge,
    n_parts,
    plan_batches,
    pool,
)
from skmiaug.feature_extraction.encoders._loading import (
    ModelSource,
    clear_model_cache,
    find_model,
    read_shape,
)
from skmiaug.feature_extraction.encoders._speech import read_limits

__all__ = [
    "POOLINGS",
    "ModelSource",
    "TransformerExtractor",
    "chunk_bounds",
    "chunk_samples",
    "clear_model_cache",
    "find_model",
    "merge",
    "n_parts",
    "plan_batches",
    "pool",
    "read_limits",
    "read_shape",
]
