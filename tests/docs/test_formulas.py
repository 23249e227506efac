"""The formulas of the pages are in the part of LaTeX that the site can draw."""

import re
import sys

import pytest

from tests.docs._pages import DOCS, PAGES, name_of

sys.path.insert(0, str(DOCS / "_ext"))
from formulas import as_svg

sys.path.remove(str(DOCS / "_ext"))

_DOLLARS = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$([^$\n]+?(?:\n[^$\n]+?)?)\$", re.DOTALL)


def formulas(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    text = re.sub(r"`[^`\n]*`", "", text)
    return [(block or inline, bool(block)) for block, inline in _DOLLARS.findall(text)]


@pytest.mark.parametrize("page", [p for p in PAGES if formulas(p)], ids=name_of)
def test_the_formulas_of_a_page_can_be_drawn(page):
    for tex, block in formulas(page):
        assert as_svg(tex, block=block).startswith("<svg")


def test_there_are_formulas():
    assert sum(len(formulas(page)) for page in PAGES) >= 50


def test_a_formula_is_as_large_as_its_text():
    wide, narrow = (
        float(re.search(r"width:([\d.]+)em", as_svg(tex))[1]) for tex in ("x + x", "x")
    )
    assert 2 * narrow < wide < 6 * narrow
    assert as_svg(r"\frac{1}{2}", block=True) != as_svg(r"\frac{1}{2}")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="Unknown symbol"):
        as_svg(r"\nosuchcommand")
