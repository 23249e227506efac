"""Names from outside in a figure: file names, classes, samplers."""

import io
import math
import textwrap
import warnings
from typing import Any

__all__ = ["as_drawn", "in_lines", "in_two_lines", "plain_log_scale", "png_of"]

_MOST_TICKS = 5
_MARGIN = 0.08


def as_drawn(name: Any) -> str:
    """A text that Matplotlib draws letter by letter.

    Between two dollar signs it would read mathematics; a lone surrogate, which stands for a
    byte of a file name that is no UTF-8, it cannot draw at all.
    """
    return str(name).encode("utf-8", "replace").decode("utf-8").replace("$", r"\$")


def in_lines(text: Any, width: int) -> str:
    """A text in lines of so many letters, as `as_drawn`."""
    return "\n".join(map(as_drawn, textwrap.wrap(str(text), width)))


def in_two_lines(name: Any, width: int) -> str:
    """A name for a place of so many letters, in two lines at most, as `as_drawn`.

    What is still too long loses its middle: names often differ at an end.
    """
    text = " ".join(str(name).split())
    lines = textwrap.wrap(text, width)
    if len(lines) > 2:
        half = width - 1
        lines = [text[:half].rstrip() + "…", "…" + text[-half:].lstrip()]
    return "\n".join(map(as_drawn, lines))


def plain_log_scale(axis: Any, low: float, high: float) -> None:
    """A logarithmic x axis from ``low`` to ``high``, its ticks in plain figures.

    It holds a tick at either end: of powers of ten alone there may be none between
    the ends, and labels of all that lies between them run into each other.
    """
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
    powers = [10.0**exponent for exponent in range(first, last + 2)]
    ticks = [float(f"{times * power:.6g}") for power in powers for times in (1, 3)]
    start = max(tick for tick in ticks if tick <= low)
    end = min(tick for tick in ticks if tick >= high and tick > start)
    axis.set_xscale("log")
    # So that neither a mark nor the figures below it reach over the ends.
    margin = (end / start) ** _MARGIN
    axis.set_xlim(start / margin, end * margin)
    shown = [tick for tick in ticks if start <= tick <= end]
    if len(shown) > _MOST_TICKS:
        shown = [power for power in powers if start <= power <= end]
    shown = shown[:: math.ceil(len(shown) / _MOST_TICKS)]
    axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axis.set_xticks([], minor=True)


def png_of(figure: Any, dpi: float) -> bytes:
    """The figure as a PNG.

    A letter that the font lacks becomes a box, and nothing is said of it for each place
    where it stands: the tables hold the name.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()
