"""A report on the quality of what an over-sampler makes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from skmiaug.evaluation._compare import _checked_classifiers, _checked_data
from skmiaug.evaluation._report_data import ReportRows, prepare_rows
from skmiaug.evaluation._report_measures import Measures, measure
from skmiaug.evaluation._report_plots import PANELS, curves_of
from skmiaug.evaluation._report_table import Finding, findings, measures_table
from skmiaug.utils._atomic import write_text_atomically
from skmiaug.utils._optional import require

__all__ = ["QualityReport", "quality_report"]

_WIDTH = 9.0


@dataclass(frozen=True)
class QualityReport:
    """What `quality_report` found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each measure: ``section``, ``measure``, ``value`` (generated rows),
        ``real`` (real training rows in their place), ``low``, ``high`` (95 % interval),
        ``p_value``, ``better`` (what to wish for) and ``meaning``.
    findings : list of (mark, topic, text)
        The main points in words; marks are "good", "look" and "bad", by rule of thumb.
    title : str
    notes : list of str
        What was adapted or left out.
    """

    table: pd.DataFrame
    findings: list[Finding]
    title: str
    notes: list[str]
    _rows: ReportRows = field(repr=False)
    _measures: Measures = field(repr=False)
    _about: dict[str, str] = field(repr=False)

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
        require("matplotlib.figure", extra="plots", purpose="draw the report")
        names = self._sections()
        heights = [PANELS[name][1](self._rows) for name in names]
        figure = _figure(sum(heights) + 0.5)
        parts = figure.subfigures(len(names), 1, height_ratios=heights, squeeze=False)
        for part, name in zip(parts[:, 0], names, strict=True):
            PANELS[name][0](part, self._rows, self._measures)
        figure.suptitle(self.title, fontsize=11, x=0.01, ha="left")
        return figure

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The report as one page that needs nothing else: no network, no other file.

        Parameters
        ----------
        path : path-like, default=None
            Where it is written, in one step.

        Returns
        -------
        html : str

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        from skmiaug.evaluation._report_html import page

        require("matplotlib.figure", extra="plots", purpose="draw the report")
        figures = {}
        for name in self._sections():
            draw, height = PANELS[name]
            figures[name] = _figure(height(self._rows))
            draw(figures[name], self._rows, self._measures)
        html = page(
            title=self.title,
            about=self._about,
            findings=self.findings,
            table=self.table,
            notes=self.notes,
            figures=figures,
        )
        if path is not None:
            write_text_atomically(path, html)
        return html

    def _sections(self) -> list[str]:
        has_curves = bool(curves_of(self._rows.sampler))
        return [name for name in PANELS if name != "training" or has_curves]


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
        As in `compare_samplers`; the first fold is used. None holds out a third.
    classifiers : mapping, sequence of str or None, default=None
        As in `compare_samplers`.
    n_permutations : int, default=200
        Shuffles behind each p-value.
    max_rows : int, default=10,000
        Rows of each set, drawn at random, that information, fidelity and leakage are
        measured on, at most: they take time with the square of it.
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
    X, y, groups = _checked_data(X, y, groups)
    chosen = _checked_classifiers(classifiers)
    rows = prepare_rows(augmenter, X, y, groups, cv, random_state)
    measures = measure(
        rows, chosen, n_permutations=n_permutations, max_rows=max_rows, seed=random_state
    )
    name = type(augmenter).__name__
    return QualityReport(
        table=measures_table(measures),
        findings=findings(measures),
        title=f"{name} on {title}" if title else name,
        notes=rows.notes,
        _rows=rows,
        _measures=measures,
        _about=_about(augmenter, X, rows, measures),
    )


def _figure(height: float) -> Any:
    module = require("matplotlib.figure", extra="plots", purpose="draw the report")
    return module.Figure(figsize=(_WIDTH, height), layout="constrained")


def _about(augmenter: Any, X: Any, rows: ReportRows, measures: Measures) -> dict[str, str]:
    """What a reader must know about where the figures come from."""
    n_train, n_held = len(rows.train[1]), len(rows.held_out[1])
    split = f"{n_train} training rows, {n_held} held-out rows"
    if rows.n_train_groups is not None:
        split += (
            f"; groups kept whole: {rows.n_train_groups} in training, "
            f"{rows.n_held_out_groups} held out"
        )
    compared = ""
    if measures.n_compared < n_train:
        compared = f" (information, fidelity, leakage: {measures.n_compared} drawn of each)"
    return {
        "Over-sampler": " ".join(repr(augmenter).split()),
        "Data": f"{len(X)} rows of {X.shape[1]} features, {len(rows.classes)} classes",
        "Split": split,
        "Made rows": f"{len(rows.made[1])}, as many of each class as in training{compared}",
        "Unseen": "the over-sampler has seen the training rows alone; the critic, the "
        "comparison and the tests of use are on the held-out rows",
        "Version": _version(),
    }


def _version() -> str:
    from skmiaug.evaluation._output import package_versions

    known = package_versions()
    return ", ".join(f"{name} {version}" for name, version in known.items())
