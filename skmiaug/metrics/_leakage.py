"""Do generated rows give away the rows they were made from?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmiaug.metrics._checks import (
    check_count,
    check_rows,
    check_same_width,
    generator,
    seed_from,
)
from skmiaug.metrics._distances import nearest, on_common_scale

__all__ = ["LeakageResult", "nearest_row_leakage"]

_NEAR_QUANTILE = 0.01
_DRAW, _SHUFFLE = range(2)


class LeakageResult(NamedTuple):
    """Distances of generated rows to the rows they were made from.

    Attributes
    ----------
    n_exact : int
        Generated rows that equal a training row in every column.
    n_near : int
        Generated rows, exact copies included, nearer to a training row than all but 1 % of
        the training rows are to each other.
    near_expected : float
        Rows that near to be expected of fresh real rows: 1 % of them.
    distance_ratio : float
        Median distance to the nearest training row, generated rows over training rows
        among themselves. Below about 0.8 they hug the training rows; well above 1 they are
        elsewhere.
    nearer_to_training : float
        Share of the generated rows that lie nearer to a training row than to a held-out
        one, among as many of both; 0.5 where nothing is given away. NaN without held-out
        rows.
    p_value : float
        Share of the permutations of which reference rows are training rows, counting the
        truth as one, in which ``nearer_to_training`` is at least as high; NaN without
        held-out rows or permutations. The least it can be is 1 / (n_permutations + 1).
    distances : ndarray of shape (n_synthetic,)
        From each generated row to its nearest training row.
    real_distances : ndarray of shape (n_train,)
        From each training row to the nearest other one.
    held_out_distances : ndarray of shape (n_held_out,)
        From each held-out row to its nearest training row: how near fresh rows come. Empty
        without held-out rows.
    """

    n_exact: int
    n_near: int
    near_expected: float
    distance_ratio: float
    nearer_to_training: float
    p_value: float
    distances: NDArray[np.float64]
    real_distances: NDArray[np.float64]
    held_out_distances: NDArray[np.float64]


def nearest_row_leakage(
    X_synthetic: ArrayLike,
    X_train: ArrayLike,
    X_held_out: ArrayLike | None = None,
    *,
    scale: bool = True,
    n_permutations: int = 1000,
    random_state: Any = 0,
) -> LeakageResult:
    """Compare generated rows with their nearest training rows.

    Parameters
    ----------
    X_synthetic : array-like of shape (n_synthetic, n_features)
    X_train : array-like of shape (n_train, n_features)
        The real rows that the generator was fitted to.
    X_held_out : array-like of shape (n_held_out, n_features), default=None
        Real rows of the same distribution that it has not seen: the fair comparison.
    scale : bool, default=True
        Give the columns the scale of the training rows first.
    n_permutations : int, default=1000
        Shuffles of training among held-out rows behind the p-value, however many rows were
        made; 0 leaves it out. They take no distances, so they cost next to nothing.
    random_state : int, RandomState or None, default=0
        For the draw of as many training as held-out rows, and the shuffles.

    Returns
    -------
    LeakageResult

    Notes
    -----
    Nearness is no proof of disclosure, and distance none of privacy. Oversamplers stay near
    real rows by design; the figures say how near.

    Generated rows share the rows they are compared with, so they do not count as
    independent: a reference row in a good place wins many of them, whichever set it is of.
    The p-value therefore shuffles the reference rows between both sets. It is exact where
    training and held-out rows are of one distribution; where they are not (other speakers),
    a low one may come from that alone.

    References
    ----------
    Distance to the closest record against a holdout: Platzer and Reutterer (2021), Holdout-
    based empirical assessment of mixed-type synthetic data, Frontiers in Big Data 4.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import nearest_row_leakage
    >>> train, other = np.random.default_rng(0).normal(size=(2, 100, 3))
    >>> nearest_row_leakage(train[:10], train).n_exact
    10
    >>> nearest_row_leakage(other, train).n_exact
    0
    """
    check_count("n_permutations", n_permutations, 0)
    made = check_rows(X_synthetic, "X_synthetic", at_least=1)
    train = check_rows(X_train, "X_train")
    check_same_width(train, made)
    n_exact = _count_exact(made, train)
    rows, made_rows = on_common_scale(train, train, made, standardize=scale)
    real_distances = nearest(rows, rows, same_rows=True)[0][:, 0]
    distances = nearest(made_rows, rows)[0][:, 0]
    limit = np.quantile(real_distances, _NEAR_QUANTILE, method="lower")
    # Where real rows repeat, the limit is 0 and exact copies are all that is near.
    n_near = int((distances < limit).sum()) if limit > 0 else n_exact
    typical = float(np.median(real_distances))
    ratio = float(np.median(distances)) / typical if typical > 0 else float("nan")
    nearer = p_value = float("nan")
    held_out_distances = np.empty(0)
    if X_held_out is not None:
        fresh = check_rows(X_held_out, "X_held_out", at_least=1)
        check_same_width(train, fresh)
        fresh = on_common_scale(train, fresh, standardize=scale)[0]
        held_out_distances = nearest(fresh, rows)[0][:, 0]
        seed = seed_from(random_state)
        won = _won_rows(made_rows, rows, fresh, generator(seed, _DRAW))
        nearer = float(won[0].sum() / len(made))
        p_value = _shuffled_p_value(*won, n_permutations, generator(seed, _SHUFFLE))
    return LeakageResult(
        n_exact=n_exact,
        n_near=max(n_near, n_exact),
        near_expected=_NEAR_QUANTILE * len(made),
        distance_ratio=ratio,
        nearer_to_training=nearer,
        p_value=p_value,
        distances=distances,
        real_distances=real_distances,
        held_out_distances=held_out_distances,
    )


def _won_rows(
    made: NDArray[np.float32],
    train: NDArray[np.float32],
    fresh: NDArray[np.float32],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Made rows to which each of some training, and as many held-out, rows is the nearest.

    A made row that is equally far from both sets counts half for either.
    """
    size = min(len(train), len(fresh))
    some = train[rng.permutation(len(train))[:size]]
    others = fresh[rng.permutation(len(fresh))[:size]]
    to_train, of_train = (found[:, 0] for found in nearest(made, some))
    to_fresh, of_fresh = (found[:, 0] for found in nearest(made, others))
    share = 0.5 + 0.5 * np.sign(to_fresh - to_train)
    by_train = np.bincount(of_train, share, size).astype(np.float64)
    by_fresh = np.bincount(of_fresh, 1 - share, size).astype(np.float64)
    return by_train, by_fresh


def _shuffled_p_value(
    by_train: NDArray[np.float64],
    by_fresh: NDArray[np.float64],
    n_permutations: int,
    rng: np.random.Generator,
) -> float:
    """How often as much is won by rows that were shuffled between the two sets.

    The nearest of all reference rows stays the nearest whichever set it is put in. So a
    shuffle only says how many rows of each number won fall to the training rows.
    """
    if n_permutations == 0:
        return float("nan")
    numbers, rows = np.unique(np.concatenate([by_train, by_fresh]), return_counts=True)
    drawn = rng.multivariate_hypergeometric(
        rows, len(by_train), size=n_permutations, method="marginals"
    )
    # Whole and half numbers: the sums are exact.
    reached = int((drawn @ numbers >= by_train.sum()).sum())
    return (1 + reached) / (1 + n_permutations)


def _count_exact(made: NDArray[Any], train: NDArray[Any]) -> int:
    """Rows of ``made`` that equal one of ``train``, in the coarser of the two types."""
    dtype = np.float32 if np.float32 in (made.dtype, train.dtype) else np.float64
    known = set(_row_bytes(train, dtype))
    return sum(row in known for row in _row_bytes(made, dtype))


def _row_bytes(rows: NDArray[Any], dtype: Any) -> list[bytes]:
    # Adding 0 makes -0 equal to 0 in bytes too.
    return [(row.astype(dtype) + 0.0).tobytes() for row in rows]
