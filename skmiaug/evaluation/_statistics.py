"""Paired statistics of cross-validated scores, as pure functions of arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

__all__ = ["average_ranks", "corrected_repeated_ttest", "wilcoxon_signed_rank"]

_MOST_EXACT = 50


class PairedResult(NamedTuple):
    """A test statistic and its two-sided p-value."""

    statistic: float
    p_value: float


def corrected_repeated_ttest(
    differences: ArrayLike, *, n_train: float, n_test: float
) -> PairedResult:
    """t-test for the scores of repeated cross-validation, variance corrected.

    The training parts of folds and repeats overlap, so the usual variance of the mean is
    too small. Nadeau and Bengio's correction, in the form for r repeats of k folds
    (Bouckaert & Frank), replaces 1/J by 1/J + n_test/n_train with J = r·k.

    Parameters
    ----------
    differences : array-like of shape (J,)
        Score of one method minus score of the other, for each fold and repeat.
    n_train, n_test : float
        Rows of the training and the test part of a fold (their means where they vary).

    Returns
    -------
    statistic, p_value : float
        t with J − 1 degrees of freedom and the two-sided p-value. Without any spread, t
        is 0 (p = 1) where the differences are 0, else infinite (p = 0).

    Raises
    ------
    ValueError
        Fewer than 2 differences, NaN among them, or a part without rows.

    References
    ----------
    C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52,
    2003. R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for
    comparing learning algorithms", PAKDD 2004.

    Examples
    --------
    >>> from skmiaug.evaluation import corrected_repeated_ttest
    >>> t, p = corrected_repeated_ttest([0.02, 0.01, 0.03], n_train=80, n_test=20)
    >>> round(t, 2), round(p, 2)
    (2.62, 0.12)
    """
    values = _checked(differences, at_least=2)
    if not (n_train > 0 and n_test > 0):
        raise ValueError(
            f"n_train and n_test must be above 0; got {n_train!r} and {n_test!r}."
        )
    count = len(values)
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    if np.ptp(values) == 0:
        return (
            PairedResult(0.0, 1.0)
            if mean == 0
            else PairedResult(np.copysign(np.inf, mean), 0.0)
        )
    statistic = mean / np.sqrt((1 / count + n_test / n_train) * variance)
    return PairedResult(float(statistic), float(2 * stats.t.sf(abs(statistic), count - 1)))


def wilcoxon_signed_rank(differences: ArrayLike) -> PairedResult:
    """Wilcoxon's signed-rank test; zeros are left out.

    Exact for up to 50 differences, equal ones included; of more, by the normal
    approximation with the correction for ties. It takes the differences for independent,
    which folds of one data set are not: read it next to `corrected_repeated_ttest`, which
    is the stricter.

    Parameters
    ----------
    differences : array-like of shape (n,)
        Paired differences.

    Returns
    -------
    statistic, p_value : float
        The smaller of the two rank sums and the two-sided p-value (1 if all are zero).

    Raises
    ------
    ValueError
        No difference, or NaN among them.

    Examples
    --------
    >>> from skmiaug.evaluation import wilcoxon_signed_rank
    >>> wilcoxon_signed_rank([0.01, 0.02, 0.03, 0.04, 0.05]).p_value
    0.0625
    """
    values = _checked(differences, at_least=1)
    # Differences of means come with rounding noise, which must not break ties.
    values = np.round(values, 12)
    values = values[values != 0]
    if not len(values):
        return PairedResult(0.0, 1.0)
    if len(values) > _MOST_EXACT:
        found = stats.wilcoxon(values, method="approx")
        return PairedResult(float(found.statistic), float(found.pvalue))
    ranks = stats.rankdata(np.abs(values))
    positive = float(ranks[values > 0].sum())
    smaller = min(positive, float(ranks.sum()) - positive)
    return PairedResult(smaller, _exact_signed_rank(smaller, ranks))


def _exact_signed_rank(smaller: float, ranks: NDArray[np.float64]) -> float:
    """How often, of all ways to set the signs, a rank sum is as small as this one.

    Scores of a few test rows come in steps, so that differences are often equal. The normal
    approximation would then give values that no 4 or 5 folds can reach.
    """
    # The mean rank of equal differences is whole or half: twice that is whole.
    doubled = np.rint(2 * ranks).astype(int)
    chances = np.zeros(doubled.sum() + 1)
    chances[0] = 1.0
    for rank in doubled:
        shifted = np.concatenate([np.zeros(rank), chances[:-rank]])
        chances = (chances + shifted) / 2
    return float(min(1.0, 2 * chances[: round(2 * smaller) + 1].sum()))


def average_ranks(scores: ArrayLike) -> NDArray[np.float64]:
    """Mean rank of each method over paired blocks; 1 is best, ties share a rank.

    Parameters
    ----------
    scores : array-like of shape (n_blocks, n_methods)
        Higher is better; a block is one fold of one repeat.

    Returns
    -------
    ranks : ndarray of shape (n_methods,)

    Raises
    ------
    ValueError
        Not two-dimensional, empty, or NaN.

    Examples
    --------
    >>> from skmiaug.evaluation import average_ranks
    >>> average_ranks([[0.5, 0.7, 0.7], [0.4, 0.6, 0.5]])
    array([3.  , 1.25, 1.75])
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"expected scores of shape (blocks, methods); got {table.shape}.")
    if np.isnan(table).any():
        raise ValueError("scores hold NaN; leave out blocks in which a method failed.")
    return np.asarray(stats.rankdata(-table, axis=1).mean(axis=0))


def _checked(differences: ArrayLike, at_least: int) -> NDArray[np.float64]:
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or len(values) < at_least:
        raise ValueError(
            f"expected a row of at least {at_least} differences; got shape {values.shape}."
        )
    if np.isnan(values).any():
        raise ValueError("differences hold NaN; leave out folds in which a method failed.")
    return values
