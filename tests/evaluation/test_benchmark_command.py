"""``skmiaug benchmark`` as a person uses it, on small made-up corpora and tiny models."""

import itertools
import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from skmiaug.datasets import Manifest, load_emodb
from skmiaug.evaluation import compare_samplers
from skmiaug.evaluation.cli import main
from tests.datasets._trees import clip, iemocap
from tests.feature_extraction._helpers import save_tiny

FAST = ["--samplers", "none,random", "--classifiers", "lr", "--no-tune"]
PLOT = "skmiaug.evaluation.comparison._plot.plot_comparison"
COMPARE = "skmiaug.evaluation.benchmark._cells.compare_samplers"
SPEAKERS, LETTERS = ("03", "08", "09", "10"), "WFNT"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A tiny speech model and a tiny text model."""
    root = tmp_path_factory.mktemp("models")
    return {family: save_tiny(family, root / family) for family in ("whisper", "bert")}


@pytest.fixture(scope="module")
def emodb(tmp_path_factory):
    """48 clips of 4 speakers (2 sessions) and 4 emotions in EmoDB's format."""
    root = tmp_path_factory.mktemp("corpus")
    for speaker in SPEAKERS:
        for sentence in ("a01", "a02", "b03"):
            for letter in LETTERS:
                # A length of its own for each emotion: something to learn.
                seconds = 0.1 + 0.05 * LETTERS.index(letter)
                clip(root / "wav" / f"{speaker}{sentence}{letter}a.wav", seconds)
    return root


def blank(results, path, **_):
    """Instead of a plot, which takes longer than all the rest here."""
    path.write_bytes(b"")


@pytest.fixture
def run(emodb, models, tmp_path, capsys, monkeypatch):
    """Run the command on that corpus; returns exit code, stdout and stderr."""

    def command(*arguments, corpus=("emodb", emodb), model=models["whisper"], draw=False):
        if not draw:
            monkeypatch.setattr(PLOT, blank)
        given = ["benchmark", *corpus, *arguments]
        if "--output" not in given:
            given += ["--output", tmp_path / "out"]
        if model is not None:
            given += ["--model", model]
        if "--samplers" not in given:
            given += FAST
        try:
            code = main([str(argument) for argument in given])
        except SystemExit as exit_:
            code = exit_.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


# ---- what it prints and writes


def test_tables_plots_and_json(run, emodb, tmp_path):
    code, out, err = run(draw=True)
    assert (code, err) == (0, "")
    assert out.startswith(
        "EmoDB: 48 rows of 4 speakers; leave one session out, 2 fold(s), 1 seed(s)\n"
        "rows per class: anger 12, happiness 12, neutral 12, sadness 12\n"
    )
    assert "natural, first training part: anger 6, happiness 6" in out
    # 6 rows a class less all but 5.
    assert (
        "imbalanced, first training part: anger 6, happiness 5, neutral 5, sadness 5" in out
    )
    folder = tmp_path / "out"
    for name in ("audio-natural", "audio-imbalanced"):
        assert (folder / name / "plot.png").read_bytes().startswith(b"\x89PNG")
        table = pd.read_csv(folder / name / "table.csv")
        report = json.loads((folder / name / "results.json").read_text())
        assert len(table) == 2 * 2
        assert [row["uar"] for row in report["results"]] == pytest.approx(
            list(table["uar"])
        )
        assert f"{100 * table['uar'][table['sampler'] == 'none'].mean():.1f}" in out
    whole = json.loads((folder / "benchmark.json").read_text())
    assert whole["format"] == "skmiaug-benchmark"
    assert whole["manifest"]["emotion"]["anger"] == 12
    assert whole["seeds"] == [0]
    assert whole["protocol"] == "session"
    assert whole["imbalance"]["imbalanced"]["sadness"] == 0.15
    assert whole["imbalance"]["natural"] is None
    assert "scikit-learn" in whole["versions"]
    assert whole["layer"] == 1
    assert set(whole["tables"]) == {"audio-natural", "audio-imbalanced"}
    assert whole["settings"]["path"] == str(emodb)


def test_it_is_compare_on_extracted_features(run, emodb, models, tmp_path):
    from skmiaug import TransformerFeatures
    from skmiaug.datasets import LeaveOneSpeakerOut

    assert run("--protocol", "speaker", "--setting", "natural", "--layer", "2")[0] == 0
    data = load_emodb(emodb)
    X = TransformerFeatures(model=models["whisper"], layer=2).transform(data.frame["path"])
    expected = compare_samplers(
        X,
        data.target.astype(str),
        ["none", "random"],
        ["lr"],
        cv=LeaveOneSpeakerOut(data),
        tune=False,
    )
    table = pd.read_csv(tmp_path / "out" / "audio-natural" / "table.csv")
    assert list(table["uar"]) == pytest.approx(list(expected["uar"]))
    assert list(table["sampler"]) == list(expected["sampler"])


def test_again_gives_the_same_from_the_journal(run, monkeypatch):
    _, first, _ = run()

    def refuse(*args, **kwargs):
        raise AssertionError("a cell was run again")

    monkeypatch.setattr(COMPARE, refuse)
    code, second, _ = run()
    assert code == 0
    assert second == first
    # The plot, the tables and the rest of the question are new; a new seed is not there.
    with pytest.raises(AssertionError, match="run again"):
        run("--seeds", "2")


def test_an_imbalance_of_ones_own(run, tmp_path):
    assert run("--setting", "imbalanced", "--imbalance", "sadness=1,anger=.9")[0] == 0
    assert (
        run(
            "--setting", "imbalanced", "--imbalance", "1,1,1,.9", "--output", tmp_path / "b"
        )[0]
        == 0
    )
    report = json.loads((tmp_path / "b" / "benchmark.json").read_text())
    assert report["imbalance"] == {
        "imbalanced": {"anger": 1, "happiness": 1, "neutral": 1, "sadness": 0.9}
    }


def test_audio_and_text(run, models, tmp_path):
    arguments = ["--text-model", models["bert"], "--fusion", "concat"]
    arguments += ["--modality", "audio,text,audio+text", "--setting", "natural"]
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert "note: 3 sentences are spoken on both sides" in out
    for name in ("audio", "text", "audio+text"):
        assert f"EmoDB, {name}, natural\n" in out
        assert (tmp_path / "out" / f"{name}-natural" / "plot.png").exists()


def test_audio_and_text_aligned(run, models, tmp_path):
    arguments = ["--text-model", models["bert"], "--setting", "natural"]
    assert run(*arguments)[0] == 0
    assert set(json.loads((tmp_path / "out/benchmark.json").read_text())["tables"]) == {
        "audio-natural",
        "audio+text-natural",
    }


# ---- other corpora


def test_published_figures_beside_iemocap(run, tmp_path):
    release = iemocap(tmp_path)
    for session in (3, 4, 5):
        # The format only: the same dialogs under other names.
        (release / f"Session{session}").mkdir()
    other = tmp_path / "more"
    iemocap(other, sessions=(3, 4, 5))
    for session in (3, 4, 5):
        (release / f"Session{session}").rmdir()
        (other / "IEMOCAP_full_release" / f"Session{session}").rename(
            release / f"Session{session}"
        )
    code, out, _ = run("--setting", "natural", corpus=("iemocap", release))
    assert code == 0
    assert "IEMOCAP: 25 rows of 10 speakers; leave one session out, 5 fold(s)" in out
    assert "76.54  audio+text" in out
    assert "not a comparison of like with like" in out
    report = json.loads((tmp_path / "out" / "benchmark.json").read_text())
    assert [row["uar"] for row in report["published"]] == [76.54, 75.65]


def test_any_corpus_as_a_manifest(run, emodb, tmp_path):
    data = load_emodb(emodb)
    rng = np.random.default_rng(0)
    splits = np.where(data.frame["speaker"].isin(["03", "08"]), "train", "test")
    frame = data.frame.assign(split=splits, emotion=rng.permutation(data.frame["emotion"]))
    frame.loc[0, "emotion"] = None
    Manifest(frame, name="mine", root=emodb).write(tmp_path / "mine.jsonl", root=emodb)
    code, out, err = run(corpus=("manifest", tmp_path / "mine.jsonl", "--audio", emodb))
    assert (code, err) == (0, "")
    assert "the corpus's own training and test parts, 1 fold(s)" in out
    assert "without emotion, left out: 1 rows" in out


@pytest.mark.parametrize("named", [False, True])
def test_a_table_of_recordings(run, emodb, tmp_path, named):
    frame = load_emodb(emodb).frame
    columns = ("file", "label", "who") if named else ("path", "emotion", "speaker")
    table = frame[["path", "emotion", "speaker"]].set_axis(columns, axis=1)
    table.to_csv(tmp_path / "labels.csv", index=False)
    flags = ["--audio-column", "file", "--target", "label", "--speaker", "who"]
    code, out, err = run(
        *(flags if named else []),
        *("--audio", emodb, "--protocol", "folds", "--setting", "natural"),
        corpus=(tmp_path / "labels.csv",),
    )
    assert (code, err) == (0, "")
    # As many folds as there are speakers, who are kept whole.
    assert "manifest: 48 rows of 4 speakers; stratified folds, speakers kept" in out
    assert "4 fold(s)" in out


def test_a_table_without_speakers(run, emodb, tmp_path):
    frame = load_emodb(emodb).frame
    frame[["path", "emotion"]].to_csv(tmp_path / "labels.csv", index=False)
    given = ("--audio", emodb, "--setting", "natural")
    code, out, _ = run(*given, corpus=(tmp_path / "labels.csv",))
    assert code == 0
    assert "unknown speakers; stratified folds" in out
    assert "name columns of a CSV table only" in run("--target", "emotion")[2]
    assert "name the folder of EmoDB" in run(corpus=("emodb",))[2]
    assert "one file or corpus" in run(corpus=(tmp_path / "labels.csv", emodb))[2]


def test_attributes_are_not_taken_for_classes(run, emodb, tmp_path):
    frame = load_emodb(emodb).frame[["path", "speaker"]]
    file = tmp_path / "ratings.csv"
    for values, code in ((np.linspace(1, 7, 48), 2), (np.arange(48) % 3, 0)):
        frame.assign(valence=values.round(2)).to_csv(file, index=False)
        given = ("--audio", emodb, "--setting", "natural", "--target", "valence")
        found, _, err = run(*given, corpus=(file,))
        assert found == code
        assert ("target_type='continuous'" in err) is (code == 2)
    assert not err


@pytest.mark.parametrize(
    ("kind", "counted", "score"),
    [
        ("distribution", "votes per class, in rows: anger ", "UAR %"),
        ("continuous", "rows per fifth of the range: valence: ", "concordance"),
    ],
)
def test_votes_and_attributes_of_a_corpus(run, tmp_path, kind, counted, score):
    root = iemocap(tmp_path, sessions=(1, 2, 3, 4, 5))
    numbers = itertools.cycle(np.linspace(1, 5, 13).round(1))
    for file in root.glob("Session*/dialog/EmoEvaluation/Ses*.txt"):
        text = file.read_text(encoding="latin-1")
        text = re.sub(
            r"\[2\.5\d*, ([\d.]+), [\d.]+\]",
            lambda found: f"[{next(numbers)}, {found[1]}, {next(numbers)}]",
            text,
        )
        file.write_text(text, encoding="latin-1")
    given = ("--target-type", kind, "--samplers", "none,prior", "--no-tune")
    given += ("--labels", "all") if kind == "distribution" else ()
    model = "lr" if kind == "distribution" else "ridge"
    code, out, err = run(*given, "--classifiers", model, corpus=("iemocap", root))
    assert (code, err) == (0, "")
    assert counted in out
    assert score in out
    assert "Published" not in out
    table = pd.read_csv(tmp_path / "out" / "audio-natural" / "table.csv")
    assert set(table["status"]) == {"ok"}
    assert not (tmp_path / "out" / "audio-imbalanced").exists()
    # Finished cells are found again.
    again = run(*given, "--classifiers", model, corpus=("iemocap", root))
    assert again[0] == 0
    found = pd.read_csv(tmp_path / "out" / "audio-natural" / "table.csv")
    pd.testing.assert_frame_equal(found, table)


def test_target_types_that_a_corpus_lacks(run, emodb, tmp_path):
    code, _, err = run("--target-type", "distribution")
    assert code == 2
    assert "--target-type distribution: rows of EmoDB have one class each" in err
    corpus = ("iemocap", iemocap(tmp_path, sessions=(1, 2, 3, 4, 5)))
    assert (
        "target must be one of ('class', 'votes', 'attributes'); got 'multilabel'"
        in (run("--target-type", "multilabel", corpus=corpus)[2])
    )
    given = ("--target-type", "distribution", "--imbalance", "1,.5")
    assert "natural setting only" in run(*given, corpus=corpus)[2]


def test_mosei_by_its_own_acoustics(run, tmp_path):
    pytest.importorskip("h5py", reason="needs the extra mosei")
    from tests.datasets._csd_files import frames, write_csd

    # Videos of the standard folds: of the training and of the test part.
    videos = {"hh04W3xXa5s": 6, "GdFP_p4eQX0": 6, "7l3BNtSE0xc": 6}
    labels, sound = {}, {}
    for video, n in videos.items():
        rows = np.zeros((n, 7))
        rows[: n // 2, 1] = 1.0
        labels[video] = (rows, np.column_stack([np.arange(n), np.arange(n) + 1.0]))
        sound[video] = frames(video)
    write_csd(tmp_path / "c" / "CMU_MOSEI_Labels.csd", "All Labels", labels)
    write_csd(tmp_path / "c" / "CMU_MOSEI_COVAREP.csd", "COVAREP", sound)
    code, out, err = run(corpus=("cmu-mosei", tmp_path / "c"), model=None)
    assert (code, err) == (0, "")
    assert "CMU-MOSEI: 18 rows of unknown speakers" in out
    assert "natural, first training part: happiness 6, none 6" in out
    # Imbalanced by nature: no setting of its own.
    assert not (tmp_path / "out" / "audio-imbalanced").exists()
    (cached,) = (tmp_path / "out" / ".cache" / "features").glob("acoustic-*.npy")
    assert np.load(cached).shape == (18, 148)
    assert run(corpus=("cmu-mosei", tmp_path / "c"), model=None)[1] == out


# ---- what is wrong, in one line


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--text-model", "x", "--modality", "audio"], "--modality asks for no text"),
        (["--modality", "audio+text"], "--modality audio+text needs --text-model"),
        (["--modality", "video"], "expected some of audio, text, audio+text; got 'video'"),
        (["--setting", "odd"], "expected some of natural, imbalanced; got 'odd'"),
        (["--labels", "9class"], "labels must be one of '7class', '4class', 'all'"),
        (
            ["--imbalance", "1,1"],
            "--imbalance has 2 fractions, and there are 4 classes: anger,",
        ),
        (["--imbalance", "joy=1"], "fractions name class 'joy'"),
        (["--imbalance", "2,1,1,1"], "fractions above 0 and at most 1"),
        (["--protocol", "official"], "expected rows of the part 'train'"),
        (["--test-splits", "test1"], "official protocol only"),
        (["--disjoint", "sentence"], "no sentence in both the training and the test part"),
        (["--layer", "high"], "expected a number, auto or all; got 'high'"),
        (["--layer", "99"], "expected layers from"),
        (["--n-jobs", "0"], "a number of processes from 1 on"),
        (["--samplers", "smot", "--classifiers", "lr"], "Did you mean 'SMOTE'?"),
        (["--audio", "x"], "--audio is for manifests and CMU-MOSEI"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_arguments(run, arguments, text):
    code, _, err = run(*arguments)
    assert code == 2
    assert err.startswith("skmiaug: error: ")
    assert err.count("\n") == 1
    assert text in err


def test_wrong_places(run, tmp_path):
    assert "nothing' does not exist" in run(corpus=("emodb", "nothing"))[2]
    assert "expected one of emodb, nemo" in run(corpus=("emodbb", "x"))[2]
    assert "--model is needed" in run(model=None)[2]
    err = run(model=tmp_path / "no-model")[2]
    assert "expected the model" in err
    # The corpus comes first: nobody waits for a model to learn that the folder is wrong.
    err = run(corpus=("emodb", "nothing"), model=tmp_path / "no-model")[2]
    assert "nothing' does not exist" in err
    assert err.count("\n") == 1
    (tmp_path / "file").write_text("x")
    assert "can be written to" in run("--output", tmp_path / "file")[2]


def test_output_of_others_is_not_replaced(run, tmp_path):
    (tmp_path / "out" / "audio-natural").mkdir(parents=True)
    (tmp_path / "out" / "audio-natural" / "table.csv").write_text("mine")
    assert "already holds table.csv" in run()[2]
    assert run("--overwrite")[0] == 0


def test_models_of_the_other_modality_are_refused_before_any_work(run, models, tmp_path):
    code, out, err = run(model=models["bert"])
    assert (code, out) == (2, "")
    assert "--model expects a model of audio; " in err
    assert "is a model of text" in err
    code, out, err = run("--text-model", models["whisper"])
    assert (code, out) == (2, "")
    assert "--text-model expects a model of text" in err
    assert not (tmp_path / "out").exists()


def test_leaks_stop_the_benchmark(run, emodb, tmp_path):
    data = load_emodb(emodb)
    frame = data.frame.assign(speaker="the same")
    Manifest(frame, name="mine", root=emodb).write(tmp_path / "mine.jsonl", root=emodb)
    mine = ("manifest", tmp_path / "mine.jsonl", "--audio", emodb)
    assert "no speaker in both" in run("--protocol", "session", corpus=mine)[2]


def test_scores_do_not_depend_on_processes_and_cells_are_found_by_all_settings(
    run, tmp_path
):
    out = tmp_path / "out"
    one = ["--setting", "natural", "--samplers", "none,random", "--classifiers", "lr"]
    assert run(*one)[0] == 0
    first = pd.read_csv(out / "audio-natural" / "table.csv")
    assert run(*one, "--n-jobs", "2", "--output", tmp_path / "two")[0] == 0
    second = pd.read_csv(tmp_path / "two" / "audio-natural" / "table.csv")
    assert list(first["uar"]) == list(second["uar"])

    def cells():
        return len(list((out / ".cache" / "cells").iterdir()))

    assert cells() == 4
    # Another layer, another sampler, other classifiers: cells of their own.
    assert run(*one, "--layer", "2")[0] == 0
    assert cells() == 8
    samplers = ["--setting", "natural", "--samplers", "none,smote"]
    assert run(*samplers, "--classifiers", "lr")[0] == 0
    assert cells() == 10
    assert run(*samplers, "--classifiers", "lr,lda", "--no-tune")[0] == 0
    assert cells() == 14


# ---- interrupted and continued


def test_an_interrupt_says_how_to_go_on(run, tmp_path, monkeypatch):
    compare, calls = compare_samplers, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return compare(*args, **kwargs)

    monkeypatch.setattr(COMPARE, interrupted)
    code, _, err = run()
    assert code == 130
    assert "The same command continues from there." in err
    assert len(list((tmp_path / "out" / ".cache" / "cells").iterdir())) == 3
    assert run()[0] == 0
    # 8 cells in all: 3 before, 1 lost, 5 after.
    assert len(calls) == 4 + 5


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_run_is_taken_up(run, emodb, models, tmp_path, monkeypatch):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "skmiaug", "benchmark", "emodb", str(emodb), *FAST]
    command += ["--model", models["whisper"], "--output", str(out)]
    command += ["--setting", "natural", "--seeds", "60"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 120
        cells = out / ".cache" / "cells"
        while not (cells.is_dir() and len(list(cells.glob("*.json"))) > 8):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    kept = len(list(cells.glob("*.json")))
    assert kept < 240
    # A kill in the middle of a write leaves that one's temporary file; no cell is half one.
    left = set(out.glob("*/.*"))
    assert len(left) <= 1
    compare, calls = compare_samplers, []

    def counted(*args, **kwargs):
        calls.append(1)
        return compare(*args, **kwargs)

    monkeypatch.setattr(COMPARE, counted)
    assert run("--setting", "natural", "--seeds", "3")[0] == 0
    # Seeds 0 to 2 were done, as far as the run had come: 12 cells.
    assert len(calls) == max(0, 12 - kept)
    assert set(out.glob("*/.*")) <= left


def test_the_command_is_registered(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["benchmark", "--help"])
    assert caught.value.code == 0
    assert (
        "skmiaug benchmark emodb EmoDB --model openai/whisper-base"
        in capsys.readouterr().out
    )
