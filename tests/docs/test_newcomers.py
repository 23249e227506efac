"""Three first hours: each uses only what its page shows.

Here in this process; test_empty_environment.py follows the same pages after installing.
"""

import shlex

import pandas as pd
import pytest

from skmiaug import MIGANAugmenter
from skmiaug.evaluation.cli import main
from tests.docs._newcomers import check_first_lines, write_machines, write_recordings
from tests.docs._pages import DOCS, ROOT, blocks, snippets


def commands(page):
    """The commands of the page by their first word, as `main` takes them."""
    found = (b for b in blocks(page, "bash") if b.startswith("skmiaug "))
    split = [shlex.split(block.replace("\\\n", " "))[1:] for block in found]
    return {words[0]: words for words in split}


def run(page, first=0, last=None):
    """Run blocks of Python as one program would; returns its names."""
    names: dict[str, object] = {}
    for snippet in snippets(page)[first:last]:
        if snippet.runs:
            code = compile("\n" * snippet.line + snippet.code, str(page), "exec")
            exec(code, names)
    return names


def test_the_first_lines_print_what_stands_below_them(capsys):
    page = ROOT / "README.md"
    run(page, last=1)
    check_first_lines(capsys.readouterr().out)
    for language in ("python", "text"):
        assert blocks(DOCS / "index.md", language)[0] == blocks(page, language)[0]


@pytest.fixture
def machines(tmp_path, monkeypatch):
    """The file of the page, and rows of it without their class."""
    monkeypatch.chdir(tmp_path)
    write_machines(tmp_path)


def test_the_short_way_from_a_table_to_predictions(machines, capsys):
    found = commands(DOCS / "own_table.md")
    assert main([*found["fit"], "--methods", "none,gaussian", "--cv", "2"]) == 0
    assert "esample" in capsys.readouterr().out  # the verdict
    assert main(found["predict"]) == 0
    predictions = pd.read_csv(found["predict"][-1])
    assert len(predictions) == 5
    assert predictions.isin(["ok", "leak"]).any(axis=None)


@pytest.fixture
def short_training(monkeypatch):
    monkeypatch.setitem(MIGANAugmenter.__init__.__kwdefaults__, "max_iter", 5)


def test_from_a_table_to_a_model_that_predicts(machines, short_training, capsys):
    page = DOCS / "own_table.md"
    assert main(commands(page)["compare"]) == 0
    assert "MIGANAugmenter" in capsys.readouterr().out
    run(page, last=1)
    capsys.readouterr()
    predicted = run(page, first=1)["model"].predict(pd.read_csv("new.csv"))
    assert set(predicted) <= {"ok", "leak"}
    assert capsys.readouterr().out == f"{predicted}\n"


@pytest.fixture
def recordings(tmp_path, monkeypatch, short_training):
    """A folder as the page describes it, and a tiny model where the hub's would be."""
    pytest.importorskip("transformers", reason="needs the extra audio")
    monkeypatch.chdir(tmp_path)
    write_recordings(tmp_path)
    return tmp_path


def test_from_recordings_to_a_prediction(recordings, capsys):
    page = DOCS / "own_recordings.md"
    (loads,) = (i for i, s in enumerate(snippets(page)) if "joblib.load" in s.code)
    trained = run(page, last=loads)
    assert "macro avg" in capsys.readouterr().out
    for train, test in trained["cv"].split(
        trained["paths"], trained["y"], trained["speaker"]
    ):
        assert not set(trained["speaker"][train]) & set(trained["speaker"][test])
    names = run(page, first=loads)
    assert names["model"].predict(["new.wav"])[0] in {"anger", "neutral"}
    assert names["probabilities"].sum() == pytest.approx(1)


def test_the_benchmark_of_own_recordings(recordings, capsys):
    assert main(commands(DOCS / "own_recordings.md")["benchmark"]) == 0
    assert "MIGANAugmenter" in capsys.readouterr().out
    assert (recordings / "results" / "benchmark.json").exists()
