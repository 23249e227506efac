"""Links between the pages, and from them to files of the repository, lead somewhere."""

import re
import tomllib

import pytest
import yaml

from tests.docs._pages import DOCS, PAGES, ROOT, anchors, links, name_of


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_resolve(page):
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link) or link.startswith("auto_examples/"):
            continue  # elsewhere, or made by the build, which checks it
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        to_heading = anchor and file.suffix == ".md"
        if not file.exists() or (to_heading and anchor not in anchors(file)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_the_gallery_are_of_examples_that_exist(page):
    named = re.findall(r"auto_examples/(plot_\w+)", page.read_text(encoding="utf-8"))
    assert not [n for n in named if not (ROOT / "examples" / f"{n}.py").exists()]


def test_a_broken_link_would_be_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text('# A title, here\n[a](b.md) `[c](d.md)` <img src="e.png">\n[f](#g)\n')
    assert list(links(page)) == ["b.md", "#g", "e.png"]
    assert anchors(page) == {"a-title-here"}


def test_the_guide_lists_every_page_with_a_line():
    guide = (DOCS / "guide.md").read_text(encoding="utf-8")
    pages = {page.stem for page in DOCS.glob("*.md")} - {"guide", "index"}
    listed = set(re.findall(r"^- \[[^]]+\]\((\w+)\.md\): ", guide, flags=re.MULTILINE))
    assert pages <= listed
    assert not [page for page in pages if f"\n{page}\n" not in guide]


def test_the_readme_is_short_and_its_links_work_on_a_package_index():
    readme = ROOT / "README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 110
    relative = [link for link in links(readme) if not link.startswith("https://")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    # Without an address of the project an index shows the picture's description instead.
    assert relative == ([] if "urls" in project else ["docs/_static/method.svg"])


def test_the_citation_names_the_software_and_the_paper():
    from skmiaug import __version__

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == __version__
    assert citation["license"] == "BSD-3-Clause"
    assert {"title", "message", "authors", "type"} <= {*citation}
    paper = citation["preferred-citation"]
    assert "2510.10078" in paper["url"]
    assert [a["family-names"] for a in paper["authors"]][::4] == ["Ahn", "Rajapakse"]
