"""All combinations of real and generated modalities within a class."""

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch

from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._streams import PARTNERS
from skmiaug.utils._random import numpy_generator


class Combination(NamedTuple):
    """Rows in which some modalities are made and the others are real.

    Attributes
    ----------
    made : tuple of int
    n : int
    """

    made: tuple[int, ...]
    n: int


def combinations_of(n_modalities: int, n_real: int, n_more: int) -> list[Combination]:
    """How many rows of a class to make of each combination.

    With N rows of the class after balancing, each of the 2^n_modalities combinations of
    real and made parts gets N rows. There are no more real ones than there are: whole made
    rows take the place of those that lack. So a class ends with 2^n_modalities · N rows.

    Parameters
    ----------
    n_modalities : int
    n_real : int
        Rows of the class.
    n_more : int
        Rows to add to it, N - n_real.
    """
    n_balanced = n_real + n_more
    everything = tuple(range(n_modalities))
    some = [
        Combination(made, n_balanced)
        for size in range(1, n_modalities)
        for made in combinations(everything, size)
    ]
    return [*some, Combination(everything, n_balanced + n_more)]


def rows_of_all_combinations(n_modalities: int, n_real: int, n_more: int) -> int:
    """How many rows of a class are made for all combinations."""
    return sum(c.n for c in combinations_of(n_modalities, n_real, n_more))


def draw_combination(
    sampler: JointSampler,
    combination: Combination,
    parts: Mapping[int, np.ndarray],
    class_index: int,
    *,
    seed: int,
    device: torch.device,
) -> dict[int, np.ndarray]:
    """Return the rows of a combination, (n, n_columns) for each modality.

    Parameters
    ----------
    sampler : JointSampler
    combination : Combination
    parts : mapping of int to ndarray of shape (n_real, n_columns)
        The real rows of the class; NaN where one lacks a modality.
    class_index, seed, device
        As for ``JointSampler.draw``.
    """
    kept = [k for k in parts if k not in combination.made]
    if not kept:
        return sampler.draw(combination.n, class_index, seed=seed, device=device)
    there = np.flatnonzero(~np.any([np.isnan(parts[k]).any(axis=1) for k in kept], axis=0))
    rng = numpy_generator(seed, PARTNERS + class_index)
    # Each real row as often as any other.
    rounds = -(-combination.n // len(there))
    order = np.concatenate([rng.permutation(there) for _ in range(rounds)])
    picked = order[: combination.n]
    given = {k: parts[k][picked] for k in kept}
    return sampler.draw(
        combination.n, class_index, given, seed=seed, device=device, of_class=True
    )
