"""A report on the quality of the synthetic samples of an over-sampler."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skmiaug.evaluation._drawing import in_lines, panel_axes, rows_of_panels
from skmiaug.evaluation._labels import counts_text
from skmiaug.evaluation.comparison._cell import warnings_text
from skmiaug.evaluation.comparison._compare import (
    checked_classifiers,
    checked_rows,
    checked_seed,
    refuse_class,
)
from skmiaug.evaluation.comparison._output import package_versions
from skmiaug.evaluation.comparison._targets import read_y
from skmiaug.evaluation.report._evidence import Evidence
from skmiaug.evaluation.report._html import page, sections_for
from skmiaug.evaluation.report._measures import Finding, findings, left_out, measures_table
from skmiaug.evaluation.report._plots import (
    MAX_CLASSES,
    report_panels,
    share_on_the_plane,
)
from skmiaug.evaluation.report._samples import SIMILAR, ReportSamples, prepare_samples
from skmiaug.utils import require
from skmiaug.utils.files._atomic import write_text_atomically

_MIN_ROWS = 20
_WIDTH = 9.6
_LETTERS = 100  # of the title in that width


class QualityReport:
    """The result of `quality_report`.

    Parameters
    ----------
    evidence : Evidence
        The samples and the measurements on them.
    title, notes, about
        Name, what was adapted or left out, and the origin of the results by heading.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each measure: ``section``, ``measure``, ``value`` (synthetic samples),
        ``real`` (real training rows in their place), ``low``, ``high`` (95 % interval),
        ``p_value``, ``better`` (the desired value) and ``meaning``.
    findings : list of (mark, topic, text)
        The main results in words; marks are "pass", "warn" and "fail", by rule of thumb.
    title, notes, about
        As given.

    See Also
    --------
    quality_report : Makes the report.
    """

    def __init__(
        self, evidence: Evidence, *, title: str, notes: list[str], about: dict[str, str]
    ):
        self._evidence = evidence
        self.table: pd.DataFrame = measures_table(evidence)
        self.findings: list[Finding] = findings(evidence)
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
        sections = report_panels(self._evidence)
        headings = sections_for(self._evidence.samples.target.name)
        rows = [
            rows_of_panels(len(panels), max(2, round(_WIDTH / panels[0].width)))
            for panels in sections.values()
        ]
        heights = [
            0.4 + len(lines) * max(panel.height for panel in panels)
            for lines, panels in zip(rows, sections.values(), strict=True)
        ]
        size = (_WIDTH, sum(heights) + 0.5)
        figure = module.Figure(figsize=size, layout="constrained")
        parts = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, lines, (name, panels) in zip(parts, rows, sections.items(), strict=True):
            for axis, panel in zip(panel_axes(part, lines), panels, strict=True):
                panel.draw(axis)
            part.suptitle(headings[name][0], fontsize=10.5, x=0.01, ha="left")
        figure.suptitle(in_lines(self.title, _LETTERS), fontsize=12, x=0.01, ha="left")
        return figure

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The report as one self-contained page: no network, no other file.

        Parameters
        ----------
        path : path-like, default=None
            File to write, in one step: an older file is either left or replaced.

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
        samples = self._evidence.samples
        panels = report_panels(self._evidence)
        html = page(self, sections_for(samples.target.name), _remarks(samples), panels)
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
    """Judge the synthetic samples of an over-sampler on rows that it has not seen.

    A clone of it balances the training part of one split. The samples that it adds are
    compared with the held-out part, and so are the real training rows in their place: that
    is the best that can be reached.

    Parameters
    ----------
    augmenter : over-sampler
        `skmiaug.MIGANAugmenter` or any over-sampler of imbalanced-learn; a fitted one is
        cloned, too. Its ``target_type`` determines what y holds, see Notes.
    X : array-like of shape (n_samples, n_features)
        Feature vectors, finite; standardised by the training part first.
    y : array-like of shape (n_samples,) or (n_samples, n_columns)
        Classes; votes, label sets or attributes for an augmenter of that ``target_type``.
    groups : array-like of shape (n_samples,), default=None
        Speaker or session of each row; the split keeps them whole.
    cv : int, "logo", splitter, iterable or None, default=None
        As in `compare_samplers`; None is 3 folds. One fold is used: that whose held-out
        part has most rows of its rarest class.
    classifiers : mapping, sequence of str or None, default=None
        As in `compare_samplers`, untuned.
    n_permutations : int, default=200
        Shuffles behind each p-value.
    max_rows : int, default=10,000
        Rows of each set, drawn at random, for information, fidelity and leakage, at most
        and 20 at least: their time grows with its square.
    title : str, default=""
        Name of the data.
    random_state : int, default=0
        Of the split, and of the augmenter and classifiers where theirs is None.

    Returns
    -------
    QualityReport

    Raises
    ------
    ValueError
        The data or `cv` do not fit, the augmenter is not an over-sampler, or ``y`` is not
        of its ``target_type``.

    See Also
    --------
    compare_samplers : Repeated comparison with other samplers over folds and seeds.

    Notes
    -----
    Where whole sets are compared (information, fidelity), samples, training and held-out
    rows are thinned to one class mix. Where balancing adds samples of one class only, real
    rows stand for the others in the measures of information, and in "trained on synthetic
    samples" always. Where it adds fewer than 20 samples, as many of each class as in the
    training part are generated instead.

    With ``target_type`` "distribution", "multilabel" or "continuous", the samples that are
    added have other targets than real rows, so one is generated for the target of each
    training row. Utility is that of the samples that balancing adds, by the main score of
    `compare_samplers` for the type: UAR of the class with most votes, macro average
    precision, or concordance correlation. Measures that need one class a row are left out,
    and ``notes`` name them.

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
    if not isinstance(max_rows, Integral) or max_rows < _MIN_ROWS:
        raise ValueError(
            f"max_rows must be a whole number from {_MIN_ROWS} on; got {max_rows!r}."
        )
    target_type = getattr(augmenter, "target_type", "multiclass")
    if target_type == "multiclass" and np.ndim(y) == 2 and np.shape(y)[1] > 1:
        raise ValueError(
            f"expected one class a row; y has {np.shape(y)[1]} columns and the augmenter "
            "target_type='multiclass'. For votes, label sets or attributes set its "
            "target_type to 'distribution', 'multilabel' or 'continuous'."
        )
    target, y = read_y(target_type, y)
    X, groups = checked_rows(X, y, groups)
    models = checked_classifiers(classifiers, target_type=target_type)
    seed = checked_seed(random_state)
    name = type(augmenter).__name__
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        samples = prepare_samples(augmenter, X, y, groups, cv, seed, target)
        evidence = Evidence(
            samples,
            models,
            n_permutations=n_permutations,
            max_rows=int(max_rows),
            seed=seed,
        )
        report = QualityReport(
            evidence,
            title=f"{name} on {title}" if title else name,
            notes=[*samples.notes, *filter(None, [left_out(target_type)])],
            about=_about(augmenter, X.shape, evidence),
        )
    report.notes += [text.rstrip(".") for text in warnings_text(caught)]
    return report


def _about(sampler: Any, shape: tuple[int, ...], evidence: Evidence) -> dict[str, str]:
    """What a reader must know about the origin of the results."""
    samples = evidence.samples
    n_train, n_held = len(samples.train[1]), len(samples.held_out[1])
    split = f"{n_train} training rows, {n_held} held-out rows"
    if samples.n_train_groups is not None:
        split += (
            f"; groups kept whole: {samples.n_train_groups} in training, "
            f"{samples.n_held_out_groups} held out"
        )
    drawn = ""
    if evidence.n_compared < n_train:
        drawn = f" (information, fidelity, leakage: {evidence.n_compared} drawn of each)"
    labels, counts = np.unique(samples.synthetic[1], return_counts=True)
    synthetic = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    of_what = f"{len(samples.classes)} classes"
    mix = "in the class mix of the training part"
    if samples.target.name != "multiclass":
        names = ", ".join(map(str, samples.target.names))
        of_what = f"target_type={samples.target.name!r}: {names}"
        mix = "one for the target of each training row"
    versions = ", ".join(f"{name} {v}" for name, v in package_versions().items())
    return {
        "Over-sampler": " ".join(repr(sampler).split()),
        "Data": f"{shape[0]} rows of {shape[1]} features, {of_what}",
        "Split": split,
        "Synthetic samples": f"{len(samples.synthetic[1])} judged "
        f"({counts_text(synthetic)}); {evidence.n_mixed} of them, {mix}, where whole sets "
        f"are compared{drawn}",
        "Unseen": "the over-sampler has seen the training rows only; the critic, the "
        "comparisons and the tests of utility use the held-out rows",
        "Versions": versions,
    }


def _remarks(samples: ReportSamples) -> dict[str, str]:
    """Remarks on this report in particular, by section."""
    share = 100 * share_on_the_plane(samples)
    remarks = {
        "view": f"Two principal components, {share:.0f} % of the variance. Circles: "
        "held-out real rows of the class; crosses: synthetic samples; pale dots: held-out "
        "rows of all classes."
    }
    if samples.target.name != "multiclass":
        similar = SIMILAR[samples.target.name]
        remarks["view"] = remarks["view"].replace("rows of the class", similar, 1)
    if len(samples.classes) > MAX_CLASSES:
        remarks["view"] += f" The first {MAX_CLASSES} of {len(samples.classes)} classes."
    if getattr(samples.sampler, "best_iter_", None) == 0:
        remarks["training"] = (
            "No later step was better on validation rows than step 0, so the initial "
            "weights are used: training has changed nothing here."
        )
    if samples.n_train_groups is None:
        remarks["utility"] = (
            "No groups were given. If rows of one speaker or session are on both sides of "
            "the split, all results on held-out rows are too good."
        )
    else:
        remarks["leakage"] = (
            "Held-out rows are of other groups and so lie further away than new rows of "
            "the training groups would. The fair comparison for synthetic samples is the "
            "column of real rows: one half of the training rows measured against the other."
        )
        remarks["utility"] = (
            f"Groups in the held-out part: {samples.n_held_out_groups}, none of them in "
            "training. The intervals draw rows, not groups: they do not cover the "
            "variation between groups."
        )
    return remarks
