"""The Python on the page about corpora runs."""

import re
from pathlib import Path

from tests.datasets._trees import clip

PAGE = Path(__file__).resolve().parents[2] / "docs" / "datasets.md"
BLOCK = re.compile(
    r"(?:<!-- (?P<note>[^\n]*) -->\n)?^```python\n(?P<code>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


def test_snippets_run_in_their_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for speaker in ("03", "08", "09"):
        for emotion in "FNW":
            for version in "abc":
                clip(Path("EmoDB/wav") / f"{speaker}a01{emotion}{version}.wav")
    blocks = list(BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    run = [block for block in blocks if not (block["note"] or "").startswith("not run")]
    assert len(run) == 3
    names = {}
    for block in run:
        exec(block["code"], names)
    assert names["again"].frame.equals(
        names["mine"].frame.assign(path=names["again"].frame["path"])
    )
    assert len(names["again"]) == 2
