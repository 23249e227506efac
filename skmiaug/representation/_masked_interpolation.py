"""What restores hidden timesteps without learning anything: straight lines."""

from collections.abc import Iterator

import numpy as np

_CHUNK_STEPS = 16384


def interpolate_masked(
    steps: np.ndarray,
    lengths: np.ndarray,
    masked: np.ndarray,
    known: np.ndarray | None = None,
) -> np.ndarray:
    """Return ``steps`` with hidden timesteps on lines between their neighbours.

    Each feature of a hidden timestep lies on the straight line between the nearest known
    values before and after it that are not hidden; at either end of a sequence it is that
    of the nearest one. What is hidden or unknown is not looked at.

    Parameters
    ----------
    steps : ndarray of shape (n_steps_in_all, n_features)
        Standardised sequences, end to end.
    lengths : ndarray of shape (n,)
        Timesteps of each sequence.
    masked : ndarray of shape (n_steps_in_all,), bool
    known : ndarray of shape (n_steps_in_all, n_features), bool, or None
        Which cells have a value; None when all have.

    Returns
    -------
    ndarray of shape (n_steps_in_all, n_features)
        0, the mean of a feature, where a sequence shows no value of it.
    """
    restored = steps.copy()
    for rows, begin, end in _whole_sequences(lengths):
        hidden = masked[rows]
        if hidden.any():
            shown = ~hidden[:, None] if known is None else known[rows] & ~hidden[:, None]
            restored[rows][hidden] = _on_lines(steps[rows], shown, hidden, begin, end)
    return restored


def _whole_sequences(
    lengths: np.ndarray,
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield pieces of whole sequences: their rows, and where each row's one has its ends.

    The ends are those within the piece, (n_rows,), the last of them inclusive.
    """
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
    # At the ends both neighbours are one: any share will do.
    first = np.where(none_before, after, before)
    second = np.where(none_after, before, after)
    is_alone = none_before & none_after
    first, second = np.where(is_alone, 0, first), np.where(is_alone, 0, second)
    share = np.clip((place - first) / np.maximum(second - first, 1), 0.0, 1.0)
    column = np.arange(steps.shape[1])
    lines = (1 - share) * steps[first, column] + share * steps[second, column]
    return np.where(is_alone, 0.0, lines)
