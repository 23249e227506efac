"""The formulas of the pages are in the part of LaTeX that the site draws right."""

import re

import pytest

from tests.docs._pages import PAGES, name_of

# docutils reads \frac12 as twelve over what follows.
_BARE_FRACTION = re.compile(r"\\frac\s*[^{\s]|\\frac\{[^{}]*\}\s*[^{\s]")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_fractions_have_both_parts_in_braces(page):
    text = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    assert _BARE_FRACTION.findall(text) == []
