"""Whether synthetic samples reveal the rows that the generator was fitted to."""

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
from skmiaug.metrics.information._result import permutation_p_value

_NEAR_QUANTILE = 0.01
_DRAW, _SHUFFLE = range(2)


class LeakageResult(NamedTuple):
    """Distances of synthetic samples to the training rows of the generator.

    Attributes
    ----------
    n_exact : int
        Synthetic samples that equal a training row in every column.
    n_near : int
        Synthetic samples, exact copies included, that are closer to a training row than
        99 % of the training rows are to each other.
    near_expected : float
        The number of fresh real rows expected to be that close: 1 % of them.
    distance_ratio : float
        Median distance to the nearest training row, of synthetic samples over that among
        training rows. Below about 0.8 they lie close to training rows; well above 1, in
        other places than real rows.
    nearer_to_training : float
        Share of the synthetic samples that are closer to a training row than to a held-out
        one, among equally many of both; 0.5 without leakage. NaN without held-out rows.
    p_value : float
        Share of the permutations of training and held-out rows, counting the data as one,
        in which ``nearer_to_training`` is at least as high; NaN without held-out rows or
        permutations. At least 1 / (n_permutations + 1).
    distances : ndarray of shape (n_synthetic,)
        From each synthetic sample to its nearest training row.
    real_distances : ndarray of shape (n_train,)
        From each training row to the nearest other one.
    held_out_distances : ndarray of shape (n_held_out,)
        From each held-out row to its nearest training row; empty without held-out rows.
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
    """Compare synthetic samples with their nearest training rows.

    Parameters
    ----------
    X_synthetic : array-like of shape (n_synthetic, n_features)
    X_train : array-like of shape (n_train, n_features)
        The real rows that the generator was fitted to.
    X_held_out : array-like of shape (n_held_out, n_features), default=None
        Real rows of the same distribution that it has not seen.
    scale : bool, default=True
        Standardise the columns by the training rows first.
    n_permutations : int, default=1000
        Permutations of training and held-out rows for the p-value; 0 omits it. They need
        no further distances.
    random_state : int, RandomState or None, default=0
        For the draw of as many training as held-out rows, and the permutations.

    Returns
    -------
    LeakageResult

    See Also
    --------
    precision_recall_density_coverage : Fidelity and diversity.

    Notes
    -----
    Closeness does not prove disclosure, and distance does not prove privacy. Oversamplers
    stay close to real rows by design; these figures measure how close.

    Synthetic samples share their reference rows and are not independent: a reference row
    in a favourable place is nearest to many of them, whichever set it belongs to. The
    p-value therefore permutes the reference rows. It is exact where training and held-out
    rows have one distribution; with other speakers, it may be low for that reason alone.

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
    synthetic = check_rows(X_synthetic, "X_synthetic", at_least=1)
    train = check_rows(X_train, "X_train")
    check_same_width(train, synthetic)
    n_exact = _count_exact(synthetic, train)
    rows, samples = on_common_scale(train, train, synthetic, standardize=scale)
    real_distances = nearest(None, rows)[0][:, 0]
    distances = nearest(samples, rows)[0][:, 0]
    limit = np.quantile(real_distances, _NEAR_QUANTILE, method="lower")
    # Where real rows repeat, the limit is 0, and only exact copies are near.
    n_near = int((distances < limit).sum()) if limit > 0 else n_exact
    typical = float(np.median(real_distances))
    nearer = p_value = float("nan")
    held_out_distances = np.empty(0)
    if X_held_out is not None:
        fresh = check_rows(X_held_out, "X_held_out", at_least=1)
        check_same_width(train, fresh)
        fresh = on_common_scale(train, fresh, standardize=scale)[0]
        held_out_distances = nearest(fresh, rows)[0][:, 0]
        seed = seed_from(random_state)
        counts = _nearest_counts(samples, rows, fresh, generator(seed, _DRAW))
        nearer = float(counts[0].sum() / len(samples))
        p_value = _p_value(*counts, n_permutations, generator(seed, _SHUFFLE))
    return LeakageResult(
        n_exact=n_exact,
        n_near=max(n_near, n_exact),
        near_expected=_NEAR_QUANTILE * len(samples),
        distance_ratio=float(np.median(distances)) / typical if typical else float("nan"),
        nearer_to_training=nearer,
        p_value=p_value,
        distances=distances,
        real_distances=real_distances,
        held_out_distances=held_out_distances,
    )


def _nearest_counts(
    samples: NDArray[np.float32],
    train: NDArray[np.float32],
    fresh: NDArray[np.float32],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """To how many samples each of some training, and of as many held-out rows is nearest.

    A sample that is equally far from both sets counts half for either.
    """
    size = min(len(train), len(fresh))
    some = train[rng.permutation(len(train))[:size]]
    others = fresh[rng.permutation(len(fresh))[:size]]
    to_train, of_train = (found[:, 0] for found in nearest(samples, some))
    to_fresh, of_fresh = (found[:, 0] for found in nearest(samples, others))
    share = 0.5 + 0.5 * np.sign(to_fresh - to_train)
    return (
        np.bincount(of_train, share, size).astype(np.float64),
        np.bincount(of_fresh, 1 - share, size).astype(np.float64),
    )


def _p_value(
    of_train: NDArray[np.float64],
    of_fresh: NDArray[np.float64],
    n_permutations: int,
    rng: np.random.Generator,
) -> float:
    """How often reference rows permuted between the sets count as much for training.

    The nearest of all reference rows stays the nearest in either set, so a permutation
    only draws how many rows of each count fall to the training rows.
    """
    numbers, rows = np.unique(np.concatenate([of_train, of_fresh]), return_counts=True)
    drawn = rng.multivariate_hypergeometric(
        rows, len(of_train), size=n_permutations, method="marginals"
    )
    return permutation_p_value(drawn @ numbers, of_train.sum())  # halves: exact sums


def _count_exact(synthetic: NDArray[Any], train: NDArray[Any]) -> int:
    """Samples that equal a training row, in the less precise of the two types."""
    dtype = np.float32 if np.float32 in (synthetic.dtype, train.dtype) else np.float64
    known = set(_row_bytes(train, dtype))
    return sum(row in known for row in _row_bytes(synthetic, dtype))


def _row_bytes(rows: NDArray[Any], dtype: Any) -> list[bytes]:
    # Adding 0 turns -0 into 0, which has other bytes.
    return [(row.astype(dtype) + 0.0).tobytes() for row in rows]
