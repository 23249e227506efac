"""How well hidden timesteps are restored, beside straight lines."""

from collections.abc import Callable

import numpy as np
import torch

from skmiaug.representation._masked_interpolation import interpolate_masked
from skmiaug.representation._sequence_input import Sequences
from skmiaug.representation._sequence_scale import SequenceScale
from skmiaug.training import draw_spans
from skmiaug.utils._random import torch_generator

_SCORE_MASKS = 100


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
        No sequence has two timesteps.
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

    def loss(restored: np.ndarray) -> float:
        difference = np.abs(restored - target)[counted].astype(np.float64)
        return float(np.mean(difference if error == "l1" else difference**2))

    of_lines = loss(lines)
    return 1 - loss(restore(masked)) / of_lines if of_lines > 0 else 0.0


def draw_masks(sequences: Sequences, ratio: float, span: int, seed: int) -> np.ndarray:
    """Return hidden timesteps, (n_steps_in_all,) bool, none in sequences of one step."""
    lengths = torch.from_numpy(sequences.lengths)
    generator = torch_generator(seed, _SCORE_MASKS, torch.device("cpu"))
    hidden = draw_spans(lengths, int(lengths.max()), ratio, span, generator)
    hidden &= (lengths > 1)[:, None]
    inside = torch.arange(hidden.shape[1]) < lengths[:, None]
    return hidden[inside].numpy()
