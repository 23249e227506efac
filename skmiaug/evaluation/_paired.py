"""Which sampler is better, with tests paired over folds and seeds."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.evaluation._statistics import (
    average_ranks,
    corrected_repeated_ttest,
    wilcoxon_signed_rank,
)
from skmiaug.evaluation._summary import MEAN, complete_scores

__all__ = ["paired_tests"]

_COLUMNS = (
    "classifier",
    "sampler",
    "baseline",
    "mean_difference",
    "sd_difference",
    "n_pairs",
    "t",
    "p_ttest",
    "wilcoxon",
    "p_wilcoxon",
    "rank_sampler",
    "rank_baseline",
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
        ("mean"). Differences are sampler minus baseline in UAR (0 to 1), over the folds
        in which both were scored; ``t``, ``p_ttest`` from `corrected_repeated_ttest`,
        ``wilcoxon``, ``p_wilcoxon`` from `wilcoxon_signed_rank`; ranks (1 is best) from
        `average_ranks` over all samplers, NaN where one of them was not scored. The
        p-values are not corrected for the number of pairs.

    Raises
    ------
    ValueError
        `baseline` is not among the samplers.

    Notes
    -----
    Where every repeat gave both the same score in each fold, as folds that are not shuffled
    do with methods that draw nothing at random, the repeats are one piece of evidence and
    are counted once: ``n_pairs`` is then the number of folds. Repeats that differ in
    anything are all counted, although they share their rows; the corrected t-test allows
    for that and Wilcoxon's test does not.

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
        ranks = _ranks(scores)
        for one, other in _pairs(samplers, baseline):
            pairs = _counted_once(scores[[one, other]], sizes)
            test = _test(pairs[one] - pairs[other], sizes)
            ranked = {"rank_sampler": ranks[one], "rank_baseline": ranks[other]}
            named = {"classifier": classifier, "sampler": one, "baseline": other}
            rows.append(named | test | ranked)
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _pairs(samplers: list[str], baseline: str | None) -> Iterator[tuple[str, str]]:
    if baseline is None:
        # The later one against the earlier: the new method stands last by custom.
        yield from ((other, one) for one, other in combinations(samplers, 2))
    else:
        yield from ((name, baseline) for name in samplers if name != baseline)


def _ranks(scores: pd.DataFrame) -> dict[str, float]:
    whole = scores.dropna()
    if whole.empty:
        return dict.fromkeys(scores.columns, float("nan"))
    ranks = average_ranks(whole.to_numpy())
    return dict(zip(scores.columns, map(float, ranks), strict=True))


def _counted_once(pairs: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """The first repeat alone where the others say the same over again."""
    whole = pd.concat([pairs.round(12), sizes.loc[pairs.index]], axis=1)
    seeds = whole.index.unique("seed")
    first, *others = (whole.loc[[s]].droplevel("seed").sort_index() for s in seeds)
    if all(first.equals(other) for other in others):
        return pairs.loc[[seeds[0]]]
    return pairs


def _test(differences: pd.Series, sizes: pd.DataFrame) -> dict[str, float]:
    # Means over classifiers differ by rounding where their scores do not.
    both = differences.dropna().round(12)
    values = both.to_numpy(dtype=float)
    nothing = dict.fromkeys(_COLUMNS[3:10], float("nan")) | {"n_pairs": len(values)}
    if not len(values):
        return nothing
    found = nothing | {"mean_difference": float(values.mean())}
    signed = wilcoxon_signed_rank(values)
    found |= {"wilcoxon": signed.statistic, "p_wilcoxon": signed.p_value}
    if len(values) > 1:
        rows = sizes.loc[both.index].mean()
        t, p = corrected_repeated_ttest(
            values, n_train=float(rows["n_train"]), n_test=float(rows["n_test"])
        )
        found |= {"t": t, "p_ttest": p, "sd_difference": float(np.std(values, ddof=1))}
    return found
