"""The site is built without a warning, and everything on it leads somewhere."""

import re
import shutil

import pytest

from tests.docs._browser import chromium, what_does_not_load
from tests.docs._site import broken_targets, build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("sphinx_gallery", reason="sphinx builds the site (extra: docs)")
    pytest.importorskip("myst_parser", reason="myst reads its pages (extra: docs)")
    return build(tmp_path_factory.mktemp("site"), examples="none")


def test_it_has_the_guide_the_gallery_and_the_api(site):
    assert {"index.html", "guide.html", "method.html", "troubleshooting.html"} <= {
        path.name for path in site.glob("*.html")
    }
    assert (site / "generated/skmiaug.MIGANAugmenter.html").exists()
    assert (site / "auto_examples/plot_quickstart.html").exists()


def test_no_link_and_no_picture_is_broken(site):
    assert broken_targets(site) == []


def test_formulas_are_drawn_without_a_script(site):
    page = (site / "method.html").read_text(encoding="utf-8")
    assert page.count('<svg class="formula"') >= 20
    # MyST marks headings with a class of that name; a script is what must not be.
    assert not re.search(r"<script[^>]*mathjax", page, re.IGNORECASE)


def test_broken_links_would_be_found(site, tmp_path):
    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    (copy / "method.html").unlink()
    page = copy / "index.html"
    page.write_text(
        page.read_text(encoding="utf-8").replace("</body>", '<img src="no.png"></body>'),
        encoding="utf-8",
    )
    broken = broken_targets(copy)
    assert "index.html: no.png" in broken
    assert "index.html: method.html" in broken


@pytest.mark.skipif(chromium() is None, reason="needs Chromium")
def test_a_browser_loads_every_page_whole(site):
    assert what_does_not_load(site, chromium()) == []


@pytest.mark.skipif(chromium() is None, reason="needs Chromium")
def test_the_browser_notices_missing_pictures_and_wide_pages(tmp_path):
    (tmp_path / "page.html").write_text('<h1>A page</h1><img src="no.png">')
    (tmp_path / "wide.html").write_text('<h1>A page</h1><p style="width: 600px">wide</p>')
    found = what_does_not_load(tmp_path, chromium())
    assert any("no.png" in line for line in found)
    assert "wide.html: wider than 400 px" in found
    assert not any("page.html: wider" in line for line in found)
