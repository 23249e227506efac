"""Formulas as SVG, drawn by matplotlib: no script, no font of the reader, no network."""

import re
from functools import cache
from html import escape

from docutils.nodes import SkipNode
from matplotlib import rc_context
from matplotlib.mathtext import MathTextParser
from matplotlib.path import Path
from matplotlib.textpath import TextPath

_SIZE = 100  # points for one em
_ROOM = 4  # for what reaches beyond the box
_COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


@cache
def as_svg(tex: str, *, block: bool = False) -> str:
    """One formula as an inline image, in units of the surrounding text.

    Parameters
    ----------
    tex : str
        LaTeX, in the part that matplotlib knows.
    block : bool
        On lines of its own, where fractions may be tall.
    """
    tex = " ".join(tex.split())
    # matplotlib sets what follows a sum close to it.
    spaced = re.sub(r"\\sum_(\{[^{}]*\}|\w)", r"\g<0>\\,", tex)
    text = "$" + (spaced.replace(r"\frac", r"\dfrac") if block else spaced) + "$"
    with rc_context({"mathtext.fontset": "stix", "font.size": _SIZE}):
        width, height, depth, *_ = MathTextParser("path").parse(text, 72)
        path = TextPath((0, 0), text, size=_SIZE)
    data = ""
    for points, code in path.iter_segments(curves=True, simplify=False):
        if code == Path.CLOSEPOLY:
            data += "Z"
        else:
            flipped = [(1, -1)[i % 2] * x for i, x in enumerate(points)]
            data += _COMMANDS[int(code)] + " ".join(f"{x:.0f}" for x in flipped)
    width, height, depth = width + 2 * _ROOM, height + 2 * _ROOM, depth + _ROOM
    style = f"width:{width / _SIZE:.2f}em;height:{height / _SIZE:.2f}em;"
    style += f"vertical-align:{-depth / _SIZE:.2f}em"
    return (
        f'<svg class="formula" role="img" aria-label="{escape(tex)}" style="{style}" '
        f'viewBox="{-_ROOM} {depth - height:.0f} {width:.0f} {height:.0f}">'
        f'<path fill="currentColor" d="{data}"/></svg>'
    )


def _inline(translator, node):
    translator.body.append(as_svg(node.astext()))
    raise SkipNode


def _block(translator, node):
    formula = as_svg(node.astext(), block=True)
    translator.body.append(f'<div class="math-block">{formula}</div>\n')
    raise SkipNode


def setup(app):
    app.add_html_math_renderer(
        "svg", inline_renderers=(_inline, None), block_renderers=(_block, None)
    )
    app.config.html_math_renderer = "svg"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
