"""pairing="all": real and generated modalities of a class in all combinations."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from skmiaug.over_sampling.targets import ClassTarget


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


def combined_counts(
    target: ClassTarget, n_modalities: int, n_more: Mapping[Any, int]
) -> dict[Any, int]:
    """Return the rows to generate of each class, where ``n_more`` would be added to it."""
    return {
        c: sum(job.n for job in combinations_of(n_modalities, n, n_more.get(c, 0)))
        for c, n in zip(target.keys, target.present.tolist(), strict=True)
    }


def parts_of(
    X: np.ndarray,
    classes: np.ndarray,
    columns: Sequence[np.ndarray],
    counts: Mapping[Any, int],
    target: ClassTarget,
    rng: np.random.Generator,
) -> Iterator[tuple[int, Combination, np.ndarray]]:
    """Yield class number and combination, and the real rows that it takes parts of.

    Real rows (n, n_features) have all the parts, and each is as often there as any other;
    there are none where all parts are generated.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
    classes : ndarray of shape (n,)
        Class numbers.
    columns : sequence of ndarray
        Column numbers of each modality.
    counts : mapping of class to int
        Rows to generate, as :func:`combined_counts` returns them.
    target : ClassTarget
    rng : numpy.random.Generator
    """
    K = len(columns)
    for c, key in enumerate(target.keys):
        own = X[classes == c]
        n_more = (counts[key] + len(own)) // 2**K - len(own)
        for job in combinations_of(K, len(own), n_more):
            real = own[:0]
            if len(job.generated) < K:
                taken = [columns[k] for k in range(K) if k not in job.generated]
                usable = np.flatnonzero(
                    ~np.isnan(own[:, np.concatenate(taken)]).any(axis=1)
                )
                rounds = -(-job.n // len(usable))
                shuffled = [rng.permutation(usable) for _ in range(rounds)]
                real = own[np.concatenate(shuffled)[: job.n]]
            yield c, job, real
