"""Manifests: what is written is read again; what cannot be, is not written."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skmiaug.datasets import LeaveOneSpeakerOut, Manifest, check_disjoint
from skmiaug.datasets.manifest import COLUMNS, NUMBERS
from skmiaug.exceptions import FileFormatError
from tests.datasets._trees import clip


@pytest.fixture
def corpus(tmp_path):
    """Two clips on disk and their manifest."""
    paths = [clip(tmp_path / "corpus" / "wav" / f"{name}.wav") for name in "ab"]
    rows = {
        "id": ["a", "b"],
        "path": [str(path) for path in paths],
        "emotion": ["joy", "anger"],
        "valence": [1.5, np.nan],
        "speaker": ["x", None],
        "take": [1, 2],
    }
    return Manifest.from_columns(rows, name="mine", root=tmp_path / "corpus")


# ---- what is written is read again


def test_round_trip(corpus, tmp_path):
    path = corpus.root / "manifest.jsonl"
    corpus.write(path)
    again = Manifest.read(path)
    assert again.name == "mine"
    pd.testing.assert_frame_equal(again.frame, corpus.frame)
    assert again.classes == ["anger", "joy"]
    # Paths are relative in the file, so that folder and manifest can move.
    first = json.loads(path.read_text().splitlines()[1])
    assert first["path"] == "wav/a.wav"


def test_paths_of_a_manifest_that_is_written_elsewhere_are_rebased(corpus, tmp_path):
    paths = list(corpus.frame["path"])
    corpus.write(tmp_path / "above.jsonl")
    assert "corpus/wav/a.wav" in (tmp_path / "above.jsonl").read_text()
    assert Manifest.read(tmp_path / "above.jsonl").paths() == paths
    # Relative paths, which the root of the manifest completes, too.
    short = Manifest(corpus.frame.assign(path=["wav/a.wav", "wav/b.wav"]), root=corpus.root)
    short.write(tmp_path / "above.jsonl")
    assert Manifest.read(tmp_path / "above.jsonl").paths() == paths


def test_a_manifest_that_is_written_apart_from_its_corpus_names_the_root(corpus, tmp_path):
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "m.jsonl"
    with pytest.raises(
        FileFormatError, match=r"a\.wav' from the folder .*other'.* as root"
    ):
        corpus.write(path)
    assert not path.exists()
    corpus.write(path, root=corpus.root)
    assert Manifest.read(path, root=corpus.root).paths() == list(corpus.frame["path"])
    with pytest.raises(FileFormatError, match="Pass the folder of the audio as root"):
        Manifest.read(path)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
FINITE = st.one_of(st.just(np.nan), st.floats(allow_nan=False, allow_infinity=False))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
)
@given(st.data())
def test_any_text_and_number_survives(tmp_path, data):
    n = data.draw(st.integers(1, 4))
    columns = {"id": [f"row {k}" for k in range(n)]}
    for name in COLUMNS:
        if name in ("id", "path", "start", "end"):
            continue
        values = FINITE if name in NUMBERS else st.one_of(st.none(), TEXT)
        columns[name] = data.draw(st.lists(values, min_size=n, max_size=n))
    columns["speaker"] = [v and f"s{v}" for v in columns["speaker"]]
    columns["extra"] = data.draw(
        st.lists(st.integers(-(2**53), 2**53), min_size=n, max_size=n)
    )
    made = Manifest.from_columns(columns, name=data.draw(TEXT))
    made.write(tmp_path / "m.jsonl")
    again = Manifest.read(tmp_path / "m.jsonl")
    assert again.name == made.name
    pd.testing.assert_frame_equal(again.frame, made.frame)


def test_counts(corpus):
    assert corpus.counts() == {
        "rows": 2,
        "speakers": 1,
        "emotion": {"anger": 1, "joy": 1},
        "session": {},
        "split": {},
    }
    assert repr(corpus) == "Manifest('mine', 2 rows, classes ['anger', 'joy'])"


def test_nothing_is_half_written(corpus, tmp_path, monkeypatch):
    path = tmp_path / "m.jsonl"
    path.write_text("the old one")

    def broken(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        corpus.write(path)
    assert path.read_text() == "the old one"
    assert not list(tmp_path.glob(".m.jsonl*"))


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"tags": [None, ["x"]]}, r"the row of 'b': .* column 'tags'; got list .\['x'\]"),
        ({"tags": [{"x": 1}, None]}, "mine, the row of 'a': .* column 'tags'; got dict"),
        ({"when": pd.to_datetime(["2020-01-01", None])}, "'when'; got Timestamp"),
        ({"noise": [1.0, np.inf]}, "the row of 'b': .* finite .* 'noise'; got inf"),
        ({"transcript": ["\udce9", None]}, "Unicode text in the column 'transcript'"),
        ({"path": ["\udce9.wav", None]}, "Unicode text in the column 'path'"),
        ({"transcript": [None, "é" * 2**19]}, "'b': .* 1048576 bytes; .* 'transcript'"),
        (
            {"count": np.array([1, 10**5000], dtype=object)},
            "at most 4000 digits in the column 'count'",
        ),
        ({0: [1, 2], "0": [3, 4]}, "expected columns of different names; got 0, 0"),
        ({f"x{k}": [1, 2] for k in range(300)}, "'a': expected at most 256 columns"),
    ],
)
def test_what_cannot_be_read_again_is_not_written(tmp_path, columns, text):
    rows = {"id": ["a", "b"]} | columns
    with pytest.raises(FileFormatError, match=text):
        Manifest.from_columns(rows, name="mine", root=tmp_path).write(tmp_path / "m.jsonl")
    assert not list(tmp_path.iterdir())


def test_nested_values_are_refused_however_deep_they_are(tmp_path):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FileFormatError, match=r"in the column 'x'; got list \(\[+\.\.\."):
        Manifest.from_columns({"id": ["a"], "x": [deep]}).write(tmp_path / "m.jsonl")
    while deep:  # piece by piece: to free it at once would need as deep a stack
        deep = deep.pop()


def test_names_of_columns_are_unicode_too():
    with pytest.raises(FileFormatError, match=r"columns in Unicode; got '\\udce9'"):
        Manifest.from_columns({"id": ["a"], "\udce9": [1]})


def test_what_was_changed_afterwards_is_looked_at_again(tmp_path):
    made = Manifest.from_columns({"id": ["a"]})
    made.name = 3
    with pytest.raises(FileFormatError, match="expected a name as text; got 3"):
        made.write(tmp_path / "m.jsonl")
    made.name = ""
    made.frame["emotion"] = [""]
    with pytest.raises(FileFormatError, match=r"text that is not empty.*'emotion'"):
        made.write(tmp_path / "m.jsonl")
    assert not list(tmp_path.iterdir())


def test_a_long_row_that_just_fits(tmp_path):
    for length, fits in ((2**20 - 30, True), (2**20 - 29, False)):
        made = Manifest.from_columns({"id": ["a"], "transcript": ["x" * length]})
        if fits:
            made.write(tmp_path / "m.jsonl")
            assert Manifest.read(tmp_path / "m.jsonl").frame.equals(made.frame)
        else:
            with pytest.raises(FileFormatError, match="of at most 1048576 bytes"):
                made.write(tmp_path / "m.jsonl")


def test_a_path_outside_the_root_is_not_written(corpus, tmp_path):
    with pytest.raises(FileFormatError, match="a path inside the corpus folder"):
        corpus.write(tmp_path / "m.jsonl", root=tmp_path / "corpus" / "other")
    assert not (tmp_path / "m.jsonl").exists()


# ---- tables that are no manifests


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"id": ["a", "a"]}, "every id once; these are repeated: a"),
        ({"id": ["a", ""]}, "an id .text. in every row; row 1"),
        ({"start": [0.0, np.nan], "end": [1.0, 2.0]}, "0 <= start < end .* 'b'"),
        (
            {"start": [1.0, np.nan], "end": [1.0, np.nan]},
            "row of 'a' has start 1 and end 1",
        ),
        ({"valence": [np.inf, 0.0]}, "a finite number or NaN in the column 'valence'"),
        ({"emotion": ["joy", ""]}, "text that is not empty.*'emotion'; the row of 'b'"),
    ],
)
def test_tables_that_are_none(change, text):
    columns = {"id": ["a", "b"]} | change
    with pytest.raises(FileFormatError, match=text):
        Manifest.from_columns(columns)


def test_columns_that_are_missing():
    with pytest.raises(FileFormatError, match="missing are path, start"):
        Manifest(pd.DataFrame({"id": ["a"]}))
    frame = Manifest.from_columns({"id": ["a"]}).frame
    with pytest.raises(FileFormatError, match="'speaker'; the row of 'a' has 3"):
        Manifest(frame.assign(speaker=[3]))


def test_every_column_goes_by_its_place():
    table = pd.DataFrame(
        {"id": list("abcd"), "speaker": list("wxyz"), "valence": [1.0, 2.0, 3.0, 4.0]}
    ).assign(age=[10, 20, 30, 40], tone=pd.Categorical([1, 2, 1, 2]))
    for part in (table.sample(frac=1, random_state=0), table[table["age"] > 20]):
        for columns in (part, dict(part.items())):
            frame = Manifest.from_columns(columns).frame
            assert list(frame.index) == list(range(len(part)))
            for name in part.columns:
                assert list(frame[name]) == list(part[name])


def test_a_table_of_polars():
    polars = pytest.importorskip("polars")
    columns = {
        "id": ["a", "b"],
        "speaker": ["s", None],
        "valence": [1.0, None],
        "age": [3, 4],
    }
    made = Manifest.from_columns(polars.DataFrame(columns)).frame
    assert made.equals(Manifest.from_columns(columns).frame)


def test_names_that_are_numbers_become_text_and_missing_ones_none():
    for values in ([1, None], [1.0, np.nan], pd.array([1, pd.NA], dtype="Int64")):
        frame = Manifest.from_columns({"id": [7, 8], "speaker": values}).frame
        assert list(frame["id"]) == ["7", "8"]
        assert frame["id"].dtype == frame["speaker"].dtype == object
        assert frame["speaker"].iloc[1] is None


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"path": ["a"]}, "mine: expected the column 'id'.*; got path"),
        ({}, "expected the column 'id'.*; got no column"),
        ({"id": ["a", "b"], "path": ["a"]}, "2 values in the column 'path', .* ids; got 1"),
        ({"id": ["a"], "age": [1, 2]}, "1 values in the column 'age', .* ids; got 2"),
        ({"id": ["a"], "speaker": "x"}, "one value for each row in the column 'speaker'"),
        ({"id": ["a"], "age": 3}, "one value for each row in the column 'age'; got int"),
        ({"id": ["a"], "x": np.zeros((1, 2))}, r"'x'; got ndarray of shape \(1, 2\)"),
        ({"id": ["a", "b"], "start": [0, "b"]}, "number or NaN .* 'start'; row 1 .*'b'"),
        ({"id": ["a"], "valence": [10**5000]}, "'valence'; row 0 .* has too large an int"),
    ],
)
def test_columns_that_make_no_table(columns, text):
    with pytest.raises(FileFormatError, match=text):
        Manifest.from_columns(columns, name="mine")


def test_missing_numbers_of_every_kind():
    for values in ([1, None], [1, pd.NA], pd.array([1, None], dtype="Int64"), ["1", "nan"]):
        made = Manifest.from_columns({"id": ["a", "b"], "valence": values})
        np.testing.assert_array_equal(made.frame["valence"], [1, np.nan])


def test_names_from_a_file_do_not_control_the_terminal():
    for columns in ({"id": ["\x1b[31m"] * 2}, {"id": ["a"], "x": [1], "\x1b[2J": [1, 2]}):
        with pytest.raises(FileFormatError) as caught:
            Manifest.from_columns(columns)
        assert "\x1b" not in str(caught.value)
        assert "\\x1b" in str(caught.value)


def test_speakers_that_are_not_known_are_no_speaker(tmp_path):
    names = ["-1", "Unknown", "", " unknown ", "s1", "1", None, "N/A"]
    manifest = Manifest.from_columns({"id": list("abcdefgh"), "speaker": names})
    expected = [None] * 4 + ["s1", "1", None, None]
    assert list(manifest.frame["speaker"]) == expected
    path = tmp_path / "m.jsonl"
    manifest.write(path)
    path.write_text(path.read_text().replace('"s1"', '"UNKNOWN"'))
    assert list(Manifest.read(path).frame["speaker"]) == [*[None] * 5, "1", None, None]


@pytest.mark.parametrize(
    "values",
    [
        [-1, 2, 2],
        [np.nan, 2.0, 2.0],
        [-1.0, 2.0, 2.0],
        ["-1.0", "2", "2.0"],
        ["Unknown", " 2", "2 "],
        ["<NA>", 2, 2.0],
        pd.array([pd.NA, 2, 2], dtype="Int64"),
        pd.array([None, "2", "2"], dtype="string"),
        pd.Categorical(["?", "2", "2"]),
    ],
    ids=str,
)
def test_one_speaker_however_it_is_written(values):
    columns = {"id": ["a", "b", "c"], "speaker": values}
    manifest = Manifest.from_columns(columns)
    assert list(manifest.frame["speaker"]) == [None, "2", "2"]
    assert manifest.counts()["speakers"] == 1


def test_names_that_look_like_unknown_ones_are_kept():
    names = ["1.5", "03", "3", "no", "x.0", "-2", "Nan Unknown"]
    frame = Manifest.from_columns({"id": list("abcdefg"), "speaker": names}).frame
    assert list(frame["speaker"]) == names


def test_unknown_speakers_of_a_table():
    rows = {"id": list("abcd"), "speaker": ["s", "unknown", "Unknown", "-1"]}
    table = Manifest.from_columns(rows).frame.assign(speaker=rows["speaker"])
    table.index = [7, 7, 3, 3]
    manifest = Manifest(table)
    assert list(manifest.frame["speaker"]) == ["s", None, None, None]
    assert list(manifest.frame.index) == [7, 7, 3, 3]
    assert len(set(manifest.groups().tolist())) == 4
    assert list(table["speaker"]) == rows["speaker"]
    check_disjoint(table, [([0, 1], [2, 3])])
    with pytest.raises(ValueError, match="3 rows have none, the first of them 'b'"):
        LeaveOneSpeakerOut(table).get_n_splits()


def test_each_unknown_speaker_is_a_group_of_its_own():
    # As one group they would be held out together, as one person.
    speakers = ["s", None, "t", "-1", "s", "Unknown"]
    manifest = Manifest.from_columns({"id": list("abcdef"), "speaker": speakers})
    groups = manifest.groups()
    assert groups[0] == groups[4]
    assert len(set(groups.tolist())) == 5
