"""A report on the quality of what an over-sampler makes."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import pandas as pd
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from skmiaug.evaluation._cell import told
from skmiaug.evaluation._compare import (
    checked_classifiers,
    checked_data,
    checked_seed,
    refuse_class,
)
from skmiaug.evaluation._drawn import in_lines
from skmiaug.evaluation._report_data import ReportRows, prepare_rows
from skmiaug.evaluation._report_findings import Finding, findings
from skmiaug.evaluation._report_measures import Measures, measure
from skmiaug.evaluation._report_plots import Panel, report_panels
from skmiaug.evaluation._report_table import measures_table
from skmiaug.evaluation._report_words import SECTIONS, about, remarks
from skmiaug.utils._atomic import write_text_atomically
from skmiaug.utils._optional import require

__all__ = ["QualityReport", "quality_report"]

_LEAST_ROWS = 20
_WIDTH = 9.6
_LETTERS = 100  # of the title in that width


class QualityReport:
    """What `quality_report` found, which is what makes one.

    Parameters
    ----------
    rows : ReportRows
        Training rows, held-out rows and made rows.
    measures : Measures
        What was measured on them.
    title : str
        Sampler and data.
    notes : list of str
        What was adapted or left out.
    about : dict
        From word to text: where the figures come from.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each measure: ``section``, ``measure``, ``value`` (generated rows),
        ``real`` (real training rows in their place), ``low``, ``high`` (95 % interval),
        ``p_value``, ``better`` (what to wish for) and ``meaning``.
    findings : list of (mark, topic, text)
        The main points in words; marks are "good", "look" and "bad", by rule of thumb.
    title, notes, about
        As given.
    """

    def __init__(
        self,
        rows: ReportRows,
        measures: Measures,
        *,
        title: str,
        notes: list[str],
        about: dict[str, str],
    ):
        self._rows = rows
        self._measures = measures
        self.table: pd.DataFrame = measures_table(measures)
        self.findings: list[Finding] = findings(measures)
        self.title = title
        self.notes = notes
        self.about = about

    def __repr__(self) -> str:
        marks = ", ".join(f"{topic} {mark}" for mark, topic, _ in self.findings)
        return f"<QualityReport: {self.title}; {marks}>"

    def plot(self) -> Any:
        """All figures in one.

        Returns
        -------
        figure : matplotlib.figure.Figure
            Made without pyplot: no global state, no window.

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        module = require("matplotlib.figure", extra="plots", purpose="draw the report")
        sections = report_panels(self._rows, self._measures)
        grids = [_grid(panels) for panels in sections.values()]
        height = sum(grid.height for grid in grids) + 0.5
        figure = module.Figure(figsize=(_WIDTH, height), layout="constrained")
        parts = figure.subfigures(
            len(grids), 1, height_ratios=[grid.height for grid in grids], squeeze=False
        )[:, 0]
        for part, grid, name in zip(parts, grids, sections, strict=True):
            axes = part.subplots(grid.lines, grid.columns, squeeze=False).ravel()
            for axis, panel in zip(axes, sections[name], strict=False):
                panel.draw(axis)
            for axis in axes[len(sections[name]) :]:
                axis.set_axis_off()
            part.suptitle(SECTIONS[name][0], fontsize=10.5, x=0.01, ha="left")
        figure.suptitle(in_lines(self.title, _LETTERS), fontsize=12, x=0.01, ha="left")
        return figure

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The report as one page that needs nothing else: no network, no other file.

        Parameters
        ----------
        path : path-like, default=None
            Where it is written, in one step: an older file is either left or replaced.

        Returns
        -------
        html : str

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        OSError
            The folder of ``path`` is absent or cannot be written to.
        """
        from skmiaug.evaluation._report_html import page

        html = page(
            title=self.title,
            about=self.about,
            findings=self.findings,
            table=self.table,
            notes=self.notes,
            remarks=remarks(self._rows),
            panels=report_panels(self._rows, self._measures),
        )
        if path is not None:
            write_text_atomically(path, html)
        return html


def quality_report(
    augmenter: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    cv: Any = None,
    classifiers: Mapping[str, Any] | Sequence[str] | None = None,
    n_permutations: int = 200,
    max_rows: int = 10_000,
    title: str = "",
    random_state: int = 0,
) -> QualityReport:
    """Judge what an over-sampler makes, on rows that it has not seen.

    A clone of it is fitted to the training part of one split. The rows it makes are
    compared with the held-out part, and so are the real training rows in their place: that
    is what can be reached.

    Parameters
    ----------
    augmenter : over-sampler
        `skmiaug.MIGANAugmenter` or any over-sampler of imbalanced-learn; a fitted one is
        not used as it is but cloned.
    X : array-like of shape (n_samples, n_features)
        Feature vectors, finite; standardised by the training part before anything.
    y : array-like of shape (n_samples,)
        Classes.
    groups : array-like of shape (n_samples,), default=None
        Speaker or session of each row; the split keeps them whole.
    cv : int, "logo", splitter, iterable or None, default=None
        As in `compare_samplers`; None is 3 folds. One fold is used: that whose held-out
        part has most rows of its rarest class.
    classifiers : mapping, sequence of str or None, default=None
        As in `compare_samplers`.
    n_permutations : int, default=200
        Shuffles behind each p-value.
    max_rows : int, default=10,000
        Rows of each set, drawn at random, that information, fidelity and leakage are
        measured on, at most and 20 at least: they take time with the square of it.
    title : str, default=""
        What the data are.
    random_state : int, default=0
        Of the split, and of the augmenter and classifiers where theirs is None.

    Returns
    -------
    QualityReport

    Raises
    ------
    ValueError
        The data or `cv` do not fit, or the augmenter cannot make rows of every class.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import quality_report
    >>> X, y = make_classification(n_samples=300, weights=[0.8], random_state=0)
    >>> report = quality_report(SMOTE(), X, y, classifiers=["lr"], n_permutations=20)
    >>> table = report.table.set_index("measure")
    >>> bool(table.loc["variance ratio, 1", "value"] < 0.9)  # SMOTE shrinks classes
    True
    """
    refuse_class(augmenter, "the over-sampler")
    if not isinstance(max_rows, Integral) or max_rows < _LEAST_ROWS:
        raise ValueError(
            f"max_rows must be a whole number from {_LEAST_ROWS} on; got {max_rows!r}."
        )
    X, y, groups = checked_data(X, y, groups)
    chosen = checked_classifiers(classifiers)
    random_state = checked_seed(random_state)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = prepare_rows(augmenter, X, y, groups, cv, random_state)
        measures = measure(
            rows,
            chosen,
            n_permutations=n_permutations,
            max_rows=max_rows,
            seed=random_state,
        )
    name = type(augmenter).__name__
    return QualityReport(
        rows,
        measures,
        title=f"{name} on {title}" if title else name,
        notes=[*rows.notes, *_worth_telling(caught)],
        about=about(augmenter, X.shape, rows, measures),
    )


def _worth_telling(caught: list[warnings.WarningMessage]) -> list[str]:
    """Warnings as notes; a classifier that stops at its max_iter is no news."""
    news = [item for item in caught if not issubclass(item.category, ConvergenceWarning)]
    return [text.rstrip(".") for text in told(news)]


class _Grid(NamedTuple):
    lines: int
    columns: int
    height: float


def _grid(panels: Sequence[Panel]) -> _Grid:
    """As many panels side by side as have room, and the height of all lines."""
    columns = max(2, round(_WIDTH / panels[0].width))
    lines = math.ceil(len(panels) / columns)
    return _Grid(lines, columns, 0.4 + lines * max(panel.height for panel in panels))
