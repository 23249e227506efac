"""From the tidy results to one line for each sampler and classifier."""

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["summarize_comparison"]

MEAN = "mean"
NO_RESAMPLING = "none"
_FOLD = ["seed", "fold"]

Line = dict[str, Any]


def summarize_comparison(results: pd.DataFrame) -> pd.DataFrame:
    """Mean and spread over folds and seeds.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.

    Returns
    -------
    summary : pandas.DataFrame
        One row for each sampler and classifier and, with classifier "mean", for the mean
        over the classifiers (of those folds in which all of them were scored):

        - ``uar_percent``, ``sd_percent``: mean UAR and its standard deviation over folds
          and seeds, in percent; NaN where no fold was scored.
        - ``n_scored``, ``n_folds``: folds (times seeds) scored, and all of them.
        - ``resample_seconds``, ``fit_seconds``: mean time for one fold; in the "mean" row
          `fit_seconds` is the sum over the classifiers.
        - ``time_ratio``: resampling and fitting, divided by the same for the sampler
          named "none"; NaN where there is none.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, summarize_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> summarize_comparison(results)["sampler"].unique().tolist()
    ['none', 'SMOTE']
    """
    rows: list[dict[str, Any]] = []
    for classifier in [*results["classifier"].unique(), MEAN]:
        scores = complete_scores(results, classifier)
        times = _times(results, classifier)
        for sampler in results["sampler"].unique():
            values = 100 * scores[sampler].dropna().to_numpy(dtype=float)
            rows.append(
                {
                    "sampler": sampler,
                    "classifier": classifier,
                    "uar_percent": values.mean() if len(values) else np.nan,
                    "sd_percent": values.std(ddof=1) if len(values) > 1 else np.nan,
                    "n_scored": len(values),
                    "n_folds": len(scores),
                    **times.loc[sampler].to_dict(),
                }
            )
    return pd.DataFrame(rows)


def lines_by_cell(summary: pd.DataFrame) -> dict[tuple[str, str], Line]:
    """The lines of a summary by (sampler, classifier)."""
    return {(line["sampler"], line["classifier"]): line for line in _lines(summary)}


def _lines(summary: pd.DataFrame) -> list[Line]:
    return [
        {str(key): value for key, value in line.items()}
        for line in summary.to_dict("records")
    ]


def complete_scores(results: pd.DataFrame, classifier: str) -> pd.DataFrame:
    """UAR (0 to 1) with a row for each (seed, fold) and a column for each sampler.

    For "mean", the mean over the classifiers, NaN where one of them has no score: a mean
    over fewer classifiers could not be compared with the others.
    """
    order = list(results["sampler"].unique())
    keys = [*_FOLD, "sampler"]
    if classifier == MEAN:
        grouped = results.groupby(keys, sort=False)["uar"]
        scores = grouped.mean().where(grouped.count() == grouped.size())
    else:
        own = results[results["classifier"] == classifier]
        scores = own.set_index(keys)["uar"]
    return scores.unstack("sampler").reindex(columns=order)


def _times(results: pd.DataFrame, classifier: str) -> pd.DataFrame:
    """Mean seconds for one fold of each sampler, and their ratio to no resampling."""
    keys = ["sampler", *_FOLD]
    if classifier == MEAN:
        grouped = results.groupby(keys, sort=False)
        per_fold = pd.DataFrame(
            {
                "resample_seconds": grouped["resample_seconds"].first(),
                "fit_seconds": grouped["fit_seconds"].sum(min_count=1),
            }
        )
    else:
        own = results[results["classifier"] == classifier]
        per_fold = own.set_index(keys)[["resample_seconds", "fit_seconds"]]
    times = per_fold.groupby("sampler").mean()
    total = times.sum(axis=1, skipna=False)
    base = total[NO_RESAMPLING] if NO_RESAMPLING in total.index else np.nan
    return times.assign(time_ratio=total / base if base else np.nan)
