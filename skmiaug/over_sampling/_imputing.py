"""Filling in the modalities that rows lack, from those that they have."""

from collections.abc import Iterator
from typing import Any

import numpy as np


def fill_missing(
    augmenter: Any,
    rows: np.ndarray,
    missing: np.ndarray,
    classes: np.ndarray | None,
    n_draws: int,
    seed: int,
) -> None:
    """Write the mean of ``n_draws`` draws into what is missing, in place.

    Parameters
    ----------
    augmenter : MIGANAugmenter
        Its sampler is fitted, with modalities.
    rows : ndarray of shape (n, n_features)
    missing : ndarray of shape (n, n_modalities), bool
        Which modalities each row lacks, not all of them.
    classes : ndarray of shape (n,) or None
        Class indices; None draws the class, anew for each draw, from what is there.
    n_draws, seed : int
    """
    columns = list(augmenter.modalities_.values())
    for pattern, index in _patterns(missing):
        repeated = np.tile(index, n_draws)
        known = {
            int(k): rows[np.ix_(repeated, columns[k])] for k in np.flatnonzero(~pattern)
        }
        if classes is None:
            own = augmenter._likely_classes(known, seed)
        else:
            own = classes[repeated]
        sums = {
            int(k): np.zeros((len(index), len(columns[k]))) for k in pattern.nonzero()[0]
        }
        for c in np.unique(own):
            at = np.flatnonzero(own == c)
            given = {k: part[at] for k, part in known.items()}
            made = augmenter._draw_parts(len(at), int(c), seed, given)
            for k, total in sums.items():
                np.add.at(total, at % len(index), made[k])
        for k, total in sums.items():
            rows[np.ix_(index, columns[k])] = total / n_draws


def _patterns(missing: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each set of missing modalities, and the numbers of its rows."""
    for pattern in np.unique(missing, axis=0):
        if pattern.any():
            yield pattern, np.flatnonzero((missing == pattern).all(axis=1))
