"""A comparison as text: the printed table, Markdown, and the verdict in words."""

import math
import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd

from skmiaug.evaluation._labels import counted
from skmiaug.evaluation.comparison._cell import SEPARATOR
from skmiaug.evaluation.comparison._methods import (
    ALL_ROWS,
    AUGMENTER,
    NO_RESAMPLING,
    SCORES,
    WITHOUT_SAMPLES,
)
from skmiaug.evaluation.comparison._summary import (
    FOLD,
    MEAN,
    Line,
    check_scoring,
    complete_scores,
    confusion_matrix_of,
    extent,
    lines_by_cell,
    paired_tests,
    recalls_by_class,
    samplers_of,
    summarize_comparison,
)

__all__ = ["comparison_markdown", "comparisons_markdown", "format_comparison", "verdict"]

# In addition to the scores of `SCORES`: shown by class instead of by classifier.
RECALL, CONFUSION = "recall", "confusion"
_LONGEST_HEAD = 10
_MAX_NOTES = 8

# Heads of two lines and the cells below them.
Columns = dict[tuple[str, str], list[str]]


def format_comparison(
    results: pd.DataFrame, *, width: int = 88, scoring: str | None = None
) -> str:
    """Table of a score, its deviation and time, sampler by classifier.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.
    width : int, default=88
        Characters in a line; columns that do not fit go into further blocks.
    scoring : str, default=None
        The score, as in `summarize_comparison`; or "recall", sampler by class, or
        "confusion", a matrix of counts for each sampler, both over all classifiers.

    Returns
    -------
    text : str
        Without a final newline. The times are means over the folds, `fit` summed over
        the classifiers. ``*`` marks a cell that was not scored in all folds and ``–`` one
        that was scored in none; footnotes give the reasons. Fits that did not converge
        have a column of their own where there are any.

    Raises
    ------
    ValueError
        The results have no such score.

    See Also
    --------
    plot_comparison : The same as a picture.
    comparison_markdown : The same for a README.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, format_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> print(format_comparison(results).splitlines()[0])
    UAR % ± SD over 3 folds; times for one fold
    """
    samplers = list(results["sampler"].unique())
    column = {RECALL: "recalls", CONFUSION: "confusion"}.get(str(scoring))
    done = results[results["status"] == "ok"]
    if column is not None and len(done) and done[column].isna().all():
        raise ValueError(f"these results have no {column}; scoring names a score.")
    if scoring == CONFUSION:
        lines = [f"confusion matrices, a row for each true class, {extent(results)}"]
        for sampler in samplers:
            lines += ["", sampler]
            lines += confusion_matrix_of(results, sampler).to_string().splitlines()
        return "\n".join(lines)
    if scoring == RECALL:
        lines = [f"recall % over {extent(results)}, mean over the classifiers"]
        units = _recall_units(results)
    else:
        scoring = check_scoring(results, scoring)
        title = SCORES[scoring].title
        lines = [f"{title} ± SD over {extent(results)}; times for one fold"]
        units = _units(results, samplers, scoring)
    for block in _blocks(units, width - max(map(len, samplers))):
        table = pd.DataFrame(dict(enumerate(block.values())), index=samplers)
        table.columns = pd.MultiIndex.from_tuples(block)
        shown = list(map(str.rstrip, table.to_string(sparsify=False).splitlines()))
        lines += ["", *shown[not shown[0] :]]  # without the first of two empty heads
    notes = _footnotes(results)
    for note in notes:
        lines += [""] * (note is notes[0])
        lines += textwrap.wrap(note, width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def comparison_markdown(results: pd.DataFrame, *, scoring: str | None = None) -> str:
    """The table in Markdown, with its caption and the verdict, for a README.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.
    scoring : str, default=None
        The score, as in `summarize_comparison`.

    Returns
    -------
    text : str
        Cells hold the mean and, of several seeds, the lowest and highest mean of a seed,
        else the standard deviation over the folds.

    See Also
    --------
    save_comparison : Writes it and the plot.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, comparison_markdown
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> print(comparison_markdown(results).splitlines()[0])
    | | logistic regression | s |
    """
    scoring = check_scoring(results, scoring)
    samplers = list(results["sampler"].unique())
    classifiers = list(results["classifier"].unique())
    shown = [*classifiers, MEAN] if len(classifiers) > 1 else classifiers
    lines = lines_by_cell(summarize_comparison(results, scoring))
    columns = {name: _spread_cells(results, name, scoring) for name in shown}
    totals = [lines[sampler, MEAN] for sampler in samplers]
    columns["s"] = [
        _number(line["resample_seconds"] + line["fit_seconds"], 2) for line in totals
    ]
    if any(line["not_converged"] for line in totals):
        columns["not converged"] = [str(line["not_converged"]) for line in totals]
    caption = (
        f"{_extent_and_spread(results, scoring)}, and seconds of resampling, tuning and "
        "fitting for one fold."
    )
    found = verdict(results, scoring=scoring)
    return "\n".join([*_markdown(samplers, columns), "", caption, *found]) + "\n"


def comparisons_markdown(
    results: Mapping[str, pd.DataFrame], *, scoring: str | None = None
) -> str:
    """One table in Markdown over several data sets, means over the classifiers.

    Parameters
    ----------
    results : mapping from str to pandas.DataFrame
        From the name of the data to the result of `compare_samplers`.
    scoring : str, default=None
        The score, as in `summarize_comparison`.

    Returns
    -------
    text : str
        Below the table a paragraph for each data set: what was compared, and the verdict.

    See Also
    --------
    plot_comparisons : The same as a picture.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, comparisons_markdown
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> print(comparisons_markdown({"one": results, "two": results}).splitlines()[0])
    | | one | two |
    """
    samplers = samplers_of(results)
    columns = {}
    paragraphs = []
    for name, table in results.items():
        order = list(table["sampler"].unique())
        cells = dict(zip(order, _spread_cells(table, MEAN, scoring), strict=True))
        columns[name] = [cells.get(sampler, "") for sampler in samplers]
        classifiers = ", ".join(table["classifier"].unique())
        missed = int((~table["converged"].astype(bool)).sum())
        about = [f"{name}: {_extent_and_spread(table, scoring)}, mean over {classifiers}."]
        if missed:
            about.append(f"{missed} of {len(table)} fits did not converge.")
        paragraphs += ["", " ".join([*about, *verdict(table, scoring=scoring)])]
    return "\n".join([*_markdown(samplers, columns), *paragraphs]) + "\n"


def _markdown(samplers: list[str], columns: dict[str, list[str]]) -> list[str]:
    rows = [["", *columns], ["---"] * (len(columns) + 1)]
    rows += [list(row) for row in zip(samplers, *columns.values(), strict=True)]
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return ["| " + " | ".join(row).lstrip() + " |" for row in cells]


def _extent_and_spread(results: pd.DataFrame, scoring: str | None) -> str:
    title = SCORES[check_scoring(results, scoring)].title
    spread = "lowest and highest seed" if results["seed"].nunique() > 1 else "SD"
    return f"{title} over {extent(results)} (in brackets: {spread})"


def verdict(
    results: pd.DataFrame, sampler: str | None = None, *, scoring: str | None = None
) -> list[str]:
    """What to use, and the differences to the best free method and to SMOTE, in words.

    `sampler` is `MIGANAugmenter` where it was compared, else the best of the samplers.
    """
    scoring = check_scoring(results, scoring)
    higher = SCORES[scoring].higher_is_better
    means = complete_scores(results, MEAN, scoring).mean().dropna()
    better = means.sort_values(ascending=not higher)
    free = [name for name in better.index if name in WITHOUT_SAMPLES]
    if sampler is None:
        own = [name for name in better.index if name not in (*WITHOUT_SAMPLES, ALL_ROWS)]
        sampler = AUGMENTER if AUGMENTER in own else next(iter(own), "")
    lines = []
    for baseline in [*free[:1], "SMOTE"]:
        if sampler not in better.index or baseline not in better.index:
            continue
        tests = paired_tests(results, baseline, scoring)
        found = tests[(tests["sampler"] == sampler) & (tests["classifier"] == MEAN)]
        if found.empty or found["n_pairs"].iloc[0] < 2:
            continue
        row = found.iloc[0]
        if baseline in free:
            lines.append(_advice(row, higher))
        note = " (the best without synthetic samples)" * (baseline in free)
        lines.append(_difference(row, note))
    return lines


def _advice(row: Any, higher_is_better: bool) -> str:
    sampler, free = row["sampler"], _as_method(row["baseline"])
    worst, best = row["low"], row["high"]
    if not higher_is_better:
        worst, best = -best, -worst
    if worst > 0:
        return f"Use {sampler}: it is ahead of {free} beyond chance."
    if best < 0:
        return f"Use {free}: it is ahead of {sampler} beyond chance and needs no samples."
    return f"Use {free}: {sampler} is not ahead beyond chance, and {free} needs no samples."


def _difference(row: Any, note: str) -> str:
    difference, low, high = (
        f"{100 * row[name]:+.1f}" for name in ("mean_difference", "low", "high")
    )
    wilcoxon = ""
    if math.isfinite(row["p_wilcoxon"]):
        wilcoxon = f", Wilcoxon p = {row['p_wilcoxon']:.2g}"
    names = f"{row['sampler']} − {_as_method(row['baseline'])}{note}"
    return (
        f"{names}: {difference} points, 95 % "
        f"interval {low} to {high} (corrected t-test p = {row['p_ttest']:.2g}{wilcoxon}, "
        f"{int(row['n_pairs'])} pairs)."
    )


def _as_method(name: str) -> str:
    return "no resampling" if name == NO_RESAMPLING else name


def _spread_cells(results: pd.DataFrame, classifier: str, scoring: str | None) -> list[str]:
    scores = 100 * complete_scores(results, classifier, scoring)
    seeds = scores.groupby("seed").mean()
    cells = []
    for sampler in scores.columns:
        spread = f"{scores[sampler].std():.1f}"
        if len(seeds) > 1:
            spread = f"{seeds[sampler].min():.1f}-{seeds[sampler].max():.1f}"
        mean = _number(scores[sampler].mean(), 1)
        mark = "*" if scores[sampler].isna().any() else ""
        cells.append(mean if mean == "–" else f"{mean}{mark} ({spread})")
    return cells


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _recall_units(results: pd.DataFrame) -> list[Columns]:
    recalls = 100 * recalls_by_class(results)
    return [
        {_two_lines(str(name)): [_number(recall, 1) for recall in recalls[name]]}
        for name in recalls
    ]


def _units(results: pd.DataFrame, samplers: list[str], scoring: str) -> list[Columns]:
    """Columns, those of the times as one unit."""
    lines = lines_by_cell(summarize_comparison(results, scoring))
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
        times[head] = [_number(line[key], digits) for line in means]
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
        cell = f"{line['score_percent']:.1f}{around}{mark if marked else ''}"
        cells.append(cell if line["n_scored"] else "–")
    return cells


def _footnotes(results: pd.DataFrame) -> list[str]:
    n_folds = results.groupby(FOLD).ngroups
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
