"""Parts of ``skmiaug benchmark``: journal, features, imbalance, fusion."""

import contextlib
import json
from types import SimpleNamespace

import numpy as np
import pytest

from skmiaug import TransformerFeatures
from skmiaug.datasets import Manifest
from skmiaug.evaluation import compare_samplers
from skmiaug.evaluation.benchmark import (
    CORPORA,
    Data,
    Joined,
    Journal,
    audio_features,
    imbalance_of,
)
from skmiaug.feature_extraction import AudioDecodeError
from tests.datasets._trees import clip
from tests.feature_extraction._helpers import save_tiny

# ---- the journal


@pytest.fixture(scope="module")
def rows():
    """Rows of a real cell, one of them failed."""
    X = np.arange(24.0).reshape(12, 2)
    y = np.arange(12) % 2
    found = compare_samplers(X, y, ["none"], {"a": _Broken(), "b": _First()}, cv=2)
    assert set(found["status"]) == {"ok", "failed"}
    found = found.astype({"n_train_resampled": float}).astype(object)
    return found.where(found.notna(), None).to_dict("records")


class _First:
    """Predicts the first class."""

    def get_params(self, deep=True):
        return {}

    def fit(self, X, y):
        self.label = y[0]
        return self

    def predict(self, X):
        return np.full(len(X), self.label)


class _Broken(_First):
    def fit(self, X, y):
        raise RuntimeError("no lück")


def test_journal_round_trip(tmp_path, rows):
    journal = Journal(tmp_path / "cells")
    key = "1a"
    assert journal.get(key) is None
    journal.put(key, rows)
    found = journal.get(key)
    assert found == rows
    assert journal.get("1b") is None


def test_an_entry_with_any_other_byte_counts_as_absent(tmp_path, rows):
    journal = Journal(tmp_path)
    journal.put("1a", rows)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    still_json = 0
    for place in rng.permutation(len(whole) - 1):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(7))
        file.write_bytes(damaged)
        with contextlib.suppress(ValueError):
            still_json += json.loads(damaged) != json.loads(whole)
        found = journal.get("1a")
        assert found is None or json.loads(damaged) == json.loads(whole)
    # Which is what the checksum is for.
    assert still_json > 100


@pytest.mark.parametrize(
    "text", ["", "[1]", "{}", '{"crc32": 1}', "[" * 200_000, '{"a":' * 200_000, "\udcff"]
)
def test_other_files_in_its_place_count_as_absent(tmp_path, rows, text):
    journal = Journal(tmp_path)
    journal.put("1a", rows)
    (file,) = tmp_path.iterdir()
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert journal.get("1a") is None
    journal.put("1a", rows)
    assert journal.get("1a") is not None


# ---- imbalance and size


def test_usual_imbalance():
    counts = {"anger": 20, "joy": 10, "neutral": 50}
    usual = imbalance_of("manifest", "all", counts)
    assert usual == {"anger": 0.5, "joy": 0.25, "neutral": 1.0}
    many = imbalance_of("iemocap", "4class", {str(k): k for k in range(1, 9)})
    assert min(many.values()) == 0.1
    # In the order of the classes of the project's data.
    emodb = imbalance_of("emodb", "7class", counts)
    assert list(emodb) == sorted(emodb)
    assert list(emodb.values()) == [1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15]
    nemo = imbalance_of("nemo", "6class", counts)
    assert list(nemo) == sorted(nemo)
    assert list(nemo.values()) == [0.5, 0.3, 1, 0.15, 0.1, 0.2]
    # Imbalanced by nature.
    assert imbalance_of("msp_podcast", "8class", counts) is None
    assert imbalance_of("emodb", "4class", counts) == usual


def test_every_corpus_has_its_loader():
    from skmiaug import datasets

    for corpus in CORPORA.values():
        assert not corpus.loader or callable(getattr(datasets, corpus.loader))


def test_many_rows_are_compared_without_the_svm():
    def classifiers(*sizes):
        folds = {"natural": [SimpleNamespace(train=np.arange(n)) for n in sizes]}
        targets = SimpleNamespace(name="multiclass")
        data = Data(None, targets, None, None, [], {}, "speaker", folds, {})
        return data.usual_classifiers()

    assert "RBF SVM" in classifiers(5000, 20_000)
    assert classifiers(5000, 84_030) == ["logistic regression", "LDA", "MLP"]


# ---- features


def test_parts_of_files_are_cut_out(tmp_path):
    import soundfile

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


def test_unusable_audio_is_named_by_its_row(tmp_path):
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


def test_vectors_side_by_side():
    X = np.arange(60.0).reshape(12, 5)
    assert Joined(X, X[:, :2], np.zeros(12), "concat").for_fold(None).shape == (12, 7)


def test_alignment_learns_from_the_training_part_only():
    rng = np.random.default_rng(0)
    y = np.repeat(["anger", "joy", "neutral"], [24, 18, 18])
    X = rng.normal(size=(60, 5)) + 1.5 * (y == "joy")[:, None]
    parts = np.arange(60) % 3 > 0
    fold = SimpleNamespace(train=np.flatnonzero(parts), test=np.flatnonzero(~parts), seed=0)
    text = X[:, :3] + 0.1
    found = Joined(X, text, y, "align").for_fold(fold)
    assert len(found) == 60
    # Other test rows and labels: the training rows come out the same to the bit.
    X, y = X.copy(), y.copy()
    X[fold.test], y[fold.test] = 100.0, "joy"
    other = Joined(X, text, y, "align").for_fold(fold)
    np.testing.assert_array_equal(found[fold.train], other[fold.train])
    assert not np.array_equal(found[fold.test], other[fold.test])
