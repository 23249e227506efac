"""A quality report as one self-contained page."""

import base64
import html
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from skmiaug.evaluation._report_table import Finding

__all__ = ["MARKER", "page"]

MARKER = '<meta name="generator" content="skmiaug report">'
_MARKS = {"good": "●", "look": "◐", "bad": "○"}
_SECTIONS = {
    "counts": ("Class counts", "Rows of the training part before and after resampling."),
    "information": (
        "Mutual information",
        "How much a critic that was fitted to held-out real rows, and has seen neither the "
        "made rows nor the training rows, reads from a row about its class: a lower bound "
        "of I(c; x̂) in nats. Dashed: the ceiling H(c). Grey band: the same critic with the "
        "classes shuffled. More than real rows give is no merit: it means rows that are "
        "typical of their class and nothing else.",
    ),
    "training": ("Training", "Curves of the fit. Q was trained with the generator: its "
                 "information is a training curve, not a measure."),
    "view": (
        "Real and made rows",
        "A plane shows little of many features: look for classes that are displaced, "
        "collapsed to points, or strung on lines.",
    ),
    "fidelity": (
        "Fidelity and variety",
        "Precision and density: do made rows lie among real ones? Recall and coverage: is "
        "all of the real rows there? Variance ratio: interpolation shrinks classes. Real "
        "training rows in their place show what can be reached.",
    ),
    "leakage": (
        "Leakage",
        "A curve left of the dashed one: made rows are nearer to training rows than fresh "
        "real rows come.",
    ),
    "utility": (
        "Use",
        "One split says little: `skmiaug compare` repeats it over folds and seeds.",
    ),
    "calibration": (
        "Calibration",
        "Resampling shifts the class priors that a classifier learns, and with them its "
        "probabilities. Correcting the priors (PriorCorrectedClassifier) undoes the shift. "
        "Logistic regression, for the class shares of the held-out rows.",
    ),
}  # fmt: skip
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #111;
  background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .6rem; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .3rem; padding-top: .5rem;
  border-top: 1px solid #ddd; }
p { max-width: 46rem; margin: .3rem 0 .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem;
  font-size: .87rem; margin: 0 0 1.2rem; }
dt { color: #666; } dd { margin: 0; overflow-wrap: anywhere; }
ul.findings { list-style: none; padding: 0; margin: 1rem 0; }
ul.findings li { display: grid; grid-template-columns: 1.4rem 6.5rem 1fr; gap: .5rem;
  padding: .5rem .2rem; border-bottom: 1px solid #eee; }
ul.findings b { font-weight: 600; }
.good { color: #14633b; } .look { color: #8a5a00; } .bad { color: #a01818; }
.key, .notes { font-size: .83rem; color: #555; }
img { max-width: 100%; height: auto; display: block; margin: .4rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; margin: .5rem 0 1rem; width: 100%; }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid #999; }
th, td { padding: .25rem .6rem; vertical-align: top; }
td { border-bottom: 1px solid #eee; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (max-width: 40rem) { ul.findings li { grid-template-columns: 1.4rem 1fr; }
  ul.findings li span:last-child { grid-column: 2; } }
@media print { h2, img { break-inside: avoid; } }
"""


def page(
    *,
    title: str,
    about: Mapping[str, str],
    findings: Sequence[Finding],
    table: pd.DataFrame,
    notes: Sequence[str],
    figures: Mapping[str, Any],
) -> str:
    """The whole document; figures become images within it."""
    body = [
        f"<h1>{_text(title)}</h1>",
        _definitions(about),
        _findings(findings),
        _notes(notes),
    ]
    for name, (heading, text) in _SECTIONS.items():
        part = table[table["section"] == name]
        if name not in figures and part.empty:
            continue
        body.append(f'<h2 id="{name}">{_text(heading)}</h2>\n<p>{_text(text)}</p>')
        if name in figures:
            body.append(_image(figures[name], heading))
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
    key = "● as it should be   ◐ look closer   ○ a fault (rules of thumb, not tests)"
    return (
        '<ul class="findings">\n' + "\n".join(lines) + f'\n</ul>\n<p class="key">{key}</p>'
    )


def _notes(notes: Sequence[str]) -> str:
    return "".join(f'<p class="notes">Note: {_text(note)}.</p>\n' for note in notes)


def _image(figure: Any, heading: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{_text(heading)}" src="data:image/png;base64,{data}">'


def _table(part: pd.DataFrame) -> str:
    intervals = part["low"].notna().any()
    tested = part["p_value"].notna().any()
    heads = ["measure", "made rows", "real rows"]
    heads += ["95 % interval"] * int(intervals) + ["p"] * int(tested)
    heads += ["best", "what it says"]
    numeric = {"made rows", "real rows", "95 % interval", "p"}
    lines = [
        "<tr>"
        + "".join(f"<th{_class(name in numeric)}>{name}</th>" for name in heads)
        + "</tr>"
    ]
    for row in part.to_dict("records"):
        cells = [row["measure"], _number(row["value"]), _number(row["real"])]
        if intervals:
            known = math.isfinite(row["low"])
            between = f"{_number(row['low'])} to {_number(row['high'])}"
            cells.append(between if known else "")
        if tested:
            cells.append("" if math.isnan(row["p_value"]) else f"{row['p_value']:.2g}")
        cells += [row["better"], row["meaning"]]
        lines.append(
            "<tr>"
            + "".join(
                f"<td{_class(name in numeric)}>{_text(cell)}</td>"
                for name, cell in zip(heads, cells, strict=True)
            )
            + "</tr>"
        )
    return '<div class="wide"><table>\n' + "\n".join(lines) + "\n</table></div>"


def _class(numeric: bool) -> str:
    return ' class="n"' if numeric else ""


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}"
    return f"{value:.3g}".replace("-", "−")


def _text(value: Any) -> str:
    return html.escape(str(value))
