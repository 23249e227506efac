"""The built site, read as a browser reads it: links, anchors, pictures."""

import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.docs._pages import ROOT

_SOURCES = {"a": "href", "link": "href", "img": "src", "script": "src"}


class Page(HTMLParser):
    """What a page points to, and what can be pointed to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(str(given["id"]))
        target = given.get(_SOURCES.get(tag, ""))
        if target:
            self.targets.append(target)


def build(work: Path, *, examples: str) -> Path:
    """Build a copy of the sources, warnings as errors; return the folder of the site.

    Of a copy, since the build writes pages of the API and of the gallery next to them.
    """
    made = shutil.ignore_patterns("_build", "auto_examples", "generated", "__pycache__")
    for folder in ("docs", "examples"):
        shutil.copytree(ROOT / folder, work / folder, ignore=made)
    for file in ("CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / file, work)
    site = work / "site"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", work / "docs", site],
        cwd=ROOT,
        env=os.environ | {"SKMIAUG_EXAMPLES": examples, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def html_pages(site: Path) -> list[Path]:
    """The pages that were built, without the templates that a theme brings."""
    return sorted(p for p in site.rglob("*.html") if site / "_static" not in p.parents)


def broken_targets(site: Path) -> list[str]:
    """Every link, picture, script and style sheet of the site that leads nowhere."""
    pages = {path: Page(path) for path in html_pages(site)}
    broken = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not file.is_file() or (
                parts.fragment
                and file in pages
                and unquote(parts.fragment) not in pages[file].ids
            ):
                broken.append(f"{path.relative_to(site)}: {target}")
    return broken
