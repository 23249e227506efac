"""The Python on the pages runs."""

import logging
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import sklearn

import skmiaug.datasets
from skmiaug import MIGANAugmenter
from skmiaug.representation.alignment import _space
from skmiaug.training.gan import _loop as _gan_loop
from tests.datasets._csd_files import FOLDS, SEGMENTS, mosei
from tests.docs._pages import DOCS, name_of, quotes, snippets

# Pages of the guide; those that other parts bring say for themselves what they need.
PAIRED = {"cross_modal", "paired_generation"}
# test_newcomers.py runs the first lines, "Your own table" and "Your own recordings".
PARTS = {"datasets", "features", "index", "own_recordings", "own_table", *PAIRED}
RUN = [
    page for page in sorted(DOCS.glob("*.md")) if page.stem not in PARTS and snippets(page)
]


def imbalanced_speech():
    """What the pages call X, y and speaker: four emotions of 60, 24, 12 and 9 rows."""
    rng = np.random.default_rng(0)
    y = np.repeat(["anger", "fear", "joy", "sadness"], [60, 9, 24, 12])
    centre = {name: rng.normal(size=12) for name in np.unique(y)}
    X = np.array([centre[name] for name in y]) + rng.normal(size=(len(y), 12))
    speaker = np.arange(len(y)) % 6
    return {"X": X, "y": y, "speaker": speaker}


@pytest.fixture(autouse=True)
def same_log_level():
    logger = logging.getLogger("skmiaug")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_snippets_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    # Short trainings: whether the code runs does not depend on their length.
    monkeypatch.setitem(MIGANAugmenter.__init__.__kwdefaults__, "max_iter", 5)
    names = imbalanced_speech()
    given = set(names)
    for snippet in snippets(page):
        if not snippet.runs:
            continue
        # Those of estimators of ours, followed by a seed.
        shortened = re.sub(r"max_iter=\d+, random", "max_iter=5, random", snippet.code)
        exec(compile("\n" * snippet.line + shortened, str(page), "exec"), names)
    # Something was run: exec itself adds the builtins.
    assert set(names) - given - {"__builtins__"}
    for quote in quotes(page):
        assert without_numbers(quote) in without_numbers(capsys.readouterr().out)


def without_numbers(text):
    return re.sub(r"[+-]?\d[\d.]*\d", "0", " ".join(text.split()))


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_snippets_on_audio_and_text_run(name, monkeypatch):
    monkeypatch.setitem(MIGANAugmenter.__init__.__kwdefaults__, "max_iter", 2)
    train = _space.train_alignment

    def shortened(model, batches, weights, loop):
        return train(model, batches, weights, replace(loop, max_iter=2))

    monkeypatch.setattr(_space, "train_alignment", shortened)
    monkeypatch.setattr(_gan_loop, "N_HEAD_STEPS", 2)
    names = imbalanced_speech()
    rng = np.random.default_rng(1)
    X = names["X"] @ rng.normal(size=(12, 768 + 384))
    X = names["X"] = (X + rng.normal(size=X.shape)).astype(np.float32)
    names |= {"text": X[:, 768:], "X_with_gaps": X.copy()}
    names["X_with_gaps"][::3, 768:] = np.nan
    page = DOCS / f"{name}.md"
    given = set(names)
    with sklearn.config_context():  # a snippet turns metadata routing on
        for snippet in snippets(page):
            exec(compile("\n" * snippet.line + snippet.code, str(page), "exec"), names)
    assert set(names) - given - {"__builtins__"}


def test_there_are_snippets_to_run():
    assert sum(len(snippets(page)) for page in RUN) >= 10


@pytest.mark.filterwarnings("ignore:1 of 31 inputs")
def test_the_snippets_on_audio_run(tmp_path, monkeypatch):
    pytest.importorskip("transformers", reason="needs the extra audio")
    from tests.feature_extraction._helpers import RATE, save_tiny, voice, write

    monkeypatch.chdir(tmp_path)
    save_tiny("whisper", tmp_path / "openai" / "whisper-base")
    monkeypatch.setitem(MIGANAugmenter.__init__.__kwdefaults__, "max_iter", 5)
    names = {
        "paths": [write(tmp_path / f"{n}.wav", voice(0.3, n), RATE) for n in range(30)],
        "y": np.repeat(["calm", "joy"], [20, 10]),
        "speaker": np.arange(30) % 3,
    }
    for snippet in snippets(DOCS / "features.md"):
        exec(compile(snippet.code, "features.md", "exec"), names)
    assert np.isfinite(names["scores"]).all()
    assert names["usable"].tolist() == [True] * 30 + [False]


@pytest.mark.filterwarnings("ignore:.*no acoustic frames:skmiaug.exceptions.CorpusWarning")
def test_the_snippet_on_cmu_mosei_runs(tmp_path, monkeypatch):
    pytest.importorskip("h5py", reason="needs the extra mosei")
    # A segment past the end of its video, without a frame, is among those of the corpus.
    segments = SEGMENTS["aaaaaaaaaaa"]
    late = (100.0, 102.0, *segments[0][2:])
    monkeypatch.setitem(SEGMENTS, "aaaaaaaaaaa", [*segments, late])
    mosei(tmp_path).rename(tmp_path / "CMU-MOSEI")
    monkeypatch.chdir(tmp_path)
    load = partial(skmiaug.datasets.load_cmu_mosei, folds=FOLDS)
    monkeypatch.setattr(skmiaug.datasets, "load_cmu_mosei", load)
    (snippet,) = (
        s for s in snippets(DOCS / "masked_pretraining.md") if "load_cmu_mosei" in s.code
    )
    names = {}
    code = snippet.code.replace("random_state=0)", "max_iter=2, random_state=0)")
    exec(compile(code, "masked_pretraining.md", "exec"), names)
    assert len(names["X"]) == len(names["data"].frame)
    assert {x.shape[1] for x in names["X"]} == {74}
    # Two seconds of ten frames each are two timesteps.
    assert max(len(x) for x in names["X"]) <= 3
    assert names["predicted"].shape == names["true"].shape
