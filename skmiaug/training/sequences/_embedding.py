"""Embeddings of all sequences of a set."""

import torch
from torch import Tensor

from skmiaug.nn import Drop, TimestepEncoder, keep_all, pool_timesteps
from skmiaug.training.sequences._batches import in_chunks
from skmiaug.training.sequences._set import SequenceBatch, SequenceSet
from skmiaug.utils._precision import precision


def embed_batch(
    encoder: torch.nn.Module,
    batch: SequenceBatch,
    pooling: str,
    autocast: torch.dtype | None,
    drop: Drop = keep_all,
) -> Tensor:
    """Return one vector a sequence, (n, pooled width), float32."""
    assert isinstance(encoder, TimestepEncoder)
    with precision(batch.values.device, autocast):
        hidden = encoder(batch.values, batch.lengths, drop=drop)
    return pool_timesteps(hidden, batch.lengths, pooling)


@torch.no_grad()
def embed_all(
    encoder: torch.nn.Module,
    sequences: SequenceSet,
    pooling: str,
    batch_size: int,
    autocast: torch.dtype | None = None,
) -> Tensor:
    """Return the embeddings of all sequences in their order, (n, pooled width).

    Sequences of like length share a batch; padding does not change an embedding.
    """
    chunks = in_chunks(sequences.lengths, batch_size)
    parts = [embed_batch(encoder, sequences.take(c), pooling, autocast) for c in chunks]
    pooled = torch.cat(parts)
    ordered = torch.empty_like(pooled)
    ordered[torch.cat(chunks).to(pooled.device)] = pooled
    return ordered
