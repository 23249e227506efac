"""Rows of one class, written where they belong."""

from typing import Any

import numpy as np

from skmiaug.over_sampling._column_scale import fit_into_types
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._row_blocks import row_blocks
from skmiaug.over_sampling._training_run import MEMORY_ADVICE
from skmiaug.utils._device import memory_remedy, resolve_device


def draw_class(
    augmenter: Any,
    out: np.ndarray,
    class_index: int,
    seed: int,
    condition: np.ndarray | None = None,
    numbers: np.ndarray | None = None,
) -> np.ndarray | None:
    """Fill rows of ``out`` with draws of a class, a few thousand at a time.

    Parameters
    ----------
    augmenter : MIGANAugmenter
        Its sampler is fitted.
    out : ndarray of shape (n_rows, n_features)
    class_index, seed : int
    condition : ndarray of shape (n, n_condition_features) or None
        What they are to go with; None draws it, for an augmenter that was fitted with one.
    numbers : ndarray of shape (n,) or None
        Which rows of ``out`` to fill; None fills all.

    Returns
    -------
    ndarray of shape (n, n_condition_features) or None
        What they go with.
    """
    used, device = None, resolve_device(augmenter.device)
    with memory_remedy(device, MEMORY_ADVICE):
        if isinstance(augmenter._sampler, JointSampler):
            used = _draw_modalities(augmenter, out, class_index, seed, condition, numbers)
        else:
            augmenter._sampler.draw_into(
                out, class_index, numbers, seed=seed, device=device
            )
    if augmenter._column_dtypes is not None:
        for chunk in row_blocks(len(out) if numbers is None else len(numbers)):
            place = chunk if numbers is None else numbers[chunk]
            rows = out[place]
            fit_into_types(rows, augmenter._column_dtypes)
            out[place] = rows
    return used


def _draw_modalities(
    augmenter: Any,
    out: np.ndarray,
    class_index: int,
    seed: int,
    condition: np.ndarray | None,
    numbers: np.ndarray | None,
) -> np.ndarray | None:
    """As :func:`draw_class` for several modalities, or for rows that go with others."""
    sampler: JointSampler = augmenter._sampler
    n = len(out) if numbers is None else len(numbers)
    used, given = condition, {}
    if sampler.given_spread is not None:
        if used is None:
            used = sampler.draw_given(n, class_index, seed=seed)
        given = {sampler.n_made: used}
    modalities = getattr(augmenter, "modalities_", {"all": slice(None)})
    chunks = sampler.draw_chunks(
        n, class_index, given, seed=seed, device=resolve_device(augmenter.device),
        of_class=condition is None,
    )  # fmt: skip
    for chunk, parts in chunks:
        rows = np.empty((chunk.stop - chunk.start, out.shape[1]), dtype=out.dtype)
        for k, columns in enumerate(modalities.values()):
            rows[:, columns] = parts[k]
        out[chunk if numbers is None else numbers[chunk]] = rows
    return used
