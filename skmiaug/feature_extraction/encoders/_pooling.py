"""Chunks of long audio, batches of many chunks, and what is pooled of them over time.

A pooled chunk is an array of shape (n_parts, dim): "mean_std" has two parts, the mean and
the variance, which can be merged exactly; the others have one.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

POOLINGS = ("mean", "mean_std", "max", "first", "last")


def n_parts(pooling: str) -> int:
    """Rows of a pooled chunk, and vectors of ``dim`` values in the final feature."""
    return 2 if pooling == "mean_std" else 1


def pool(hidden: torch.Tensor, lengths: Sequence[int], pooling: str) -> np.ndarray:
    """Pool each row over its true frames, in float32.

    From (batch, n_frames, dim) to (batch, n_parts, dim). ``lengths`` are the numbers of own
    frames, at least 1; what lies beyond is never used, NaN included. "mean_std" gives mean
    and population variance here, and :func:`merge` takes the root.
    """
    hidden = hidden.float()
    count = torch.as_tensor(lengths, device=hidden.device)
    if pooling == "first":
        return hidden[:, :1].cpu().numpy()
    if pooling == "last":
        rows = torch.arange(len(count), device=hidden.device)
        return hidden[rows, count - 1][:, None].cpu().numpy()
    # (batch, n_frames, 1)
    padding = (torch.arange(hidden.shape[1], device=hidden.device) >= count[:, None])[
        ..., None
    ]
    if pooling == "max":
        return hidden.masked_fill(padding, -torch.inf).amax(1, keepdim=True).cpu().numpy()
    share = count[:, None, None]
    mean = hidden.masked_fill(padding, 0.0).sum(1, keepdim=True) / share
    if pooling == "mean":
        return mean.cpu().numpy()
    square = (hidden - mean).square().masked_fill(padding, 0.0)
    return torch.cat([mean, square.sum(1, keepdim=True) / share], dim=1).cpu().numpy()


def merge(chunks: Sequence[np.ndarray], lengths: Sequence[int], pooling: str) -> np.ndarray:
    """Pool the chunks of one input together, each weighted by its number of frames.

    From arrays of shape (n_parts, dim), in order of time, to one vector (n_parts * dim,):
    for "mean_std" the means, then the population standard deviations. The result equals
    pooling over all frames at once; a frame in two overlapping chunks counts twice.
    """
    parts = np.stack(chunks).astype(np.float64)
    if pooling == "first":
        merged = parts[0]
    elif pooling == "last":
        merged = parts[-1]
    elif pooling == "max":
        merged = parts.max(axis=0)
    else:
        share = (np.asarray(lengths) / np.sum(lengths))[:, None]
        mean = (share * parts[:, 0]).sum(axis=0)
        merged = mean[None]
        if pooling == "mean_std":
            variance = parts[:, 1] + (parts[:, 0] - mean) ** 2
            merged = np.stack([mean, np.sqrt((share * variance).sum(axis=0))])
    return merged.reshape(-1).astype(np.float32)


def chunk_bounds(
    n_samples: int, size: int, overlap: int, minimum: int
) -> list[tuple[int, int]]:
    """Start and end of the chunks of one clip, in samples.

    A clip of at most ``size`` samples is one chunk. Otherwise each chunk begins ``size -
    overlap`` after the one before, and the last ends with the clip; one that would be
    shorter than ``minimum`` is dropped (its samples lie outside the receptive field).
    ``overlap`` is less than ``size``.
    """
    if n_samples <= size:
        return [(0, n_samples)]
    bounds = [(0, size)]
    while bounds[-1][1] < n_samples:
        start = bounds[-1][0] + size - overlap
        bounds.append((start, min(start + size, n_samples)))
    if bounds[-1][1] - bounds[-1][0] < minimum:
        bounds.pop()
    return bounds


def plan_batches(
    lengths: Sequence[int],
    *,
    batch_size: int,
    budget: float,
    may_pad: bool,
    cost: Callable[[int], float] = float,
) -> list[list[int]]:
    """Group inputs of similar length, longest first.

    Returns positions in ``lengths``. A batch has at most ``batch_size`` inputs and costs at
    most ``budget``, padding included, unless it has one input; its inputs differ in length
    only if ``may_pad``. The longest are first, so that a lack of memory shows at once.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[list[int]] = []
    for i in order:
        if batches:
            batch = batches[-1]
            longest = lengths[batch[0]]
            fits = len(batch) < batch_size and (len(batch) + 1) * cost(longest) <= budget
            if fits and (may_pad or lengths[i] == longest):
                batch.append(i)
                continue
        batches.append([i])
    return batches
