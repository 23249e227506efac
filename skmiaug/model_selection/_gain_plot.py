"""The picture of a search among ways to balance."""

from __future__ import annotations

from typing import Any

import numpy as np

from skmiaug.model_selection._rule import best_of, interval
from skmiaug.utils._optional import require

__all__ = ["plot_gains"]


def plot_gains(
    labels: list[str],
    scores: Any,
    chosen: int,
    reference: int,
    *,
    test_to_train: float,
    metric: str,
    ax: Any = None,
) -> Any:
    """Gains over a reference with 95 % intervals, one line for each label.

    Of several candidates of one label, the best is drawn. Returns the axes.
    """
    if ax is None:
        figure = require("matplotlib.figure", extra="plots", purpose="draw the plot")
        lines = len(set(labels))
        ax = figure.Figure(
            figsize=(6.4, 1.2 + 0.35 * lines), layout="constrained"
        ).subplots()
    ax.axvline(0, color="0.7", linewidth=1, zorder=0)
    names = list(dict.fromkeys(labels))
    for place, name in enumerate(names):
        own = [label == name for label in labels]
        index = chosen if own[chosen] else best_of(scores, own)
        if index is None:
            continue
        ends = interval(scores[index], scores[reference], test_to_train=test_to_train)
        ax.plot(ends, (place, place), color="black", linewidth=1)
        ax.plot(
            np.mean(scores[index] - scores[reference]),
            place,
            "o",
            color="black",
            markerfacecolor="black" if own[chosen] else "white",
        )
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel(f"gain in {metric} over {labels[reference]} (95 % interval)")
    ax.set_title(f"chosen: {labels[chosen]}", loc="left")
    return ax
