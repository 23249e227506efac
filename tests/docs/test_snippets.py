"""The Python on the pages runs."""

import numpy as np
import pytest

from skmiaug import MIGANAugmenter
from tests.docs._pages import DOCS, ROOT, name_of, snippets

# Pages of the guide; those that other parts bring say for themselves what they need.
PARTS = {"cross_modal", "datasets", "paired_generation"}
RUN = [
    page
    for page in [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    if page.stem not in PARTS and snippets(page)
]


def skewed_speech():
    """What the pages call X, y and speaker: three emotions of 60, 24 and 9 rows."""
    rng = np.random.default_rng(0)
    y = np.repeat(["anger", "fear", "joy"], [60, 9, 24])
    centre = {name: rng.normal(size=12) for name in np.unique(y)}
    X = np.array([centre[name] for name in y]) + rng.normal(size=(len(y), 12))
    speaker = np.arange(len(y)) % 6
    return {"X": X, "y": y, "speaker": speaker}


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_snippets_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    # Short trainings: whether the code runs does not depend on their length.
    monkeypatch.setitem(MIGANAugmenter.__init__.__kwdefaults__, "max_iter", 5)
    names = skewed_speech()
    for snippet in snippets(page):
        if snippet.wanted.startswith("not run"):
            continue
        code = compile("\n" * snippet.line + snippet.code, str(page), "exec")
        exec(code, names)


def test_there_are_snippets_to_run():
    assert sum(len(snippets(page)) for page in RUN) >= 10
