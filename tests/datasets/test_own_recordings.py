"""A folder of recordings and a CSV file make a manifest."""

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold

from skmiaug.datasets import LeaveOneSpeakerOut, Manifest
from skmiaug.exceptions import FileFormatError
from tests.datasets._trees import clip

TABLE = """\
path,emotion,speaker,valence,room
a/one.wav,joy,s1,1.5,kitchen
a/two.wav,anger,s2,,
b/one.wav,joy,s2,2,hall
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("a/one", "a/two", "b/one"):
        clip(tmp_path / f"{name}.wav")
    (tmp_path / "labels.csv").write_text(TABLE)
    return tmp_path


def changed(folder, *pairs, encoding="utf-8"):
    text = TABLE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    (folder / "labels.csv").write_bytes(text.encode(encoding))
    return folder / "labels.csv"


def test_a_table_of_recordings(folder):
    manifest = Manifest.from_csv(folder / "labels.csv")
    frame = manifest.frame
    assert manifest.name == "labels"
    assert list(frame["id"]) == ["a/one", "a/two", "b/one"]
    assert manifest.paths() == [str(folder / f"{name}.wav") for name in frame["id"]]
    assert manifest.classes == ["anger", "joy"]
    assert list(frame["speaker"]) == ["s1", "s2", "s2"]
    np.testing.assert_array_equal(frame["valence"], [1.5, np.nan, 2])
    assert list(frame["room"]) == ["kitchen", None, "hall"]
    assert LeaveOneSpeakerOut(manifest).get_n_splits() == 2
    manifest.write(folder / "own.jsonl")
    assert Manifest.read(folder / "own.jsonl").frame.equals(frame)


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_other_separators_and_names_of_columns(folder, separator, encoding):
    usual = Manifest.from_csv(folder / "labels.csv").frame
    head = ("path,emotion,speaker", "file,label,who")
    path = changed(folder, head, (",", separator), encoding=encoding)
    options = {"audio": "file", "target": "label", "speaker": "who"}
    assert Manifest.from_csv(path, **options).frame.equals(usual)


def test_classes_are_text_as_it_is_written(folder):
    path = changed(folder, ("wav,joy,s1", "wav,01,s1"), ("wav,joy", "wav,1"))
    manifest = Manifest.from_csv(path)
    assert manifest.classes == ["01", "1", "anger"]
    path = changed(folder, ("wav,joy,s1", "wav,True,s1"), ("wav,joy", "wav,true"))
    assert Manifest.from_csv(path).classes == ["True", "anger", "true"]


def test_ids_are_unique(folder):
    clip(folder / "a" / "one.flac")
    (folder / "labels.csv").write_text(
        "path,emotion,start,end\n"
        "a/one.wav,joy,0,1\na/one.wav,joy,1,2\na/one.flac,joy,0,1\na/two.wav,joy,0,1\n"
    )
    frame = Manifest.from_csv(folder / "labels.csv").frame
    assert list(frame["id"]) == ["a/one.wav#1", "a/one.wav#2", "a/one.flac", "a/two"]
    assert list(frame["end"]) == [1, 2, 1, 1]
    path = changed(folder, ("room", "id"))
    with pytest.raises(FileFormatError, match=r"an id .text. in every row; row 1"):
        Manifest.from_csv(path)


def test_paths_are_below_the_root_or_absolute(folder, tmp_path):
    (folder / "tables").mkdir()
    table = folder / "tables" / "labels.csv"
    table.write_text(TABLE.replace("a/two", f"{folder}/a/two"))
    with pytest.raises(FileFormatError, match=r"2 are not there, the first .*one.wav"):
        Manifest.from_csv(table)
    manifest = Manifest.from_csv(table, root=folder)
    assert list(manifest.frame["id"]) == ["a/one", "a/two", "b/one"]
    assert len(Manifest.from_csv(table, check_files=False)) == 3


UNKNOWN = ["-1", "unknown", "Unknown", " UNKNOWN ", "", "nan"]


@pytest.mark.parametrize("name", UNKNOWN)
def test_each_unknown_speaker_is_a_group_of_its_own(folder, name):
    manifest = Manifest.from_csv(changed(folder, ("anger,s2", f"anger,{name}")))
    assert list(manifest.frame["speaker"]) == ["s1", None, "s2"]
    assert manifest.groups().tolist() == [0, 2, 1]


def test_groups_go_to_splitters():
    speakers = ["s", None, "s", "t", None, "t"]
    manifest = Manifest.from_columns({"id": list("abcdef"), "speaker": speakers})
    groups = manifest.groups()
    assert len(set(groups[[1, 4]])) == 2
    assert groups[0] == groups[2]
    assert groups[3] == groups[5]
    assert len(set(groups)) == 4
    assert len(list(GroupKFold(4).split(np.zeros(6), groups=groups))) == 4


def test_a_table_without_speakers(folder):
    path = changed(folder, ("speaker", "who"))
    assert Manifest.from_csv(path).frame["speaker"].isna().all()
    with pytest.raises(FileFormatError, match="expected the column 'talker' for the spea"):
        Manifest.from_csv(path, speaker="talker")
    path = changed(folder)
    assert Manifest.from_csv(path, speaker=None).frame["speaker"].isna().all()


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            "path,",
            "file,",
            r"expected the columns path, emotion; missing are path\. It has",
        ),
        ("a/one.wav", "", "line 2: expected path to be filled in"),
        ("anger", " ", "line 3: expected emotion to be filled in"),
        ("1.5", "high", "number or NaN in the column 'valence'; row 0 .* 'high'"),
        ("anger,s2,,", "anger,s2", "line 3: expected 5 cells, as in the head; got 3"),
        (",kitchen", ",kitchen,more", "line 2: expected 5 cells, as in the head; got 6"),
        (",kitchen", ',"kitchen', "expected a CSV table"),
        ("emotion,speaker", "emotion,emotion", "each column once; emotion is not"),
        ("b/one", "b/none", "1 are not there"),
        ("b/one", "b\0one", "."),
        (TABLE[TABLE.index("\n") :], "\n", "expected rows below the head"),
        (TABLE, "", "missing are path, emotion. It has none"),
    ],
)
def test_tables_that_are_none(folder, old, new, text):
    with pytest.raises(FileFormatError, match=text):
        Manifest.from_csv(changed(folder, (old, new)))


def test_files_that_are_none(folder):
    for path, text in ((folder / "x.csv", "no such file"), (folder, "got a folder")):
        with pytest.raises(FileFormatError, match=text):
            Manifest.from_csv(path)
    with pytest.raises(FileFormatError, match=r"line \d+: expected UTF-8; got the byte"):
        Manifest.from_csv(changed(folder, ("anger", "Ärger"), encoding="latin-1"))
