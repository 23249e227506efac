"""How well hidden timesteps are restored, compared with linear interpolation."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from skmiaug.base import torch_defaults
from skmiaug.representation._scale import FeatureScale
from skmiaug.representation.sequences._input import Sequences
from skmiaug.training import draw_spans, in_chunks
from skmiaug.utils._random import torch_generator

_CHUNK_STEPS = 16384
_CHUNK_ROWS = 1024
_SCORE_MASKS = 100


def share_explained(
    sequences: Sequences,
    scale: FeatureScale,
    restore: Callable[[np.ndarray], np.ndarray],
    *,
    ratio: float,
    span: int,
    error: str,
    seed: int,
) -> float:
    """Return 1 - error of ``restore`` / error of interpolation, on random masks.

    ``restore`` takes the hidden timesteps (n_steps_in_all,) and returns standardised ones,
    (n_steps_in_all, n_features). Sequences of one timestep are left out. Raises a
    ValueError if no sequence has two, or nothing is known of those that were hidden.
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
            "Pass more sequences, or some with fewer values that are not finite."
        )

    def loss(restored: np.ndarray) -> float:
        difference = np.abs(restored - target)[counted].astype(np.float64)
        return float(np.mean(difference if error == "l1" else difference**2))

    of_lines = loss(lines)
    return 1 - loss(restore(masked)) / of_lines if of_lines > 0 else 0.0


@torch_defaults()
def draw_masks(sequences: Sequences, ratio: float, span: int, seed: int) -> np.ndarray:
    """Return hidden timesteps, (n_steps_in_all,) bool, none in sequences of one step."""
    lengths = torch.from_numpy(sequences.lengths)
    begin = lengths.cumsum(0) - lengths
    generator = torch_generator(seed, _SCORE_MASKS, torch.device("cpu"))
    masked = torch.zeros(len(sequences.steps), dtype=torch.bool)
    # In one draw, all would be as long as the longest.
    for rows in in_chunks(lengths, _CHUNK_ROWS):
        own = lengths[rows]
        hidden = draw_spans(own, int(own.max()), ratio, span, generator)
        hidden &= (own > 1)[:, None]
        steps = torch.arange(hidden.shape[1])
        inside = steps < own[:, None]
        masked[(begin[rows][:, None] + steps)[inside]] = hidden[inside]
    return masked.numpy()


def interpolate_masked(
    steps: np.ndarray,
    lengths: np.ndarray,
    masked: np.ndarray,
    known: np.ndarray | None = None,
) -> np.ndarray:
    """Return ``steps`` with hidden timesteps interpolated linearly, feature by feature.

    From the nearest known values before and after that are not hidden; at either end of a
    sequence the nearest one is repeated. Hidden and unknown values are not used; where no
    value of a feature is left it becomes 0, its mean. ``steps`` and ``known`` (None: all)
    are (n_steps_in_all, n_features), ``masked`` is (n_steps_in_all,), ``lengths`` (n,).
    """
    restored = steps.copy()
    for rows, begin, end in _whole_sequences(lengths):
        hidden = masked[rows]
        if hidden.any():
            shown = ~hidden[:, None] if known is None else known[rows] & ~hidden[:, None]
            restored[rows][hidden] = _on_lines(steps[rows], shown, hidden, begin, end)
    return restored


def _whole_sequences(lengths: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield pieces of whole sequences: their rows, and the first and the last row of each
    row's sequence, counted within the piece, (n_rows,)."""
    ends = np.cumsum(lengths)
    cuts = np.flatnonzero(np.diff((ends - lengths) // _CHUNK_STEPS)) + 1
    offset = 0
    for part in np.split(lengths, cuts):
        last = np.cumsum(part) - 1
        rows = slice(offset, offset + int(last[-1]) + 1)
        yield rows, np.repeat(last - part + 1, part), np.repeat(last, part)
        offset = rows.stop


def _on_lines(
    steps: np.ndarray,
    shown: np.ndarray,
    hidden: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
) -> np.ndarray:
    """The hidden rows of ``steps``, each cell from those that are ``shown``."""
    place = np.arange(len(steps))[:, None]
    before = np.maximum.accumulate(np.where(shown, place, -1))[hidden]
    after = np.where(shown, place, len(steps))[::-1]
    after = np.minimum.accumulate(after)[::-1][hidden]
    place = place[hidden]
    none_before, none_after = before < begin[hidden, None], after > end[hidden, None]
    # At the ends both neighbours are the same: any share will do.
    first = np.where(none_before, after, before)
    second = np.where(none_after, before, after)
    is_alone = none_before & none_after
    first, second = np.where(is_alone, 0, first), np.where(is_alone, 0, second)
    share = np.clip((place - first) / np.maximum(second - first, 1), 0.0, 1.0)
    column = np.arange(steps.shape[1])
    lines = (1 - share) * steps[first, column] + share * steps[second, column]
    return np.where(is_alone, 0.0, lines)
