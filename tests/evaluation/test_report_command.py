"""``skmiaug report`` as a person uses it."""

import numpy as np
import pytest

from skmiaug.evaluation.cli import main

FAST = ["--sampler", "smote", "--classifiers", "lr", "--permutations", "9"]


@pytest.fixture
def features(tmp_path, imbalanced):
    X, y = imbalanced
    path = tmp_path / "features.npz"
    np.savez(path, X=X, y=y, groups=np.arange(len(y)) % 6)
    return path


def error_of(capsys, *arguments):
    """The one line on stderr of a command that must fail with 2."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        code = exit_.code
    printed = capsys.readouterr()
    assert code == 2
    assert printed.err.startswith("skmiaug: error: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_a_page_and_the_main_points(features, tmp_path, capsys, monkeypatch):
    out = tmp_path / "report.html"
    assert main(["report", str(features), *FAST, "--output", str(out)]) == 0
    text, err = capsys.readouterr()
    assert err == ""
    assert "102 rows of 6 features, 6 groups" in text
    for topic in ("Information", "Variety", "Fidelity", "Copies", "Utility"):
        assert f" {topic}" in text
    assert text.endswith(f"written: {out}\n")
    assert max(map(len, text.splitlines())) <= 120
    page = out.read_text(encoding="utf-8")
    assert "groups kept whole" in page
    assert "<h1>SMOTE on features.npz</h1>" in page
    assert str(tmp_path) not in page
    # As wide as the terminal. The earlier report is replaced.
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["report", str(features), *FAST, "--output", str(out)]) == 0
    points = capsys.readouterr().out.split("\n\n")[1]
    assert 50 < max(map(len, points.splitlines())) <= 60


def test_csv_imbalance_and_seed(features, tmp_path, capsys):
    import pandas as pd

    with np.load(features) as data:
        frame = pd.DataFrame(data["X"]).add_prefix("f")
        frame["emotion"] = data["y"]
    frame.to_csv(tmp_path / "a.csv", index=False)
    arguments = ["report", str(tmp_path / "a.csv"), "--target", "emotion", *FAST]
    arguments += [
        "--imbalance",
        "0.5,1,1",
        "--seed",
        "3",
        "--output",
        str(tmp_path / "a.html"),
    ]
    assert main(arguments) == 0
    assert "in the training part: a 20, b 20, c 8" in capsys.readouterr().out
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "a.csv, training parts imbalanced" in page


def test_digits_are_the_default(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["report", *FAST]) == 0
    assert capsys.readouterr().out.startswith("scikit-learn's digits: 1797 rows")
    assert (tmp_path / "report.html").stat().st_size > 100_000


def test_other_files_are_not_overwritten(features, tmp_path, capsys):
    mine = tmp_path / "mine.html"
    mine.write_text("mine")
    text = error_of(capsys, "report", features, *FAST, "--output", mine)
    assert "is not a report of" in text
    assert mine.read_text() == "mine"
    arguments = ["report", str(features), *FAST, "--output", str(mine), "--overwrite"]
    assert main([*arguments, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert mine.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--sampler", "smot"], "Did you mean 'SMOTE'?"),
        (["--sampler", "none"], "'none' generates no samples; name an over-sampler"),
        (["--classifiers", "trees"], "unknown classifier 'trees'"),
        (["--output", "nowhere/a.html"], "a folder that can be written to"),
        (["--output", "."], "'.' is a folder"),
        (["--output", "/proc/a.html"], "a folder that can be written to"),
        (["--imbalance", "1,.5"], "--imbalance has 2 fractions"),
        (["--seed", "-1"], "--seed: expected a whole number from 0 to 4294967295"),
        (["--layer", "1"], "--layer names a part of a file"),
    ],
)
def test_wrong_arguments(tmp_path, monkeypatch, capsys, arguments, expected):
    monkeypatch.chdir(tmp_path)
    assert expected in error_of(capsys, "report", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_older_report(
    features, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "report.html"
    out.write_bytes(before := b"an older report")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skmiaug.utils.files._atomic.os.fsync", full)
    text = error_of(capsys, "report", features, *FAST, "--output", out, "--overwrite")
    assert "No space left on device" in text
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "features.npz",
        "report.html",
    ]


def test_wrong_files(tmp_path, capsys):
    assert "no such file" in error_of(capsys, "report", tmp_path / "none.npz")


def test_help(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["report", "--help"])
    assert caught.value.code == 0
    assert "--sampler NAME" in capsys.readouterr().out


def test_votes_of_a_file(tmp_path, capsys):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 4))
    shares = np.exp(2 * X[:, :3]) / np.exp(2 * X[:, :3]).sum(axis=1, keepdims=True)
    path, out = tmp_path / "rated.npz", tmp_path / "report.html"
    np.savez(path, X=X, y=rng.multinomial(5, shares), classes=["joy", "fear", "rage"])
    given = ["report", path, "--target-type", "distribution", "--permutations", "9"]
    given += ["--classifiers", "lr", "--output", out]
    assert main([*map(str, given), "--sampler", "prior"]) == 0
    text = capsys.readouterr().out
    assert "votes per class, in rows: joy " in text
    assert "note: target_type='distribution': left out" in text
    assert "class weights" in text
    page = out.read_text(encoding="utf-8")
    assert "Jensen-Shannon distance" in page
    # SMOTE generates samples of classes.
    assert "SMOTE" in error_of(capsys, *given, "--sampler", "smote")
    assert "no --imbalance" in error_of(capsys, *given, "--imbalance", "1,.5,.5")
