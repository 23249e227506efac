"""The figures of a quality report, each of one pair of axes.

Small ones, so that a page can set them in rows or, on a phone, below each other.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from skmiaug.evaluation import _drawing as drawing
from skmiaug.evaluation._drawing import INK, NAME_LETTERS, PALE, QUIET, REAL, SYNTHETIC
from skmiaug.evaluation.comparison._methods import NO_RESAMPLING
from skmiaug.evaluation.comparison._summary import confusion_matrix_of
from skmiaug.evaluation.report._evidence import WITH_SAMPLES, Evidence, SampleSet
from skmiaug.evaluation.report._samples import ReportSamples

MAX_CLASSES = 12
_WIDTH, _VIEW_SIZE = 4.7, 2.25
_MAX_POINTS = 1500
# Ratios above this are shown on a logarithmic scale.
_MAX_LINEAR = 4.0
# Names of classes up to this length stand side by side below a matrix.
_SHORT_NAME = 4

Set = tuple[str, SampleSet, str]


class Panel(NamedTuple):
    """A figure of one pair of axes: `draw` draws into them; sizes are in inches."""

    draw: Callable[[Any], None]
    width: float
    height: float
    caption: str


def report_panels(evidence: Evidence) -> dict[str, list[Panel]]:
    """The figures by section of the report, in its order."""
    samples = evidence.samples
    one_line = all(len(str(label)) <= NAME_LETTERS for label in samples.classes)
    tall = max(2.4, 1.0 + (0.3 if one_line else 0.4) * len(samples.classes))
    sets = [
        ("synthetic samples", evidence.synthetic, SYNTHETIC),
        ("real training rows", evidence.real, REAL),
    ]

    def panel(draw: Any, height: float, caption: str, **options: Any) -> Panel:
        return Panel(partial(draw, **options), _WIDTH, height, caption)

    of_classes = samples.target.name == "multiclass"
    shown = "Diamond: the estimate. Dashed: the upper bound, where there is one."
    if of_classes:
        shown = ("Diamond and bar: estimate and interval. Grey: the same with shuffled "
                 "classes. Dashed: the upper bound.")  # fmt: skip
    confusion = confusion_matrix_of(evidence.compared, WITH_SAMPLES)
    by_class = []
    if not evidence.recalls.empty:
        by_class.append(
            panel(_recalls, tall, "Recall by class, mean over the classifiers. A gain of "
                  "rare classes may cost the others.", evidence=evidence)
        )  # fmt: skip
    if not confusion.empty:
        by_class.append(
            panel(_confusion, max(2.7, tall), "With the samples: % of the held-out rows of "
                  "each class (line) that are taken for another (column), mean over the "
                  "classifiers.", counts=confusion)
        )  # fmt: skip
    panels = {
        "counts": [
            panel(_counts, tall, "Filled: real training rows of the class. Outlined: after "
                  "resampling.", samples=samples),
        ],
        "information": [
            panel(_information, 2.6, shown, sets=sets, of_classes=of_classes),
            panel(_pointwise, tall, "The same by class; below 0, samples resemble another "
                  "class more.", sets=sets),
        ][: 1 + of_classes],
        "training": _curve_panels(samples.sampler),
        "view": _class_views(samples),
        "fidelity": [
            panel(_prdc, 2.6, "How synthetic samples and held-out rows cover each other.",
                  sets=sets),
            panel(_variance, tall, "Variance within each class; that of held-out rows is "
                  "1.", sets=sets),
            panel(_columns, 2.6, "Distance of single columns from those of held-out rows: "
                  "further left is better.", sets=sets),
        ],
        "leakage": [
            panel(_distances, 3.0, "Left of the dashed curve: nearer to training rows than "
                  "new real rows are.", evidence=evidence),
        ],
        "utility": [
            panel(_utility, 2.7, "Square to disc: the effect of the synthetic samples.",
                  evidence=evidence),
            *by_class,
        ],
    }  # fmt: skip
    return {name: found for name, found in panels.items() if found}


def _counts(axis: Any, samples: ReportSamples) -> None:
    before, after = samples.counts("train"), samples.counts("resampled")
    lines = np.arange(len(before))
    axis.barh(lines, list(after.values()), 0.62, color="white", ec=SYNTHETIC, lw=1.2)
    axis.barh(lines, list(before.values()), 0.62, color=INK, alpha=0.75)
    most = max(after.values())
    for line, label in enumerate(before):
        text = f"{before[label]} → {after[label]}"
        axis.text(after[label] + 0.015 * most, line, text, va="center", fontsize=9)
    drawing.name_lines(axis, list(before))
    axis.set_xlim(0, 1.3 * most)
    axis.set_xlabel("training samples")


def _information(axis: Any, sets: list[Set], of_classes: bool) -> None:
    for line, (_, found, colour) in enumerate(sets):
        result = found.information
        if len(result.null_distribution):
            # The shuffled scores as a band: the range of chance.
            low, high = np.quantile(result.null_distribution, [0.025, 0.975])
            axis.barh(line, max(high - low, 1e-3), 0.5, left=low, color=PALE, ec="none")
            axis.text((low + high) / 2, line + 0.38, "shuffled", va="center", ha="center",
                      fontsize=8.5, color=QUIET)  # fmt: skip
        axis.plot(result.interval, [line, line], "-", color=colour, lw=2)
        axis.plot([result.estimate], [line], "D", color=colour, ms=6)
        axis.text(result.estimate, line - 0.3, f"{result.estimate:.2f}", ha="center",
                  fontsize=9)  # fmt: skip
    bound = sets[0][1].information.maximum
    if math.isfinite(bound):
        axis.axvline(bound, color=INK, lw=1, ls="--")
        name = "H(c)" if of_classes else "upper bound"
        axis.text(bound, -0.66, f"{name} = {bound:.2f} ", ha="right", fontsize=9)
    axis.axvline(0, color=PALE, lw=0.8, zorder=0)
    axis.margins(x=0.12)
    axis.set_ylim(1.7, -0.9)
    names = [
        name.replace(" samples", "\nsamples").replace(" t", "\nt") for name, *_ in sets
    ]
    axis.set_yticks(range(len(sets)), names)
    about = "class" if of_classes else "target"
    axis.set_xlabel(f"information about the {about} (nats)")
    drawing.clean(axis)


def _pairs(axis: Any, names: list[Any], sets: list[Set], values: Any) -> None:
    """On each line a disc for synthetic samples and a square for real rows."""
    for (name, found, colour), mark in zip(sets, ("o", "s"), strict=True):
        face = colour if mark == "o" else "none"
        axis.plot(values(found), range(len(names)), mark, color=colour, mfc=face, ms=6.5,
                  mew=1.4, label=name, zorder=3)  # fmt: skip
    drawing.name_lines(axis, names)
    axis.margins(x=0.06)
    drawing.legend_above(axis, columns=2)


def _pointwise(axis: Any, sets: list[Set]) -> None:
    labels = list(sets[0][1].pointwise)
    _pairs(axis, labels, sets, lambda m: [m.pointwise.get(c, math.nan) for c in labels])
    axis.axvline(0, color=REAL, lw=0.8, zorder=0)
    axis.set_xlabel("mean pointwise information (nats)")


def _prdc(axis: Any, sets: list[Set]) -> None:
    names = list(sets[0][1].prdc._fields)
    _pairs(axis, names, sets, lambda m: list(m.prdc))
    axis.set_xlim(left=min(-0.03, axis.get_xlim()[0]))
    axis.set_xlabel("share (density: ratio)")


def _variance(axis: Any, sets: list[Set]) -> None:
    labels = list(sets[0][1].variance_ratio)
    _pairs(axis, labels, sets,
           lambda m: [m.variance_ratio.get(c, math.nan) for c in labels])  # fmt: skip
    axis.axvline(1, color=REAL, lw=1, zorder=0)
    highest = axis.get_xlim()[1]
    ratios = [ratio for _, found, _ in sets for ratio in found.variance_ratio.values()]
    lowest = min((ratio for ratio in ratios if ratio > 0), default=1.0)
    if highest > _MAX_LINEAR:
        drawing.plain_log_scale(axis, min(lowest, 1.0), highest)
    else:
        axis.set_xlim(0, max(1.3, highest))
    axis.set_xlabel("variance within the class, held-out rows = 1")


def _columns(axis: Any, sets: list[Set]) -> None:
    for (name, found, _), style, colour in zip(
        sets, ("-", "--"), (SYNTHETIC, INK), strict=True
    ):
        axis.step(*_shares_below(found.drift.ks), style, color=colour, lw=1.6,
                  where="post", label=name)  # fmt: skip
    axis.set_xlabel("Kolmogorov-Smirnov distance of a column")
    axis.set_ylabel("share of columns below")
    drawing.clean(axis)
    drawing.legend_above(axis, columns=2)


def _distances(axis: Any, evidence: Evidence) -> None:
    found = evidence.leakage
    # A few distant samples must not squeeze all others together.
    every = np.concatenate(
        [found.distances, found.held_out_distances, found.real_distances]
    )
    end = 1.3 * float(np.quantile(every, 0.98)) or 1.0
    for distances, style, colour, name in (
        (found.distances, "-", SYNTHETIC, "synthetic samples"),
        (found.held_out_distances, "--", INK, "held-out real rows"),
        (found.real_distances, ":", INK, "training rows (to the next other one)"),
    ):
        nearest, shares = _shares_below(distances)
        # To the right end: copies, all at distance 0, would be a line on the edge.
        axis.step([*nearest, max(end, nearest[-1])], [*shares, 1.0], style, color=colour,
                  lw=1.8, where="post", label=name)  # fmt: skip
    axis.set_xlim(0, end)
    axis.set_xlabel("distance to the nearest training row")
    axis.set_ylabel("share nearer")
    drawing.clean(axis)
    drawing.legend_above(axis)


def _utility(axis: Any, evidence: Evidence) -> None:
    for line, found in enumerate(evidence.utility):
        without, with_synthetic = 100 * found.without, 100 * found.with_samples
        axis.plot([without, with_synthetic], [line, line], "-", color=PALE, lw=2, zorder=0)
        low, high = (without + 100 * end for end in found.interval)
        axis.plot([low, high], [line - 0.22] * 2, "-", color=SYNTHETIC, lw=1.4)
        marks = (
            (without, "s", "white", REAL, "real"),
            (with_synthetic, "o", SYNTHETIC, SYNTHETIC,
             "real and synthetic (bar: interval of the gain)"),
            (100 * found.on_synthetic_only, "x", INK, INK, "synthetic only"),
        )  # fmt: skip
        for value, mark, face, edge, name in marks:
            label = name if line == 0 else None
            axis.plot([value], [line], mark, mfc=face, mec=edge, ms=7, label=label,
                      color=edge, ls="none")  # fmt: skip
    drawing.name_lines(axis, [found.model for found in evidence.utility])
    axis.set_xlabel(f"{evidence.score} on held-out real rows (%)")
    drawing.legend_above(axis)


def _recalls(axis: Any, evidence: Evidence) -> None:
    recalls = 100 * evidence.recalls
    weights = next(name for name in recalls.index if name.endswith("weights"))
    for name, mark, colour, label in (
        (NO_RESAMPLING, "s", REAL, "real"),
        (weights, "x", INK, weights),
        (WITH_SAMPLES, "o", SYNTHETIC, "real and synthetic"),
    ):
        axis.plot(recalls.loc[name], range(recalls.shape[1]), mark, color=colour, ms=6.5,
                  mfc=colour if mark == "o" else "none", mew=1.4, label=label)  # fmt: skip
    drawing.name_lines(axis, list(recalls.columns))
    axis.set_xlim(-4, 104)
    axis.set_xlabel("recall (%)")
    drawing.legend_above(axis, columns=3)


def _confusion(axis: Any, counts: pd.DataFrame) -> None:
    rows = counts.sum(axis=1)
    shares = 100 * counts.div(rows.where(rows > 0), axis=0).fillna(0).to_numpy()
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    names = [drawing.in_two_lines(name, NAME_LETTERS) for name in counts.columns]
    upright = max(map(len, names)) <= _SHORT_NAME or len(names) <= 3
    axis.set_xticks(range(len(names)), names, rotation=0 if upright else 90)
    axis.set_yticks(range(len(names)), names)
    if len(names) <= MAX_CLASSES:
        for (line, column), share in np.ndenumerate(shares):
            colour = "white" if share > 55 else INK
            axis.text(column, line, f"{share:.0f}", ha="center", va="center",
                      fontsize=8, color=colour)  # fmt: skip
    axis.set_xlabel("predicted class")
    axis.set_ylabel("true class")
    axis.tick_params(labelsize=8.5, length=0)


# ---- training curves

# Captions, and the attributes of fitted augmenters that are drawn together.
_CURVES = {
    "Losses of both networks, the mean of the steps between two dots.": {
        "loss_curve_": "generator's loss",
        "critic_loss_curve_": "critic's loss",
    },
    "By Q, which is trained as well, and by a new critic on validation rows.": {
        "train_mi_curve_": "information by Q, training (nats)",
        "validation_scores_": "validation score (nats)",
    },
}


def _curve_panels(sampler: Any) -> list[Panel]:
    panels = []
    for caption, names in _CURVES.items():
        found = {
            name: getattr(sampler, attribute, None) for attribute, name in names.items()
        }
        curves = {
            name: np.asarray(curve, dtype=float)
            for name, curve in found.items()
            if curve is not None and len(curve) and None not in list(curve)
        }
        if curves:
            draw = partial(_curves, curves=curves, sampler=sampler)
            panels.append(Panel(draw, _WIDTH, 2.8, caption))
    return panels


def _curves(axis: Any, curves: dict[str, NDArray[Any]], sampler: Any) -> None:
    for (name, curve), style in zip(curves.items(), ("-", "--"), strict=False):
        every = getattr(sampler, "n_iter_", len(curve)) / len(curve)
        steps = every * np.arange(1, len(curve) + 1)
        colour = SYNTHETIC if style == "-" else INK
        axis.plot(steps, curve, style, color=colour, lw=1.6, label=name, marker=".")
    best = getattr(sampler, "best_iter_", None)
    if best is not None:
        axis.axvline(best, color=REAL, lw=1.2, ls=":", label=f"weights of step {best}")
    axis.set_xlabel("training step")
    drawing.clean(axis)
    drawing.legend_above(axis)


# ---- the plane of two principal components


def share_on_the_plane(samples: ReportSamples) -> float:
    """Share of the real rows' variance that the plane shows, 0 to 1."""
    return float(np.nansum(_plane_of(samples).explained_variance_ratio_))


def _class_views(samples: ReportSamples) -> list[Panel]:
    plane = _plane_of(samples)
    real, synthetic = (
        _on_plane(plane, X) for X in (samples.held_out[0], samples.synthetic[0])
    )
    # Outliers must not squeeze all others together.
    low, high = np.quantile(np.vstack([real, synthetic]), [0.01, 0.99], axis=0)
    margin = np.maximum(0.15 * (high - low), 1e-6)
    limits = np.stack([low - margin, high + margin])
    views = []
    for label in samples.classes[:MAX_CLASSES]:
        own = real[samples.strata == label], synthetic[samples.synthetic[1] == label]
        draw = partial(_view, label=label, shown=(real, *own), limits=limits)
        counts = f"{len(own[0])} held out, {len(own[1])} synthetic"
        views.append(Panel(draw, _VIEW_SIZE, _VIEW_SIZE, counts))
    return views


def _plane_of(samples: ReportSamples) -> PCA:
    real = np.vstack([samples.train[0], samples.held_out[0]])
    n_components = min(2, real.shape[1], len(real) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Rows that are all the same have no variance to share.
        return PCA(n_components, svd_solver="full").fit(real)


def _view(axis: Any, label: Any, shown: Sequence[Any], limits: NDArray[Any]) -> None:
    """All held-out rows, and those and the synthetic samples of one class."""
    every, real, synthetic = map(_thinned, shown)
    axis.plot(*every, ".", color="#e4e4e4", ms=3, zorder=0)
    axis.plot(*real, "o", mfc="none", ms=4, mew=0.9, color=INK)
    axis.plot(*synthetic, "x", ms=4, mew=0.9, color=SYNTHETIC, alpha=0.55)
    axis.set_title(drawing.in_two_lines(label, NAME_LETTERS + 2), fontsize=10)
    axis.set(xticks=[], yticks=[], xlim=limits[:, 0], ylim=limits[:, 1])
    for side in axis.spines.values():
        side.set_color(PALE)


def _on_plane(plane: PCA, X: NDArray[Any]) -> NDArray[Any]:
    placed = plane.transform(X)
    return placed if placed.shape[1] == 2 else np.column_stack([placed, 0 * placed])


def _thinned(points: NDArray[Any]) -> NDArray[Any]:
    step = max(1, math.ceil(len(points) / _MAX_POINTS))
    return points[::step].T


def _shares_below(values: Any) -> tuple[Any, Any]:
    ordered = np.sort(values)
    ordered = np.concatenate([ordered[:1], ordered])
    return ordered, np.linspace(0, 1, len(ordered))
