"""quality_report: what it holds, what it sees, and the page it writes."""

import base64
import json
import re
import subprocess
import warnings
from html import escape, unescape
from html.parser import HTMLParser
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from matplotlib.axes import Axes
from matplotlib.image import imread
from scipy.stats import entropy
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from skmiaug import GaussianAugmenter
from skmiaug.evaluation import ImbalancedTrainingSplit, QualityReport, quality_report
from skmiaug.evaluation.report import MEASURES, Measure, Value
from skmiaug.exceptions import MissingExtraError
from skmiaug.metrics import concordance_correlation_coefficient
from skmiaug.over_sampling.targets import attribute_information
from tests._helpers import small
from tests.docs._browser import chromium

OPTIONS = {"classifiers": ["lr"], "n_permutations": 19}


def of_topic(report, topic):
    (found,) = (finding for finding in report.findings if finding.topic == topic)
    return found


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [120, 60, 30])
    centres = {"a": 0.0, "b": 1.5, "c": 3.0}
    X = rng.normal(size=(len(y), 6)) + np.array([centres[c] for c in y])[:, None]
    return X, y


@pytest.fixture(scope="module")
def report(rows):
    return quality_report(small(max_iter=50), *rows, title="made-up rows", **OPTIONS)


@pytest.fixture(scope="module")
def page(report):
    return report.to_html()


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.images, self.links, self.text = [], [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)
        if tag == "img":
            self.images.append(attributes)
        self.links += [v for k, v in attributes.items() if k in ("src", "href", "srcset")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


# ---- what it holds


def test_table_has_every_section_and_real_rows_beside(report):
    table = report.table
    assert list(dict.fromkeys(table["section"])) == [
        "information",
        "fidelity",
        "leakage",
        "utility",
        "calibration",
    ]
    assert not table["measure"].duplicated().any()
    assert np.isfinite(table["value"]).all()
    by_name = table.set_index("measure")
    information = by_name.loc["mutual information (nats)"]
    assert information["low"] < information["value"] < information["high"]
    assert information["p_value"] == pytest.approx(1 / 20)
    assert 0 < information["value"] < by_name.loc["upper bound H(c) (nats)", "value"]
    assert information["real"] > 0
    assert len([name for name in by_name.index if name.startswith("variance ratio")]) == 2


def test_findings_name_their_figures(report):
    assert [finding.topic for finding in report.findings] == [
        "Verdict",
        "Information",
        "Variety",
        "Fidelity",
        "Copies",
        "Utility",
    ]
    assert {finding.mark for finding in report.findings} <= {"pass", "warn", "fail"}
    assert repr(report).startswith("<QualityReport: MIGANAugmenter on made-up rows; Verd")
    value = report.table.set_index("measure").loc["mutual information (nats)", "value"]
    assert f"{value:.2f}" in of_topic(report, "Information").text


def test_the_verdict_compares_free_methods_and_recalls_make_up_the_uar(report):
    table = report.table.set_index("measure")
    text = of_topic(report, "Verdict").text
    for name in ("class weights", "equal-prior LDA", "RandomOverSampler", "SMOTE"):
        assert f"{name} {table.loc[f'UAR, {name} (%)', 'value']:.1f}" in text
    recalls = table.loc[[f"recall, {label} (%)" for label in "abc"]].mean(numeric_only=True)
    assert f"mean UAR {recalls['value']:.1f} % with them" in text
    assert f"{recalls['real']:.1f} without" in text
    assert "One split" in text


def test_same_seed_same_table(rows, report):
    again = quality_report(small(max_iter=50), *rows, **OPTIONS)
    assert again.table.equals(report.table)
    other = quality_report(small(max_iter=50), *rows, random_state=1, **OPTIONS)
    assert not other.table["value"].equals(report.table["value"])


# ---- what it sees


def test_the_sampler_never_sees_held_out_rows(rows):
    X, y = rows
    seen = []

    class Watching(SMOTE):
        def _fit_resample(self, X, y):
            seen.append(len(X))
            return super()._fit_resample(X, y)

    held_out = np.arange(0, len(y), 3)
    train = np.setdiff1d(np.arange(len(y)), held_out)
    report = quality_report(Watching(), X, y, cv=[(train, held_out)], **OPTIONS)
    assert set(seen) == {len(train)}
    assert report.about["Split"] == "140 training rows, 70 held-out rows"


def test_groups_are_kept_whole_and_said_so(rows):
    X, y = rows
    groups = np.arange(len(y)) % 7
    report = quality_report(SMOTE(), X, y, groups=groups, **OPTIONS)
    found = re.search(r"groups kept whole: (\d) in training, (\d) held out",
                      report.about["Split"])  # fmt: skip
    assert int(found[1]) + int(found[2]) == 7


def test_the_fold_that_is_used_holds_out_most_of_the_rarest_class(rows):
    X, y = rows
    # All but two rows of c are of group 3.
    groups = np.where(y == "c", 3, np.arange(len(y)) % 3)
    groups[180], groups[181] = 0, 1
    report = quality_report(SMOTE(), X, y, groups=groups, cv="logo", **OPTIONS)
    # Group 3 holds nothing else, so the first that has any of all classes is taken: 40 of
    # a, 20 of b, 1 of c.
    assert "149 training rows, 61 held-out rows" in report.about["Split"]
    assert "1 held out" in report.about["Split"]


def test_samplers_that_split_rows_get_their_groups(rows):
    X, y = rows
    groups, seen = np.arange(len(y)) % 7, []

    class Grouped(GaussianAugmenter):
        def fit_resample(self, X, y, *, groups=None):
            seen.append(groups)
            return super().fit_resample(X, y, groups=groups)

    quality_report(Grouped(), X, y, groups=groups, **OPTIONS)
    quality_report(Grouped(), X, y, **OPTIONS)
    assert len(set(seen[0])) in (4, 5)
    assert seen[1] is None


def test_what_is_said_depends_on_groups(rows, page):
    X, y = rows
    assert "No groups were given" in page
    groups = np.arange(len(y)) % 7
    given = quality_report(SMOTE(), X, y, groups=groups, **OPTIONS).to_html()
    assert "No groups were given" not in given
    assert "of other groups" in given


def test_real_rows_stand_beside_the_share_that_is_nearer_to_training(rows):
    X, y = rows
    held_out = np.arange(0, len(y), 3)
    train = np.setdiff1d(np.arange(len(y)), held_out)
    moved = X.copy()
    # Nothing is copied, and yet training rows are nearer to each other.
    moved[held_out] += [4, -4, 4, -4, 4, -4]
    report = quality_report(SMOTE(), moved, y, cv=[(train, held_out)], **OPTIONS)
    measured = report.table.set_index("measure").loc["nearer to training rows (share)"]
    assert measured["real"] > 0.8
    usual = quality_report(SMOTE(), X, y, cv=[(train, held_out)], **OPTIONS)
    measured = usual.table.set_index("measure").loc["nearer to training rows (share)"]
    assert 0.3 < measured["real"] < 0.7
    assert measured["value"] > measured["real"]


def test_warnings_become_notes(rows):
    class Telling(SMOTE):
        def _fit_resample(self, X, y):
            warnings.warn("few neighbours.", UserWarning, stacklevel=1)
            return super()._fit_resample(X, y)

    report = quality_report(Telling(), *rows, **OPTIONS)
    assert report.notes == ["UserWarning: few neighbours"]


def test_a_training_that_changed_nothing_is_reported(rows):
    class Still(SMOTE):
        best = 0

        def _fit_resample(self, X, y):
            self.loss_curve_, self.n_iter_, self.best_iter_ = [1.0, 1.0], 2, self.best
            return super()._fit_resample(X, y)

    text = "training has changed nothing here"
    assert text in quality_report(Still(), *rows, **OPTIONS).to_html()
    Still.best = 2
    assert text not in quality_report(Still(), *rows, **OPTIONS).to_html()


def test_a_fitted_augmenter_is_left_alone(rows):
    augmenter = small().fit(*rows)
    before = augmenter.sample(5, "a")[0]
    quality_report(augmenter, *rows, **OPTIONS)
    np.testing.assert_array_equal(augmenter.sample(5, "a")[0], before)


def test_imbalanced_training_parts(rows):
    from sklearn.model_selection import StratifiedKFold

    cv = ImbalancedTrainingSplit(StratifiedKFold(2, shuffle=True), {"a": 0.5})
    report = quality_report(SMOTE(), *rows, cv=cv, **OPTIONS)
    assert report.about["Split"] == "75 training rows, 105 held-out rows"


def test_the_samples_that_balancing_adds_are_judged(rows):
    split = np.arange(0, 210, 2), np.arange(1, 210, 2)  # 60, 30 and 15 of each part
    report = quality_report(SMOTE(), *rows, cv=[split], **OPTIONS)
    # 30 of each are in the class mix of the training part: 30 b, 15 c.
    assert report.about["Synthetic samples"].startswith("75 judged (b 30, c 45); 45 of")
    table = report.table.set_index("measure")
    assert "variance ratio, a" not in table.index
    assert table.loc["upper bound H(c) (nats)", "value"] == pytest.approx(
        np.log(3) - 2 / 3 * np.log(2)
    )
    assert table.loc["upper bound H(c) (nats)", "real"] == pytest.approx(
        table.loc["upper bound H(c) (nats)", "value"]
    )


def test_of_two_classes_the_larger_stands_in_the_information(rows):
    X, y = (part[rows[1] != "c"] for part in rows)
    report = quality_report(SMOTE(), X, y, **OPTIONS)
    assert report.about["Synthetic samples"].startswith("40 judged (b 40)")
    assert [finding.mark for finding in report.findings if finding.topic != "Copies"]
    table = report.table.set_index("measure")
    assert 0 < table.loc["mutual information (nats)", "value"] < np.log(2)
    assert table.loc["TSTR UAR, logistic regression (%)", "value"] > 70
    assert report.to_html()


def test_known_faults_are_marked(rows):
    marks = {
        finding.topic: finding.mark
        for finding in quality_report(RandomOverSampler(), *rows, **OPTIONS).findings
    }
    assert marks["Copies"] == "fail"

    class Shuffling(SMOTE):
        def _fit_resample(self, X, y):
            found, labels = super()._fit_resample(X, y)
            n = len(X)
            rng = np.random.default_rng(0)
            return found, np.concatenate([labels[:n], rng.permutation(labels[n:])])

    found = quality_report(Shuffling(), *rows, **OPTIONS)
    assert of_topic(found, "Information").mark == "fail"
    assert of_topic(found, "Verdict").mark in ("warn", "fail")


@pytest.mark.parametrize("n_permutations", [0, 9, 19])
def test_few_shuffles_are_no_fault_of_the_rows(rows, n_permutations):
    options = OPTIONS | {"n_permutations": n_permutations}
    report = quality_report(SMOTE(), *rows, **options)
    found, fidelity = (of_topic(report, topic) for topic in ("Information", "Fidelity"))
    assert found.mark == "pass"
    assert ("shuffled classes p" in found.text) is (n_permutations > 0)
    assert ("0.5 is chance, p = " in fidelity.text) is (n_permutations > 0)
    assert not any("nan" in one.text for one in report.findings)


def test_what_real_rows_do_not_show_is_no_fault_of_the_samples(rows):
    X = np.random.default_rng(0).normal(size=rows[0].shape)
    report = quality_report(SMOTE(), X, rows[1], **OPTIONS)
    assert of_topic(report, "Information").mark == "warn"


class Drawn(SMOTE):
    """Draws from each class's normal distribution, its deviation times `factor`."""

    def __init__(self, sampling_strategy="auto", factor=1.0, random_state=0):
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.factor = factor

    def _fit_resample(self, X, y):
        found, labels = super()._fit_resample(X, y)
        rng = np.random.default_rng(self.random_state)
        for label in np.unique(y):
            own = np.flatnonzero(labels == label)
            own = own[own >= len(X)]
            real = X[y == label]
            noise = rng.normal(size=(len(own), X.shape[1]))
            found[own] = real.mean(axis=0) + self.factor * real.std(axis=0) * noise
        return found, labels


def test_variety_is_judged_against_real_rows(rows):
    X, y = rows
    held_out = np.arange(0, len(y), 3)
    train = np.setdiff1d(np.arange(len(y)), held_out)

    def mark(factor, X=X):
        report = quality_report(
            Drawn(factor=factor), X, y, cv=[(train, held_out)], **OPTIONS
        )
        return of_topic(report, "Variety").mark

    assert mark(1.0) == "pass"
    assert mark(0.75) == "warn"
    assert mark(0.3) == "fail"
    # Held-out rows that vary more, as real training rows show: no fault of the samples.
    wide = X.copy()
    wide[held_out] = X[held_out] + 0.35 * (X[held_out] - X.mean(axis=0))
    assert mark(1.0, wide) == "pass"


def test_duplicated_rows_leave_no_nan_in_the_findings():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b"], [60, 30])
    X = np.repeat(rng.normal(size=(9, 4)), 10, axis=0) + (y == "b")[:, None]
    report = quality_report(Drawn(), X, y, **OPTIONS)
    assert not any("nan" in finding.text for finding in report.findings)
    copies = of_topic(report, "Copies")
    assert copies.mark != "pass"
    assert "duplicates, so distances cannot be compared" in copies.text


def test_a_measure_is_added_by_one_entry(rows):
    def shift(evidence):
        return {
            label: Value(float(evidence.synthetic.X[:, 0].mean()), 0.5, p_value=0.25)
            for label in "uv"
        }

    own = Measure("mean of {}", "fidelity", shift, "0", "made up")
    MEASURES.append(own)
    try:
        report = quality_report(SMOTE(), *rows, **OPTIONS)
    finally:
        MEASURES.remove(own)
    table = report.table.set_index("measure")
    assert table.loc["mean of u", ["real", "p_value", "better", "meaning"]].tolist() == [
        0.5, 0.25, "0", "made up",
    ]  # fmt: skip
    assert "mean of v" in report.to_html()


@pytest.mark.parametrize(("n_short", "sampler"), [(0, small(max_iter=5)), (1, SMOTE())])
def test_balanced_classes_are_reported_too(n_short, sampler):
    """Nothing is added to a balanced training part; to one a row short, one row."""
    y = np.arange(90) % 3
    X = np.random.default_rng(0).normal(size=(90, 4)) + y[:, None]
    split = np.arange(30, 90 - n_short), np.arange(30)
    report = quality_report(sampler, X, y, cv=[split], **OPTIONS)
    gain = report.table.set_index("measure").loc["UAR gain, logistic regression (points)"]
    topic, text = report.findings[-1][1:]
    assert topic == "Utility"
    if n_short == 0:
        assert gain["value"] == gain["low"] == gain["high"] == 0
        assert "added no samples" in text
    else:
        assert "in points" in text
    assert "variance ratio, 2" in set(report.table["measure"])
    assert report.to_html()


def test_labels_of_pandas(rows):
    X, y = rows
    named = quality_report(SMOTE(), X, pd.Series(y), **OPTIONS)
    assert named.table.equals(quality_report(SMOTE(), X, y, **OPTIONS).table)


def test_rows_that_vary_too_much_are_marked_and_drawn(rows):
    class Scattering(SMOTE):
        def _fit_resample(self, X, y):
            found, labels = super()._fit_resample(X, y)
            far = 8 * np.random.default_rng(0).normal(size=found.shape)
            far[: len(X)] = 0
            return found + far, labels

    report = quality_report(Scattering(), *rows, **OPTIONS)
    assert of_topic(report, "Variety").mark == "warn"
    assert of_topic(report, "Fidelity").mark == "fail"
    axes = [axis for part in report.plot().subfigs for axis in part.axes]
    (spread,) = (axis for axis in axes if "variance" in axis.get_xlabel())
    assert spread.get_xscale() == "log"


def test_rare_classes_are_left_out_and_told(rows):
    X, y = rows
    # One row of c is held out: too little to tell anything about it.
    held_out = np.concatenate([np.arange(0, 180, 3), [180]])
    train = np.setdiff1d(np.arange(len(y)), held_out)
    report = quality_report(SMOTE(), X, y, cv=[(train, held_out)], **OPTIONS)
    assert report.notes == [
        "synthetic samples of 'c' are not judged: fewer than 2 rows of that class are held "
        "out"
    ]
    assert "variance ratio, c" not in set(report.table["measure"])


def test_small_classes_lower_the_neighbours(rows):
    X, y = rows
    few = np.concatenate([np.arange(100), np.arange(180, 186)])
    report = quality_report(SMOTE(), X[few], y[few], **OPTIONS)
    assert any(note.startswith("k_neighbors lowered from 5 to 3") for note in report.notes)


def test_a_class_of_a_single_training_row_is_named_with_the_sampler(rows):
    X, y = rows
    few = np.concatenate([np.arange(100), [180, 181]])
    with pytest.raises(ValueError, match="SMOTE needs at least 2 rows of class 'c', has 1"):
        quality_report(SMOTE(), X[few], y[few], **OPTIONS)


def test_more_rows_than_wanted_are_drawn(rows):
    report = quality_report(SMOTE(), *rows, max_rows=40, **OPTIONS)
    assert "40 drawn of each" in report.about["Synthetic samples"]


def test_what_is_no_over_sampler_is_refused(rows):
    X, y = rows
    with pytest.raises(ValueError, match="expected an over-sampler with fit_resample"):
        quality_report(BaseEstimator(), X, y)
    with pytest.raises(ValueError, match="returns the given rows before"):
        quality_report(RandomUnderSampler(), X, y)
    with pytest.raises(ValueError, match=r"got the class; pass SMOTE\(\)"):
        quality_report(SMOTE, X, y)
    with pytest.raises(ValueError, match="max_rows must be a whole number from 20 on"):
        quality_report(SMOTE(), X, y, max_rows=1)
    with pytest.raises(ValueError, match="at least 2 classes; all"):
        quality_report(SMOTE(), X, np.zeros(len(y)))


# ---- the page


def test_page_is_well_formed_and_needs_nothing_else(page, report):
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert len(page) < 3_000_000
    # Counts, information 2, training 2, classes 3, fidelity 3, leakage, utility 3.
    assert len(tags.images) == 15
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in tags.links)
    for image in tags.images:
        assert image["alt"]
        data = base64.b64decode(image["src"].partition(",")[2])
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(data) > 5000
    assert not re.search(r"https?://|@import|url\(|<script", page)
    text = " ".join(tags.text)
    for heading in ("Class counts", "Mutual information", "Training", "Leakage", "Utility"):
        assert heading in text
    for measure in report.table["measure"]:
        assert measure in text


def test_contents_lead_to_every_section_and_cells_name_their_column(page):
    contents = re.findall(r'<li><a href="#(\w+)">([^<]+)</a></li>', page)
    assert contents == re.findall(r'<h2 id="(\w+)">([^<]+)</h2>', page)
    assert len(contents) == 8
    # On a phone a cell stands below its row's name and needs its own heading.
    assert page.count("<td ") == page.count("<td data-head=")
    for head in re.findall("<th>(.*?)</th>", page):
        assert f'<td data-head="{head}">' in page


def test_recalls_and_matrix_are_those_of_the_held_out_rows(rows):
    X, y = rows
    split = np.arange(0, 210, 2), np.arange(1, 210, 2)
    report = quality_report(SMOTE(), X, y, cv=[split], **OPTIONS)
    figure = report.plot()
    (matrix,) = (
        axis for axis in figure.findobj(Axes) if axis.get_xlabel() == "predicted class"
    )
    shares = matrix.images[0].get_array()
    np.testing.assert_allclose(shares.sum(axis=1), 100)
    table = report.table.set_index("measure")
    recalls = [table.loc[f"recall, {label} (%)", "value"] for label in "abc"]
    np.testing.assert_allclose(np.diag(shares), recalls)


def test_a_baseline_that_fails_is_left_out(rows):
    X, y = rows
    train = np.append(np.arange(0, 180, 2), 180)  # one row of c
    held_out = np.setdiff1d(np.arange(len(y)), train)
    report = quality_report(RandomOverSampler(), X, y, cv=[(train, held_out)], **OPTIONS)
    assert "UAR, SMOTE (%)" not in set(report.table["measure"])
    assert "UAR, class weights (%)" in set(report.table["measure"])
    assert report.to_html()


def test_page_is_written_whole(report, tmp_path):
    html = report.to_html(tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == html
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_labels_and_titles_cannot_break_the_page(rows):
    X, y = rows
    # Mathematics that is none, and a byte of a file name that is no UTF-8.
    named = np.where(y == "a", r"<b>&'\"$\frac$", y)
    report = quality_report(SMOTE(), X, named, title="<i> $\\frac$ \udcff", **OPTIONS)
    report.plot().draw_without_rendering()
    html = report.to_html()
    html.encode("utf-8")
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert r"SMOTE on <i> $\frac$ ?" in " ".join(tags.text)
    # No curves: no section on training.
    assert "Training" not in re.findall(r"<h2[^>]*>([^<]*)</h2>", html)


def test_plot_shows_all_panels(report):
    figure = report.plot()
    assert len(figure.subfigs) == 7
    assert "made-up rows" in figure.get_suptitle()
    labels = [axis.get_xlabel() for part in figure.subfigs for axis in part.axes]
    assert "information about the class (nats)" in labels
    assert "UAR on held-out real rows (%)" in labels
    assert isinstance(report, QualityReport)


def test_copies_are_a_line_that_can_be_seen(rows):
    report = quality_report(RandomOverSampler(), *rows, **OPTIONS)
    axes = [axis for part in report.plot().subfigs for axis in part.axes]
    (distances,) = (axis for axis in axes if "nearest" in axis.get_xlabel())
    made = next(line for line in distances.lines if line.get_label() == "synthetic samples")
    assert made.get_xdata()[-1] >= distances.get_xlim()[1]
    assert made.get_ydata()[-1] == 1


def test_long_class_names_leave_room_for_the_figures(rows):
    X, y = rows
    y = np.char.add(y, " is a class with a name that leaves hardly anything to explain")
    report = quality_report(SMOTE(), X, y, **OPTIONS)
    with warnings.catch_warnings():
        # Matplotlib warns where names leave no width for what they name.
        warnings.simplefilter("error")
        figure = report.plot()
        figure.draw_without_rendering()
        report.to_html()
    axes = [axis for part in figure.subfigs for axis in part.axes if axis.axison]
    titles = [axis.title.get_window_extent() for axis in axes if axis.get_title()]
    assert not any(one.overlaps(other) for one, other in combinations(titles, 2))


def test_without_matplotlib_the_remedy_is_named(report, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for draw in (report.to_html, report.plot):
        with pytest.raises(MissingExtraError, match=r"skmiaug\[plots\]"):
            draw()


# A phone and a wide window side by side; what each shows goes into the title.
LOOK = """<!doctype html><meta charset="utf-8"><body>FRAMES<script>
addEventListener("load", () => {
  document.title = JSON.stringify([...document.querySelectorAll("iframe")].map(frame => {
    const inside = frame.contentDocument, root = inside.documentElement;
    return {
      width: root.clientWidth, needed: root.scrollWidth,
      heading: inside.querySelector("h1").textContent,
      images: inside.images.length,
      broken: [...inside.images].filter(image => !image.naturalWidth).length,
      narrowest: Math.min(...[...inside.images].map(image => image.clientWidth)),
      asked: frame.contentWindow.performance.getEntriesByType("resource")
        .map(entry => entry.name).filter(name => !name.startsWith("data:")),
      smallest: Math.min(...[...inside.querySelectorAll("p, td, dd, li, figcaption")]
        .map(e => parseFloat(frame.contentWindow.getComputedStyle(e).fontSize))),
    };
  }));
});
</script></body>"""


@pytest.mark.skipif(chromium() is None, reason="needs Chromium")
@pytest.mark.timeout(180)
def test_page_is_whole_on_a_phone_and_on_a_wide_screen(page, tmp_path):
    frames = "".join(
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{escape(page)}">'
        "</iframe>"
        for width in (360, 1280)
    )
    outer = tmp_path / "look.html"
    outer.write_text(LOOK.replace("FRAMES", frames), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    loaded = subprocess.run(
        [chromium(), *options, "--window-size=1700,1000", "--dump-dom", outer.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    title = re.search("<title>(.*?)</title>", loaded.stdout, re.DOTALL)
    assert title, loaded.stderr
    phone, wide = json.loads(unescape(title[1]))
    for shown in (phone, wide):
        assert shown["needed"] <= shown["width"]
        assert shown["heading"] == "MIGANAugmenter on made-up rows"
        assert (shown["images"], shown["broken"], shown["asked"]) == (15, 0, [])
        assert shown["smallest"] >= 12
    assert phone["width"] < 400 < wide["width"]
    assert phone["narrowest"] >= 140


@pytest.mark.skipif(chromium() is None, reason="needs Chromium")
@pytest.mark.timeout(180)
def test_page_has_ink_all_the_way_down(report, tmp_path):
    report.to_html(tmp_path / "report.html")
    picture = tmp_path / "report.png"
    subprocess.run(
        [chromium(), "--headless", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={tmp_path}", "--window-size=1000,5000",
         f"--screenshot={picture}", (tmp_path / "report.html").as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    pixels = imread(picture)[..., :3]
    inked = (pixels.min(axis=2) < 0.5).reshape(20, -1).mean(axis=1)
    assert (inked[:16] > 0.001).all()


# ---- votes, label sets, attributes


@pytest.fixture(scope="module")
def rated():
    """Rows whose votes, labels and attributes depend on two of six features."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(180, 6))
    logits = np.column_stack([2 * X[:, 0] + 1, 2 * X[:, 1], np.zeros(len(X)) - 1])
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    votes = pd.DataFrame(rng.multinomial(5, shares), columns=["joy", "fear", "rage"])
    attributes = pd.DataFrame({"valence": np.exp(X[:, 0]), "arousal": X[:, 1]})
    return {
        "X": X,
        "distribution": votes,
        "multilabel": votes.ge(2).astype(int),
        "continuous": attributes + 0.3 * rng.normal(size=attributes.shape),
    }


def of_type(target_type, rated, **options):
    augmenter = GaussianAugmenter(target_type=target_type, noise="gaussian", random_state=0)
    options = {"n_permutations": 19} | options
    return quality_report(augmenter, rated["X"], rated[target_type], **options)


MODELS = {
    "distribution": ["lr"],
    "multilabel": ["lr"],
    "continuous": {"ridge": Ridge()},
}
SCORES = {
    "distribution": ("UAR", "Jensen-Shannon distance × 100"),
    "multilabel": ("macro average precision", "macro-F1 of the labels %"),
    "continuous": ("concordance correlation", "mean absolute error, % of the range"),
}


@pytest.fixture(scope="module", params=SCORES)
def typed(request, rated):
    return request.param, of_type(request.param, rated, classifiers=MODELS[request.param])


def test_measures_of_other_target_types(typed):
    target_type, report = typed
    table = report.table.set_index("measure")
    assert np.isfinite(table["value"]).all()
    assert not table.index.duplicated().any()
    first, second = SCORES[target_type]
    (model,) = {"continuous": ["ridge"]}.get(target_type, ["logistic regression"])
    gain = table.loc[f"{first} gain, {model} (points)"]
    assert gain["low"] + 0.1 < gain["value"] < gain["high"] - 0.1
    # Samples of a fitted Gaussian train nearly as well as the real rows.
    alone = table.loc[f"TSTR {first}, {model} (%)"]
    assert alone["value"] > 0.8 * alone["real"] > 20
    assert f"{second}, {model}" in table.index
    information = table.loc["mutual information (nats)"]
    assert information["value"] > 0.5 * information["real"] > 0.02
    assert ("upper bound H(c) (nats)" in table.index) is (target_type != "continuous")
    ratios = table[table.index.str.startswith("variance ratio")]
    assert ratios["value"].between(0.4, 1.8).all()
    recalls = table.index.str.startswith("recall, ")
    assert recalls.any() == (target_type != "continuous")
    # What needs classes is not there, and a line names it.
    assert not table.index.str.startswith("Brier").any()
    (note,) = (text for text in report.notes if text.startswith("target_type="))
    assert repr(target_type) in note
    assert "Brier score" in note
    verdict = of_topic(report, "Verdict").text
    assert f"mean {first} {gain['value'] + alone['real']:.1f} % with them" in verdict
    free = {"distribution": "class weights", "multilabel": "label weights"}
    name = free.get(target_type, "inverse-density weights")
    assert f"{name} {table.loc[f'{first}, {name} (%)', 'value']:.1f}" in verdict


def test_page_of_other_target_types(typed):
    target_type, report = typed
    html = report.to_html()
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    text = " ".join(tags.text)
    assert f"target_type='{target_type}'" in text
    assert "nan" not in text
    assert not re.search(r"\binf\b", text)
    report.plot().draw_without_rendering()


def test_scores_are_those_of_models_fitted_by_hand(rated):
    split = np.arange(120), np.arange(120, 180)
    report = of_type("continuous", rated, cv=[split], classifiers=MODELS["continuous"])
    table = report.table.set_index("measure")
    X, y = rated["X"], rated["continuous"].to_numpy()
    scaler = StandardScaler().fit(X[split[0]])
    X_train, X_test = (scaler.transform(X[part]) for part in split)
    augmenter = GaussianAugmenter(
        target_type="continuous", noise="gaussian", random_state=0
    )
    X_new, y_new = augmenter.fit_resample(X_train, y[split[0]])
    predicted = Ridge().fit(X_new, y_new).predict(X_test)
    ccc = concordance_correlation_coefficient(y[split[1]], predicted)
    alone = table.loc["TSTR concordance correlation, ridge (%)", "real"]
    gain = table.loc["concordance correlation gain, ridge (points)", "value"]
    assert alone + gain == pytest.approx(100 * ccc)
    error = table.loc["mean absolute error, % of the range, ridge", "value"]
    apart = np.abs(predicted - y[split[1]]) / np.ptp(y, axis=0)
    assert error == pytest.approx(100 * apart.mean())
    samples, _ = augmenter.sample(120, y[split[0]])
    predicted = Ridge().fit(samples, y[split[0]]).predict(X_test)
    ccc = concordance_correlation_coefficient(y[split[1]], predicted)
    own = table.loc["TSTR concordance correlation, ridge (%)", "value"]
    assert own == pytest.approx(100 * ccc)
    # The model of the information has seen the held-out rows alone.
    information = table.loc["mutual information (nats)"]
    for name, rows in (("value", samples), ("real", X_train)):
        expected = attribute_information(X_test, y[split[1]], rows, y[split[0]])
        assert information[name] == pytest.approx(expected.value)


def test_label_sets_are_compared_by_their_rarest_label(rated):
    split = np.arange(120), np.arange(120, 180)
    report = of_type("multilabel", rated, cv=[split], classifiers=["lr"])
    labels = rated["multilabel"]
    rarest = labels.sum().idxmin()
    n = int(labels[rarest].iloc[:120].sum())
    assert f"{rarest} {n}" in report.about["Synthetic samples"]
    # A class that is drawn from the labels of its row, where "none" is one.
    table = report.table.set_index("measure")
    bound = table.loc["upper bound H(c) (nats)"]
    sets = labels.iloc[:120].assign(none=labels.iloc[:120].sum(axis=1).eq(0).astype(int))
    shares = sets.div(sets.sum(axis=1), axis=0)
    expected = entropy(shares.mean()) - np.mean([entropy(row) for row in shares.to_numpy()])
    assert bound["real"] == bound["value"] == pytest.approx(expected)


def test_votes_and_their_shares_are_reported_alike(rated):
    shares = rated["distribution"].div(5)
    options = {"classifiers": ["lr"], "cv": [(np.arange(120), np.arange(120, 180))]}
    one, other = (
        of_type("distribution", rated | {"distribution": y}, **options)
        for y in (rated["distribution"], shares)
    )
    names = one.table["measure"].tolist()
    assert names == other.table["measure"].tolist()
    real = [name for name in names if "gain" not in name]
    one, other = (r.table.set_index("measure").loc[real, "real"] for r in (one, other))
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_groups_of_other_target_types_are_kept_whole(rated):
    groups = np.arange(180) % 6
    report = of_type("multilabel", rated, groups=groups, classifiers=["lr"])
    found = re.search(r"(\d) in training, (\d) held out", report.about["Split"])
    assert int(found[1]) + int(found[2]) == 6


def test_a_single_attribute_and_a_class_with_a_single_row(rated):
    X, attribute = rated["X"], rated["continuous"]["valence"]
    options = {"classifiers": MODELS["continuous"]}
    report = of_type("continuous", {"X": X, "continuous": attribute}, **options)
    assert report.about["Data"].endswith("target_type='continuous': valence")
    votes = rated["distribution"].copy()
    # One row has most of its votes for "hope".
    votes["hope"] = np.r_[9, np.zeros(100), np.ones(79)].astype(int)
    report = of_type("distribution", {"X": X, "distribution": votes}, classifiers=["lr"])
    assert "variance ratio, hope" not in set(report.table["measure"])
    assert "variance ratio, joy" in set(report.table["measure"])


def test_a_strategy_may_name_classes_of_votes(rated):
    augmenter = GaussianAugmenter(
        target_type="distribution",
        sampling_strategy={"rage": 60},
        noise="gaussian",
        random_state=0,
    )
    report = quality_report(
        augmenter, rated["X"], rated["distribution"], classifiers=["lr"], n_permutations=0
    )
    (axis,) = (
        axis
        for axis in report.plot().findobj(Axes)
        if axis.get_xlabel() == "training samples"
    )
    names = [label.get_text() for label in axis.get_yticklabels()]
    counts = dict(zip(names, (text.get_text() for text in axis.texts), strict=True))
    before, after = map(int, counts["rage"].split(" → "))
    assert before + 5 < after < 66  # rows drawn around those of rage have other votes too


def test_samples_with_too_little_variance_are_marked(rated):
    class Timid(GaussianAugmenter):
        def sample(self, n_samples=1, y=None, **options):
            X, y = super().sample(n_samples, y, **options)
            return X.mean(axis=0) + 0.4 * (X - X.mean(axis=0)), y

    augmenter = Timid(target_type="multilabel", noise="gaussian", random_state=0)
    report = quality_report(
        augmenter, rated["X"], rated["multilabel"], classifiers=["lr"], n_permutations=19
    )
    assert of_topic(report, "Variety").mark == "fail"


def test_wrong_targets_name_the_target_type(rated):
    X = rated["X"]

    def refused(match, augmenter, y, **options):
        with pytest.raises(ValueError, match=match):
            quality_report(augmenter, X, y, **options)

    votes = rated["distribution"]
    soft = GaussianAugmenter(target_type="distribution")
    refused("y has 3 columns and the augmenter target_type='multiclass'",
            GaussianAugmenter(), votes)  # fmt: skip
    refused("target_type='distribution': votes and shares are not negative", soft, -votes)
    refused("target_type='multilabel': y must hold 0 and 1 alone",
            GaussianAugmenter(target_type="multilabel"), votes)  # fmt: skip
    refused("unknown regressor 'lr'; choose from: ridge",
            GaussianAugmenter(target_type="continuous"), votes.joy,
            classifiers=["lr"])  # fmt: skip
    refused("target_type='distribution', LDA: LinearDiscriminantAnalysis takes no sample_w",
            soft, votes, classifiers={"LDA": LinearDiscriminantAnalysis()})  # fmt: skip
    refused("target_type must be one of multiclass, dist",
            GaussianAugmenter(target_type="votes"), votes)  # fmt: skip
    other = SMOTE()
    other.target_type = "multilabel"
    refused("target_type='multilabel' needs an augmenter with sample", other,
            rated["multilabel"])  # fmt: skip
