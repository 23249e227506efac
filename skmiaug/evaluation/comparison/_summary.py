"""From the tidy results to means, and to tests paired over folds and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from skmiaug.evaluation._labels import counted
from skmiaug.evaluation.comparison._methods import NO_RESAMPLING, SCORES
from skmiaug.metrics import corrected_repeated_ttest

__all__ = ["summarize_comparison"]

MEAN = "mean"
FOLD = ["seed", "fold"]

Line = dict[str, Any]
# Of five pairs, Wilcoxon's test cannot give p < 0.05 (two-sided).
_MIN_WILCOXON_PAIRS = 6
_COLUMNS = (
    "classifier", "sampler", "baseline", "mean_difference", "sd_difference", "low", "high",
    "n_pairs", "t", "p_ttest", "p_wilcoxon",
)  # fmt: skip


def summarize_comparison(results: pd.DataFrame, scoring: str | None = None) -> pd.DataFrame:
    """Mean and standard deviation over folds and seeds.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.
    scoring : str, default=None
        The column of the scores, such as "macro_f1"; None is the main one of the target
        type: "uar" for classes and votes, "average_precision", or "ccc".

    Returns
    -------
    summary : pandas.DataFrame
        One row for each sampler and classifier and, with classifier "mean", for the mean
        over the classifiers (of those folds in which all of them were scored; those that
        never have this score, as an SVM has no probabilities, are left out):

        - ``score_percent``, ``sd_percent``: mean score and its standard deviation over
          folds and seeds, in percent; NaN where no fold was scored.
        - ``n_scored``, ``n_folds``: folds (times seeds) scored, and all of them.
        - ``not_converged``: fits that did not converge.
        - ``resample_seconds``, ``fit_seconds``: mean time for one fold; in the "mean" row
          `fit_seconds` is the sum over the classifiers.
        - ``time_ratio``: resampling and fitting, divided by the same for the sampler
          named "none"; NaN where there is none.

    See Also
    --------
    compare_samplers : Makes the results.
    paired_tests : Whether differences may be chance.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, summarize_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> summarize_comparison(results)["sampler"].unique().tolist()
    ['none', 'SMOTE']
    """
    scoring = check_scoring(results, scoring)
    rows: list[dict[str, Any]] = []
    for classifier in [*results["classifier"].unique(), MEAN]:
        scores = complete_scores(results, classifier, scoring)
        times = _times(results, classifier)
        for sampler in results["sampler"].unique():
            values = 100 * scores[sampler].dropna().to_numpy(dtype=float)
            own = results[results["sampler"] == sampler]
            if classifier != MEAN:
                own = own[own["classifier"] == classifier]
            rows.append(
                {
                    "sampler": sampler,
                    "classifier": classifier,
                    "score_percent": values.mean() if len(values) else np.nan,
                    "sd_percent": values.std(ddof=1) if len(values) > 1 else np.nan,
                    "n_scored": len(values),
                    "n_folds": len(scores),
                    "not_converged": int((~own["converged"].astype(bool)).sum()),
                    **times.loc[sampler].to_dict(),
                }
            )
    return pd.DataFrame(rows)


def check_scoring(results: pd.DataFrame, scoring: str | None) -> str:
    """The score itself, or the main one of the results."""
    known = [name for name in SCORES if name in results]
    if scoring is None:
        return known[0]
    if scoring not in known:
        raise ValueError(f"scoring must be one of {', '.join(known)}; got {scoring!r}.")
    return scoring


def complete_scores(
    results: pd.DataFrame, classifier: str, scoring: str | None = None
) -> pd.DataFrame:
    """Scores (0 to 1) with a row for each (seed, fold) and a column for each sampler.

    For "mean", the mean over the classifiers, NaN where one of them has no score: a mean
    over fewer classifiers could not be compared with the others. Classifiers that were
    fitted and do not give this score with every sampler are left out.
    """
    scoring = check_scoring(results, scoring)
    order = list(results["sampler"].unique())
    keys = [*FOLD, "sampler"]
    if classifier == MEAN:
        fitted = results[check_scoring(results, None)].notna()
        unable = fitted & results[scoring].isna()
        left_out = results["classifier"].isin(results.loc[unable, "classifier"])
        grouped = results[~left_out].groupby(keys, sort=False)[scoring]
        scores = grouped.mean().where(grouped.count() == grouped.size())
    else:
        scores = results[results["classifier"] == classifier].set_index(keys)[scoring]
    folds = pd.MultiIndex.from_frame(results[FOLD].drop_duplicates())
    return scores.unstack("sampler").reindex(index=folds, columns=order)


def recalls_by_class(results: pd.DataFrame) -> pd.DataFrame:
    """Mean recall (0 to 1) over folds, seeds and classifiers: samplers by classes."""
    scored = results[results["recalls"].notna()]
    recalls = pd.DataFrame(scored["recalls"].tolist(), index=scored["sampler"])
    means = recalls.astype(float).groupby("sampler").mean()
    return means.reindex(results["sampler"].unique())


def confusion_matrix_of(results: pd.DataFrame, sampler: str) -> pd.DataFrame:
    """Counts summed over folds, seeds and classifiers; a row for each true class."""
    own = results[(results["sampler"] == sampler) & results["confusion"].notna()]
    if own.empty:
        return pd.DataFrame()
    labels = list(own["recalls"].iloc[0])
    total = np.sum(own["confusion"].tolist(), axis=0)
    return pd.DataFrame(total, index=labels, columns=labels)


def lines_by_cell(summary: pd.DataFrame) -> dict[tuple[str, str], Line]:
    """The lines of a summary by (sampler, classifier)."""
    by_cell: Any = summary.set_index(["sampler", "classifier"]).to_dict("index")
    return by_cell


def samplers_of(results: Mapping[str, pd.DataFrame]) -> list[str]:
    """The samplers of several tables of results, each once."""
    return list(pd.concat([table["sampler"] for table in results.values()]).unique())


def extent(results: pd.DataFrame) -> str:
    """``5 folds × 3 seeds``."""
    n_seeds = results["seed"].nunique()
    n_folds = int(results.groupby("seed")["fold"].nunique().max())
    return counted(n_folds, "fold") + (f" × {n_seeds} seeds" if n_seeds > 1 else "")


def _times(results: pd.DataFrame, classifier: str) -> pd.DataFrame:
    """Mean seconds for one fold of each sampler, and their ratio to no resampling."""
    if classifier != MEAN:
        results = results[results["classifier"] == classifier]
    grouped = results.groupby(["sampler", *FOLD], sort=False)
    per_fold = pd.DataFrame(
        {
            "resample_seconds": grouped["resample_seconds"].first(),
            "fit_seconds": grouped["fit_seconds"].sum(min_count=1),
        }
    )
    times = per_fold.groupby("sampler").mean()
    total = times.sum(axis=1, skipna=False)
    base = total[NO_RESAMPLING] if NO_RESAMPLING in total.index else np.nan
    return times.assign(time_ratio=total / base if base else np.nan)


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
