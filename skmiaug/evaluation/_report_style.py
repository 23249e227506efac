"""Colours and axes that the figures of a report share; they read the same in grey."""

from typing import Any

from skmiaug.evaluation._drawn import in_two_lines

__all__ = [
    "INK",
    "MADE",
    "NAME_LETTERS",
    "PALE",
    "QUIET",
    "REAL",
    "clean",
    "legend_above",
    "name_lines",
]

MADE, REAL, INK, PALE, QUIET = "#1f5f8b", "#8a8a8a", "#111111", "#dddddd", "#555555"
NAME_LETTERS = 24


def name_lines(axis: Any, names: list[Any]) -> None:
    """One line of the plot for each name, the first on top."""
    axis.set_yticks(range(len(names)), [in_two_lines(name, NAME_LETTERS) for name in names])
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color="#eeeeee", lw=0.6)
    axis.set_axisbelow(True)
    clean(axis)


def clean(axis: Any) -> None:
    """Small labels, and no frame where it holds nothing."""
    axis.tick_params(labelsize=9.5)
    axis.xaxis.label.set_size(9.5)
    axis.yaxis.label.set_size(9.5)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def legend_above(axis: Any, columns: int = 1) -> None:
    """Out of the way of all that is drawn."""
    axis.legend(
        fontsize=9,
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
        handletextpad=0.4,
        ncols=columns,
    )
