"""The figures of a quality report; they read the same in grey."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from skmiaug.evaluation._report_data import ReportRows
from skmiaug.evaluation._report_measures import Against, Measures

__all__ = ["PANELS", "Panel", "curves_of"]

MADE, REAL, INK, PALE = "#1f5f8b", "#8a8a8a", "#111111", "#dddddd"
_MOST_POINTS = 1500
_MOST_CLASSES = 9
_VIEW_COLUMNS = 4

# A figure or subfigure to draw into.
Canvas = Any
Panel = Callable[[Canvas, ReportRows, Measures], None]


def draw_counts(canvas: Canvas, rows: ReportRows, measures: Measures) -> None:
    """Rows of each class before and after."""
    before, after = rows.counts("train"), rows.counts("resampled")
    axis = canvas.subplots()
    lines = np.arange(len(rows.classes))
    axis.barh(lines, list(after.values()), 0.62, color="white", ec=MADE, lw=1.2)
    axis.barh(lines, list(before.values()), 0.62, color=INK, alpha=0.75)
    most = max(after.values())
    for line, label in enumerate(rows.classes):
        text = f"{before[label]} → {after[label]}"
        axis.text(after[label] + 0.015 * most, line, text, va="center", fontsize=8.5)
    _name_lines(axis, rows.classes)
    axis.set_xlim(0, 1.18 * most)
    axis.set_xlabel("training rows: real (filled) and made (outlined)")


def draw_information(canvas: Canvas, rows: ReportRows, measures: Measures) -> None:
    """The bound with interval, null and ceiling; and by class."""
    left, right = canvas.subplots(1, 2)
    sets = [("made rows", measures.made, MADE), ("real training rows", measures.real, REAL)]
    for line, (_, found, colour) in enumerate(sets):
        result = found.information
        if len(result.null):
            # The shuffled scores as a band: where chance alone would put the diamond.
            low, high = np.quantile(result.null, [0.025, 0.975])
            left.barh(line, max(high - low, 1e-3), 0.5, left=low, color=PALE, ec="none")
            left.text(low, line + 0.36, "shuffled classes", va="center", fontsize=7.5,
                      color="#555555")  # fmt: skip
        left.plot(result.interval, [line, line], "-", color=colour, lw=2)
        left.plot([result.estimate], [line], "D", color=colour, ms=6)
        left.text(result.estimate, line - 0.3, f"{result.estimate:.2f}", ha="center",
                  fontsize=8.5)  # fmt: skip
    ceiling = measures.made.information.ceiling
    left.axvline(ceiling, color=INK, lw=1, ls="--")
    left.text(ceiling, -0.62, f"H(c) = {ceiling:.2f}", ha="right", fontsize=8)
    left.axvline(0, color=PALE, lw=0.8, zorder=0)
    left.margins(x=0.12)
    left.set_ylim(1.7, -0.8)
    left.set_yticks([0, 1], [name for name, _, _ in sets])
    left.set_xlabel("information about the class (nats)")
    _clean(left)
    _draw_pointwise(right, sets)


def _draw_pointwise(axis: Any, sets: list[tuple[str, Against, str]]) -> None:
    labels = list(sets[0][1].pointwise)
    for (name, found, colour), mark in zip(sets, ("o", "s"), strict=True):
        values = [found.pointwise.get(label, math.nan) for label in labels]
        face = colour if mark == "o" else "white"
        axis.plot(
            values, range(len(labels)), mark, color=colour, mfc=face, ms=6, label=name
        )
    _name_lines(axis, labels)
    axis.axvline(0, color=PALE, lw=0.8, zorder=0)
    axis.set_xlabel("mean pointwise information by class (nats)")
    _legend_above(axis)


def curves_of(sampler: Any) -> dict[str, list[float]]:
    """The training curves that a fitted sampler keeps, by what they show."""
    names = {
        "loss_curve_": "generator's loss",
        "critic_loss_curve_": "critic's loss",
        "mi_curve_": "information by Q (nats)",
        "score_curve_": "held-out score (nats)",
    }
    found = {}
    for attribute, name in names.items():
        curve = getattr(sampler, attribute, None)
        if curve is not None and len(curve) and all(value is not None for value in curve):
            found[name] = [float(value) for value in curve]
    return found


def draw_curves(canvas: Canvas, rows: ReportRows, measures: Measures) -> None:
    """Losses and information over the training steps."""
    curves = curves_of(rows.sampler)
    losses = {name: curve for name, curve in curves.items() if "loss" in name}
    others = {name: curve for name, curve in curves.items() if "loss" not in name}
    shown = [group for group in (losses, others) if group]
    axes = canvas.subplots(1, max(len(shown), 1), squeeze=False)[0]
    for axis, group in zip(axes, shown, strict=True):
        for (name, curve), style in zip(group.items(), ("-", "--"), strict=False):
            steps = np.arange(1, len(curve) + 1) * _steps_a_look(rows.sampler, len(curve))
            colour = MADE if style == "-" else INK
            axis.plot(steps, curve, style, color=colour, lw=1.6, label=name, marker=".")
        best = getattr(rows.sampler, "best_iter_", None)
        if best is not None:
            axis.axvline(best, color=REAL, lw=1, ls=":")
            axis.annotate(f"weights of step {best}", (best, 0), (4, 4),
                          xycoords=("data", "axes fraction"), textcoords="offset points",
                          va="bottom", fontsize=8, color="#555555")  # fmt: skip
        axis.set_xlabel("training step")
        _clean(axis)
        _legend_above(axis)


def _steps_a_look(sampler: Any, n_looks: int) -> float:
    return getattr(sampler, "n_iter_", n_looks) / n_looks


def draw_view(canvas: Canvas, rows: ReportRows, measures: Measures) -> None:
    """Leading principal components of the real rows, a panel for each class."""
    real = np.vstack([rows.train[0], rows.held_out[0]])
    n_components = min(2, real.shape[1], len(real) - 1)
    plane = PCA(n_components, svd_solver="full").fit(real)
    points = {
        which: _on_plane(plane, getattr(rows, which)[0])
        for which in ("train", "held_out", "made")
    }
    labels = rows.classes[:_MOST_CLASSES]
    columns = min(_VIEW_COLUMNS, len(labels))
    n_lines = math.ceil(len(labels) / columns)
    axes = canvas.subplots(n_lines, columns, squeeze=False, sharex=True, sharey=True)
    every = points["held_out"]
    for axis, label in zip(axes.ravel(), labels, strict=False):
        axis.plot(*_few(every), ".", color="#e4e4e4", ms=3, zorder=0)
        for which, mark in (("held_out", "o"), ("made", "x")):
            own = points[which][getattr(rows, which)[1] == label]
            style = {"color": MADE, "alpha": 0.55} if which == "made" else {"color": INK}
            axis.plot(*_few(own), mark, mfc="none", ms=4, mew=0.9, **style)
        axis.set_title(str(label), fontsize=9.5)
        axis.set_xticks([])
        axis.set_yticks([])
        for side in axis.spines.values():
            side.set_color(PALE)
    for axis in axes.ravel()[len(labels) :]:
        axis.set_axis_off()
    # Rows far out must not squeeze all others together.
    shown = np.vstack([points["held_out"], points["made"]])
    low, high = np.quantile(shown, [0.002, 0.998], axis=0)
    margin = 0.06 * (high - low)
    axes[0, 0].set_xlim(low[0] - margin[0], high[0] + margin[0])
    axes[0, 0].set_ylim(low[1] - margin[1], high[1] + margin[1])
    share = 100 * plane.explained_variance_ratio_.sum()
    canvas.supxlabel(
        f"two principal components, {share:.0f} % of the variance; ○ held-out real rows of "
        "the class, × made rows, pale: all classes",
        fontsize=8.5,
    )


def _on_plane(plane: PCA, X: Any) -> Any:
    placed = plane.transform(X)
    return placed if placed.shape[1] == 2 else np.column_stack([placed, 0 * placed])


def _few(points: Any) -> Any:
    step = max(1, math.ceil(len(points) / _MOST_POINTS))
    return points[::step].T


def draw_fidelity(canvas: Canvas, rows: ReportRows, measures: Measures) -> None:
    """Precision to coverage, the spread of classes, and the columns one by one."""
    first, second, third = canvas.subplots(1, 3)
    made, real = measures.made, measures.real
    names = list(made.prdc._fields)
    for found, mark, colour in ((made, "o", MADE), (real, "s", REAL)):
        face = colour if mark == "o" else "white"
        first.plot(found.prdc, range(len(names)), mark, color=colour, mfc=face, ms=6)
        labels = list(made.variance_ratio)
        ratios = [found.variance_ratio.get(label, math.nan) for label in labels]
        name = "made rows" if mark == "o" else "real training rows"
        second.plot(ratios, range(len(labels)), mark, color=colour, mfc=face, ms=6,
                    label=name)  # fmt: skip
    _name_lines(first, names)
    first.set_xlim(left=min(-0.03, first.get_xlim()[0]))
    first.set_xlabel("against held-out rows")
    _name_lines(second, labels)
    second.axvline(1, color=PALE, lw=1, zorder=0)
    second.set_xlim(left=0, right=max(1.3, second.get_xlim()[1]))
    second.set_xlabel("variance within the class, held-out = 1")
    _legend_above(second)
    for found, style, colour in ((made, "-", MADE), (real, "--", INK)):
        ordered = np.sort(found.ks)
        third.plot(ordered, np.linspace(0, 1, len(ordered)), style, color=colour, lw=1.6)
    third.set_xlabel("K-S distance by column")
    third.set_ylabel("share of columns below")
    _clean(third)


def draw_leakage(canvas: Canvas, rows: ReportRows, measures: Measures) -> None:
    """Distances to the nearest training row, as distribution functions."""
    axis = canvas.subplots()
    found = measures.leakage
    for distances, style, colour, name in (
        (found.distances, "-", MADE, "made rows"),
        (found.held_out_distances, "--", INK, "held-out real rows"),
        (found.real_distances, ":", INK, "training rows (to the nearest other one)"),
    ):
        ordered = np.sort(distances)
        axis.plot(ordered, np.linspace(0, 1, len(ordered)), style, color=colour, lw=1.8,
                  label=name)  # fmt: skip
    axis.set_xlim(left=0)
    axis.set_xlabel("distance to the nearest training row (standardised columns)")
    axis.set_ylabel("share of rows nearer")
    _clean(axis)
    axis.legend(fontsize=8.5, frameon=False, loc="upper left")


def draw_utility(canvas: Canvas, rows: ReportRows, measures: Measures) -> None:
    """UAR of each classifier without, with and on made rows alone."""
    axis = canvas.subplots()
    for line, found in enumerate(measures.utility):
        gain = found.gain
        without, with_made = 100 * gain.uar_without, 100 * gain.uar_with
        axis.plot([without, with_made], [line, line], "-", color=PALE, lw=2, zorder=0)
        low, high = (without + 100 * end for end in gain.interval)
        axis.plot([low, high], [line - 0.18] * 2, "-", color=MADE, lw=1.4)
        marks = (
            (without, "s", "white", REAL, "real rows"),
            (with_made, "o", MADE, MADE, "real and made rows (bar: interval of the gain)"),
            (100 * found.on_made_alone, "x", INK, INK, "made rows alone"),
        )
        for value, mark, face, edge, name in marks:
            label = name if line == 0 else None
            axis.plot([value], [line], mark, mfc=face, mec=edge, ms=7, label=label,
                      color=edge, ls="none")  # fmt: skip
    _name_lines(axis, [found.classifier for found in measures.utility])
    axis.set_xlabel("UAR on held-out real rows (%)")
    _legend_above(axis)


def _name_lines(axis: Any, names: list[Any]) -> None:
    axis.set_yticks(range(len(names)), [str(name) for name in names])
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color="#eeeeee", lw=0.6)
    axis.set_axisbelow(True)
    _clean(axis)


def _clean(axis: Any) -> None:
    axis.tick_params(labelsize=8.5)
    axis.xaxis.label.set_size(9)
    axis.yaxis.label.set_size(9)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _legend_above(axis: Any) -> None:
    axis.legend(fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0),
                borderaxespad=0.2, handletextpad=0.4)  # fmt: skip


def _height_of_view(rows: ReportRows) -> float:
    n_lines = math.ceil(min(len(rows.classes), _MOST_CLASSES) / _VIEW_COLUMNS)
    return 0.5 + 2.3 * n_lines


def _height_of_lines(rows: ReportRows) -> float:
    return max(2.2, 0.9 + 0.32 * len(rows.classes))


# Name of the section, how to draw it, and its height in inches.
PANELS: dict[str, tuple[Panel, Callable[[ReportRows], float]]] = {
    "counts": (draw_counts, _height_of_lines),
    "information": (draw_information, lambda rows: max(2.6, _height_of_lines(rows))),
    "training": (draw_curves, lambda rows: 2.9),
    "view": (draw_view, _height_of_view),
    "fidelity": (draw_fidelity, lambda rows: max(2.9, _height_of_lines(rows))),
    "leakage": (draw_leakage, lambda rows: 3.0),
    "utility": (draw_utility, lambda rows: 2.6),
}
