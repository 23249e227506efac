"""Which sampler is better, with tests paired over folds and seeds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from skmiaug.evaluation.comparison._summary import MEAN, check_scoring, complete_scores
from skmiaug.metrics import corrected_repeated_ttest

__all__ = ["paired_tests"]

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
)


def paired_tests(
    results: pd.DataFrame, baseline: str | None = None, scoring: str | None = None
) -> pd.DataFrame:
    """Compare samplers pairwise on the same folds and seeds.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.
    baseline : str, default=None
        Compare every other sampler with this one; None compares all pairs.
    scoring : str, default=None
        The score, as in `summarize_comparison`.

    Returns
    -------
    tests : pandas.DataFrame
        One row for each pair and classifier, and for the mean over the classifiers
        ("mean"). Differences are sampler minus baseline in the score (0 to 1), over the
        folds in which both were scored; ``low`` and ``high`` (95 % interval of the
        difference), ``t`` and ``p_ttest`` from `corrected_repeated_ttest`; ``p_wilcoxon``
        from ``scipy.stats.wilcoxon`` without the pairs that are equal, NaN below six pairs.
        The p-values are not corrected for the number of pairs.

    Raises
    ------
    ValueError
        `baseline` is not among the samplers, or there is no such score.

    See Also
    --------
    summarize_comparison : Means and standard deviations of the scores.
    skmiaug.metrics.corrected_repeated_ttest : The test, of any differences.

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
    scoring = check_scoring(results, scoring)
    samplers = list(results["sampler"].unique())
    if baseline is not None and baseline not in samplers:
        raise ValueError(
            f"baseline {baseline!r} is not in the results; choose from {samplers}."
        )
    rows: list[dict[str, Any]] = []
    sizes = results.groupby(["seed", "fold"], sort=False)[["n_train", "n_test"]].first()
    for classifier in [*results["classifier"].unique(), MEAN]:
        scores = complete_scores(results, classifier, scoring)
        for one, other in _pairs(samplers, baseline):
            pairs = _without_identical_repeats(scores[[one, other]], sizes)
            rows.append(
                {"classifier": classifier, "sampler": one, "baseline": other}
                | _test(pairs[one] - pairs[other], sizes)
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
