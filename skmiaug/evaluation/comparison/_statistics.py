"""Which sampler is better, with tests paired over folds and seeds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from skmiaug.evaluation.comparison._summary import MEAN, complete_scores

__all__ = ["CorrectedTTest", "corrected_repeated_ttest", "paired_tests"]

# Of five pairs, Wilcoxon's test cannot give p < 0.05 (two-sided).
_MIN_WILCOXON_PAIRS = 6
_COLUMNS = (
    "classifier",
    "sampler",
    "baseline",
    "mean_difference",
    "sd_difference",
    "low",
    "high",
    "n_pairs",
    "t",
    "p_ttest",
    "p_wilcoxon",
    "rank_sampler",
    "rank_baseline",
)


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
    differences: ArrayLike,
    *,
    n_train: float,
    n_test: float,
    confidence_level: float = 0.95,
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
    paired_tests : The test for each sampler of a comparison.

    References
    ----------
    C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52,
    2003. R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for
    comparing learning algorithms", PAKDD 2004.

    Examples
    --------
    >>> from skmiaug.evaluation import corrected_repeated_ttest
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


def paired_tests(results: pd.DataFrame, baseline: str | None = None) -> pd.DataFrame:
    """Compare samplers pairwise on the same folds and seeds.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.
    baseline : str, default=None
        Compare every other sampler with this one; None compares all pairs.

    Returns
    -------
    tests : pandas.DataFrame
        One row for each pair and classifier, and for the mean over the classifiers
        ("mean"). Differences are sampler minus baseline in UAR (0 to 1), over the folds in
        which both were scored; ``low`` and ``high`` (95 % interval of the difference),
        ``t`` and ``p_ttest`` from `corrected_repeated_ttest`; ``p_wilcoxon`` from
        ``scipy.stats.wilcoxon`` without the pairs that are equal, NaN below six pairs;
        mean ranks (1 is best) over all samplers, NaN where one of them was not scored. The
        p-values are not corrected for the number of pairs.

    Raises
    ------
    ValueError
        `baseline` is not among the samplers.

    See Also
    --------
    compare_samplers : Makes the table of results.
    corrected_repeated_ttest : The test of one pair.

    Notes
    -----
    Where every repeat gave both the same score in each fold, as folds that are not shuffled
    do with deterministic methods, the repeats are one piece of evidence and count once:
    ``n_pairs`` is then the number of folds. Repeats that differ in anything all count,
    although they share their rows; the corrected t-test allows for that and Wilcoxon's test
    does not.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, paired_tests
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> paired_tests(results, baseline="none")["sampler"].unique().tolist()
    ['SMOTE']
    """
    samplers = list(results["sampler"].unique())
    if baseline is not None and baseline not in samplers:
        raise ValueError(
            f"baseline {baseline!r} is not in the results; choose from {samplers}."
        )
    rows: list[dict[str, Any]] = []
    sizes = results.groupby(["seed", "fold"], sort=False)[["n_train", "n_test"]].first()
    for classifier in [*results["classifier"].unique(), MEAN]:
        scores = complete_scores(results, classifier)
        ranks = scores.dropna().rank(axis=1, ascending=False).mean()
        for one, other in _pairs(samplers, baseline):
            pairs = _without_identical_repeats(scores[[one, other]], sizes)
            rows.append(
                {"classifier": classifier, "sampler": one, "baseline": other}
                | _test(pairs[one] - pairs[other], sizes)
                | {"rank_sampler": ranks[one], "rank_baseline": ranks[other]}
            )
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _pairs(samplers: list[str], baseline: str | None) -> Iterator[tuple[str, str]]:
    if baseline is None:
        # The later one against the earlier: by custom the new method comes last.
        yield from ((other, one) for one, other in combinations(samplers, 2))
    else:
        yield from ((name, baseline) for name in samplers if name != baseline)


def _without_identical_repeats(pairs: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """The first repeat alone where the others are the same."""
    whole = pd.concat([pairs.round(12), sizes.loc[pairs.index]], axis=1)
    seeds = whole.index.unique("seed")
    first, *others = (whole.loc[[s]].droplevel("seed").sort_index() for s in seeds)
    same = all(first.equals(other) for other in others)
    return pairs.loc[[seeds[0]]] if same else pairs


def _test(differences: pd.Series, sizes: pd.DataFrame) -> dict[str, float]:
    # Means over classifiers differ by rounding where their scores do not.
    both = differences.dropna().round(12)
    values = both.to_numpy(dtype=float)
    found: dict[str, float] = {"n_pairs": len(values)}
    if len(values):
        found["mean_difference"] = float(values.mean())
    if len(values) > 1:
        rows = sizes.loc[both.index].mean()
        test = corrected_repeated_ttest(
            values, n_train=float(rows["n_train"]), n_test=float(rows["n_test"])
        )
        found |= {
            "t": test.statistic,
            "p_ttest": test.p_value,
            "low": test.low,
            "high": test.high,
            "sd_difference": float(np.std(values, ddof=1)),
        }
    if len(values) >= _MIN_WILCOXON_PAIRS:
        unequal = values[values != 0]
        p = stats.wilcoxon(unequal).pvalue if len(unequal) else 1.0
        found["p_wilcoxon"] = float(p)
    return found
