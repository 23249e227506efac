"""Cutting long audio into chunks, and chunks of many inputs into batches."""

from collections.abc import Callable, Sequence


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

    Parameters
    ----------
    lengths : sequence of int
        Length of each input.
    batch_size : int
        Most inputs in a batch.
    budget : float
        Most that a batch may cost with its padding; a batch of one is always allowed.
    may_pad : bool
        Whether inputs of different length may share a batch.
    cost : callable
        What an input of a given length costs.

    Returns
    -------
    batches : list of list of int
        Positions in ``lengths``. The longest come first, so that memory that does not
        suffice shows at once.
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
