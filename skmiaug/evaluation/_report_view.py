"""Real and made rows on the plane of two principal components, class by class."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from skmiaug.evaluation._drawn import in_two_lines
from skmiaug.evaluation._report_data import ReportRows
from skmiaug.evaluation._report_style import INK, MADE, PALE

__all__ = ["MOST_CLASSES", "class_views", "share_on_the_plane"]

MOST_CLASSES = 12
_MOST_POINTS = 1500
_SIZE = 2.25
_TITLE_LETTERS = 26

View = tuple[Callable[[Any], None], float, float, str]


def class_views(rows: ReportRows) -> list[View]:
    """How to draw each class, width, height, and what it shows."""
    plane = _plane_of(rows)
    points = {
        which: _on_plane(plane, getattr(rows, which)[0]) for which in ("held_out", "made")
    }
    # Rows far out must not squeeze all others together.
    low, high = np.quantile(np.vstack(list(points.values())), [0.01, 0.99], axis=0)
    margin = 0.15 * (high - low)
    limits = np.stack([low - margin, high + margin])
    views: list[View] = []
    for label in rows.classes[:MOST_CLASSES]:
        own = {which: points[which][getattr(rows, which)[1] == label] for which in points}
        draw = partial(_draw, label=label, own=own, every=points["held_out"], limits=limits)
        says = f"{len(own['held_out'])} held out, {len(own['made'])} made"
        views.append((draw, _SIZE, _SIZE, says))
    return views


def share_on_the_plane(rows: ReportRows) -> float:
    """Share of the real rows' variance that the plane shows, 0 to 1."""
    return float(_plane_of(rows).explained_variance_ratio_.sum())


def _plane_of(rows: ReportRows) -> PCA:
    real = np.vstack([rows.train[0], rows.held_out[0]])
    n_components = min(2, real.shape[1], len(real) - 1)
    return PCA(n_components, svd_solver="full").fit(real)


def _draw(
    axis: Any,
    label: Any,
    own: dict[str, NDArray[Any]],
    every: NDArray[Any],
    limits: NDArray[Any],
) -> None:
    axis.plot(*_few(every), ".", color="#e4e4e4", ms=3, zorder=0)
    axis.plot(*_few(own["held_out"]), "o", mfc="none", ms=4, mew=0.9, color=INK)
    axis.plot(*_few(own["made"]), "x", ms=4, mew=0.9, color=MADE, alpha=0.55)
    axis.set_title(in_two_lines(label, _TITLE_LETTERS), fontsize=10)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_xlim(*limits[:, 0])
    axis.set_ylim(*limits[:, 1])
    for side in axis.spines.values():
        side.set_color(PALE)


def _on_plane(plane: PCA, X: NDArray[Any]) -> NDArray[Any]:
    placed = plane.transform(X)
    return placed if placed.shape[1] == 2 else np.column_stack([placed, 0 * placed])


def _few(points: NDArray[Any]) -> NDArray[Any]:
    step = max(1, math.ceil(len(points) / _MOST_POINTS))
    return points[::step].T
