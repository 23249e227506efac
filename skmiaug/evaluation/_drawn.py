"""Names from outside in a figure: file names, classes, samplers."""

import io
import warnings
from typing import Any

__all__ = ["as_drawn", "png_of"]


def as_drawn(name: Any) -> str:
    """A text that Matplotlib draws letter by letter.

    Between two dollar signs it would read mathematics; a lone surrogate, which stands for a
    byte of a file name that is no UTF-8, it cannot draw at all.
    """
    return str(name).encode("utf-8", "replace").decode("utf-8").replace("$", r"\$")


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
