"""``skmiaug fit`` and ``skmiaug predict`` as a person uses them."""

import os
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest

from skmiaug.evaluation.cli import main

FAST = ["--methods", "none,class_weight,smote", "--classifiers", "LDA", "--cv", "2"]


@pytest.fixture
def table(tmp_path, imbalanced):
    X, y = imbalanced
    frame = pd.DataFrame(X, columns=list("abcdef"))
    frame["speaker"], frame["emotion"] = [f"s{i % 6}" for i in range(len(y))], y
    path = tmp_path / "features.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def model(tmp_path, table):
    path = tmp_path / "model.joblib"
    code = main(
        ["fit", str(table), "--target", "emotion", "--group", "speaker", *FAST,
         "--output", str(path), "--quiet"]
    )  # fmt: skip
    assert code == 0
    return path


def error_of(capsys, *arguments):
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        code = exit_.code
    printed = capsys.readouterr().err
    assert code == 2
    assert printed.splitlines()[-1].startswith("skmiaug: error: ")
    return printed


def test_the_search_is_printed_and_its_pipeline_saved(table, tmp_path, capsys):
    path = tmp_path / "m.joblib"
    command = ["fit", str(table), "--target", "emotion", "--group", "speaker", *FAST]
    assert main([*command, "--output", str(path)]) == 0
    out = capsys.readouterr().out
    assert "102 rows of 6 features" in out
    assert "rows per class: a 60, b 30, c 12" in out
    for name in ("none", "class_weight", "smote"):
        assert f"{name} (LDA)" in out
    assert out.count("  chosen\n") == 1
    assert "resample: " in out.lower()
    assert f"written: {path}" in out
    saved = joblib.load(path)
    assert saved["columns"] == list("abcdef")
    assert saved["search"].verdict_.split(":")[0] in out
    assert set(saved["search"].classes_) == {"a", "b", "c"}
    assert sorted(os.listdir(tmp_path)) == ["features.csv", "m.joblib"]


def test_predictions_are_those_of_the_pipeline(model, table, tmp_path, capsys):
    # Columns in another order, without classes, and one too many.
    rows = pd.read_csv(table).drop(columns="emotion")[list("fedcba")].assign(more=1.0)
    rows.to_csv(tmp_path / "new.csv", index=False)
    output = tmp_path / "p.csv"
    assert (
        main(["predict", str(model), str(tmp_path / "new.csv"), "--output", str(output)])
        == 0
    )
    printed = capsys.readouterr()
    assert "only models of your own, or of people you trust" in printed.err
    found = pd.read_csv(output)
    search, X = joblib.load(model)["search"], rows[list("abcdef")].to_numpy()
    assert list(found) == [
        "row", "predicted", "probability_a", "probability_b", "probability_c",
    ]  # fmt: skip
    assert found["predicted"].tolist() == search.predict(X).tolist()
    np.testing.assert_allclose(found.iloc[:, 2:], search.predict_proba(X), rtol=1e-12)


def test_another_process_predicts_alike(model, table, tmp_path):
    outputs = [tmp_path / "here.csv", tmp_path / "there.csv"]
    arguments = ["predict", str(model), str(table), "--output"]
    assert main([*arguments, str(outputs[0]), "--quiet"]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "skmiaug", *arguments, outputs[1]],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "written" in done.stdout
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def test_arrays_and_layers(tmp_path, imbalanced):
    X, y = imbalanced
    layers = np.stack([np.zeros_like(X), X], axis=1).astype(np.float32)
    np.savez(tmp_path / "f.npz", H=layers, y=y)
    np.savez(tmp_path / "new.npz", H=layers[::2])
    output, predicted = tmp_path / "m.joblib", tmp_path / "p.csv"
    arguments = ["fit", tmp_path / "f.npz", "--x-key", "H", "--layer", "1", *FAST]
    assert main([*map(str, arguments), "--output", str(output), "--quiet"]) == 0
    command = ["predict", output, tmp_path / "new.npz", "--output", predicted, "--quiet"]
    assert main(list(map(str, command))) == 0
    expected = joblib.load(output)["search"].predict(X[::2].astype(np.float32))
    assert pd.read_csv(predicted)["predicted"].tolist() == expected.tolist()


def test_recordings_with_acoustic_features(tmp_path):
    pytest.importorskip("opensmile")
    soundfile = pytest.importorskip("soundfile")
    rng = np.random.default_rng(0)
    (tmp_path / "wav").mkdir()
    rows = []
    for i in range(16):
        kind = "high" if i % 3 == 0 else "low"
        time = np.arange(8000) / 16000
        tone = np.sin(2 * np.pi * (400 if kind == "high" else 120) * time)
        sound = 0.3 * tone + 0.01 * rng.normal(size=len(time))
        soundfile.write(tmp_path / "wav" / f"{i:02d}.wav", sound, 16000)
        rows.append((f"wav/{i:02d}.wav", kind, f"s{i % 4}"))
    labels = tmp_path / "labels.csv"
    pd.DataFrame(rows, columns=["path", "pitch", "who"]).to_csv(labels, index=False)
    model, output = tmp_path / "m.joblib", tmp_path / "p.csv"
    command = [
        "fit",
        labels,
        "--model",
        "eGeMAPSv02",
        "--target",
        "pitch",
        "--group",
        "who",
    ]
    command += ["--methods", "none,class_weight", "--classifiers", "LDA", "--cv", "2"]
    assert main([*map(str, command), "--output", str(model), "--quiet"]) == 0
    for inputs in ([tmp_path / "wav"], [labels], [tmp_path / "wav" / "00.wav"]):
        arguments = [
            "predict",
            model,
            *inputs,
            "--output",
            output,
            "--overwrite",
            "--quiet",
        ]
        assert main(list(map(str, arguments))) == 0
        found = pd.read_csv(output)
        assert len(found) == (1 if inputs[0].suffix == ".wav" else 16)
        assert found["predicted"][0] == "high"
        assert found["file"][0].endswith("00.wav")


# ---- errors


def test_a_file_that_is_there_is_kept(model, table, tmp_path, capsys):
    before = model.read_bytes()
    text = error_of(capsys, "fit", table, "--target", "emotion", *FAST, "--output", model)
    assert "--overwrite" in text
    (tmp_path / "p.csv").write_text("mine")
    output = ["--output", tmp_path / "p.csv"]
    assert "exists" in error_of(capsys, "predict", model, table, *output)
    assert (tmp_path / "p.csv").read_text() == "mine"
    assert model.read_bytes() == before


def test_a_fit_that_fails_writes_nothing(table, tmp_path, capsys):
    arguments = [table, "--target", "emotion", "--group", "speaker"]
    arguments += ["--output", tmp_path / "m.joblib"]
    assert "Did you mean 'smote'" in error_of(
        capsys, "fit", *arguments, "--methods", "smot"
    )
    assert "name a file" in error_of(capsys, "fit")
    assert "scoring" in error_of(capsys, "fit", *arguments, "--scoring", "speed")
    nowhere = ["--output", tmp_path / "no" / "m.joblib"]
    assert "folder that can be" in error_of(capsys, "fit", table, *FAST, *nowhere)
    assert os.listdir(tmp_path) == ["features.csv"]


def test_models_that_are_none(table, tmp_path, capsys):
    output = ["--output", tmp_path / "p.csv"]
    damaged, other = tmp_path / "damaged.joblib", tmp_path / "other.joblib"
    damaged.write_bytes(b"\x80\x04 no pickle")
    joblib.dump({"a": 1}, other)
    for path, text in (
        (damaged, "cannot be read"),
        (other, "holds something else"),
        (tmp_path / "absent", "there is no such file"),
    ):
        assert text in error_of(capsys, "predict", path, table, *output)
    assert not (tmp_path / "p.csv").exists()


def test_rows_that_do_not_fit_the_model(model, table, tmp_path, capsys):
    output = ["--output", tmp_path / "p.csv"]
    rows = pd.read_csv(table)
    rows.rename(columns={"a": "A"}).to_csv(tmp_path / "renamed.csv", index=False)
    rows.assign(b="text").to_csv(tmp_path / "text.csv", index=False)
    rows.assign(c=np.nan).to_csv(tmp_path / "empty.csv", index=False)
    np.savez(tmp_path / "array.npz", X=np.zeros((2, 6)))
    for name, text in (
        ("renamed.csv", "missing: 'a'. Did you mean 'A'"),
        ("text.csv", "numbers in every feature column"),
        ("empty.csv", "finite numbers"),
        ("array.npz", "fitted to a .csv or .parquet file"),
        ("absent.csv", "no such file"),
    ):
        assert text in error_of(capsys, "predict", model, tmp_path / name, *output)
    assert not (tmp_path / "p.csv").exists()


def test_another_version_is_noted(model, table, tmp_path, capsys):
    saved = joblib.load(model)
    saved["versions"]["scikit-learn"] = "0.1"
    joblib.dump(saved, model)
    output = ["--output", str(tmp_path / "p.csv")]
    assert main(["predict", str(model), str(table), *output]) == 0
    assert "fitted with scikit-learn 0.1 (here " in capsys.readouterr().err


def test_the_help_warns_of_models_of_others(capsys):
    for command in ("fit", "predict"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "runs whatever code it holds" in capsys.readouterr().out
