"""Common scale of real rows and synthetic samples, and Euclidean distances in blocks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_chunked
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

_BLOCK_MB = 128


def on_common_scale(
    reference: NDArray[Any], *sets: NDArray[Any], standardize: bool = True
) -> list[NDArray[np.float32]]:
    """Float32 copies of ``sets``, centred and scaled by the columns of ``reference``."""
    scaler = StandardScaler(with_std=standardize).fit(reference)
    return [scaler.transform(rows).astype(np.float32, copy=False) for rows in sets]


def distance_blocks(
    queries: NDArray[Any], reference: NDArray[Any]
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield (slice of the queries, their distances to all of the reference)."""
    start = 0
    for distances in pairwise_distances_chunked(
        queries, reference, working_memory=_BLOCK_MB
    ):
        yield slice(start, start + len(distances)), distances
        start += len(distances)


def nearest(
    queries: NDArray[Any] | None, reference: NDArray[Any], k: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Distances (n, k) to the nearest rows of the reference, ascending, and their numbers.

    ``queries=None`` stands for the rows of the reference, without themselves.
    """
    neighbours = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(reference)
    found = neighbours.kneighbors(queries, return_distance=False)
    if queries is None:
        queries = reference
    # Distances from matrix products are not exactly 0 between copies: taken again.
    gaps = [np.linalg.norm(queries - reference[found[:, j]], axis=1) for j in range(k)]
    distances = np.column_stack(gaps).astype(np.float64)
    order = np.argsort(distances, axis=1, kind="stable")
    return (
        np.take_along_axis(distances, order, axis=1),
        np.take_along_axis(found, order, axis=1),
    )


def count_within(
    queries: NDArray[Any], reference: NDArray[Any], radius: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """How many balls contain each query, and whether each ball contains any.

    Ball j surrounds row j of the reference; its surface belongs to it, up to the float32
    rounding of the rows.
    """
    counts = np.empty(len(queries), dtype=np.intp)
    hit = np.zeros(len(reference), dtype=bool)
    rounding = float(np.finfo(np.float32).eps)
    reach = radius + rounding * np.linalg.norm(reference, axis=1)
    for block, distances in distance_blocks(queries, reference):
        own = rounding * np.linalg.norm(queries[block], axis=1)[:, None]
        inside = distances <= reach + own
        counts[block] = np.count_nonzero(inside, axis=1)
        hit |= inside.any(axis=0)
    return counts, hit
