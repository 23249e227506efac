"""The three first hours from a fresh clone and an empty environment, as on the pages.

The commands and programs are taken from the pages and run as they stand. pip downloads what
they install.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.docs._newcomers import check_first_lines, write_machines, write_recordings
from tests.docs._pages import DOCS, ROOT, blocks, snippets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


class Newcomer:
    """Someone with a clone, a virtual environment and a folder of files."""

    def __init__(self, work: Path) -> None:
        self.clone, self.bin = work / "skmiaug", work / "venv" / "bin"
        self._run("git", "clone", "--quiet", ROOT, self.clone, cwd=work)
        self._run(sys.executable, "-m", "venv", work / "venv", cwd=work)

    def _run(self, *command: str | Path, cwd: Path) -> str:
        # Nothing of this checkout or this environment.
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        path = f"{self.bin}:{os.environ['PATH']}"
        settings = kept | {"PATH": path, "VIRTUAL_ENV": str(self.bin.parent)}
        done = subprocess.run(
            command, cwd=cwd, env=settings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr[-5000:]}"
        return done.stdout

    def type(self, command: str, folder: Path) -> str:
        """Run a command of a page: one that installs in the clone, others in `folder`."""
        where = self.clone if command.startswith("pip install") else folder
        return self._run("bash", "-euo", "pipefail", "-c", command, cwd=where)

    def program(self, code: str, folder: Path) -> str:
        """Run a program of a page."""
        return self._run(self.bin / "python", "-c", code, cwd=folder)


def programs(page: Path) -> list[str]:
    """The Python of a page; a new program begins at the words "In another program"."""
    text = page.read_text(encoding="utf-8")
    line = text[: text.index("In another program")].count("\n")
    parts: tuple[list[str], list[str]] = ([], [])
    for snippet in snippets(page):
        if snippet.runs:
            parts[snippet.line > line].append(snippet.code)
    return ["\n".join(part) for part in parts]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    return Newcomer(tmp_path_factory.mktemp("newcomer"))


@pytest.fixture(scope="module")
def installed(newcomer):
    """After the first command of README."""
    newcomer.type(blocks(ROOT / "README.md", "bash")[0], newcomer.clone)
    return newcomer


def test_the_first_lines(installed, tmp_path):
    check_first_lines(installed.program(snippets(ROOT / "README.md")[0].code, tmp_path))


def test_from_a_table_to_a_model_that_predicts(installed, tmp_path):
    page = DOCS / "own_table.md"
    write_machines(tmp_path)
    printed = [installed.type(command, tmp_path) for command in blocks(page, "bash")]
    assert re.search("esampl", printed[0])  # the verdict
    assert len(pd.read_csv(tmp_path / "predictions.csv")) == 5
    assert "MIGANAugmenter" in printed[2]
    train, predict = programs(page)
    installed.program(train, tmp_path)
    predicted = installed.program(predict, tmp_path)
    assert set(re.findall(r"\w+", predicted)) <= {"ok", "leak"}


def test_the_comparison_of_the_readme(installed, tmp_path):
    command = blocks(ROOT / "README.md", "bash")[1]
    assert "MIGANAugmenter" in installed.type(command, tmp_path)
    assert (installed.clone / "results" / "plot.png").stat().st_size


def test_from_recordings_to_a_prediction(installed, tmp_path):
    pytest.importorskip("transformers", reason="writes a tiny model (extra: audio)")
    page = DOCS / "own_recordings.md"
    write_recordings(tmp_path)
    install, benchmark, *_ = blocks(page, "bash")
    installed.type(install, tmp_path)
    train, predict = programs(page)
    assert "macro avg" in installed.program(train, tmp_path)
    assert re.match(r"\['(anger|neutral)'\]\n\{", installed.program(predict, tmp_path))
    assert "MIGANAugmenter" in installed.type(benchmark, tmp_path)
    assert (tmp_path / "results" / "benchmark.json").exists()
