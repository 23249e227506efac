"""From the tidy results to one line for each sampler and classifier, and to text."""

import math
import textwrap
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.evaluation._labels import counted
from skmiaug.evaluation.comparison._cell import SEPARATOR
from skmiaug.evaluation.comparison._methods import (
    AUGMENTER,
    NO_RESAMPLING,
    WITHOUT_SAMPLES,
)

__all__ = ["format_comparison", "summarize_comparison"]

MEAN = "mean"
_FOLD = ["seed", "fold"]
_LONGEST_HEAD = 10
_MAX_NOTES = 8

Line = dict[str, Any]
# Heads of two lines and the cells below them.
Columns = dict[tuple[str, str], list[str]]


def summarize_comparison(results: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over folds and seeds.

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
        - ``not_converged``: fits that did not converge.
        - ``resample_seconds``, ``fit_seconds``: mean time for one fold; in the "mean" row
          `fit_seconds` is the sum over the classifiers.
        - ``time_ratio``: resampling and fitting, divided by the same for the sampler
          named "none"; NaN where there is none.

    See Also
    --------
    compare_samplers : Makes the table of results.
    format_comparison : The summary as text.

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
            own = results[results["sampler"] == sampler]
            if classifier != MEAN:
                own = own[own["classifier"] == classifier]
            rows.append(
                {
                    "sampler": sampler,
                    "classifier": classifier,
                    "uar_percent": values.mean() if len(values) else np.nan,
                    "sd_percent": values.std(ddof=1) if len(values) > 1 else np.nan,
                    "n_scored": len(values),
                    "n_folds": len(scores),
                    "not_converged": int((~own["converged"].astype(bool)).sum()),
                    **times.loc[sampler].to_dict(),
                }
            )
    return pd.DataFrame(rows)


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
        scores = results[results["classifier"] == classifier].set_index(keys)["uar"]
    return scores.unstack("sampler").reindex(columns=order)


def lines_by_cell(summary: pd.DataFrame) -> dict[tuple[str, str], Line]:
    """The lines of a summary by (sampler, classifier)."""
    records: Any = summary.to_dict("records")
    return {(line["sampler"], line["classifier"]): line for line in records}


def _times(results: pd.DataFrame, classifier: str) -> pd.DataFrame:
    """Mean seconds for one fold of each sampler, and their ratio to no resampling."""
    if classifier != MEAN:
        results = results[results["classifier"] == classifier]
    grouped = results.groupby(["sampler", *_FOLD], sort=False)
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


# ---- text


def format_comparison(results: pd.DataFrame, *, width: int = 88) -> str:
    """Table of UAR, its deviation and time, sampler by classifier.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.
    width : int, default=88
        Characters in a line; columns that do not fit go into further blocks.

    Returns
    -------
    text : str
        Without a final newline. The times are means over the folds, `fit` summed over
        the classifiers. ``*`` marks a cell that was not scored in all folds and ``–`` one
        that was scored in none; footnotes give the reasons. Fits that did not converge
        have a column of their own where there are any.

    See Also
    --------
    plot_comparison : The same as a picture.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, format_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> print(format_comparison(results).splitlines()[0])
    UAR % ± SD over 3 folds; times for one fold
    """
    n_seeds = results["seed"].nunique()
    n_folds = results.groupby("seed")["fold"].nunique().max()
    seeds = f" × {n_seeds} seeds" if n_seeds > 1 else ""
    lines = [f"UAR % ± SD over {counted(n_folds, 'fold')}{seeds}; times for one fold"]
    samplers = list(results["sampler"].unique())
    for block in _blocks(_units(results, samplers), width - max(map(len, samplers))):
        table = pd.DataFrame(dict(enumerate(block.values())), index=samplers)
        table.columns = pd.MultiIndex.from_tuples(block)
        lines += ["", *map(str.rstrip, table.to_string(sparsify=False).splitlines())]
    notes = _footnotes(results)
    for note in notes:
        lines += [""] * (note is notes[0])
        lines += textwrap.wrap(note, width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def verdict(results: pd.DataFrame, sampler: str = AUGMENTER) -> list[str]:
    """How `sampler` compares with the best method without samples and with SMOTE."""
    from skmiaug.evaluation.comparison._statistics import paired_tests

    scores = complete_scores(results, MEAN).mean()
    if sampler not in scores.index:
        return []
    free = scores.reindex(WITHOUT_SAMPLES).dropna()
    best = [str(free.idxmax())] if len(free) else []
    lines = []
    for baseline in [*best, "SMOTE"]:
        if baseline in scores.index:
            note = " (the best without synthetic samples)" if baseline in best else ""
            lines.append(versus(paired_tests(results, baseline), sampler, note))
    return [line for line in lines if line]


def versus(tests: pd.DataFrame, sampler: str, note: str = "") -> str:
    """One line: how `sampler` compares with the baseline of `tests`, or ""."""
    own = tests[(tests["sampler"] == sampler) & (tests["classifier"] == MEAN)]
    if own.empty or own["n_pairs"].iloc[0] < 2:
        return ""
    row = own.iloc[0]
    name = "no resampling" if row["baseline"] == NO_RESAMPLING else row["baseline"]
    wilcoxon = ""
    if math.isfinite(row["p_wilcoxon"]):
        wilcoxon = f", Wilcoxon p = {row['p_wilcoxon']:.2g}"
    return (
        f"{sampler} − {name}{note}: {100 * row['mean_difference']:+.1f} points, 95 % "
        f"interval {100 * row['low']:+.1f} to {100 * row['high']:+.1f} (corrected t-test "
        f"p = {row['p_ttest']:.2g}{wilcoxon}, {int(row['n_pairs'])} pairs)"
    )


def _units(results: pd.DataFrame, samplers: list[str]) -> list[Columns]:
    """Columns, those of the times as one unit."""
    lines = lines_by_cell(summarize_comparison(results))
    classifiers = list(results["classifier"].unique())
    units = []
    for name in [*classifiers, MEAN] if len(classifiers) > 1 else classifiers:
        units.append({_two_lines(name): _score_cells([lines[s, name] for s in samplers])})
    means = [lines[sampler, MEAN] for sampler in samplers]
    if any(line["not_converged"] for line in means):
        counts = [str(line["not_converged"] or "") for line in means]
        units.append({("not", "converged"): counts})
    times: Columns = {}
    for head, key in (
        (("resample", "s"), "resample_seconds"),
        (("fit", "s"), "fit_seconds"),
        (("time", "× none"), "time_ratio"),
    ):
        digits = 1 if key == "time_ratio" else 2
        times[head] = [
            "–" if math.isnan(line[key]) else f"{line[key]:.{digits}f}" for line in means
        ]
    return [*units, times]


def _blocks(units: list[Columns], room: int) -> list[Columns]:
    """Units that fit side by side in the room, at least one in each block."""
    blocks: list[Columns] = [{}]
    used = 0
    for unit in units:
        needed = sum(2 + max(map(len, [*head, *cells])) for head, cells in unit.items())
        if blocks[-1] and used + needed > room:
            blocks.append({})
            used = 0
        blocks[-1] |= unit
        used += needed
    return blocks


def _two_lines(name: str) -> tuple[str, str]:
    """A head of two lines, the lower one always filled."""
    if len(name) <= _LONGEST_HEAD or " " not in name:
        return "", name
    spaces = [i for i, letter in enumerate(name) if letter == " "]
    middle = min(spaces, key=lambda i: abs(i - len(name) // 2))
    return name[:middle], name[middle + 1 :]


def _score_cells(lines: list[Line]) -> list[str]:
    """A column of scores, aligned by their points and signs."""
    deviations = [
        "" if math.isnan(line["sd_percent"]) else f"{line['sd_percent']:.1f}"
        for line in lines
    ]
    wide = max(map(len, deviations))
    marked = any(0 < line["n_scored"] < line["n_folds"] for line in lines)
    cells = []
    for line, deviation in zip(lines, deviations, strict=True):
        mark = "*" if line["n_scored"] < line["n_folds"] else " "
        around = f" ±{deviation:>{wide}}" if deviation else " " * (2 + wide) * (wide > 0)
        cell = f"{line['uar_percent']:.1f}{around}{mark if marked else ''}"
        cells.append(cell if line["n_scored"] else "–")
    return cells


def _footnotes(results: pd.DataFrame) -> list[str]:
    n_folds = results.groupby(_FOLD).ngroups
    samplers = list(results["sampler"].unique())
    parts = results.assign(message=results["message"].str.split(SEPARATOR, regex=False))
    parts = parts.explode("message").query("message != ''")
    notes: list[tuple[int, str]] = []
    groups: Any = parts.groupby(["status", "message"], sort=False)
    for (status, text), own in groups:
        state = "" if status == "ok" else f"{status}: "
        folds = {
            name: frozenset(zip(rows["seed"], rows["fold"], strict=True))
            for name, rows in own.groupby("sampler", sort=False)
        }
        if len(folds) == len(samplers) > 1 and len(set(folds.values())) == 1:
            # What all of them share is not a property of a sampler.
            folds = {"all samplers": next(iter(folds.values()))}
        for sampler, found in folds.items():
            place = samplers.index(sampler) if sampler in samplers else -1
            note = f"{sampler}: {state}{text.removeprefix(f'{sampler}: ')}"
            notes.append((place, f"{note} ({len(found)} of {counted(n_folds, 'fold')})"))
    # Sorted by the sampler alone, in the order of the messages within it.
    lines = [note for _, note in sorted(notes, key=lambda item: item[0])]
    if len(lines) > _MAX_NOTES:
        more = len(lines) - _MAX_NOTES
        lines[_MAX_NOTES:] = [f"and {more} more; the column 'message' holds them all."]
    if any(results["status"] != "ok"):
        head = "* not scored in all folds; – in none. A mean needs every classifier."
        lines.insert(0, head)
    return lines
