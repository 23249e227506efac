"""Tests of differences that are paired over the folds of cross-validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


class CorrectedTTest(NamedTuple):
    """Result of `corrected_repeated_ttest`.

    Attributes
    ----------
    statistic : float
        t with J − 1 degrees of freedom.
    p_value : float
        Two-sided.
    low, high : float
        Ends of the confidence interval of the mean difference.
    """

    statistic: float
    p_value: float
    low: float
    high: float


def corrected_repeated_ttest(
    differences: ArrayLike, *, n_train: float, n_test: float, confidence_level: float = 0.95
) -> CorrectedTTest:
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
    confidence_level : float, default=0.95
        Of the interval.

    Returns
    -------
    result : CorrectedTTest
        ``statistic``, ``p_value``, and ``low`` and ``high``, the interval. Where all
        differences are the same, t is 0 (p = 1) if they are 0, else infinite (p = 0).

    Raises
    ------
    ValueError
        Fewer than 2 differences, NaN among them, or a part without rows.

    See Also
    --------
    skmiaug.evaluation.paired_tests : The test of all samplers of a comparison.
    scipy.stats.ttest_rel : For pairs that are independent.

    References
    ----------
    C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52,
    2003. R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for
    comparing learning algorithms", PAKDD 2004.

    Examples
    --------
    >>> from skmiaug.metrics import corrected_repeated_ttest
    >>> found = corrected_repeated_ttest([0.02, 0.01, 0.03], n_train=80, n_test=20)
    >>> round(found.statistic, 2), round(found.p_value, 2)
    (2.62, 0.12)
    >>> round(found.low, 3), round(found.high, 3)
    (-0.013, 0.053)
    """
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"expected a row of at least 2 differences; got shape {values.shape}."
        )
    if np.isnan(values).any():
        raise ValueError("differences hold NaN; leave out folds in which a method failed.")
    if not (n_train > 0 and n_test > 0):
        raise ValueError(
            f"n_train and n_test must be above 0; got {n_train!r} and {n_test!r}."
        )
    count, mean = len(values), float(values.mean())
    if np.ptp(values) == 0:
        certain = (0.0, 1.0) if mean == 0 else (float(np.copysign(np.inf, mean)), 0.0)
        return CorrectedTTest(*certain, mean, mean)
    error = np.sqrt((1 / count + n_test / n_train) * values.var(ddof=1))
    t = float(mean / error)
    half = float(stats.t.ppf((1 + confidence_level) / 2, count - 1) * error)
    return CorrectedTTest(
        t, float(2 * stats.t.sf(abs(t), count - 1)), mean - half, mean + half
    )
