"""The pieces of ``skmiaug benchmark``, each on its own."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.datasets import Manifest
from skmiaug.evaluation import compare_samplers, default_classifiers, default_samplers
from skmiaug.evaluation._benchmark_align import Joined
from skmiaug.evaluation._benchmark_cells import Part, run_part
from skmiaug.evaluation._benchmark_corpora import CORPORA, default_skew, skew_of
from skmiaug.evaluation._benchmark_features import audio_features, layer_read
from skmiaug.evaluation._benchmark_journal import Journal, digest_of, estimator_question
from skmiaug.evaluation._benchmark_protocol import (
    folds_of,
    protocol_of,
    splitter_of,
    usual_classifiers,
)
from skmiaug.evaluation._benchmark_report import published_text
from skmiaug.evaluation._cell import COLUMNS
from skmiaug.exceptions import LeakageError


@pytest.fixture
def data():
    """60 rows of 3 sessions and classes, with their manifest."""
    rng = np.random.default_rng(0)
    y = np.repeat(["anger", "joy", "neutral"], [24, 18, 18])
    X = rng.normal(size=(60, 5)) + 1.5 * (y == "joy")[:, None]
    sessions = [str(k % 3) for k in range(60)]
    rows = {"id": [f"u{k}" for k in range(60)], "emotion": y, "session": sessions}
    manifest = Manifest.from_columns(rows)
    return SimpleNamespace(X=X, y=y, frame=manifest.frame, manifest=manifest)


def part_of(data, fractions=None, seeds=2, samplers=("none", "random"), **question):
    splitter = splitter_of(data.frame, "session", test_splits=None, disjoint=())
    return Part(
        name="audio-natural",
        y=data.y,
        folds=folds_of(splitter, data.y, fractions, seeds),
        samplers=default_samplers(samplers),
        classifiers=default_classifiers(["lr", "mlp"]),
        rows_of=lambda fold: data.X,
        question={"features": digest_of(data.X)} | question,
    )


def quiet(done, total, label):
    pass


def run(part, folder, **options):
    return run_part(part, Journal(folder), **{"n_jobs": 1, "progress": quiet} | options)


# ---- cells


@pytest.mark.parametrize("fractions", [None, {"anger": 1, "joy": 0.5, "neutral": 0.3}])
def test_cells_are_what_compare_gives(data, tmp_path, fractions):
    from skmiaug.datasets import LeaveOneSessionOut
    from skmiaug.evaluation import SkewedTraining

    cv = LeaveOneSessionOut(data.frame)
    cv = cv if fractions is None else SkewedTraining(cv, fractions)
    expected = compare_samplers(
        data.X, data.y, ["none", "random"], ["lr", "mlp"], cv=cv, n_repeats=2
    )
    found = run(part_of(data, fractions), tmp_path)
    timeless = [name for name in COLUMNS if "seconds" not in name]
    assert found[timeless].equals(expected[timeless])
    assert list(found.columns) == list(expected.columns)
    assert (found.dtypes == expected.dtypes).all()


def test_what_is_done_is_not_done_again(data, tmp_path, monkeypatch):
    first = run(part_of(data), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 * 3 * 2

    def refuse(*args, **kwargs):
        raise AssertionError("a cell was run again")

    monkeypatch.setattr("skmiaug.evaluation._benchmark_cells.compare_samplers", refuse)
    again = run(part_of(data), tmp_path)
    # The seconds too are those of the first run.
    assert again.equals(first)


@pytest.mark.parametrize(
    "change",
    [
        {"features": "others"},
        {"fusion": "concat"},
    ],
)
def test_another_question_has_no_answer_yet(data, tmp_path, change):
    run(part_of(data), tmp_path)
    before = len(list(tmp_path.iterdir()))
    run(part_of(data, **change), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 * before


def test_a_changed_sampler_classifier_label_or_fold_is_another_question(data, tmp_path):
    count = len(list(tmp_path.iterdir()))

    def added(part):
        nonlocal count
        before = count
        run(part, tmp_path)
        count = len(list(tmp_path.iterdir()))
        return count - before

    base = part_of(data, seeds=1)
    assert added(base) == 6
    assert added(part_of(data, seeds=2)) == 6
    other = part_of(data, seeds=1)
    other.samplers["RandomOverSampler"].set_params(shrinkage=0.1)
    assert added(other) == 3
    other = part_of(data, seeds=1)
    other.classifiers["MLP"].set_params(alpha=1)
    assert added(other) == 6
    assert added(part_of(data, {"anger": 0.5}, seeds=1)) == 6
    data.y[0] = "joy"
    assert added(part_of(data, seeds=1)) == 6


def test_an_interrupt_keeps_what_is_finished(data, tmp_path):
    def interrupt(done, total, label):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(part_of(data), tmp_path, progress=interrupt)
    assert len(list(tmp_path.iterdir())) == 5
    seen = []
    found = run(
        part_of(data), tmp_path, progress=lambda done, total, label: seen.append(done)
    )
    assert seen == [5, 6, 7, 8, 9, 10, 11, 12]
    timeless = [name for name in COLUMNS if "seconds" not in name]
    assert found[timeless].equals(run(part_of(data), tmp_path / "whole")[timeless])


def test_scores_do_not_depend_on_the_processes(data, tmp_path):
    one, two = (
        run(part_of(data), tmp_path / "a"),
        run(part_of(data), tmp_path / "b", n_jobs=2),
    )
    assert list(one["uar"]) == list(two["uar"])


def test_failures_are_kept_as_failures(data, tmp_path):
    part = part_of(data, {"anger": 1, "joy": 0.01, "neutral": 1}, samplers=("adasyn",))
    part.samplers["ADASYN"].set_params(sampling_strategy={"joy": 1})
    found = run(part, tmp_path)
    assert set(found["status"]) == {"failed"}
    assert found["uar"].isna().all()
    again = run(part, tmp_path)
    assert again.equals(found)


# ---- the journal


def rows():
    return [dict.fromkeys(COLUMNS, 1.0) | {"uar": float("nan"), "message": "ä"}]


def test_journal_round_trip(tmp_path):
    journal = Journal(tmp_path / "cells")
    question = {"a": 1, "b": [np.int64(2), "x"]}
    assert journal.get(question) is None
    journal.put(question, rows())
    (found,) = journal.get({"b": [2, "x"], "a": 1})
    assert np.isnan(found.pop("uar"))
    assert found == {k: v for k, v in rows()[0].items() if k != "uar"}
    assert journal.get({"a": 1, "b": [3, "x"]}) is None


@pytest.mark.parametrize("damage", ["cut", "empty", "other question", "other columns"])
def test_a_damaged_entry_is_as_if_it_were_not_there(tmp_path, damage):
    journal = Journal(tmp_path)
    journal.put({"a": 1}, rows())
    (file,) = tmp_path.iterdir()
    entry = json.loads(file.read_text())
    if damage == "cut":
        file.write_text(file.read_text()[:50])
    elif damage == "empty":
        file.write_text(json.dumps(entry | {"rows": []}))
    elif damage == "other question":
        file.write_text(json.dumps(entry | {"question": {"a": 2}}))
    else:
        file.write_text(json.dumps(entry | {"rows": [{"uar": 1}]}))
    assert journal.get({"a": 1}) is None


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_digests_tell_arrays_apart(one, other):
    first, second = np.array(one, dtype=object), np.array(other, dtype=object)
    assert (digest_of(first) == digest_of(second)) == (one == other)


def test_digests_of_numbers():
    X = np.arange(6.0)
    assert digest_of(X) == digest_of(X.copy())
    assert digest_of(X) != digest_of(X.reshape(2, 3))
    assert digest_of(X) != digest_of(X.astype("f4"))
    assert digest_of(X.reshape(2, 3)[:, ::-1]) != digest_of(X.reshape(2, 3))


def test_estimators_as_questions():
    from imblearn.over_sampling import SMOTE

    assert estimator_question(SMOTE()) == estimator_question(SMOTE(k_neighbors=5))
    assert estimator_question(SMOTE()) != estimator_question(SMOTE(k_neighbors=3))
    assert estimator_question(None) == "None"


# ---- protocol and skew


def test_protocols(data):
    assert protocol_of(data.manifest) == "session"
    assert protocol_of(SimpleNamespace(protocol="official")) == "official"
    with pytest.raises(ValueError, match="splits, sessions or speakers"):
        protocol_of(Manifest.from_columns({"id": ["a", "b"]}))
    with pytest.raises(ValueError, match="official protocol only"):
        splitter_of(data.frame, "session", test_splits=("test",), disjoint=())


def test_leaks_stop_the_benchmark(data):
    frame = data.frame.assign(speaker="the same")
    splitter = splitter_of(frame, "session", test_splits=None, disjoint=("speaker",))
    with pytest.raises(LeakageError, match="no speaker"):
        folds_of(splitter, data.y, None, 1)


def test_the_skew_thins_out_training_parts_only(data):
    splitter = splitter_of(data.frame, "session", test_splits=None, disjoint=())
    natural = folds_of(splitter, data.y, None, 2)
    skewed = folds_of(splitter, data.y, {"anger": 0.5, "joy": 1, "neutral": 0.1}, 2)
    for one, other in zip(natural, skewed, strict=True):
        np.testing.assert_array_equal(one.test, other.test)
        assert set(other.train) < set(one.train)
        kept = data.y[other.train]
        assert [(kept == c).sum() for c in ("anger", "joy", "neutral")] == [8, 12, 5]


def test_an_svm_is_not_waited_for_by_the_hour():
    def fold(n):
        return SimpleNamespace(train=np.arange(n))

    assert "RBF SVM" in usual_classifiers([fold(5000), fold(20_000)])
    assert usual_classifiers([fold(5000), fold(84_030)]) == ("logistic regression", "MLP")


def test_usual_skews():
    counts = {"anger": 20, "joy": 10, "neutral": 50}
    assert default_skew(counts) == {"anger": 0.5, "joy": 0.25, "neutral": 1.0}
    assert min(default_skew({str(k): k for k in range(1, 9)}).values()) == 0.1
    # In the order of the classes of the project's data.
    emodb = list(skew_of("emodb", "7class", counts).items())
    assert [name for name, _ in emodb] == sorted(name for name, _ in emodb)
    assert [part for _, part in emodb] == [1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15]
    nemo = list(skew_of("nemo", "6class", counts).items())
    assert [name for name, _ in nemo] == sorted(name for name, _ in nemo)
    assert [part for _, part in nemo] == [0.5, 0.3, 1, 0.15, 0.1, 0.2]
    # Skewed as it is.
    assert skew_of("msp_podcast", "8class", counts) is None
    assert skew_of("emodb", "4class", counts) == default_skew(counts)


def test_every_corpus_has_its_loader_and_labels():
    from skmiaug import datasets

    for corpus in CORPORA.values():
        assert not corpus.loader or callable(getattr(datasets, corpus.loader))


# ---- features


def test_middle_layer_of_a_tiny_model(tmp_path):
    from tests.feature_extraction._helpers import save_tiny

    assert layer_read(str(save_tiny("whisper", tmp_path))) == 1  # of 3


def test_parts_of_files_are_cut_out(tmp_path):
    import soundfile

    from skmiaug import TransformerFeatures
    from tests.datasets._trees import clip
    from tests.feature_extraction._helpers import save_tiny

    options = {"model": str(save_tiny("whisper", tmp_path / "m")), "layer": 1}
    path = str(clip(tmp_path / "long.wav", 3.0))
    samples, rate = soundfile.read(path, dtype="float32")
    rows = {"id": ["a", "b", "c"], "start": [0.5, 1.25, np.nan], "end": [1.5, 3.0, np.nan]}
    frame = Manifest.from_columns(rows).frame
    found = audio_features(frame, [path] * 3, **options)
    clips = [
        (samples[rate // 2 : 3 * rate // 2], rate),
        (samples[5 * rate // 4 : 3 * rate], rate),
        path,
    ]
    expected = TransformerFeatures(**options).transform(clips)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    late = Manifest.from_columns({"id": ["z"], "start": [5.0], "end": [6.0]}).frame
    with pytest.raises(ValueError, match=r"z: expected sound from 5 to 6 s; .* ends at 3"):
        audio_features(late, [path], **options)
    with pytest.raises(ValueError, match="1 have none, the first of them 'z'"):
        audio_features(late, [None], **options)


def test_what_cannot_be_used_is_named_by_its_row(tmp_path):
    from skmiaug.feature_extraction import AudioDecodeError
    from tests.datasets._trees import clip
    from tests.feature_extraction._helpers import save_tiny

    options = {"model": str(save_tiny("whisper", tmp_path / "m")), "layer": 1}
    path = clip(tmp_path / "long.wav", 300.0, rate=1000)
    # Beyond the rows that are held in memory at once.
    start = np.arange(300.0) / 2
    rows = {"id": [f"u{k}" for k in range(300)], "start": start, "end": start + 0.5}
    rows["end"][290] = start[290] + 0.002
    frame = Manifest.from_columns(rows).frame
    with pytest.raises(AudioDecodeError, match=r"^u290: expected at least 400 samples"):
        audio_features(frame, [str(path)] * 300, **options)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(AudioDecodeError, match=r"^u0 \(.*long.wav\): .*cut short"):
        audio_features(frame, [str(path)] * 300, **options)
    whole = frame.assign(start=np.nan, end=np.nan).iloc[5:]
    with pytest.raises(AudioDecodeError, match=r"^u5 \(.*long.wav\): .*cut short"):
        audio_features(whole, [str(path)] * 295, **options)


# ---- audio and text together


def test_side_by_side(data):
    joined = Joined(data.X, data.X[:, :2], data.y, "concat")
    assert joined.for_fold(None).shape == (60, 7)


def test_alignment_learns_from_the_training_part_only(data):
    pytest.importorskip("skmiaug.representation")
    splitter = splitter_of(data.frame, "session", test_splits=None, disjoint=())
    fold = folds_of(splitter, data.y, None, 1)[0]
    text = data.X[:, :3] + 0.1
    found = Joined(data.X, text, data.y, "align").for_fold(fold)
    assert len(found) == 60
    # Other test rows and labels: the training rows come out the same to the bit.
    X, y = data.X.copy(), data.y.copy()
    X[fold.test], y[fold.test] = 100.0, "joy"
    other = Joined(X, text, y, "align").for_fold(fold)
    np.testing.assert_array_equal(found[fold.train], other[fold.train])
    assert not np.array_equal(found[fold.test], other[fold.test])


# ---- published figures


def test_published_rows_with_source_and_warning(data, tmp_path):
    results = run(part_of(data, seeds=1), tmp_path)
    text = published_text("iemocap", {"audio+text-natural": results})
    assert "76.54  audio+text" in text
    assert "arXiv 2510.10078" in text
    assert "75.65  audio+text, CIF-MMIN" in text
    assert "not a comparison of like with like" in text
    means = results.groupby("sampler")["uar"].mean()
    assert f"{100 * means.max():.2f}  audio+text-natural, {means.idxmax()}" in text
    assert published_text("emodb", {"audio-natural": results}) == ""
