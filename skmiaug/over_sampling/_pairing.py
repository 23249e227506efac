"""pairing="all": real and generated modalities of a class in all combinations."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np


class Combination(NamedTuple):
    """Rows in which some modalities are generated and the others are real."""

    generated: tuple[int, ...]
    n: int


def combinations_of(n_modalities: int, n_real: int, n_more: int) -> list[Combination]:
    """Return all combinations of real and generated modalities of a class.

    With N rows of the class after balancing, each of the 2^n_modalities combinations gets N
    rows. Whole generated rows take the place of the real ones that are missing, so that the
    class ends with 2^n_modalities · N rows.

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
        Combination(generated, n_balanced)
        for size in range(1, n_modalities)
        for generated in combinations(everything, size)
    ]
    return [*some, Combination(everything, n_balanced + n_more)]


class Part(NamedTuple):
    """Rows of a class to fill: a combination, and the real rows that it takes parts of.

    Attributes
    ----------
    rows : slice
        Where they are in the output.
    generated : tuple of int
    kept : tuple of int
        The modalities that are real.
    real : ndarray of shape (n, n_features)
        Real rows that have these; each as often as any other.
    classes : ndarray of shape (n,)
    """

    rows: slice
    generated: tuple[int, ...]
    kept: tuple[int, ...]
    real: np.ndarray
    classes: np.ndarray


def parts_of(
    X: np.ndarray,
    classes: np.ndarray,
    columns: Sequence[np.ndarray],
    n_more: Sequence[int],
    rng: np.random.Generator,
) -> Iterator[Part]:
    """Yield what all combinations consist of, class by class.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
    classes : ndarray of shape (n,)
        Class numbers.
    columns : sequence of ndarray
        Column numbers of each modality.
    n_more : sequence of int
        Rows to add to each class before they are combined.
    rng : numpy.random.Generator
    """
    begin, K = 0, len(columns)
    for c, more in enumerate(n_more):
        own = X[classes == c]
        for job in combinations_of(K, len(own), more):
            kept = tuple(k for k in range(K) if k not in job.generated)
            picked = own[:0]
            if kept:
                gaps = [np.isnan(own[:, columns[k]]).any(axis=1) for k in kept]
                usable = np.flatnonzero(~np.any(gaps, axis=0))
                rounds = -(-job.n // len(usable))
                shuffled = [rng.permutation(usable) for _ in range(rounds)]
                picked = own[np.concatenate(shuffled)[: job.n]]
            rows = slice(begin, begin + job.n)
            yield Part(rows, job.generated, kept, picked, np.full(job.n, c))
            begin += job.n
