"""Where the documentation lies, and how its Markdown is read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(p for p in DOCS.rglob("*.md") if not {"_build", "auto_examples"} & {*p.parts}),
    ]
)
_FENCE = re.compile(r"^```.*?^```[ \t]*$", re.MULTILINE | re.DOTALL)


class Snippet(NamedTuple):
    """A block of Python on a page."""

    line: int
    code: str
    wanted: str

    @property
    def runs(self) -> bool:
        """Whether the page does not say that the block is not run."""
        return not self.wanted.startswith("not run")


def name_of(path: Path) -> str:
    """A page's path from the repository, as the id of a test."""
    return path.relative_to(ROOT).as_posix()


def prose(path: Path) -> str:
    """The text of a page without blocks and spans of code."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", path.read_text(encoding="utf-8")))


def links(path: Path) -> Iterator[str]:
    """Targets of the links and pictures of a page."""
    text = prose(path)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)
    yield from re.findall(r"<([a-z]+:[^<>\s]+)>", text)
    yield from re.findall(r'(?:href|src|srcset)="([^"]+)"', text)


def quotes(path: Path) -> list[str]:
    """What a page quotes: the paragraphs whose lines begin with ``>``."""
    found = re.findall(r"(?:^> .*\n)+", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"^> ", "", quote, flags=re.MULTILINE) for quote in found]


def anchors(path: Path) -> set[str]:
    """The names by which the headings of a page can be linked to, as on GitHub."""
    headings = re.findall(r"^#+ +(.+?) *$", prose(path), flags=re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in headings
    }


def blocks(path: Path, language: str) -> list[str]:
    """The blocks of a language of a page."""
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def snippets(path: Path) -> list[Snippet]:
    """The blocks of Python of a page.

    A comment ``<!-- not run: why -->`` on the line before a block keeps it from being run.
    """
    text = path.read_text(encoding="utf-8")
    pattern = r"(?:<!-- (?P<note>[^\n]*) -->\n)?^```python\n(?P<code>.*?)^```"
    return [
        Snippet(text[: m.start("code")].count("\n") + 1, m["code"], m["note"] or "")
        for m in re.finditer(pattern, text, re.MULTILINE | re.DOTALL)
    ]
