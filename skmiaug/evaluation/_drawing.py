"""What the figures of comparison and report share; they read the same in grey."""

import io
import math
import textwrap
import warnings
from typing import Any

SYNTHETIC, REAL, INK, PALE, QUIET = "#1f5f8b", "#8a8a8a", "#111111", "#dddddd", "#555555"
NAME_LETTERS = 24
_MAX_TICKS = 5
_MARGIN = 0.08


def as_drawn(name: Any) -> str:
    """A text that Matplotlib draws letter by letter.

    It reads text between two dollar signs as mathematics, and cannot draw a lone surrogate
    (a byte of a file name that is not UTF-8).
    """
    return str(name).encode("utf-8", "replace").decode("utf-8").replace("$", r"\$")


def in_lines(text: Any, width: int) -> str:
    """A text in lines of `width` letters, as `as_drawn`."""
    return "\n".join(map(as_drawn, textwrap.wrap(str(text), width)))


def in_two_lines(name: Any, width: int) -> str:
    """A name in at most two lines of `width` letters, as `as_drawn`.

    A name that is too long loses its middle: names often differ at an end.
    """
    text = " ".join(str(name).split())
    lines = textwrap.wrap(text, width)
    if len(lines) > 2:
        half = width - 1
        lines = [text[:half].rstrip() + "…", "…" + text[-half:].lstrip()]
    return "\n".join(map(as_drawn, lines))


def name_lines(axis: Any, names: list[Any]) -> None:
    """One line of the plot for each name, the first on top."""
    axis.set_yticks(range(len(names)), [in_two_lines(name, NAME_LETTERS) for name in names])
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color="#eeeeee", lw=0.6)
    axis.set_axisbelow(True)
    clean(axis)


def clean(axis: Any) -> None:
    """Small labels, and no frame on top and at the right."""
    axis.tick_params(labelsize=9.5)
    axis.xaxis.label.set_size(9.5)
    axis.yaxis.label.set_size(9.5)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def legend_above(axis: Any, columns: int = 1) -> None:
    """A legend above the axes, where it hides nothing."""
    axis.legend(
        fontsize=9,
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
        handletextpad=0.4,
        ncols=columns,
    )


def rows_of_panels(number: int, most: int) -> list[int]:
    """How many panels stand in each row, as even as can be and at most `most`."""
    rows = math.ceil(number / most)
    return [number // rows + (row < number % rows) for row in range(rows)]


def panel_axes(figure: Any, rows: list[int]) -> list[Any]:
    """Axes that fill each row, in the order of reading."""
    columns = math.lcm(*rows)
    grid = figure.add_gridspec(len(rows), columns)
    return [
        figure.add_subplot(grid[row, start : start + columns // number])
        for row, number in enumerate(rows)
        for start in range(0, columns, columns // number)
    ]


def plain_log_scale(axis: Any, low: float, high: float) -> None:
    """A logarithmic x axis from ``low`` to ``high`` with ticks in plain numbers.

    It has a tick at either end. Matplotlib's own ticks at powers of ten may all lie outside
    the range, and labels at every minor tick overlap.
    """
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
    powers = [10.0**exponent for exponent in range(first, last + 2)]
    ticks = [float(f"{times * power:.6g}") for power in powers for times in (1, 3)]
    start = max(tick for tick in ticks if tick <= low)
    end = min(tick for tick in ticks if tick >= high and tick > start)
    axis.set_xscale("log")
    # So that neither a mark nor the labels below it reach beyond the ends.
    margin = (end / start) ** _MARGIN
    axis.set_xlim(start / margin, end * margin)
    shown = [tick for tick in ticks if start <= tick <= end]
    if len(shown) > _MAX_TICKS:
        shown = [power for power in powers if start <= power <= end]
    shown = shown[:: math.ceil(len(shown) / _MAX_TICKS)]
    axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axis.set_xticks([], minor=True)


def png_of(figure: Any, dpi: float) -> bytes:
    """The figure as a PNG, without warnings about letters that the font lacks.

    Such a letter becomes a box, and the tables hold the name.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer, before = io.BytesIO(), figure.dpi
    figure.set_dpi(dpi)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        # Not savefig, which draws a figure with a layout twice.
        FigureCanvasAgg(figure).print_png(buffer)
    figure.set_dpi(before)
    return buffer.getvalue()
