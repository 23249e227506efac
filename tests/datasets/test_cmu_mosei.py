"""CMU-MOSEI, on small files in the exact format."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.datasets import OfficialSplit, load_cmu_mosei, pad_left, pooled_frames
from skmiaug.datasets.corpora import (
    dominant,
    overlapping,
    split_of_videos,
    standard_folds,
)
from skmiaug.exceptions import CorpusWarning, FileFormatError

pytest.importorskip("h5py", reason="needs the extra mosei")
from tests.datasets._csd_files import FOLDS, RATE, SEGMENTS, frames, mosei, write_csd


@pytest.fixture
def folder(tmp_path):
    return mosei(tmp_path)


def load(folder, **options):
    return load_cmu_mosei(folder, folds=FOLDS, **options)


def test_rows(folder):
    data = load(folder)
    frame = data.frame.set_index("id")
    # A segment's number is its place in the file, and not in time.
    assert tuple(frame.loc["aaaaaaaaaaa[0]", ["start", "end"]]) == (4.0, 6.0)
    assert tuple(frame.loc["aaaaaaaaaaa[1]", ["start", "end"]]) == (0.0, 2.0)
    assert frame.loc["aaaaaaaaaaa[1]", "sentiment"] == -2
    assert frame.loc["aaaaaaaaaaa[1]", "intensity_anger"] == pytest.approx(2 / 3, abs=1e-6)
    assert data.intensity_names == [
        "happiness",
        "sadness",
        "anger",
        "surprise",
        "disgust",
        "fear",
    ]
    assert data.intensities.shape == (5, 6)
    # ccccccccccc has labels and no frames: only what all files know is there.
    assert set(frame["dialog"]) == {"aaaaaaaaaaa", "12345", "bbbbbbbbbbb"}
    assert len(load(folder, acoustic=False).frame) == 6


def test_all_zero_is_none_and_a_tie_is_nothing(folder):
    emotion = load(folder).frame.set_index("id")["emotion"]
    assert emotion["aaaaaaaaaaa[0]"] == "happiness"
    assert emotion["aaaaaaaaaaa[2]"] == "none"
    assert emotion["12345[0]"] is None
    assert load(folder, labels="dominant").classes == [
        "anger",
        "happiness",
        "none",
        "sadness",
    ]
    assert "none" not in load(folder, labels="6class").classes


@given(st.lists(st.lists(st.sampled_from([0, 1 / 3, 1, 3]), min_size=6, max_size=6)))
def test_dominant_is_a_plain_maximum(rows):
    names = ["happiness", "sadness", "anger", "surprise", "disgust", "fear"]
    for row, found in zip(rows, dominant(np.array(rows).reshape(-1, 6)), strict=True):
        best = [name for name, value in zip(names, row, strict=True) if value == max(row)]
        if max(row) == 0:
            assert found == "none"
        else:
            assert found == (best[0] if len(best) == 1 else None)


def test_sequences_are_the_frames_of_each_segment(folder):
    data = load(folder)
    assert len(data.sequences) == len(data.frame)
    for k, (start, end) in enumerate(data.frame[["start", "end"]].to_numpy()):
        found = data.sequences[k]
        assert found.shape == (round((end - start) * RATE), 74)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found[:, 0], np.arange(start * RATE, end * RATE))
        assert np.isfinite(found).all()
    several = [len(x) for x in data.sequences]
    assert several == [20, 20, 20, 20, 10]
    assert [len(x) for x in data.sequences[1:3]] == several[1:3]
    np.testing.assert_array_equal(data.sequences[-1], data.sequences[4])
    with pytest.raises(IndexError):
        data.sequences[5]


def test_values_that_are_not_finite(folder):
    data = load(folder)
    first = data.frame.index[data.frame["id"] == "aaaaaaaaaaa[1]"][0]
    zeroed = data.sequences[first]
    assert (zeroed[0, 5], zeroed[1, 6], zeroed[2, 7]) == (0, 0, 0)
    kept = copy.copy(data.sequences)
    kept.non_finite = "keep"
    raw = next(iter(kept.take([first])))
    assert np.isnan(raw[0, 5])
    assert (raw[1, 6], raw[2, 7]) == (np.inf, -np.inf)


def test_pickled_sequences_still_read(folder):
    data = load(folder)
    again = pickle.loads(pickle.dumps(data.sequences))
    np.testing.assert_array_equal(again[0], data.sequences[0])


def slow_overlap(intervals, start, end):
    rows, clipped = [], []
    for k, (first, last) in sorted(enumerate(intervals), key=lambda item: item[1][0]):
        if min(last, end) > max(first, start):
            rows.append(k)
            clipped.append((max(first, start), min(last, end)))
    return rows, clipped


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=12),
    st.integers(0, 20),
    st.integers(1, 8),
)
def test_overlap_against_a_plain_loop(pairs, start, length):
    intervals = np.array([(a, a + b) for a, b in pairs], dtype=float).reshape(-1, 2)
    rows, clipped = overlapping(intervals, start, start + length)
    expected, times = slow_overlap(intervals.tolist(), start, start + length)
    assert rows.tolist() == expected
    assert clipped.tolist() == [list(time) for time in times]
    assert (clipped[:, 1] > clipped[:, 0]).all()


def test_a_frame_at_the_edge_is_taken_and_clipped():
    intervals = np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
    rows, clipped = overlapping(intervals, 0.5, 2.0)
    assert rows.tolist() == [0, 1]
    assert clipped.tolist() == [[0.5, 1.0], [1.0, 2.0]]


def test_aligned_files_and_the_other_spelling(tmp_path):
    data = load(mosei(tmp_path, covarep="COAVAREP", aligned=True))
    lengths = dict(zip(data.frame["id"], map(len, data.sequences), strict=True))
    assert lengths["aaaaaaaaaaa[0]"] == 3
    assert lengths["aaaaaaaaaaa[2]"] == 23


def test_files_that_are_all_aligned(tmp_path, folder):
    # Every file by segments, as CMU's toolkit leaves them after aligning to the labels.
    other = tmp_path / "aligned"
    labels, frames_of, words = {}, {}, {}
    for video, rows in SEGMENTS.items():
        values, times = frames(video)
        for k, row in enumerate(rows):
            labels[f"{video}[{k}]"] = ([row[2:]], [row[:2]])
            inside, clipped = overlapping(times, *row[:2])
            if video != "ccccccccccc":
                frames_of[f"{video}[{k}]"] = (values[inside], clipped)
            words[f"{video}[{k}]"] = (np.array([[b"word"]]), [row[:2]])
    write_csd(other / "Labels.csd", "All Labels", labels)
    write_csd(other / "COVAREP.csd", "COVAREP", frames_of)
    write_csd(other / "TimestampedWords.csd", "words", words)
    data, usual = load(other), load(folder)
    columns = ["id", "dialog", "split", "start", "end", "emotion", "sentiment"]
    assert data.frame[columns].equals(usual.frame[columns])
    assert set(data.frame["transcript"]) == {"word"}
    assert list(map(len, data.sequences)) == list(map(len, usual.sequences))
    ((train, test),) = OfficialSplit(data).split()
    assert (len(train), len(test)) == (3, 1)
    # Labels of segments serve frames of whole videos too.
    (other / "COVAREP.csd").unlink()
    write_csd(other / "COVAREP.csd", "COVAREP", {v: frames(v) for v in list(SEGMENTS)[:3]})
    assert list(map(len, load(other).sequences)) == list(map(len, usual.sequences))


def test_an_aligned_entry_is_one_segment(tmp_path):
    entry = (np.zeros((2, 7)), [[0, 1], [1, 2]])
    write_csd(tmp_path / "Labels.csd", "All Labels", {"v[0]": entry})
    with pytest.raises(FileFormatError, match=r"one row of labels for 'v\[0\]'.* got 2"):
        load_cmu_mosei(tmp_path, acoustic=False)


@pytest.mark.parametrize("aligned", [False, True])
def test_segments_without_frames_are_left_out(tmp_path, aligned):
    late = {"v": (np.zeros((3, 7)), [[0, 1], [50, 52], [1, 2]])}
    write_csd(tmp_path / "Labels.csd", "All Labels", late)
    values, times = frames("v")
    entries = {"v": (values, times)}
    if aligned:
        entries = {f"v[{k}]": (values[:n], times[:n]) for k, n in enumerate([10, 0, 10])}
    write_csd(tmp_path / "COVAREP.csd", "COVAREP", entries)
    with pytest.warns(CorpusWarning, match=r"1 of 3 segments have no acoustic .*: v\[1\]"):
        data = load_cmu_mosei(tmp_path)
    assert list(data.frame["id"]) == ["v[0]", "v[2]"]
    assert [x.shape for x in data.sequences] == [(10, 74), (10, 74)]
    assert len(load_cmu_mosei(tmp_path, acoustic=False).frame) == 3


def test_frames_without_an_interval(folder):
    values, times = frames("12345")
    entries = {"12345": (values, np.vstack([times, times[-1:] + 1]))}
    write_csd(folder / "CMU_MOSEI_COVAREP.csd", "COVAREP", entries)
    with pytest.raises(FileFormatError, match=r"frame of '12345'; got 70 .* 71 intervals"):
        load(folder)


def test_words_of_a_segment(folder):
    text = load(folder).frame.set_index("id")["transcript"]
    assert text["aaaaaaaaaaa[1]"] == "good day"
    assert text["aaaaaaaaaaa[0]"] == "bye"
    assert text["aaaaaaaaaaa[2]"] is None
    assert text["12345[0]"] is None


def test_padding_is_on_the_left():
    short, long = np.ones((2, 3), "f4"), np.arange(15, dtype="f4").reshape(5, 3)
    padded = pad_left([short, long, short[:0]], 4)
    assert padded.shape == (3, 4, 3)
    assert padded[0, :, 0].tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(padded[1], long[1:])
    assert not padded[2].any()
    with pytest.raises(ValueError, match="at least one"):
        pad_left([])
    with pytest.raises(ValueError, match="n_steps must be at least 1; got 0"):
        pad_left([short], 0)


def test_pooled_frames(folder):
    data = load(folder)
    found = pooled_frames(data.sequences)
    assert found.shape == (5, 148)
    row = list(data.frame["id"]).index("aaaaaaaaaaa[1]")
    values = frames("aaaaaaaaaaa")[0][:20].astype(float)
    values[~np.isfinite(values)] = np.nan
    np.testing.assert_allclose(found[row, :74], np.nanmean(values, 0), atol=1e-5)
    np.testing.assert_allclose(found[row, 74:], np.nanstd(values, 0), atol=1e-5)
    with pytest.raises(TypeError, match="got list"):
        pooled_frames(list(data.sequences))


def test_folds(folder):
    data = load(folder)
    assert data.protocol == "official"
    ((train, test),) = OfficialSplit(data).split()
    assert set(data.frame["dialog"].iloc[train]) == {"aaaaaaaaaaa"}
    assert set(data.frame["dialog"].iloc[test]) == {"bbbbbbbbbbb"}
    # Videos of none of the standard folds have no part.
    assert load_cmu_mosei(folder).frame["split"].isna().all()
    with pytest.raises(FileFormatError, match="'x' is in 'a' and 'b'"):
        split_of_videos(["x"], {"a": ["x"], "b": ["x"]})


def test_the_standard_folds():
    parts = list(standard_folds().values())
    assert {part: parts.count(part) for part in set(parts)} == {
        "train": 2249,
        "dev": 300,
        "test": 678,
    }
    known = ["hh04W3xXa5s", "188343", "7l3BNtSE0xc", "nobody's id"]
    assert list(split_of_videos(known).values()) == ["train", "dev", "test", None]


def test_sound_from_another_folder(folder, tmp_path):
    from tests.datasets._trees import clip

    clip(tmp_path / "sound" / "aaaaaaaaaaa.wav", 7.0)
    data = load(folder, audio_folder=tmp_path / "sound")
    assert set(data.frame["dialog"]) == {"aaaaaaaaaaa"}
    assert len(data.sequences) == 3


def test_files_that_are_not_there(tmp_path):
    folder = mosei(tmp_path)
    (folder / "CMU_MOSEI_COVAREP.csd").unlink()
    with pytest.raises(FileFormatError, match="covarep or coavarep in its name"):
        load(folder)
    (folder / "CMU_MOSEI_Labels.csd").unlink()
    with pytest.raises(FileFormatError, match="with label in its name"):
        load(folder)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.zeros((1, 6)), "sentiment and six intensities for each interval of 'v'"),
        (np.full((1, 7), 4.0), "a sentiment from -3 to 3"),
        (np.full((1, 7), np.nan), "a sentiment from -3 to 3"),
        (np.zeros((2, 7)), "six intensities for each interval"),
    ],
)
def test_labels_that_are_none(tmp_path, values, text):
    write_csd(tmp_path / "Labels.csd", "All Labels", {"v": (values, [[0, 1]])})
    with pytest.raises(FileFormatError, match=text):
        load_cmu_mosei(tmp_path, acoustic=False)


def test_segments_without_length_are_left_out(tmp_path):
    entry = (np.zeros((2, 7)), [[0, 1], [3, 3]])
    write_csd(tmp_path / "Labels.csd", "All Labels", {"v": entry})
    with pytest.warns(CorpusWarning, match=r"1 of 2 segments have no length.*v\[1\]"):
        data = load_cmu_mosei(tmp_path, acoustic=False)
    assert list(data.frame["id"]) == ["v[0]"]


def test_a_video_of_very_many_segments_is_refused(folder):
    n = 6000
    labels = {"v": (np.zeros((n, 7)), np.column_stack([np.arange(n), np.arange(n) + 1]))}
    write_csd(folder / "CMU_MOSEI_Labels.csd", "All Labels", labels)
    with pytest.raises(FileFormatError, match="at most 5000 labelled segments in 'v'"):
        load(folder)


@given(st.data())
def test_frames_in_any_order_are_found_as_by_a_plain_loop(tmp_path_factory, data):
    times = st.integers(0, 8)
    intervals = np.array(data.draw(st.lists(st.tuples(times, times), min_size=1)), float)
    parts = data.draw(st.lists(st.tuples(times, st.integers(1, 4)), min_size=1, max_size=4))
    root = tmp_path_factory.mktemp("mosei")
    labels = np.array([(start, start + length) for start, length in parts], float)
    write_csd(root / "labels.csd", "l", {"v": (np.zeros((len(parts), 7)), labels)})
    numbers = np.arange(len(intervals), dtype=float)[:, None]
    write_csd(root / "covarep.csd", "c", {"v": (numbers, intervals)})
    wanted = []
    for start, end in labels:
        found = [k for k, (s, e) in enumerate(intervals) if min(e, end) > max(s, start)]
        wanted.append(sorted(found, key=lambda k: intervals[k, 0]))
    kept = [rows for rows in wanted if rows]
    if not kept:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = load_cmu_mosei(root, folds={"train": ["v"]})
    assert [frames[:, 0].tolist() for frames in data.sequences] == kept
