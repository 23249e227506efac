"""Mutual information of rows and classes, from nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from skmiaug.metrics._checks import (
    Indices,
    check_count,
    check_labelled,
    check_resampling,
    generator,
    seed_from,
)
from skmiaug.metrics._distances import distance_blocks, on_common_scale
from skmiaug.metrics.information._result import (
    InformationResult,
    PartSpread,
    class_entropy,
    information_result,
    interval_around,
    spread_over_parts,
    stratified_parts,
)

_PARTS, _SHUFFLE, _ORDER = range(3)
_MIN_ROWS_TO_SPLIT = 4  # two for each of two parts
_BLOCK_ROWS = 1024


def mixed_information(
    X: ArrayLike,
    labels: ArrayLike,
    *,
    n_neighbors: int = 3,
    scale: bool = True,
    max_samples: int | None = 10_000,
    n_permutations: int = 100,
    confidence_level: float = 0.95,
    random_state: Any = 0,
) -> InformationResult:
    """Mutual information of continuous rows and a class, by Ross's estimator.

    It counts the rows of all classes that lie nearer than the k-th neighbour of the row's
    own class: the fewer, the more informative the row. It needs no model of the classes,
    and n² distances. `sklearn.feature_selection.mutual_info_classif` applies the same
    estimator to each column by itself.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    labels : array-like of shape (n_samples,)
        Classes; a class of a single row is left out, one of fewer than ``n_neighbors`` + 1
        uses all its rows.
    n_neighbors : int, default=3
    scale : bool, default=True
        Give all columns unit variance first.
    max_samples : int or None, default=10,000
        Maximum number of rows, drawn at random; None uses all (2 to 4 bytes a pair).
    n_permutations : int, default=100
        Permutations of the classes for the null distribution; 0 omits it.
    confidence_level : float, default=0.95
        The interval comes from disjoint parts of the rows and is widened by the drift of
        the estimate from a part to all rows: it covers more often than its level. Classes
        of less than four rows cannot be split: the interval allows for anything between
        nothing and all of their entropy.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    InformationResult
        Its maximum is H(c) of the rows used, which the estimate does not exceed.

    Raises
    ------
    ValueError
        Fewer than two classes of two rows.

    See Also
    --------
    classifier_bound : Weighs the columns; better in many dimensions, where the noise of
        all columns enters the distances and this estimate is too low.

    References
    ----------
    Ross (2014), Mutual information between discrete and continuous data sets, PLoS ONE 9,
    e87357, equation 2.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmiaug.metrics import mixed_information
    >>> found = mixed_information(*load_iris(return_X_y=True), n_permutations=20)
    >>> 0.8 < found.estimate < found.maximum
    True
    """
    k = check_count("n_neighbors", n_neighbors, 1)
    check_resampling(n_permutations, confidence_level)
    rows, named = check_labelled(X, labels, ("X", "labels"))
    seed = seed_from(random_state)
    rows, classes = _used_rows(rows, named, max_samples, generator(seed, _ORDER))
    if scale:
        rows = on_common_scale(rows, rows)[0]
    order = neighbour_order(rows)
    found = ross_mean(order, classes, k)
    maximum = class_entropy(np.bincount(classes) / len(classes))
    # ψ is not quite ln: separate classes give slightly more than the maximum.
    estimate = min(found, maximum)
    spread = _spread(order, classes, k, generator(seed, _PARTS))
    rng = generator(seed, _SHUFFLE)
    null = [ross_mean(order, rng.permutation(classes), k) for _ in range(n_permutations)]
    return information_result(
        "nearest neighbours of the class",
        estimate,
        maximum=maximum,
        interval=interval_around(estimate, *spread, confidence_level),
        confidence_level=confidence_level,
        null=null,
        n_samples=len(classes),
        statistic=found,
    )


def neighbour_order(rows: NDArray[Any]) -> NDArray[np.unsignedinteger]:
    """The other rows of each row, nearest first (n, n - 1)."""
    n = len(rows)
    order = np.empty((n, n - 1), dtype=np.uint16 if n <= 2**16 else np.uint32)
    for block, distances in distance_blocks(rows, rows):
        own = np.arange(block.start, block.stop)
        distances[np.arange(len(own)), own] = -1.0
        order[block] = np.argsort(distances, axis=1)[:, 1:]
    return order


def ross_mean(order: NDArray[np.unsignedinteger], classes: Indices, k: int) -> float:
    """ψ(n) - mean ψ(n_c) + mean ψ(k) - mean ψ(m), nats; single rows are left out.

    m is the rank, among the rows of all classes, of the k-th neighbour of the own class.
    """
    counts = np.bincount(classes)
    rows, taken, ranks = [], [], []
    for c in np.flatnonzero(counts > 1).tolist():
        own = np.flatnonzero(classes == c)
        k_own = min(k, len(own) - 1)
        rows.append(own)
        taken.append(np.full(len(own), k_own))
        ranks.append(_ranks_in_class(order, classes, own, c, k_own))
    if len(rows) < 2:
        return 0.0
    used = np.concatenate(rows)
    return float(
        digamma(len(used))
        + np.mean(
            digamma(np.concatenate(taken))
            - digamma(counts[classes[used]])
            - digamma(np.concatenate(ranks))
        )
    )


def _spread(
    order: NDArray[np.unsignedinteger], classes: Indices, k: int, rng: np.random.Generator
) -> PartSpread:
    """Spread over parts of the classes that can be split, and what the others may add.

    I(c; x) is that of the classes that can be split, times their share of the rows, plus
    that of the other classes: at least 0, and at most the entropy that these add.
    """
    counts = np.bincount(classes)
    split = np.flatnonzero(counts[classes] >= _MIN_ROWS_TO_SPLIT)
    share = len(split) / len(classes)
    whole = class_entropy(counts / len(classes))
    if len(split) == 0:
        return PartSpread(0.0, whole, 2)
    if share < 1:
        order, classes = _restricted(order, split), classes[split]

    def on_part(part: Indices) -> float:
        return ross_mean(_restricted(order, part), classes[part], k)

    error, drift, n_parts = spread_over_parts(
        on_part, ross_mean(order, classes, k), stratified_parts(classes, rng)
    )
    others = whole - share * class_entropy(np.bincount(classes) / len(classes))
    return PartSpread(share * error, share * abs(drift) + others, n_parts)


def _ranks_in_class(
    order: NDArray[np.unsignedinteger], classes: Indices, own: Indices, c: int, k: int
) -> Indices:
    """Rank of the k-th neighbour of class ``c`` for each of its rows ``own``."""
    n = len(classes)
    # Four times the rank expected by chance is seldom too short.
    width = min(n - 1, 4 * k * n // len(own) + 8)
    ranks = np.empty(len(own), dtype=np.intp)
    left = np.arange(len(own))
    while len(left):
        seen = np.cumsum(classes[order[own[left], :width]] == c, axis=1, dtype=np.int32)
        found = seen[:, -1] >= k
        ranks[left[found]] = np.argmax(seen[found] >= k, axis=1) + 1
        left, width = left[~found], n - 1
    return ranks


def _restricted(
    order: NDArray[np.unsignedinteger], part: Indices
) -> NDArray[np.unsignedinteger]:
    """The order among the rows of ``part`` alone, numbered from 0."""
    number = np.full(len(order), -1, dtype=np.int64)
    number[part] = np.arange(len(part))
    restricted = np.empty((len(part), len(part) - 1), dtype=order.dtype)
    for start in range(0, len(part), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        renamed = number[order[part[block]]]
        restricted[block] = renamed[renamed >= 0].reshape(-1, len(part) - 1)
    return restricted


def _used_rows(
    rows: NDArray[Any],
    named: NDArray[Any],
    max_samples: int | None,
    rng: np.random.Generator,
) -> tuple[NDArray[Any], Indices]:
    """Rows of classes of two or more, shuffled so that ties are broken at random."""
    most = len(rows)
    if max_samples is not None:
        most = check_count("max_samples", max_samples, 4)
    drawn = rng.permutation(len(rows))[:most]
    _, classes, counts = np.unique(named[drawn], return_inverse=True, return_counts=True)
    kept = counts[classes] > 1
    if (counts > 1).sum() < 2:
        raise ValueError(
            f"expected at least 2 classes of at least 2 rows, got "
            f"{int((counts > 1).sum())} among {len(counts)} classes; add rows or merge "
            "classes."
        )
    return rows[drawn[kept]], np.unique(classes[kept], return_inverse=True)[1]
