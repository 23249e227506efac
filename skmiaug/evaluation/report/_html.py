"""A quality report as one self-contained page."""

import base64
import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from skmiaug.evaluation._drawing import png_of
from skmiaug.evaluation.report._measures import FAIL, PASS, WARN
from skmiaug.evaluation.report._plots import Panel
from skmiaug.utils import require

MARKER = '<meta name="generator" content="skmiaug report">'
_MARKS = {PASS: "●", WARN: "◐", FAIL: "○"}
_PIXELS_AN_INCH = 96
_SMALL = 3.0
# Heading and first sentences of each section, in the order of the page.
SECTIONS = {
    "counts": ("Class counts", "The training part before and after resampling."),
    "information": (
        "Mutual information",
        "Information about the class that a critic finds in a sample, a lower bound of "
        "I(c; x̂) in nats. The critic was fitted to held-out real rows and has seen neither "
        "synthetic samples nor training rows. Below 0, guessing by class shares does "
        "better. More than real rows have is not an advantage: such samples are more "
        "typical of their class than real data.",
    ),
    "training": (
        "Training",
        "Curves of the fit. Q is trained together with the generator: its information is a "
        "training curve, not a measurement.",
    ),
    "view": (
        "Real and synthetic samples",
        "A plane shows little of many features: look for classes that are displaced, "
        "collapsed to points, or lined up.",
    ),
    "fidelity": (
        "Fidelity and variety",
        "Precision and density: do synthetic samples lie among real rows? Recall and "
        "coverage: are all real rows represented? Variance ratio: interpolation shrinks "
        "classes. Real training rows in their place show what can be reached.",
    ),
    "leakage": (
        "Leakage",
        "Do synthetic samples disclose the training rows behind them? Nearness does not "
        "prove disclosure, and distance does not prove privacy.",
    ),
    "utility": (
        "Utility",
        "Classifiers trained with and without the synthetic samples, tested on held-out "
        "real rows that neither they nor the over-sampler have seen, and class weights, "
        "random oversampling and SMOTE. One split shows little: skmiaug compare repeats it "
        "over folds and seeds.",
    ),
    "calibration": (
        "Calibration",
        "Resampling shifts the class priors that a classifier learns, and with them its "
        "probabilities. Correcting the priors (PriorCorrectedClassifier) undoes the shift. "
        "Logistic regression, for the class shares of the held-out rows.",
    ),
}
# The same for votes, label sets and attributes.
_OF_TARGETS = {
    "counts": (
        "Targets",
        "The training part before and after resampling: votes of each class, rows of each "
        "label, or rows in each fifth of the range of an attribute.",
    ),
    "information": (
        "Mutual information",
        "Information about the target that a model of held-out real rows finds in a "
        "sample, a lower bound in nats: about a class drawn by the votes of its row, about "
        "one of the labels of its row, or about attributes taken as Gaussian. Samples are "
        "drawn for the targets of the training rows.",
    ),
    "utility": (
        "Utility",
        "Models trained with and without the synthetic samples, tested on held-out real "
        "rows that neither they nor the augmenter have seen, and methods that need no "
        "samples. One split shows little: skmiaug compare repeats it over folds and seeds.",
    ),
}
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #111;
  background: #fff; max-width: 80rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .3rem; padding-top: .5rem;
  border-top: 1px solid #ddd; }
p { max-width: 56rem; margin: .3rem 0 .8rem; }
nav ol { columns: 14rem; margin: .3rem 0 1.2rem; padding-left: 1.4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem;
  font-size: .87rem; margin: 0 0 1.2rem; }
dt { color: #595959; } dd { margin: 0; overflow-wrap: anywhere; }
ul.findings { list-style: none; padding: 0; margin: 1rem 0; }
ul.findings li { display: grid; grid-template-columns: 1.4rem 6.5rem 1fr; gap: .5rem;
  padding: .5rem .2rem; border-bottom: 1px solid #eee; }
.pass { color: #14633b; } .warn { color: #8a5a00; } .fail { color: #a01818; }
.key, .notes { font-size: .85rem; color: #444; }
.remark { border-left: 3px solid #bbb; padding-left: .7rem; }
.parts { display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; margin: .5rem 0; }
.figures { flex: 1 1 100%; min-width: 0; display: flex; flex-wrap: wrap;
  gap: .6rem 1.2rem; }
.table { flex: 1 1 100%; min-width: 0; }
/* One figure leaves room for the table at its side. */
.one { flex: 2 1 22rem; } .one + .table { flex: 3 1 34rem; }
figure { margin: 0; flex: 1 1 21rem; min-width: 0; max-width: 38rem; }
/* Small ones are of one size in all rows. */
.figures:has(.small) { display: grid;
  grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); }
figure.small { max-width: 18rem; }
figure img { width: 100%; height: auto; display: block; }
figcaption { font-size: .8rem; color: #444; }
table { border-collapse: collapse; font-size: .87rem; margin: .8rem 0 1rem; width: 100%; }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid #999; }
th, td { padding: .25rem .6rem; vertical-align: top; border: 0; overflow-wrap: anywhere; }
th, td:not(:first-child, :last-child) { white-space: nowrap; }
td { border-bottom: 1px solid #eee; font-variant-numeric: tabular-nums; }
@media (max-width: 46rem) {
  body { padding: 0 .9rem; margin-top: 1rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dt { margin-top: .3rem; }
  ul.findings li { grid-template-columns: 1.4rem 1fr; gap: .1rem .5rem; }
  ul.findings li span:last-child { grid-column: 2; }
  .figures:has(.small) { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
  /* A row of a table becomes a block of lines, each under its heading. */
  thead { display: none; } td { display: flex; gap: .6rem; border: 0; padding: .1rem 0; }
  td::before { content: attr(data-head); flex: 0 0 6.5rem; color: #595959; }
  td:first-child { font-weight: 600; } td:empty, td:first-child::before { display: none; }
  tr { display: block; padding: .4rem 0; border-bottom: 1px solid #eee; }
}
@media print { h2, figure, tr { break-inside: avoid; } }
"""


def sections_for(target_type: str) -> Mapping[str, tuple[str, str]]:
    """Heading and first sentences of each section, in the order of the page."""
    return SECTIONS if target_type == "multiclass" else SECTIONS | _OF_TARGETS


def page(
    report: Any,
    sections: Mapping[str, tuple[str, str]],
    remarks: Mapping[str, str],
    panels: Mapping[str, Sequence[Panel]],
) -> str:
    """The whole document of a `QualityReport`; figures become images within it."""
    table = report.table
    facts = [f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in report.about.items()]
    marked = [
        f'<li><span class="{mark}" title="{mark}">{_MARKS[mark]}</span>'
        f"<b>{_text(topic)}</b><span>{_text(text)}</span></li>"
        for mark, topic, text in report.findings
    ]
    shown = [n for n in sections if n in panels or (table["section"] == n).any()]
    links = [f'<li><a href="#{name}">{_text(sections[name][0])}</a></li>' for name in shown]
    body = [
        f"<h1>{_text(report.title)}</h1>",
        "<dl>\n" + "\n".join(facts) + "\n</dl>",
        '<ul class="findings">\n' + "\n".join(marked) + "\n</ul>",
        '<p class="key">● pass · ◐ warn: check closely · ○ fail (rules of thumb, not '
        "tests)</p>",
        "".join(f'<p class="notes">Note: {_text(note)}.</p>\n' for note in report.notes),
        f'<nav aria-label="Contents"><b>Contents</b><ol>{"".join(links)}</ol></nav>',
    ]
    for name in shown:
        heading, text = sections[name]
        body.append(f'<h2 id="{name}">{_text(heading)}</h2>\n<p>{_text(text)}</p>')
        if name in remarks:
            body.append(f'<p class="remark">{_text(remarks[name])}</p>')
        body.append('<div class="parts">')
        if name in panels:
            drawn = [_picture(panel, heading) for panel in panels[name]]
            kind = "figures one" if len(drawn) == 1 else "figures"
            body.append(f'<div class="{kind}">\n' + "\n".join(drawn) + "\n</div>")
        part = table[table["section"] == name]
        if not part.empty:
            body.append(f'<div class="table">{_table(part)}</div>')
        body.append("</div>")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{MARKER}\n<title>{_text(report.title)}</title>\n<style>{_STYLE}</style>\n"
        "</head>\n<body>\n<main>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
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
        f'<figure{small}><img alt="{_text(heading)}: {_text(panel.caption)}" '
        f'width="{width}" height="{height}" src="data:image/png;base64,{data}">'
        f"<figcaption>{_text(panel.caption)}</figcaption></figure>"
    )


def _table(part: pd.DataFrame) -> str:
    low, high = part["low"].map(_number), part["high"].map(_number)
    shown = pd.DataFrame(
        {
            "measure": part["measure"].map(_text),
            "synthetic": part["value"].map(_number),
            "real": part["real"].map(_number),
            "95 % interval": (low + " to " + high).where(low != "", ""),
            "p": part["p_value"].map(lambda p: "" if math.isnan(p) else f"{p:.2g}"),
            "best": part["better"],
            "meaning": part["meaning"].map(_text),
        }
    )
    # Columns that are empty throughout are left out.
    shown = shown.loc[:, (shown != "").any()]
    head = "".join(f"<th>{name}</th>" for name in shown)
    cells = shown.apply(lambda column: f'<td data-head="{column.name}">' + column + "</td>")
    body = "\n".join(f"<tr>{row}</tr>" for row in cells.sum(axis=1))
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}"
    return f"{value:.3g}".replace("-", "−")


def _text(value: Any) -> str:
    # A byte of a file name that is not UTF-8 is a lone surrogate in Python's text.
    readable = str(value).encode("utf-8", "replace").decode("utf-8")
    return html.escape(readable)
