"""The comparison as a picture."""

import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.evaluation._drawing import (
    INK,
    REAL,
    in_lines,
    in_two_lines,
    name_lines,
    panel_axes,
    plain_log_scale,
    png_of,
    rows_of_panels,
)
from skmiaug.evaluation.comparison._methods import SCORES
from skmiaug.evaluation.comparison._summary import (
    MEAN,
    Line,
    check_scoring,
    complete_scores,
    extent,
    lines_by_cell,
    samplers_of,
    summarize_comparison,
)
from skmiaug.utils import require
from skmiaug.utils.files._atomic import write_bytes_atomically

__all__ = ["plot_comparison", "plot_comparisons"]

_PANELS_IN_A_ROW = 3
_PANEL_WIDTH, _LINE_HEIGHT, _PANEL_FRAME = 3.3, 0.42, 0.95  # inches
_LEGEND_BELOW = 0.43  # inches, under the label of the axis
_TITLE_LETTERS, _HEADING_LETTERS = 32, 11  # the last to an inch
_TIMES = "#5b7fa6"


def plot_comparison(
    results: pd.DataFrame,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str = "",
    scoring: str | None = None,
) -> Any:
    """Dot plot of a score, a panel for each classifier, and of the time.

    A hollow dot is one fold of one seed; the diamond is their mean, printed at the right,
    and the bar one standard deviation to each side. It reads the same in grey.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`.
    path : path-like, default=None
        File for a PNG, written in one step.
    title : str, default=""
        Name of the data.
    scoring : str, default=None
        The score, as in `summarize_comparison`.

    Returns
    -------
    figure : matplotlib.figure.Figure
        Made without pyplot: no global state, no window.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.

    See Also
    --------
    compare_samplers : Makes the table of results.
    format_comparison : The summary as text.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, plot_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> plot_comparison(results, "plot.png").axes[0].get_title()
    'logistic regression'
    """
    scoring = check_scoring(results, scoring)
    panels = list(results["classifier"].unique())
    if len(panels) > 1:
        panels.append(MEAN)
    samplers = list(results["sampler"].unique())
    rows = rows_of_panels(len(panels) + 1, _PANELS_IN_A_ROW)
    figure, axes = _panels(samplers, rows, _PANEL_WIDTH)
    lines = summarize_comparison(results, scoring)
    limits = _limits(lines, results[scoring])
    for axis, panel in zip(axes, panels, strict=False):
        scores = complete_scores(results, panel, scoring)
        _draw_scores(axis, scores, lines_by_cell(lines), panel, limits, scoring)
    _draw_times(axes[-1], lines_by_cell(lines), samplers)
    letters = int(figure.get_figwidth() * _HEADING_LETTERS)
    key = f"dot: one of {extent(results)}; diamond and bar: mean ± SD"
    heading = "\n".join(filter(None, [in_lines(title, letters), key]))
    figure.suptitle(heading, fontsize=11, x=0.01, ha="left")
    if path is not None:
        write_bytes_atomically(path, png_of(figure, dpi=150))
    return figure


def plot_comparisons(
    results: Mapping[str, pd.DataFrame],
    path: str | os.PathLike[str] | None = None,
    *,
    scoring: str | None = None,
) -> Any:
    """The means over the classifiers on several data sets, a panel for each.

    Parameters
    ----------
    results : mapping from str to pandas.DataFrame
        From the name of the data to the result of `compare_samplers`.
    path, scoring
        As in `plot_comparison`.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.

    See Also
    --------
    comparisons_markdown : The same as a table.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, plot_comparisons
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> len(plot_comparisons({"one": results, "the same": results}).axes)
    2
    """
    samplers = samplers_of(results)
    figure, axes = _panels(samplers, [len(results)], 0.8 * _PANEL_WIDTH)
    for axis, (name, table) in zip(axes, results.items(), strict=True):
        own = check_scoring(table, scoring)
        lines = summarize_comparison(table, own)
        scores = complete_scores(table, MEAN, own).reindex(columns=samplers)
        means = lines[lines["classifier"] == MEAN]
        limits = _limits(means, pd.Series(scores.to_numpy().ravel()))
        _draw_scores(axis, scores, lines_by_cell(lines), MEAN, limits, own)
        axis.set_title(in_two_lines(name, _TITLE_LETTERS), fontsize=10)
    key = "mean over the classifiers; dot: one fold; diamond and bar: mean ± SD"
    figure.suptitle(key, fontsize=10, x=0.01, ha="left")
    if path is not None:
        write_bytes_atomically(path, png_of(figure, dpi=110))
    return figure


def _panels(samplers: list[str], rows: list[int], width: float) -> tuple[Any, list[Any]]:
    """A figure with so many axes in each row, which have a line for each sampler."""
    figure_module = require("matplotlib.figure", extra="plots", purpose="draw the plot")
    size = (
        1.2 + max(rows) * width,
        0.6 + len(rows) * (_PANEL_FRAME + len(samplers) * _LINE_HEIGHT),
    )
    figure = figure_module.Figure(figsize=size, layout="constrained")
    axes = panel_axes(figure, rows)
    first = {sum(rows[:number]) for number in range(len(rows))}
    for number, axis in enumerate(axes):
        name_lines(axis, samplers if number in first else [""] * len(samplers))
        axis.spines["left"].set_visible(False)
    return figure, axes


def _draw_scores(
    axis: Any,
    scores: pd.DataFrame,
    summary: dict[tuple[str, str], Line],
    panel: str,
    limits: tuple[float, float],
    scoring: str,
) -> None:
    for line, sampler in enumerate(scores.columns):
        values = 100 * scores[sampler].dropna().to_numpy(dtype=float)
        row = summary.get((sampler, panel), {})
        if not len(values):
            axis.text(limits[0] + 0.5, line, "not scored", va="center", fontsize=8)
            continue
        # Dots lie below the line's middle and the mean above it: neither hides the other.
        below = line + np.linspace(0.06, 0.36, len(values)) if len(values) > 1 else line
        axis.plot(values, below, "o", ms=3.4, mfc="none", mec=REAL, mew=0.8)
        above = line - 0.17
        deviation = row["sd_percent"] if math.isfinite(row["sd_percent"]) else 0.0
        mean = row["score_percent"]
        ends = [mean - deviation, mean + deviation]
        axis.plot(ends, [above, above], "-", color=INK, lw=1.1)
        axis.plot([mean], [above], "D", ms=4.5, color=INK)
        axis.annotate(
            f"{mean:.1f}" + ("*" if row["n_scored"] < row["n_folds"] else ""),
            (1.0, line),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axis.set_xlim(*limits)
    axis.set_xlabel(in_two_lines(SCORES[scoring].title, _TITLE_LETTERS))
    mean_title = "mean over the classifiers"
    title = mean_title if panel == MEAN else in_two_lines(panel, _TITLE_LETTERS)
    axis.set_title(title, fontsize=10)


def _draw_times(
    axis: Any, summary: dict[tuple[str, str], Line], samplers: list[str]
) -> None:
    """Seconds for one fold on a logarithmic axis: samplers differ by powers of ten."""
    from matplotlib.transforms import ScaledTranslation

    resample = np.array([summary[name, MEAN]["resample_seconds"] for name in samplers])
    fit = np.array([summary[name, MEAN]["fit_seconds"] for name in samplers])
    lines = np.arange(len(samplers))
    shown = resample > 0
    axis.plot(
        resample[shown], lines[shown], "s", ms=5, color=_TIMES, label="resampling", zorder=3
    )
    axis.plot(fit, lines, "|", ms=11, mew=2, color=INK, label="fitting")
    seconds = np.concatenate([resample[shown], fit[fit > 0]])
    if len(seconds):
        plain_log_scale(axis, seconds.min(), seconds.max())
    axis.set_xlabel("seconds for one fold (log scale)")
    axis.set_title("time", fontsize=10)
    # Below the axis, where it hides no mark whatever the number of samplers and takes no
    # width from the panels above it. In inches, since the height differs.
    below = ScaledTranslation(0, -_LEGEND_BELOW, axis.figure.dpi_scale_trans)
    axis.legend(
        fontsize=8,
        frameon=False,
        handletextpad=0.3,
        ncols=2,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=axis.transAxes + below,
    )


def _limits(summary: pd.DataFrame, scores: pd.Series) -> tuple[float, float]:
    """One range of scores for all panels, in percent, that holds every dot and bar."""
    mean, deviation = summary["score_percent"], summary["sd_percent"].fillna(0)
    ends = pd.concat([100 * scores, mean - deviation, mean + deviation]).dropna()
    if ends.empty:
        return 0.0, 100.0
    margin = 2 + 0.04 * (ends.max() - ends.min())
    return float(ends.min() - margin), float(ends.max() + margin)
