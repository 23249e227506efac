"""The figures of a quality report, each of one pair of axes.

Small ones, so that a page can set them side by side or, on a phone, below each other.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from skmiaug.evaluation._drawn import plain_log_scale
from skmiaug.evaluation._report_data import ReportRows
from skmiaug.evaluation._report_measures import Against, Measures
from skmiaug.evaluation._report_style import (
    INK,
    MADE,
    NAME_LETTERS,
    PALE,
    QUIET,
    REAL,
    clean,
    legend_above,
    name_lines,
)
from skmiaug.evaluation._report_view import class_views

__all__ = ["Panel", "curves_of", "report_panels"]

_WIDTH = 4.7
# Ratios above this are shown on a logarithmic scale.
_MOST_LINEAR = 4.0


class Panel(NamedTuple):
    """A figure of one pair of axes.

    Attributes
    ----------
    draw : callable
        Draws into matplotlib axes.
    width, height : float
        Inches.
    says : str
        What it shows, in one sentence.
    """

    draw: Callable[[Any], None]
    width: float
    height: float
    says: str


def report_panels(rows: ReportRows, measures: Measures) -> dict[str, list[Panel]]:
    """The figures by section of the report, in its order."""
    one_line = all(len(str(label)) <= NAME_LETTERS for label in rows.classes)
    lines = max(2.4, 1.0 + (0.3 if one_line else 0.4) * len(rows.classes))
    sets = [("made rows", measures.made, MADE), ("real training rows", measures.real, REAL)]
    panels = {
        "counts": [
            Panel(partial(_counts, rows=rows), _WIDTH, lines,
                  "Filled: real training rows of the class. Outlined: after resampling."),
        ],
        "information": [
            Panel(partial(_information, sets=sets), _WIDTH, 2.6,
                  "Diamond and bar: estimate and interval. Grey: the same with shuffled "
                  "classes. Dashed: the most it can be."),
            Panel(partial(_pointwise, sets=sets), _WIDTH, lines,
                  "The same by class; below 0, rows look more like another class."),
        ],
        "training": _curve_panels(rows.sampler),
        "view": [Panel(*view) for view in class_views(rows)],
        "fidelity": [
            Panel(partial(_prdc, sets=sets), _WIDTH, 2.6,
                  "How made rows and held-out rows cover each other."),
            Panel(partial(_variance, sets=sets), _WIDTH, lines,
                  "Spread within each class, held-out rows being 1."),
            Panel(partial(_columns, measures=measures), _WIDTH, 2.6,
                  "How far single columns are off: further left is better."),
        ],
        "leakage": [
            Panel(partial(_distances, measures=measures), _WIDTH, 3.0,
                  "Left of the dashed curve: nearer to training rows than fresh real rows "
                  "come."),
        ],
        "utility": [
            Panel(partial(_utility, measures=measures), _WIDTH, 2.7,
                  "Square to disc: what the made rows change."),
        ],
    }  # fmt: skip
    return {name: found for name, found in panels.items() if found}


def _counts(axis: Any, rows: ReportRows) -> None:
    before, after = rows.counts("train"), rows.counts("resampled")
    lines = np.arange(len(rows.classes))
    axis.barh(lines, list(after.values()), 0.62, color="white", ec=MADE, lw=1.2)
    axis.barh(lines, list(before.values()), 0.62, color=INK, alpha=0.75)
    most = max(after.values())
    for line, label in enumerate(rows.classes):
        text = f"{before[label]} → {after[label]}"
        axis.text(after[label] + 0.015 * most, line, text, va="center", fontsize=9)
    name_lines(axis, rows.classes)
    axis.set_xlim(0, 1.3 * most)
    axis.set_xlabel("training rows")


def _information(axis: Any, sets: list[tuple[str, Against, str]]) -> None:
    for line, (_, found, colour) in enumerate(sets):
        result = found.information
        if len(result.null):
            # The shuffled scores as a band: where chance alone would put the diamond.
            low, high = np.quantile(result.null, [0.025, 0.975])
            axis.barh(line, max(high - low, 1e-3), 0.5, left=low, color=PALE, ec="none")
            axis.text((low + high) / 2, line + 0.38, "shuffled", va="center", ha="center",
                      fontsize=8.5, color=QUIET)  # fmt: skip
        axis.plot(result.interval, [line, line], "-", color=colour, lw=2)
        axis.plot([result.estimate], [line], "D", color=colour, ms=6)
        axis.text(result.estimate, line - 0.3, f"{result.estimate:.2f}", ha="center",
                  fontsize=9)  # fmt: skip
    ceiling = sets[0][1].information.ceiling
    axis.axvline(ceiling, color=INK, lw=1, ls="--")
    axis.text(ceiling, -0.66, f"H(c) = {ceiling:.2f} ", ha="right", fontsize=9)
    axis.axvline(0, color=PALE, lw=0.8, zorder=0)
    axis.margins(x=0.12)
    axis.set_ylim(1.7, -0.9)
    axis.set_yticks(range(len(sets)), [name.replace(" t", "\nt") for name, _, _ in sets])
    axis.set_xlabel("information about the class (nats)")
    clean(axis)


def _pairs(
    axis: Any, names: list[Any], sets: list[tuple[str, Against, str]], values: Any
) -> None:
    """A disc for made rows and a square for real ones on each line."""
    for (name, found, colour), mark in zip(sets, ("o", "s"), strict=True):
        face = colour if mark == "o" else "none"
        axis.plot(values(found), range(len(names)), mark, color=colour, mfc=face, ms=6.5,
                  mew=1.4, label=name, zorder=3)  # fmt: skip
    name_lines(axis, names)
    axis.margins(x=0.06)
    legend_above(axis, columns=2)


def _pointwise(axis: Any, sets: list[tuple[str, Against, str]]) -> None:
    labels = list(sets[0][1].pointwise)
    _pairs(axis, labels, sets, lambda m: [m.pointwise.get(c, math.nan) for c in labels])
    axis.axvline(0, color=REAL, lw=0.8, zorder=0)
    axis.set_xlabel("mean pointwise information (nats)")


def _prdc(axis: Any, sets: list[tuple[str, Against, str]]) -> None:
    names = list(sets[0][1].prdc._fields)
    _pairs(axis, names, sets, lambda m: list(m.prdc))
    axis.set_xlim(left=min(-0.03, axis.get_xlim()[0]))
    axis.set_xlabel("share (density: ratio)")


def _variance(axis: Any, sets: list[tuple[str, Against, str]]) -> None:
    labels = list(sets[0][1].variance_ratio)
    _pairs(axis, labels, sets,
           lambda m: [m.variance_ratio.get(c, math.nan) for c in labels])  # fmt: skip
    axis.axvline(1, color=REAL, lw=1, zorder=0)
    highest = axis.get_xlim()[1]
    ratios = [ratio for _, found, _ in sets for ratio in found.variance_ratio.values()]
    lowest = min((ratio for ratio in ratios if ratio > 0), default=1.0)
    if highest > _MOST_LINEAR:
        plain_log_scale(axis, min(lowest, 1.0), highest)
    else:
        axis.set_xlim(0, max(1.3, highest))
    axis.set_xlabel("variance within the class, held-out rows = 1")


def _columns(axis: Any, measures: Measures) -> None:
    for found, style, colour, name in (
        (measures.made, "-", MADE, "made rows"),
        (measures.real, "--", INK, "real training rows"),
    ):
        axis.step(*_shares_below(found.ks), style, color=colour, lw=1.6, where="post",
                  label=name)  # fmt: skip
    axis.set_xlabel("Kolmogorov-Smirnov distance of a column")
    axis.set_ylabel("share of columns below")
    clean(axis)
    legend_above(axis, columns=2)


def _distances(axis: Any, measures: Measures) -> None:
    found = measures.leakage
    # A few rows far out must not squeeze all others together.
    every = np.concatenate(
        [found.distances, found.held_out_distances, found.real_distances]
    )
    end = 1.3 * float(np.quantile(every, 0.98)) or 1.0
    for distances, style, colour, name in (
        (found.distances, "-", MADE, "made rows"),
        (found.held_out_distances, "--", INK, "held-out real rows"),
        (found.real_distances, ":", INK, "training rows (to the next other one)"),
    ):
        nearest, shares = _shares_below(distances)
        # To the right end: copies, all at distance 0, would be a line on the edge.
        axis.step([*nearest, max(end, nearest[-1])], [*shares, 1.0], style, color=colour,
                  lw=1.8, where="post", label=name)  # fmt: skip
    axis.set_xlim(0, end)
    axis.set_xlabel("distance to the nearest training row")
    axis.set_ylabel("share of rows nearer")
    clean(axis)
    legend_above(axis)


def _utility(axis: Any, measures: Measures) -> None:
    for line, found in enumerate(measures.utility):
        gain = found.gain
        without, with_made = 100 * gain.uar_without, 100 * gain.uar_with
        axis.plot([without, with_made], [line, line], "-", color=PALE, lw=2, zorder=0)
        low, high = (without + 100 * end for end in gain.interval)
        axis.plot([low, high], [line - 0.22] * 2, "-", color=MADE, lw=1.4)
        marks = (
            (without, "s", "white", REAL, "real rows"),
            (with_made, "o", MADE, MADE, "real and made rows (bar: interval of the gain)"),
            (100 * found.on_made_alone, "x", INK, INK, "made rows alone"),
        )
        for value, mark, face, edge, name in marks:
            label = name if line == 0 else None
            axis.plot([value], [line], mark, mfc=face, mec=edge, ms=7, label=label,
                      color=edge, ls="none")  # fmt: skip
    name_lines(axis, [found.classifier for found in measures.utility])
    axis.set_xlabel("UAR on held-out real rows (%)")
    legend_above(axis)


_CURVES = {
    "loss_curve_": "generator's loss",
    "critic_loss_curve_": "critic's loss",
    "mi_curve_": "information by Q (nats)",
    "score_curve_": "held-out score (nats)",
}


def curves_of(sampler: Any) -> dict[str, list[float]]:
    """The training curves that a fitted sampler keeps, by what they show."""
    found = {}
    for attribute, name in _CURVES.items():
        curve = getattr(sampler, attribute, None)
        if curve is not None and len(curve) and all(value is not None for value in curve):
            found[name] = [float(value) for value in curve]
    return found


def _curve_panels(sampler: Any) -> list[Panel]:
    curves = curves_of(sampler)
    panels = []
    for is_loss, says in (
        (True, "Losses of both players, the mean of the steps between two dots."),
        (False, "By Q, which was trained along, and by a fresh critic on rows left out."),
    ):
        group = {k: curve for k, curve in curves.items() if ("loss" in k) is is_loss}
        if group:
            draw = partial(_curves, group=group, sampler=sampler)
            panels.append(Panel(draw, _WIDTH, 2.8, says))
    return panels


def _curves(axis: Any, group: dict[str, list[float]], sampler: Any) -> None:
    for (name, curve), style in zip(group.items(), ("-", "--"), strict=False):
        every = getattr(sampler, "n_iter_", len(curve)) / len(curve)
        steps = every * np.arange(1, len(curve) + 1)
        colour = MADE if style == "-" else INK
        axis.plot(steps, curve, style, color=colour, lw=1.6, label=name, marker=".")
    best = getattr(sampler, "best_iter_", None)
    if best is not None:
        axis.axvline(best, color=REAL, lw=1.2, ls=":", label=f"weights of step {best}")
    axis.set_xlabel("training step")
    clean(axis)
    legend_above(axis, columns=2)


def _shares_below(values: Any) -> tuple[Any, Any]:
    ordered = np.sort(values)
    ordered = np.concatenate([ordered[:1], ordered])
    return ordered, np.linspace(0, 1, len(ordered))
