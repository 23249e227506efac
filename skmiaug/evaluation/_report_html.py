"""A quality report as one self-contained page."""

import base64
import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from skmiaug.evaluation._drawn import png_of
from skmiaug.evaluation._report_findings import Finding
from skmiaug.evaluation._report_plots import Panel
from skmiaug.evaluation._report_words import SECTIONS
from skmiaug.utils._optional import require

__all__ = ["MARKER", "page"]

MARKER = '<meta name="generator" content="skmiaug report">'
_MARKS = {"good": "●", "look": "◐", "bad": "○"}
_PIXELS_AN_INCH = 96
_SMALL = 3.0
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #111;
  background: #fff; max-width: 63rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .3rem; padding-top: .5rem;
  border-top: 1px solid #ddd; }
p { max-width: 46rem; margin: .3rem 0 .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem;
  font-size: .87rem; margin: 0 0 1.2rem; }
dt { color: #595959; } dd { margin: 0; overflow-wrap: anywhere; }
ul.findings { list-style: none; padding: 0; margin: 1rem 0; }
ul.findings li { display: grid; grid-template-columns: 1.4rem 6.5rem 1fr; gap: .5rem;
  padding: .5rem .2rem; border-bottom: 1px solid #eee; }
ul.findings b { font-weight: 600; }
.good { color: #14633b; } .look { color: #8a5a00; } .bad { color: #a01818; }
.key, .notes { font-size: .85rem; color: #444; }
.remark { border-left: 3px solid #bbb; padding-left: .7rem; }
.figures { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; margin: .5rem 0; }
figure { margin: 0; max-width: 100%; }
figure.small { max-width: calc(50% - .6rem); }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { font-size: .8rem; color: #444; max-width: 28rem; }
table { border-collapse: collapse; font-size: .87rem; margin: .8rem 0 1rem; width: 100%; }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid #999; }
th, td { padding: .25rem .6rem; vertical-align: top; }
td { border-bottom: 1px solid #eee; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.n, .best { white-space: nowrap; }
@media (max-width: 46rem) {
  body { padding: 0 .9rem; margin-top: 1rem; }
  h1 { font-size: 1.3rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dt { margin-top: .3rem; }
  ul.findings li { grid-template-columns: 1.4rem 1fr; gap: .1rem .5rem; }
  ul.findings li span:last-child { grid-column: 2; }
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .5rem 0;
    border-bottom: 1px solid #ddd; }
  td { border: 0; padding: 0; }
  td:empty { display: none; }
  td:first-child, td:last-child { flex-basis: 100%; }
  td:first-child { font-weight: 600; }
  td:last-child { color: #444; }
  td[data-is]::before { content: attr(data-is) "\\00a0"; color: #595959; }
}
@media print { h2, figure, tr { break-inside: avoid; } }
"""


def page(
    *,
    title: str,
    about: Mapping[str, str],
    findings: Sequence[Finding],
    table: pd.DataFrame,
    notes: Sequence[str],
    remarks: Mapping[str, str],
    panels: Mapping[str, Sequence[Panel]],
) -> str:
    """The whole document; figures become images within it."""
    body = [
        f"<h1>{_text(title)}</h1>",
        _definitions(about),
        _findings(findings),
        "".join(f'<p class="notes">Note: {_text(note)}.</p>\n' for note in notes),
    ]
    for name, (heading, text) in SECTIONS.items():
        part = table[table["section"] == name]
        if name not in panels and part.empty:
            continue
        body.append(f'<h2 id="{name}">{_text(heading)}</h2>\n<p>{_text(text)}</p>')
        if name in remarks:
            body.append(f'<p class="remark">{_text(remarks[name])}</p>')
        if name in panels:
            drawn = [_picture(panel, heading) for panel in panels[name]]
            body.append('<div class="figures">\n' + "\n".join(drawn) + "\n</div>")
        if not part.empty:
            body.append(_table(part))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{MARKER}\n<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n"
        "</head>\n<body>\n<main>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
    )


def _definitions(about: Mapping[str, str]) -> str:
    lines = [f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in about.items()]
    return "<dl>\n" + "\n".join(lines) + "\n</dl>"


def _findings(found: Sequence[Finding]) -> str:
    lines = [
        f'<li><span class="{mark}" title="{mark}">{_MARKS[mark]}</span>'
        f"<b>{_text(topic)}</b><span>{_text(text)}</span></li>"
        for mark, topic, text in found
    ]
    key = "● as it should be · ◐ look closer · ○ a fault (rules of thumb, not tests)"
    return (
        '<ul class="findings">\n' + "\n".join(lines) + f'\n</ul>\n<p class="key">{key}</p>'
    )


def _picture(panel: Panel, heading: str) -> str:
    module = require("matplotlib.figure", extra="plots", purpose="draw the report")
    figure = module.Figure(figsize=(panel.width, panel.height), layout="constrained")
    panel.draw(figure.subplots())
    picture = png_of(figure, dpi=2 * _PIXELS_AN_INCH)
    data = base64.b64encode(picture).decode("ascii")
    width, height = (round(_PIXELS_AN_INCH * side) for side in panel[1:3])
    small = ' class="small"' if panel.width < _SMALL else ""
    return (
        f'<figure{small}><img alt="{_text(heading)}: {_text(panel.says)}" '
        f'width="{width}" height="{height}" src="data:image/png;base64,{data}">'
        f"<figcaption>{_text(panel.says)}</figcaption></figure>"
    )


# Heading on the page and, where it differs, the word before the figure on a phone.
_COLUMNS = {
    "measure": "",
    "made rows": "made",
    "real rows": "real",
    "95 % interval": "95 %",
    "p": "p",
    "best": "best:",
    "what it says": "",
}
_NUMERIC = {"made rows", "real rows", "95 % interval", "p"}


def _table(part: pd.DataFrame) -> str:
    shown = [_cells(row) for row in part.to_dict("records")]
    # Columns that are empty throughout are left out.
    heads = [head for head in _COLUMNS if any(row[head] for row in shown)]
    top = "".join(f"<th{_class(head)}>{head}</th>" for head in heads)
    lines = [
        "<tr>"
        + "".join(f"<td{_class(h)}{_word(h)}>{_text(row[h])}</td>" for h in heads)
        + "</tr>"
        for row in shown
    ]
    return (
        f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody>\n</table>"
    )


def _cells(row: Mapping[Any, Any]) -> dict[str, str]:
    between = ""
    if math.isfinite(row["low"]):
        between = f"{_number(row['low'])} to {_number(row['high'])}"
    p_value = row["p_value"]
    return {
        "measure": row["measure"],
        "made rows": _number(row["value"]),
        "real rows": _number(row["real"]),
        "95 % interval": between,
        "p": "" if math.isnan(p_value) else f"{p_value:.2g}",
        "best": row["better"],
        "what it says": row["meaning"],
    }


def _class(head: str) -> str:
    if head in _NUMERIC:
        return ' class="n"'
    return ' class="best"' if head == "best" else ""


def _word(head: str) -> str:
    return f' data-is="{_COLUMNS[head]}"' if _COLUMNS[head] else ""


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}"
    return f"{value:.3g}".replace("-", "−")


def _text(value: Any) -> str:
    # A byte of a file name that is no UTF-8 stands in it as a lone surrogate.
    readable = str(value).encode("utf-8", "replace").decode("utf-8")
    return html.escape(readable)
