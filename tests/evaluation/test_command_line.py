"""``skmiaug compare`` as a person uses it."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skmiaug
from skmiaug.evaluation.cli import main

FAST = ["--samplers", "none,smote", "--classifiers", "lr", "--no-tune"]


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


# ---- a run


def test_digits_are_the_default(capsys):
    assert main(["compare", *FAST, "--cv", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("scikit-learn's digits: 1797 rows of 64 features\n")
    assert "rows per class: 0 178, 1 182," in out
    assert "in the first training part: 0 89, 1 45, 2 26, 3 18," in out
    assert "none " in out
    assert "SMOTE: k_neighbors lowered from 5 to 4" in out
    assert err == ""


def test_an_imbalanced_protocol_from_the_command_line(emodb, tmp_path, capsys):
    arguments = ["compare", emodb, "--x-key", "X_whisper_layers", "--layer", 3]
    arguments += ["--group-key", "session", "--cv", "logo"]
    arguments += ["--imbalance", "1,.5,.3,.2,.25,.4,.15", "--seeds", 2]
    arguments += ["--samplers", "none", "--classifiers", "lr", "--no-tune"]
    arguments += ["--output", tmp_path]
    assert main([str(argument) for argument in arguments]) == 0
    assert "535 rows of 512 features, 5 groups" in capsys.readouterr().out
    data = json.loads((tmp_path / "results.json").read_text())
    assert data["title"].endswith(" (X_whisper_layers, layer 3), training parts imbalanced")
    assert data["class_counts"]["anger"] == 127
    assert data["settings"]["training_counts_of_first_fold"]["sadness"] == 6
    first, natural = (
        [
            row["uar"]
            for row in data["results"]
            if row["seed"] == 0 and row["sampler"] == name
        ]
        for name in ("none", "none, all rows")
    )
    # shared/data/README.md: 66.2 for seed 0, after 60 iterations instead of all.
    assert 100 * np.mean(first) == pytest.approx(66.2, abs=1)
    # As the corpus is, it is easier by far.
    assert np.mean(natural) > np.mean(first) + 0.1
    assert data["seeds"] == [0, 1]


def test_table_and_files_agree(features, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["compare", str(features), *FAST, "--output", str(out)]) == 0
    text = capsys.readouterr().out
    table = pd.read_csv(out / "table.csv")
    mean = 100 * table[table["sampler"] == "SMOTE"]["uar"].mean()
    line = next(line for line in text.splitlines() if line.startswith("SMOTE "))
    assert line.split()[1] == f"{mean:.1f}"
    assert f"written: {out / 'table.csv'}" in text
    assert table["fold"].nunique() == 5
    report = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert report["title"] == "features.npz"
    assert report["settings"]["features"] == str(features)
    assert not {"version", "run", "command"} & set(report["settings"])
    assert main(["compare", str(features), *FAST, "--output", str(out), "--quiet"]) == 0
    again = pd.read_csv(out / "table.csv")
    assert list(again["uar"]) == list(table["uar"])
    text, err = capsys.readouterr()
    assert text.startswith("UAR %")
    assert err == ""


def test_csv_with_group_and_drop(features, tmp_path, capsys):
    with np.load(features) as data:
        frame = pd.DataFrame(data["X"]).add_prefix("f")
        frame["emotion"], frame["who"] = data["y"], data["groups"]
    frame["file"] = "a.wav"
    frame.to_csv(tmp_path / "a.csv", index=False)
    arguments = ["compare", str(tmp_path / "a.csv"), "--target", "emotion", *FAST]
    arguments += ["--group", "who", "--drop", "file", "--cv", "3"]
    assert main(arguments) == 0
    assert "102 rows of 6 features, 6 groups" in capsys.readouterr().out


def test_a_column_with_a_comma_in_its_name_can_be_dropped(tmp_path, capsys):
    path = tmp_path / "a.csv"
    lines = [f"{i * i % 7},x,y,{'ab'[i % 2]}" for i in range(20)]
    path.write_text("\n".join(['f,"name, first",an id,emotion', *lines]))
    table = ["compare", str(path), "--target", "emotion", *FAST]
    text = error_of(capsys, *table)
    dropped = shlex.split(text)[shlex.split(text).index("--drop") + 1]
    assert dropped == '"name, first",an id'
    assert main([*table, "--drop", dropped]) == 0


def test_nothing_scored_is_no_success(features, capsys, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression.fit", broken)
    assert main(["compare", str(features), *FAST]) == 1
    assert "none: failed: lr" not in capsys.readouterr().err


def test_the_augmenter_is_compared_with_the_best_free_method_and_smote(
    features, capsys, monkeypatch
):
    from imblearn.over_sampling import RandomOverSampler

    monkeypatch.setattr("skmiaug.MIGANAugmenter", RandomOverSampler)
    names = ["--samplers", "none,weights,logit,smote,migan", "--classifiers", "lr"]
    assert main(["compare", str(features), *names, "--no-tune", "--seeds", "2"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    means = {line.split("  ")[0]: line.split("±")[0].split()[-1] for line in lines[6:11]}
    free = ("none", "class weights", "logit adjustment")
    best = max(free, key=lambda name: float(means[name]))
    _, against_free, against_smote = " ".join(out.split()).split("MIGANAugmenter − ")
    best = best.replace("none", "no resampling")
    assert against_free.startswith(f"{best} (the best without synthetic samples): ")
    assert against_smote.startswith("SMOTE: ")
    for text in (against_free, against_smote):
        assert "points, 95 % interval " in text
        assert "corrected t-test p = " in text
        assert "Wilcoxon p = " in text
        assert text.strip().endswith("10 pairs).")
    # Of three pairs Wilcoxon's test can show nothing.
    assert main(["compare", str(features), *names, "--no-tune", "--cv", "3"]) == 0
    assert "Wilcoxon" not in capsys.readouterr().out


def test_classifiers_are_tuned_unless_told_otherwise(features, monkeypatch):
    from sklearn.linear_model import LogisticRegression

    fit, fits = LogisticRegression.fit, []

    def counted(self, X, y):
        fits.append(self.C)
        return fit(self, X, y)

    monkeypatch.setattr(LogisticRegression, "fit", counted)
    command = ["compare", str(features), "--samplers", "none", "--classifiers", "lr,lda"]
    command += ["--cv", "3", "--quiet"]
    assert main(command) == 0
    # Four values of C on three inner folds, and the final fit, in each of three folds.
    assert len(fits) == 3 * (4 * 3 + 1)
    fits.clear()
    assert main([*command, "--no-tune"]) == 0
    assert len(fits) == 3


def test_names_cannot_command_a_terminal(tmp_path, capsys):
    evil = "\x1b[31mred\x07\x9b"
    y = np.repeat([evil, "b"], [30, 3])
    X = np.random.default_rng(0).normal(size=(33, 2))
    np.savez(tmp_path / "a.npz", X=X, y=y)
    assert main(["compare", str(tmp_path / "a.npz"), *FAST]) == 0
    out = capsys.readouterr().out
    assert "\\x1b[31mred\\x07\\x9b 30" in out
    assert not set("\x1b\x07\x9b") & set(out)
    text = error_of(capsys, "compare", tmp_path / "a.npz", "--x-key", "\x1b[2J")
    assert "\x1b" not in text


def test_quiet_is_quiet_on_data_that_warn(tmp_path, capfd, recwarn):
    # Columns without variance, a class of duplicates and one of two rows.
    X = np.zeros((24, 3))
    X[:12, 0] = np.arange(12)
    np.savez(tmp_path / "a.npz", X=X, y=np.repeat(["a", "b", "c"], [12, 10, 2]))
    commands = [
        ["compare", "--samplers", "none,random", "--output", str(tmp_path / "out")],
        ["report", "--sampler", "random", "--output", str(tmp_path / "a.html")],
    ]
    rest = [str(tmp_path / "a.npz"), "--classifiers", "lr", "--quiet"]
    assert not any(main(command + rest) for command in commands)
    assert capfd.readouterr().err == ""
    assert [str(warning.message) for warning in recwarn] == []


def test_quiet_ends_warnings_of_any_command(recwarn, monkeypatch):
    def warning(args):
        warnings.warn("few rows", UserWarning, stacklevel=1)
        return 0

    monkeypatch.setattr("skmiaug.evaluation.cli._compare.run", warning)
    assert main(["compare", "--quiet"]) == 0
    assert not recwarn.list
    assert main(["compare"]) == 0
    assert len(recwarn.list) == 1


def test_progress_goes_to_a_terminal_only(features, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    # Long enough for the bar to be drawn again after its start.
    assert main(["compare", str(features), *FAST, "--seeds", "4"]) == 0
    shown = capsys.readouterr().err
    assert ", seed " in shown
    assert "/40 [" in shown
    assert main(["compare", str(features), *FAST, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


# ---- one line for whatever is wrong


def test_wrong_files(features, tmp_path, capsys):
    (tmp_path / "a.csv").write_text("f,emotion\n1,a\n")
    assert "no such file" in error_of(capsys, "compare", tmp_path / "none.npz")
    (tmp_path / "b.csv").write_text("f,g\n1,2\n")
    assert "--target" in error_of(capsys, "compare", tmp_path / "b.csv")
    assert "names arrays" in error_of(capsys, "compare", tmp_path / "a.csv", "--layer", 1)
    assert "Did you mean 'X'" in error_of(capsys, "compare", features, "--x-key", "x")


def test_too_few_rows_for_the_folds(tmp_path, capsys):
    y = np.repeat(["a", "b"], [20, 3])
    np.savez(tmp_path / "a.npz", X=np.random.default_rng(0).normal(size=(23, 2)), y=y)
    text = error_of(capsys, "compare", tmp_path / "a.npz", "--cv", 5, *FAST)
    assert "5 folds need at least 5 rows of each class" in text
    assert "class 'b' has 3 row(s)" in text
    # Left to itself it takes as many folds as there can be.
    assert main(["compare", str(tmp_path / "a.npz"), *FAST]) == 0
    assert "over 3 folds" in capsys.readouterr().out


def test_numbers_of_rows_for_classes(tmp_path, capsys):
    X, path = np.random.default_rng(0).normal(size=(200, 2)), tmp_path / "a.npz"
    np.savez(path, X=X, y=np.arange(200))
    assert "(200 of 200 classes have too few)" in error_of(capsys, "compare", path, *FAST)
    np.savez(path, X=X, y=np.arange(200) // 2)
    assert main(["compare", str(path), *FAST]) == 0
    assert "39 2, and 60 more classes in the " in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--samplers", "smot"], "Did you mean 'SMOTE'?"),
        (
            ["--classifiers", "trees"],
            "choose from: logistic regression, RBF SVM, LDA, MLP, random forest",
        ),
        (["--samplers", ","], "names separated by commas"),
        (["--cv", "1"], "a whole number from 2 on, or logo; got '1'"),
        (["--cv", "logo"], "needs groups"),
        (["--scoring", "aur"], "Did you mean 'uar'?"),
        (["--seeds", "0"], "a whole number from 1 on; got '0'"),
        (["--imbalance", "1,2"], "fractions above 0 and at most 1"),
        (
            ["--imbalance", "1,.5"],
            "--imbalance has 2 fractions, and scikit-learn's digits has 10",
        ),
        (["--layer", "3"], "--layer names a part of a file"),
        (["--n-jobs", "0"], "a number of processes from 1 on, or -1 for all"),
        (["--n-jobs", "-9999"], "cores; got '-9999'"),
        (["--n-jobs", "two"], "got 'two'"),
        (["--colour"], "unrecognized arguments: --colour (see skmiaug"),
    ],
)
def test_wrong_arguments(capsys, arguments, expected):
    assert expected in error_of(capsys, "compare", *arguments)


def test_no_command_is_help_and_a_misspelt_one_gets_a_hint(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: skmiaug")
    text = error_of(capsys, "comapre")
    assert (
        "invalid choice: 'comapre'; choose from compare, benchmark, report, fit, predict."
        in text
    )
    assert "Did you mean 'compare'?" in text
    assert "Did you mean 'emodb'?" in error_of(capsys, "benchmark", "emobd", "x")


def test_output_is_tried_before_the_long_run(features, tmp_path, capsys, monkeypatch):
    def run(*args, **kwargs):
        raise AssertionError("the comparison was started")

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression.fit", run)
    (tmp_path / "file").write_text("x")
    text = error_of(capsys, "compare", features, "--output", tmp_path / "file", *FAST)
    assert "a folder that can be written to" in text
    (tmp_path / "table.csv").write_text("mine")
    text = error_of(capsys, "compare", features, "--output", tmp_path, *FAST)
    assert "already holds table.csv" in text
    assert (tmp_path / "table.csv").read_text() == "mine"
    # Now it starts, and each fit fails.
    out = ["--output", str(tmp_path), "--overwrite"]
    assert main(["compare", str(features), *FAST, *out]) == 1


# ---- the program around it


def test_help_and_version(capsys):
    for arguments in (["--help"], ["compare", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    assert capsys.readouterr().out.endswith(f"skmiaug {skmiaug.__version__}\n")


def test_the_parser_imports_nothing_heavy():
    code = (
        "import sys; from skmiaug.evaluation.cli import main; main([])\n"
        "heavy = {'torch', 'sklearn', 'pandas', 'numpy', 'scipy', 'tqdm'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_without_the_augmenter_there_is_no_torch_and_no_pyplot(features, tmp_path):
    output = ["--output", str(tmp_path / "out")]
    code = (
        "import sys; from skmiaug.evaluation.cli import main\n"
        f"assert main(['compare', r'{features}', *{FAST + output}]) == 0\n"
        "assert not {'torch', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        timeout=60,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    # A terminal without these characters shows "?" for them.
    assert "UAR % ? SD" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_nowhere_to_print_is_one_line(features):
    command = [sys.executable, "-m", "skmiaug", "compare", str(features), *FAST]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == "skmiaug: error: [Errno 28] No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_closed_streams_are_no_error(features, capsys, monkeypatch):
    command = [sys.executable, "-m", "skmiaug", "compare", str(features), *FAST]
    done = subprocess.run(
        f"{shlex.join(command)} 1>&-", shell=True, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    monkeypatch.setattr(sys, "stderr", None)  # as Python has it after 2>&-
    assert main(["compare", str(features), *FAST]) == 0
    assert "UAR % ± SD" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_interrupt_gives_one_line_and_130(features, tmp_path):
    # Ctrl-C works too where the shell has SIGINT ignored, as for jobs in the background.
    code = (
        "import signal, sys; from skmiaug.evaluation.cli import main;"
        "signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "compare", str(features), *FAST]
    command += ["--seeds", "500", "--output", str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        # The first line is printed just before the run starts.
        assert process.stdout.readline().startswith(str(features))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "skmiaug: interrupted; no results were written.\n"
    assert list((tmp_path / "out").iterdir()) == []


def test_counts_of_many_classes_fit_the_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    y = np.repeat([f"emotion {number}" for number in range(12)], 4)
    np.savez(tmp_path / "many.npz", X=np.random.default_rng(0).normal(size=(48, 3)), y=y)
    assert main(["compare", str(tmp_path / "many.npz"), *FAST, "--cv", "2"]) == 0
    lines = capsys.readouterr().out.split("\n\n")[0].split("\n")
    assert sum("emotion" in line for line in lines) >= 4
    assert all(len(line) <= 70 for line in lines[1:])
