"""Summary, text, plot and files of a comparison."""

import json
import math
import os
import runpy
import sys
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.text import Text

from skmiaug.evaluation import (
    compare_samplers,
    comparison_markdown,
    comparisons_markdown,
    format_comparison,
    load_comparison,
    plot_comparison,
    plot_comparisons,
    save_comparison,
    summarize_comparison,
)
from skmiaug.evaluation.comparison._text import verdict
from skmiaug.exceptions import FileFormatError, MissingExtraError

PNG = b"\x89PNG\r\n\x1a\n"


# ---- summary


def test_summary_figures(results):
    lines = summarize_comparison(results).set_index(["sampler", "classifier"])
    none = lines.loc[("none", "lr")]
    assert none["score_percent"] == pytest.approx(55)
    assert none["sd_percent"] == pytest.approx(np.std([50, 60, 50, 60], ddof=1))
    assert lines.loc[("none", "mean"), "score_percent"] == pytest.approx(45)
    partly = lines.loc[("SMOTE", "svm")]
    assert (partly["n_scored"], partly["n_folds"]) == (3, 4)
    assert partly["score_percent"] == pytest.approx(50)
    # Only the folds in which both classifiers were scored.
    mean = lines.loc[("SMOTE", "mean")]
    assert mean["n_scored"] == 3
    assert mean["score_percent"] == pytest.approx(100 * (1.2 + 1.35 + 1.15) / 6)


def test_a_classifier_without_probabilities_is_left_out_of_their_mean(results):
    whole = results[results["sampler"] != "broken"]
    scored = whole.assign(brier=whole["uar"].where(whole["classifier"] == "lr"))
    lines = summarize_comparison(scored, "brier").set_index(["sampler", "classifier"])
    assert lines.loc[("SMOTE", "svm"), "n_scored"] == 0
    assert lines.loc[("SMOTE", "mean"), "score_percent"] == pytest.approx(75)
    with pytest.raises(ValueError, match="scoring must be one of uar, macro_f1"):
        summarize_comparison(scored, "accuracy")


def test_summary_times(results):
    lines = summarize_comparison(results).set_index(["sampler", "classifier"])
    smote = lines.loc[("SMOTE", "mean")]
    assert (smote["resample_seconds"], smote["fit_seconds"]) == (1, 1)
    assert smote["time_ratio"] == pytest.approx(2)
    assert lines.loc[("SMOTE", "lr"), "time_ratio"] == pytest.approx(3)
    assert math.isnan(lines.loc[("broken", "mean"), "fit_seconds"])
    without = summarize_comparison(results[results["sampler"] == "SMOTE"])
    assert without["time_ratio"].isna().all()


# ---- text


def test_text_as_it_is_printed(results):
    assert (
        format_comparison(results)
        == """\
UAR % ± SD over 2 folds × 2 seeds; times for one fold

                                           resample   fit   time
               lr          svm        mean        s     s × none
none    55.0 ±5.8  35.0 ± 5.8   45.0 ±5.8      0.00  1.00    1.0
SMOTE   75.0 ±4.1  50.0 ±10.0*  61.7 ±5.2*     1.00  1.00    2.0
broken          –            –           –        –     –      –

  * not scored in all folds; – in none. A mean needs every classifier.
  SMOTE: failed: it broke (1 of 4 folds)
  broken: failed: it broke (4 of 4 folds)"""
    )


@pytest.mark.parametrize("width", [60, 80, 88, 100])
@pytest.mark.parametrize("n_classifiers", [1, 3, 8])
def test_text_fits_its_width(width, n_classifiers):
    names = [f"long classifier {i}" for i in range(n_classifiers)]
    rows = [
        {
            "sampler": sampler,
            "classifier": name,
            "seed": 0,
            "fold": fold,
            "uar": 0.5 + 0.1 * fold,
            "resample_seconds": 100.0,
            "fit_seconds": 100.0,
            "converged": True,
            "status": "ok",
            "message": "a long story " * 12,
        }
        for fold in range(3)
        for sampler in ("none", "RandomOverSampler")
        for name in names
    ]
    text = format_comparison(pd.DataFrame(rows), width=width)
    assert max(map(len, text.splitlines())) <= width
    for number in range(n_classifiers):
        assert any(f"classifier {number}" in line for line in text.splitlines())
    assert text.count("100.00") == 2 + 2 * (n_classifiers == 1)


def test_recalls_and_matrices_as_they_are_printed(results):
    text = format_comparison(results, scoring="recall").splitlines()
    assert text[0] == "recall % over 2 folds × 2 seeds, mean over the classifiers"
    assert [line.split() for line in text[1:3]] == [[], ["a", "b"]]
    (line,) = (line for line in text if line.startswith("none "))
    assert line.split() == ["none", "45.0", "45.0"]
    text = format_comparison(results, scoring="confusion").splitlines()
    # Four folds of two classifiers.
    none = text.index("none")
    assert [line.split() for line in text[none + 1 : none + 4]] == [
        ["a", "b"],
        ["a", "24", "8"],
        ["b", "0", "32"],
    ]


def test_markdown_is_a_table_with_the_spread_over_seeds(results):
    results = results.replace({"sampler": {"broken": "a|b"}})
    lines = comparison_markdown(results).splitlines()
    assert lines[:4] == [
        "| | lr | svm | mean | s |",
        "| --- | --- | --- | --- | --- |",
        "| none | 55.0 (55.0-55.0) | 35.0 (35.0-35.0) | 45.0 (45.0-45.0) | 1.00 |",
        "| SMOTE | 75.0 (75.0-75.0) | 50.0* (50.0-50.0) | 61.7* (60.0-62.5) | 2.00 |",
    ]
    assert lines[4].startswith(r"| a\|b | – ")
    one = comparison_markdown(results[results["seed"] == 0])
    assert "| none | 55.0 (7.1) |" in one
    results["converged"] = results["classifier"] != "svm"
    assert "| not converged |" in comparison_markdown(results)


def scored(differences, scoring="uar"):
    """Results of no resampling and of a sampler with these differences, one a fold."""
    rows = [
        {"sampler": sampler, "classifier": "lr", "seed": 0, "fold": fold, "n_train": 80,
         "n_test": 20, "converged": True, "resample_seconds": 0.0, "fit_seconds": 1.0,
         "uar": 0.5, scoring: 0.5 + change * (sampler == "new"), "status": "ok",
         "message": ""}
        for fold, change in enumerate(differences)
        for sampler in ("none", "new")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_several_sets_are_one_table_and_one_picture(results, tmp_path):
    both = {"one": results, "other": results[results["sampler"] != "SMOTE"]}
    lines = comparisons_markdown(both).splitlines()
    assert lines[:4] == [
        "| | one | other |",
        "| --- | --- | --- |",
        "| none | 45.0 (45.0-45.0) | 45.0 (45.0-45.0) |",
        "| SMOTE | 61.7* (60.0-62.5) |  |",
    ]
    assert lines[6].startswith("one: UAR % over 2 folds × 2 seeds (in brackets: lowest and")
    assert "mean over lr, svm. Use no resampling: SMOTE is not ahead" in lines[6]
    results["converged"] = results["classifier"] != "svm"
    assert "12 of 24 fits did not converge." in comparisons_markdown({"one": results})
    figure = plot_comparisons(both, tmp_path / "a.png")
    assert [axis.get_title() for axis in figure.axes] == ["one", "other"]
    means = [[text.get_text() for text in axis.texts] for axis in figure.axes]
    assert means == [["45.0", "61.7*", "not scored"], ["45.0", "not scored", "not scored"]]
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)


def test_the_readme_gets_what_the_folders_hold(results, tmp_path):
    script = Path(__file__).parents[2] / "docs" / "_ext" / "readme_comparison.py"
    save_comparison(results, tmp_path / "one")
    readme, page, picture = (tmp_path / name for name in ("README.md", "p.md", "a.png"))
    marks = ["<!-- table: begin -->", "<!-- table: end -->"]
    for path in (readme, page):
        path.write_text(f"before\n{marks[0]}\nold\n{marks[1]}\nafter\n", encoding="utf-8")
    main = runpy.run_path(str(script))["main"]
    arguments = [*map(str, (readme, page, picture)), f"my data={tmp_path / 'one'}"]
    main(*arguments)
    whole = comparisons_markdown({"my data": results})
    table = whole[: whole.index("\n\n") + 1]
    for path, written in ((readme, table), (page, whole)):
        expected = f"before\n{marks[0]}\n{written}{marks[1]}\nafter\n"
        assert path.read_text(encoding="utf-8") == expected
    assert picture.read_bytes().startswith(PNG)
    # Without the marks nothing is written.
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(SystemExit, match="expected one line"):
        main(*arguments)
    assert readme.read_text(encoding="utf-8") == "no marks"


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([0.10, 0.11, 0.12], "Use new: it is ahead of no resampling beyond chance."),
        ([-0.10, -0.11, -0.12], "Use no resampling: it is ahead of new beyond chance"),
        ([-0.10, 0.20, 0.10], "Use no resampling: new is not ahead beyond chance"),
    ],
)
def test_the_verdict_follows_the_interval(differences, expected):
    advice, difference = verdict(scored(differences))
    assert advice.startswith(expected)
    mean = 100 * np.mean(differences)
    assert difference.startswith("new − no resampling (the best without synthetic samples)")
    assert f": {mean:+.1f} points, 95 % interval " in difference
    # Of a loss, the other sign is good.
    loss = scored([-d for d in differences], "brier")
    assert verdict(loss, scoring="brier")[0] == advice


def test_one_fold_gives_no_verdict():
    assert verdict(scored([0.1])) == []


def test_text_says_less_where_there_are_too_many_notes(results):
    results["message"] = [f"note {i}" for i in range(len(results))]
    text = format_comparison(results)
    assert "and 16 more; the column 'message' holds them all." in text


def test_a_note_of_all_samplers_is_told_once(results):
    note = (results["fold"] == 1).map({True: "it is cold", False: ""})
    text = format_comparison(results.assign(message=note, status="ok"))
    assert text.endswith("\n\n  all samplers: it is cold (2 of 4 folds)")
    # One of them in another fold as well: of each its own.
    note[0] = "it is cold"
    text = format_comparison(results.assign(message=note, status="ok"))
    assert "  none: it is cold (3 of 4 folds)\n  SMOTE: it is cold (2 of 4 folds)" in text


def test_fits_that_did_not_converge_are_counted(results):
    assert "converged" not in format_comparison(results)
    results.loc[results["sampler"] == "SMOTE", "converged"] = False
    text = format_comparison(results)
    assert text.splitlines()[3].split()[3] == "converged"
    (line,) = (line for line in text.splitlines() if line.startswith("SMOTE "))
    # Two classifiers in four folds.
    assert line.split()[-4] == "8"
    summary = summarize_comparison(results).set_index(["sampler", "classifier"])
    assert summary.loc[("SMOTE", "lr"), "not_converged"] == 4


# ---- plot


def test_plot_has_a_panel_for_each_classifier(results, tmp_path):
    figure = plot_comparison(results, tmp_path / "a.png", title="some data")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    axes = [axis for axis in figure.axes if axis.axison]
    titles = [axis.get_title() for axis in axes]
    assert titles == ["lr", "svm", "mean over the classifiers", "time"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == [
        "none",
        "SMOTE",
        "broken",
    ]
    assert "some data" in figure.get_suptitle()
    # Every fold is a dot: 4 for none, 3 of SMOTE, none of the broken one.
    dots = [line for line in axes[1].lines if line.get_marker() == "o"]
    assert sorted(len(line.get_xdata()) for line in dots) == [3, 4]
    assert "not scored" in [text.get_text() for text in axes[1].texts]
    assert "50.0*" in [text.get_text() for text in axes[1].texts]


def test_the_legend_of_the_plot_takes_no_room_from_the_panels(results):
    third = results[results["classifier"] == "lr"].assign(classifier="mlp")
    figure = plot_comparison(pd.concat([results, third]))
    figure.draw_without_rendering()
    left = [axis.get_position().x0 for axis in figure.axes[:3]]
    assert left[2] - left[1] == pytest.approx(left[1] - left[0], rel=0.02)
    # Five panels, and no row with a hole at its end.
    ends = [figure.axes[number].get_position().x1 for number in (2, 4)]
    assert ends[0] == pytest.approx(ends[1], abs=0.02)
    time = figure.axes[4]
    legend = time.get_legend().get_window_extent()
    assert not legend.overlaps(time.get_window_extent())
    assert not legend.overlaps(time.xaxis.label.get_window_extent())


def test_plot_shows_every_dot_inside_the_axis(results):
    figure = plot_comparison(results)
    values = 100 * results["uar"].dropna()
    for axis in figure.axes[:3]:
        low, high = axis.get_xlim()
        assert low < values.min() < values.max() < high


def test_plot_shows_every_bar_inside_the_axis(results):
    lr = results[results["classifier"] == "lr"].copy()
    lr.loc[lr["sampler"] == "none", "uar"] = [1.0, 0.2, 0.2, 0.2]
    lr.loc[lr["sampler"] == "SMOTE", "uar"] = [1.0, 1.0, 1.0, 0.2]
    axis = plot_comparison(lr).figure.axes[0]
    low, high = axis.get_xlim()
    bars = [line.get_xdata() for line in axis.lines if line.get_linestyle() == "-"]
    ends = [end for bar in bars if len(bar) == 2 for end in bar]
    # 40 and 80, each with a deviation of 40 to both sides; the first two are the lines
    # between the samplers, in parts of the axis.
    assert pytest.approx(ends[:4]) == [0, 80, 40, 120]
    assert low < 0
    assert high > 120


def test_names_in_the_plot_are_no_mathematics(results, tmp_path):
    named = results.replace(
        {"sampler": {"SMOTE": r"$\frac$"}, "classifier": {"lr": "$a_b$"}}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # The last: how Python spells bytes of a file name that are no UTF-8.
        for title in (r"$\frac$.npz", "a$_b$.npz", "日本.npz", "\udcff\udcfe.npz"):
            plot_comparison(named, tmp_path / "a.png", title=title)
    figure = plot_comparison(named)
    figure.draw_without_rendering()
    drawn = [text for text in figure.findobj(Text) if "$" in text.get_text()]
    ours = [text for text in drawn if "mathdefault" not in text.get_text()]
    assert ours
    assert not any(is_math_text(text.get_text()) for text in ours)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ((0.0036, 0.0048), ["0.003", "0.01"]),
        ((0.01, 0.01), ["0.01", "0.03"]),
        ((0.025, 1.5), ["0.03", "0.1", "0.3", "1", "3"]),
        ((0.001, 500), ["0.001", "0.1", "10", "1000"]),
        ((1e-9, 1e9), ["1e-09", "1e-05", "0.1", "1000", "1e+07"]),
    ],
)
def test_ticks_of_the_times_are_few_plain_and_apart(results, seconds, shown):
    results["resample_seconds"] = 0.0
    first = results["sampler"] == "none"
    results["fit_seconds"] = np.where(first, *seconds)
    figure = plot_comparison(results)
    figure.draw_without_rendering()
    both = figure.axes[3].get_xticklabels(which="both")
    assert [label.get_text() for label in both] == shown
    boxes = [label.get_window_extent() for label in both]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_long_names_in_the_plot_leave_room_for_it(results):
    long = "a name that goes on and on, as those of whole pipelines do, up to its end: "
    names = {name: long + name for name in ("none", "SMOTE", "broken")}
    named = results.replace({"sampler": names, "classifier": {"lr": long + "lr"}})
    figure = plot_comparison(named, title=long * 3)
    figure.draw_without_rendering()
    panels = figure.axes[:4]
    assert all(panel.get_window_extent().width > 200 for panel in panels)
    titles = [panel.title.get_window_extent() for panel in panels]
    assert not any(one.overlaps(other) for one, other in combinations(titles, 2))
    assert figure._suptitle.get_window_extent().x1 < figure.bbox.x1
    # They differ at their ends, and still do.
    texts = [label.get_text() for label in panels[0].get_yticklabels()]
    assert [text.split()[-1] for text in texts] == ["none", "SMOTE", "broken"]


def test_plot_of_nothing_scored(results, tmp_path):
    plot_comparison(results.assign(uar=np.nan), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


# ---- files


@pytest.fixture
def undrawn(monkeypatch):
    """An empty picture: to draw one takes longer than the other files."""
    draw = lambda self, file, **_: file.write(PNG)  # noqa: E731
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", draw)


def test_files_say_what_the_table_says(imbalanced, tmp_path):
    X, y = imbalanced
    found = compare_samplers(X, y, ["none", "SMOTE"], ["lr", "svm"], cv=3, n_repeats=2)
    found.loc[0, ["uar", "n_train_resampled"]] = pd.NA
    found = found.astype({"uar": float})
    paths = save_comparison(
        found,
        tmp_path / "new" / "folder",
        title="made up",
        class_counts={"a": np.int64(60), "b": 30},
        settings={"cv": 3},
    )
    table, report, text, plot = paths
    again = pd.read_csv(table, keep_default_na=False, na_values={"uar": [""]})
    assert len(again) == len(found) == 24
    np.testing.assert_array_equal(again["uar"], found["uar"])

    def refuse(text):
        raise AssertionError(f"{text} is no JSON")

    data = json.loads(report.read_text(encoding="utf-8"), parse_constant=refuse)
    assert data["format"] == "skmiaug-comparison"
    assert data["seeds"] == [0, 1]
    assert data["class_counts"] == {"a": 60, "b": 30}
    assert data["settings"] == {"cv": 3}
    assert data["versions"]["numpy"] == np.__version__
    assert {"skmiaug", "torch", "scikit-learn", "imbalanced-learn"} <= set(data["versions"])
    assert data["results"][0]["uar"] is None
    assert data["results"][0]["n_train_resampled"] is None
    assert data["results"][5]["uar"] == found["uar"][5]
    assert data["results"][5]["n_train"] == int(found["n_train"][5])
    scores = {line["scoring"] for line in data["summary"]}
    assert scores == {
        "uar", "macro_f1", "g_mean", "roc_auc", "brier", "calibration_error",
    }  # fmt: skip
    assert len(data["summary"]) == 2 * 3 * len(scores)
    matrix = data["confusion"]["SMOTE"]
    assert matrix["columns"] == ["a", "b", "c"]
    # Two classifiers and two seeds test each row.
    assert np.sum(matrix["data"], axis=1).tolist() == [4 * 60, 4 * 30, 4 * 12]
    assert set(data["recalls"]["none"]) == {"a", "b", "c"}
    np.testing.assert_allclose(again["recall, c"], [r["c"] for r in found["recalls"]])
    assert json.loads(again["confusion"][3]) == found["confusion"][3]
    assert text.read_text(encoding="utf-8").startswith("made up\n\n| | logistic regr")
    assert len(data["paired_tests"]) == 3
    assert plot.read_bytes().startswith(PNG)
    assert sorted(path.name for path in table.parent.iterdir()) == [
        "plot.png",
        "results.json",
        "table.csv",
        "table.md",
    ]


@pytest.mark.usefixtures("undrawn")
def test_results_are_read_as_they_were(imbalanced, results, tmp_path):
    X, y = imbalanced
    found = compare_samplers(X, y, ["none", "ADASYN"], ["lr", "svm"], cv=3, tune=False)
    for number, table in enumerate((found, results)):
        save_comparison(table, tmp_path / str(number))
        again = load_comparison(tmp_path / str(number))
        pd.testing.assert_frame_equal(again, table[again.columns], check_dtype=False)
    with pytest.raises(FileFormatError, match="expected results of `skmiaug compare"):
        load_comparison(tmp_path)


@pytest.mark.usefixtures("undrawn")
def test_own_files_are_replaced_and_others_are_not(results, tmp_path):
    save_comparison(results, tmp_path)
    before = (tmp_path / "table.csv").read_bytes()
    save_comparison(results[results["sampler"] == "none"], tmp_path)
    assert (tmp_path / "table.csv").read_bytes() != before
    (tmp_path / "results.json").write_text('{"format": "another"}')
    with pytest.raises(FileFormatError, match="already holds table"):
        save_comparison(results, tmp_path)
    assert (tmp_path / "results.json").read_text() == '{"format": "another"}'
    save_comparison(results, tmp_path, overwrite=True)
    assert json.loads((tmp_path / "results.json").read_text())["summary"]


def test_a_run_that_ended_at_the_plot_may_be_repeated(results, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("matplotlib.figure.Figure.draw", fail)
        with pytest.raises(MemoryError):
            save_comparison(results, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "results.json",
        "table.csv",
        "table.md",
    ]
    assert len(save_comparison(results, tmp_path)) == 4


def test_a_full_disk_is_named(results, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skmiaug.utils.files._atomic.os.fsync", full)
    with pytest.raises(FileFormatError, match=r"could not write .*No space left on device"):
        save_comparison(results, tmp_path)


@pytest.mark.parametrize("name", ["table.csv", "results.json", "table.md", "plot.png"])
def test_a_folder_in_the_place_of_a_file(results, tmp_path, name):
    (tmp_path / name).mkdir()
    for overwrite in (False, True):
        with pytest.raises(FileFormatError, match=f"{name} in it is no file"):
            save_comparison(results, tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.usefixtures("undrawn")
def test_results_that_were_changed_are_not_ours_any_more(results, tmp_path):
    save_comparison(results, tmp_path)
    report = tmp_path / "results.json"
    whole = report.read_text()
    for damaged in (whole.replace("0.5", "0.6", 1), "[" * 200_000, "{}", "[1]"):
        report.write_text(damaged)
        with pytest.raises(FileFormatError, match="already holds"):
            save_comparison(results, tmp_path)
    report.write_text(whole)
    assert len(save_comparison(results, tmp_path)) == 4


@pytest.mark.usefixtures("undrawn")
def test_cells_are_no_formulas(results, tmp_path):
    names = {"none": "=1+1", "SMOTE": "@SUM(A1)", "broken": "-x"}
    save_comparison(results.replace({"sampler": names}), tmp_path)
    table = pd.read_csv(tmp_path / "table.csv")
    assert set(table["sampler"]) == {"'=1+1", "'@SUM(A1)", "'-x"}
    assert list(table["uar"].dropna()) == list(results["uar"].dropna())
    report = json.loads((tmp_path / "results.json").read_text())
    assert report["results"][0]["sampler"] == "=1+1"


@pytest.mark.usefixtures("undrawn")
def test_bytes_of_a_file_name_can_be_read_in_the_json(results, tmp_path):
    title = os.fsdecode(b"\xff\xfe.npz")
    save_comparison(results, tmp_path, title=title, settings={"features": "a"})
    report = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert report["title"] == r"\udcff\udcfe.npz"
    save_comparison(results, tmp_path)  # known as a comparison


def test_a_folder_that_cannot_be(results, tmp_path):
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FileFormatError, match="a folder that can be written to"):
            save_comparison(results, target)


def test_without_matplotlib_the_remedy_is_named(results, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"skmiaug\[plots\]"):
        save_comparison(results, tmp_path / "out")
    assert not (tmp_path / "out").exists()
