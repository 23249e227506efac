"""The comparison as a table for a terminal."""

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from skmiaug.evaluation._cell import SEPARATOR
from skmiaug.evaluation._labels import counted
from skmiaug.evaluation._summary import (
    MEAN,
    NO_RESAMPLING,
    Line,
    lines_by_cell,
    summarize_comparison,
)

__all__ = ["format_comparison"]

_GAP = "  "
_LONGEST_HEAD = 10
_TIMES = (
    ("resample", "s", "resample_seconds"),
    ("fit", "s", "fit_seconds"),
    ("time", "× none", "time_ratio"),
)
# Stopping at max_iter is part of a classifier's definition, not news about a sampler.
_NO_FOOTNOTE = "ConvergenceWarning"
_MOST_NOTES = 8


class _Column(NamedTuple):
    """Two lines of head and a cell for each sampler."""

    top: str
    bottom: str
    cells: list[str]

    def width(self) -> int:
        return max(map(len, [self.top, self.bottom, *self.cells]))


def format_comparison(results: pd.DataFrame, *, width: int = 88) -> str:
    """Table of UAR, spread and time, sampler by classifier.

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
        that was scored in none; footnotes give the reasons.

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
    label_width = max(map(len, samplers))
    lines = [_title(results)]
    scores, times = _columns(results, samplers)
    for block in _blocks([[column] for column in scores] + [times], width - label_width):
        lines += ["", *_block(samplers, block, label_width)]
    notes = _footnotes(results)
    if notes:
        lines.append("")
    for note in notes:
        lines += textwrap.wrap(note, width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def _title(results: pd.DataFrame) -> str:
    n_seeds = results["seed"].nunique()
    n_folds = results.groupby("seed")["fold"].nunique().max()
    seeds = f" × {n_seeds} seeds" if n_seeds > 1 else ""
    return f"UAR % ± SD over {counted(n_folds, 'fold')}{seeds}; times for one fold"


def _columns(
    results: pd.DataFrame, samplers: Sequence[str]
) -> tuple[list[_Column], list[_Column]]:
    lines = lines_by_cell(summarize_comparison(results))
    classifiers = list(results["classifier"].unique())
    if len(classifiers) > 1:
        classifiers.append(MEAN)
    scores = [
        _Column(*_two_lines(name), _cells([lines[row, name] for row in samplers]))
        for name in classifiers
    ]
    times = [
        _Column(top, bottom, [_time(lines[row, MEAN], key) for row in samplers])
        for top, bottom, key in _TIMES
    ]
    return scores, times


def _blocks(units: Sequence[Sequence[_Column]], room: int) -> list[list[_Column]]:
    """Columns that fit side by side; a unit stays together."""
    blocks: list[list[_Column]] = [[]]
    used = 0
    for unit in units:
        needed = sum(len(_GAP) + column.width() for column in unit)
        if blocks[-1] and used + needed > room:
            blocks.append([])
            used = 0
        blocks[-1].extend(unit)
        used += needed
    return blocks


def _block(
    samplers: Sequence[str], columns: Sequence[_Column], label_width: int
) -> list[str]:
    def line(label: str, cells: Sequence[str]) -> str:
        padded = [c.rjust(o.width()) for c, o in zip(cells, columns, strict=True)]
        return _GAP.join([label.ljust(label_width), *padded])

    top = line("", [column.top for column in columns])
    lines = [top] if top.strip() else []
    lines += [line("", [column.bottom for column in columns]), "─" * len(top)]
    for number, sampler in enumerate(samplers):
        lines.append(line(sampler, [column.cells[number] for column in columns]))
    return [text.rstrip() for text in lines]


def _two_lines(name: str) -> tuple[str, str]:
    """A head of two lines, the lower one always filled."""
    if len(name) <= _LONGEST_HEAD or " " not in name:
        return "", name
    middle = min(
        (i for i, letter in enumerate(name) if letter == " "),
        key=lambda i: abs(i - len(name) // 2),
    )
    return name[:middle], name[middle + 1 :]


def _cells(lines: Sequence[Line]) -> list[str]:
    """A column of scores, its points and signs in line."""
    spreads = [
        "" if math.isnan(line["sd_percent"]) else f"{line['sd_percent']:.1f}"
        for line in lines
    ]
    wide = max(map(len, spreads))
    marked = any(0 < line["n_scored"] < line["n_folds"] for line in lines)
    cells = []
    for line, spread in zip(lines, spreads, strict=True):
        mark = "*" if line["n_scored"] < line["n_folds"] else " "
        around = f" ±{spread:>{wide}}" if spread else " " * (2 + wide) * (wide > 0)
        cell = f"{line['uar_percent']:.1f}{around}{mark if marked else ''}"
        cells.append(cell if line["n_scored"] else "–")
    return cells


def _time(line: Line, key: str) -> str:
    value = line[key]
    if math.isnan(value):
        return "–"
    return f"{value:.1f}" if key == "time_ratio" else f"{value:.2f}"


def _footnotes(results: pd.DataFrame) -> list[str]:
    """Each distinct message once, with the number of folds it concerns."""
    n_folds = len(results.groupby(["seed", "fold"]))
    samplers = list(results["sampler"].unique())
    notes = []
    for (status, text), folds_of in _said(results).items():
        state = "" if status == "ok" else f"{status}: "
        folds = list(folds_of.values())
        alike = len(folds) == len(samplers) > 1 and all(one == folds[0] for one in folds)
        # What all of them share is no property of a sampler.
        for sampler in ["all samplers"] if alike else folds_of:
            count = len(folds[0] if alike else folds_of[sampler])
            place = -1 if alike else samplers.index(sampler)
            note = f"{sampler}: {state}{text.removeprefix(f'{sampler}: ')}"
            notes.append((place, f"{note} ({count} of {counted(n_folds, 'fold')})"))
    # Sorted by the sampler alone: in the order said within it.
    lines = [note for _, note in sorted(notes, key=lambda item: item[0])]
    if len(lines) > _MOST_NOTES:
        more = len(lines) - _MOST_NOTES
        lines[_MOST_NOTES:] = [f"and {more} more; the column 'message' holds them all."]
    if any(results["status"] != "ok"):
        head = "* not scored in all folds; – in none. A mean needs every classifier."
        lines.insert(0, head)
    return lines


def _said(
    results: pd.DataFrame,
) -> dict[tuple[str, str], dict[str, set[tuple[int, int]]]]:
    """By status and message: the folds (seed, number) of each sampler that it is about."""
    found: dict[tuple[str, str], dict[str, set[tuple[int, int]]]] = {}
    for row in results.to_dict("records"):
        for text in row["message"].split(SEPARATOR):
            if text and not text.startswith(_NO_FOOTNOTE):
                folds_of = found.setdefault((row["status"], text), {})
                folds_of.setdefault(row["sampler"], set()).add((row["seed"], row["fold"]))
    return found


def versus(tests: pd.DataFrame, sampler: str) -> str:
    """One line: how `sampler` stands against the baseline of `tests`, or ""."""
    own = tests[(tests["sampler"] == sampler) & (tests["classifier"] == MEAN)]
    if own.empty or own["n_pairs"].iloc[0] < 2:
        return ""
    row = own.iloc[0]
    spread = f"{100 * row['mean_difference']:+.1f} points"
    name = "no resampling" if row["baseline"] == NO_RESAMPLING else row["baseline"]
    return (
        f"{sampler} − {name}: {spread} (corrected t-test p = {row['p_ttest']:.2g}, "
        f"Wilcoxon p = {row['p_wilcoxon']:.2g}, {int(row['n_pairs'])} pairs)"
    )
