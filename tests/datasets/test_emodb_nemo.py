"""EmoDB and nEMO, made up and real."""

from pathlib import Path

import numpy as np
import pytest

from skmiaug.datasets import LeaveOneSessionOut, LeaveOneSpeakerOut, load_emodb, load_nemo
from skmiaug.exceptions import FileFormatError
from tests.datasets._trees import EMODB_CLIPS, NEMO_HEAD, NEMO_ROWS, clip, emodb, nemo

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def real():
    if not (DATA / "emodb_flac").is_dir():
        pytest.skip("needs emodb_flac and nemo_flac in ../shared/data")
    return DATA


def test_the_release_of_emodb(tmp_path):
    data = load_emodb(emodb(tmp_path))
    frame = data.frame.set_index("id")
    assert list(frame.index) == sorted(EMODB_CLIPS)
    assert list(frame["emotion"]) == [
        "happiness",
        "neutral",
        "anger",
        "boredom",
        "disgust",
        "fear",
        "sadness",
    ]
    assert frame.loc["03a01Fa", "path"].endswith("wav/03a01Fa.wav")
    assert frame.loc["08b10Wa", "transcript"] == (
        "Die wird auf dem Platz sein, wo wir sie immer hinlegen."
    )
    assert list(frame["session"]) == ["1", "1", "1", "2", "2", "5", "5"]
    assert list(frame["gender"].unique()) == ["male", "female"]
    assert len(load_emodb(tmp_path / "EmoDB" / "wav").frame) == len(EMODB_CLIPS)
    assert load_emodb(tmp_path / "EmoDB", labels="4class").classes == [
        "anger",
        "happiness",
        "neutral",
        "sadness",
    ]


@pytest.mark.parametrize("name", ["03a01Xa", "99a01Fa", "03c01Fa", "notes"])
def test_names_that_emodb_does_not_have(tmp_path, name):
    folder = emodb(tmp_path)
    clip(folder / "wav" / f"{name}.wav")
    with pytest.raises(FileFormatError, match=f"EmoDB: expected .*{name}"):
        load_emodb(folder)


def test_a_file_that_is_called_wav(tmp_path):
    for name in EMODB_CLIPS:
        clip(tmp_path / f"{name}.wav")
    (tmp_path / "wav").write_text("no folder")
    assert len(load_emodb(tmp_path).frame) == len(EMODB_CLIPS)


def test_no_clips_at_all(tmp_path):
    with pytest.raises(FileFormatError, match="there are none"):
        load_emodb(tmp_path)


def test_real_emodb_is_that_of_the_features(real):
    data = load_emodb(real / "emodb_flac")
    with np.load(real / "emodb_features.npz") as known:
        assert list(data.frame["id"]) == list(known["id"])
        assert list(data.target) == list(known["classes"][known["y"]])
        assert list(data.frame["speaker"]) == list(known["speaker"])
        assert list(data.frame["sentence"]) == list(known["sentence"])
        assert list(data.frame["session"]) == [str(s) for s in known["session"]]
        assert data.classes == list(known["classes"])
    assert LeaveOneSessionOut(data).get_n_splits() == 5
    assert LeaveOneSpeakerOut(data).get_n_splits() == 10


def test_nemo(tmp_path):
    data = load_nemo(nemo(tmp_path))
    frame = data.frame.set_index("id")
    assert list(frame.index) == [row.partition(".wav")[0] for row in NEMO_ROWS]
    # A quotation mark opens no field, and letters are not lost.
    assert frame.loc["EB0_anger_13", "transcript"] == '"Tak", rzekł.'
    assert frame.loc["EB0_surprised_14", "transcript"] == "Żółć."
    assert frame.loc["EB0_surprised_14", "emotion"] == "surprise"
    assert (frame.loc["KS0_fear_2", "speaker"], frame.loc["KS0_fear_2", "age"]) == (
        "KS0",
        31,
    )
    assert list(frame["sentence"]) == ["13", "14", "13", "2"]
    assert data.protocol == "speaker"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("../../x.wav\tanger\tTak\ttak\tEB0\tfemale\t27", "line 6: expected a path inside"),
        ("/etc/passwd\tanger\tTak\ttak\tEB0\tfemale\t27", "line 6: expected a path inside"),
        ("a.wav\tjoy\tTak\ttak\tEB0\tfemale\t27", "line 6: .* of the codes .* got 'joy'"),
        ("a.wav\tanger\tTak", "line 6: expected as many fields"),
        ("a.wav\tanger\tTak\ttak\tEB0\tfemale\t27", "1 of 5 are not in .*: a"),
    ],
)
def test_broken_rows_of_nemo(tmp_path, row, text):
    with pytest.raises(FileFormatError, match=text):
        load_nemo(nemo(tmp_path, rows=[*NEMO_ROWS, row]))


def test_tables_of_nemo_that_are_no_utf_8(tmp_path):
    table = nemo(tmp_path) / "data.tsv"
    text = table.read_text(encoding="utf-8")
    for encoding, line in (("cp1250", 2), ("utf-16", 1)):
        table.write_bytes(text.encode(encoding))
        with pytest.raises(FileFormatError, match=f"data.tsv, line {line}: expected UTF-8"):
            load_nemo(tmp_path / "nEMO")
    table.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert len(load_nemo(tmp_path / "nEMO").frame) == 4


def test_long_transcripts_and_empty_lines_of_nemo(tmp_path):
    long = NEMO_ROWS[0].replace("rzekł.", "rzekł" * 40_000)
    folder = nemo(tmp_path / "a", rows=[long, "", *NEMO_ROWS[1:]])
    assert len(load_nemo(folder).frame["transcript"][0]) > 200_000
    rows = [*NEMO_ROWS[:2], "", "", NEMO_ROWS[2].replace("neutral\t", "calm\t")]
    with pytest.raises(FileFormatError, match=r"line 6: .* got 'calm'"):
        load_nemo(nemo(tmp_path / "b", rows=rows))


def test_missing_parts_of_nemo(tmp_path):
    with pytest.raises(FileFormatError, match="missing are speaker_id"):
        load_nemo(nemo(tmp_path, head=NEMO_HEAD.replace("speaker_id", "who")))
    with pytest.raises(FileFormatError, match="expected samples in"):
        load_nemo(tmp_path)


def test_real_nemo_is_part_of_the_features(real):
    data = load_nemo(real / "nemo_flac")
    assert len(data.frame) == 424
    assert LeaveOneSpeakerOut(data).get_n_splits() == 9
    with np.load(real / "nemo_features.npz") as known:
        names = [name.partition(".")[0] for name in known["id"]]
        emotion = dict(zip(names, known["classes"][known["y"]], strict=True))
        speaker = dict(zip(names, known["speaker"], strict=True))
    found = data.frame["emotion"].replace("surprise", "surprised")
    assert list(found) == [emotion[name] for name in data.frame["id"]]
    assert list(data.frame["speaker"]) == [speaker[name] for name in data.frame["id"]]


@pytest.mark.parametrize("name", ["Unknown", "-1", "-1.0", "", "N/A"])
def test_unknown_speakers_of_nemo(tmp_path, name):
    rows = [row.replace("\tKS0\t", f"\t{name}\t") for row in NEMO_ROWS]
    rows[0] = rows[0].replace("\tEB0\t", "\t EB0 \t")
    data = load_nemo(nemo(tmp_path, rows))
    assert list(data.frame["speaker"]) == ["EB0", "EB0", None, None]
    assert len(set(data.manifest.groups().tolist())) == 3
