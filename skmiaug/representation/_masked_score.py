"""How well hidden timesteps are restored, beside straight lines."""

from collections.abc import Callable

import numpy as np
import torch

from skmiaug.representation._masked_interpolation import interpolate_masked
from skmiaug.representation._sequence_input import Sequences
from skmiaug.representation._sequence_scale import SequenceScale
from skmiaug.training import draw_spans, in_chunks
from skmiaug.utils._random import torch_generator

_SCORE_MASKS = 100
_CHUNK_ROWS = 1024


def share_explained(
    sequences: Sequences,
    scale: SequenceScale,
    restore: Callable[[np.ndarray], np.ndarray],
    *,
    ratio: float,
    span: int,
    error: str,
    seed: int,
) -> float:
    """Return 1 - error of ``restore`` / error of interpolation, on masks that are drawn.

    Parameters
    ----------
    sequences : Sequences
        Those of one timestep are left out: nothing is left to restore them from.
    scale : SequenceScale
    restore : callable
        Takes the hidden timesteps (n_steps_in_all,) and returns standardised ones,
        (n_steps_in_all, n_features).
    ratio, span
        As for ``draw_spans``.
    error : {"l1", "l2"}
    seed : int

    Raises
    ------
    ValueError
        No sequence has two timesteps, or nothing is known of those that were hidden.
    """
    if sequences.lengths.max() < 2:
        raise ValueError(
            "score hides timesteps and needs others to restore them from, but no sequence "
            "has more than one."
        )
    masked = draw_masks(sequences, ratio, span, seed)
    target, known = scale.transform(sequences.steps)
    lines = interpolate_masked(target, sequences.lengths, masked, known)
    counted = np.broadcast_to(masked[:, None], target.shape)
    if known is not None:
        counted = counted & known
    if not counted.any():
        raise ValueError(
            "score hid timesteps of which no value is known, and has nothing to compare. "
            "Give it more sequences, or some with fewer values that are not finite."
        )

    def loss(restored: np.ndarray) -> float:
        difference = np.abs(restored - target)[counted].astype(np.float64)
        return float(np.mean(difference if error == "l1" else difference**2))

    of_lines = loss(lines)
    return 1 - loss(restore(masked)) / of_lines if of_lines > 0 else 0.0


def draw_masks(sequences: Sequences, ratio: float, span: int, seed: int) -> np.ndarray:
    """Return hidden timesteps, (n_steps_in_all,) bool, none in sequences of one step."""
    lengths = torch.from_numpy(sequences.lengths)
    begin = lengths.cumsum(0) - lengths
    generator = torch_generator(seed, _SCORE_MASKS, torch.device("cpu"))
    masked = torch.zeros(len(sequences.steps), dtype=torch.bool)
    # Drawn side by side, all would be as long as the longest.
    for rows in in_chunks(lengths, _CHUNK_ROWS):
        own = lengths[rows]
        hidden = draw_spans(own, int(own.max()), ratio, span, generator)
        hidden &= (own > 1)[:, None]
        steps = torch.arange(hidden.shape[1])
        inside = steps < own[:, None]
        masked[(begin[rows][:, None] + steps)[inside]] = hidden[inside]
    return masked.numpy()
