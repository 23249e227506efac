"""IEMOCAP, on a tree in the exact format of the release."""

import numpy as np
import pytest

from skmiaug.datasets import LeaveOneSessionOut, check_disjoint, load_iemocap
from skmiaug.exceptions import CorpusWarning, FileFormatError
from tests.datasets._trees import IEMOCAP_HEAD, iemocap

TWO = {"sessions": (1, 2)}


@pytest.fixture
def release(tmp_path):
    return iemocap(tmp_path)


def row(data, name):
    found = data.frame[data.frame["id"] == name]
    assert len(found) == 1
    return found.iloc[0]


def test_the_usual_four_classes(release):
    data = load_iemocap(release, **TWO)
    assert data.classes == ["anger", "happiness", "neutral", "sadness"]
    # Excitement counts as happiness; frustration and no agreement are left out.
    assert data.frame["emotion"].value_counts().to_dict() == {
        "happiness": 4,
        "neutral": 2,
        "anger": 2,
        "sadness": 2,
    }
    assert list(data.target) == list(data.frame["emotion"])
    assert "Busso" in data.DESCR


def test_all_that_a_row_holds(release):
    found = row(load_iemocap(release, **TWO), "Ses01M_script01_1b_M000")
    assert found["path"].endswith(
        "Session1/sentences/wav/Ses01M_script01_1b/Ses01M_script01_1b_M000.wav"
    )
    assert (found["valence"], found["activation"], found["dominance"]) == (2.5, 2.0, 3.5)
    assert (found["dialog_start"], found["dialog_end"]) == (1.0, 2.25)
    assert found["dialog"] == "Ses01M_script01_1b"
    assert (found["session"], found["gender"], found["style"]) == ("1", "male", "scripted")
    # A whole file: the times of the dialog are no part of it.
    assert np.isnan(found["start"])
    assert found["transcript"] == "Line 1."


def test_speaker_is_who_speaks_and_not_who_wore_the_markers(release):
    data = load_iemocap(release, **TWO)
    assert row(data, "Ses01M_script01_1b_F000")["speaker"] == "Ses01F"
    assert row(data, "Ses01F_impro01_M000")["speaker"] == "Ses01M"
    assert data.frame["speaker"].nunique() == 4


def test_transcripts_are_latin_1_and_of_utterances_only(release):
    data = load_iemocap(release, labels="all", **TWO)
    # 0x85 is within the line, and no end of one.
    assert row(data, "Ses01F_impro01_F000")["transcript"] == "Well\x85 the café."
    assert len(data.frame) == 14
    assert not data.frame["id"].str.contains("XX").any()
    assert data.frame["transcript"].notna().all()


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ("all", 14),
        ("4class", 10),
        ("4class-happiness-only", 8),
        ("5class", 12),
        ("6class", 12),
        ({"anger": "negative", "sadness": "negative", "neutral": "rest"}, 6),
    ],
)
def test_label_sets(release, labels, rows):
    data = load_iemocap(release, labels=labels, **TWO)
    assert len(data.frame) == rows
    if labels == "all":
        assert data.frame["emotion"].isna().sum() == 2
    if labels == "6class":
        assert "excitement" in data.classes
    if isinstance(labels, dict):
        assert data.classes == ["negative", "rest"]


def test_raters_and_self_ratings(release):
    raters = load_iemocap(release, **TWO).raters.set_index(["id", "rater"])
    angry = raters.loc["Ses01F_impro01_F001"]
    assert angry["emotion"].to_dict() == {
        "E2": "anger,frustration",
        "E3": "frustration",
        "F1": "anger",
        "E4": None,
    }
    assert angry["is_self"].to_dict() == {"E2": False, "E3": False, "F1": True, "E4": False}
    assert tuple(angry.loc["E3", ["valence", "activation", "dominance"]]) == (3, 2, 4)
    assert np.isnan(angry.loc["E4", "dominance"])
    assert angry.loc["E4", "valence"] == 2
    # The male speaker's own ratings begin with an M.
    assert raters.loc[("Ses01F_impro01_M000", "M1"), "is_self"]


def test_agreement_counts_raters_after_merging(release):
    data = load_iemocap(release, **TWO)
    shares = data.frame.set_index("id")["agreement"]
    # Excited and happy are one class; the speaker's "neutral" does not count.
    assert shares["Ses01F_impro01_M000"] == 1
    # One of two named anger among others.
    assert shares["Ses01F_impro01_F001"] == 0.5
    strict = load_iemocap(release, min_agreement=1, **TWO)
    assert set(data.frame["id"]) - set(strict.frame["id"]) == {
        "Ses01F_impro01_F001",
        "Ses02F_impro01_F001",
    }
    apart = load_iemocap(release, labels="6class", min_agreement=1, **TWO)
    assert "Ses01F_impro01_M000" not in set(apart.frame["id"])


def test_one_session(release):
    one = load_iemocap(release, sessions=1)
    assert one.frame.equals(load_iemocap(release, sessions=(1,)).frame)
    assert set(one.frame["session"]) == {"1"}


def test_the_folder_above_will_do(release):
    assert len(load_iemocap(release.parent, **TWO).frame) == 10


def test_protocol(release):
    data = load_iemocap(release, **TWO)
    assert data.protocol == "session"
    folds = list(LeaveOneSessionOut(data).split(np.zeros((10, 3))))
    assert [len(test) for _, test in folds] == [5, 5]
    check_disjoint(data, folds)


def test_missing_things_are_named(release, tmp_path):
    with pytest.raises(FileFormatError, match="does not exist"):
        load_iemocap(tmp_path / "nothing")
    with pytest.raises(FileFormatError, match="expected Session3 in"):
        load_iemocap(release)
    (release / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav").unlink()
    with pytest.raises(FileFormatError, match="1 are not there: Ses01F_impro01_F000"):
        load_iemocap(release, **TWO)
    with pytest.warns(CorpusWarning, match="1 of 10 rows have no audio"):
        data = load_iemocap(release, max_missing_audio=1, **TWO)
    assert len(data.frame) == 9
    assert load_iemocap(release, audio=False, **TWO).frame["path"].isna().all()


def test_a_clip_that_is_only_half_there(release):
    # As git-annex leaves it before a file is fetched, and as archives may name a folder.
    file = release / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"
    away = file.rename(release / "away.wav")
    file.symlink_to(release / "not-fetched.wav")
    with pytest.raises(FileFormatError, match="1 are not there: Ses01F_impro01_F000"):
        load_iemocap(release, **TWO)
    file.unlink()
    file.mkdir()
    with pytest.raises(FileFormatError, match="1 are not there: Ses01F_impro01_F000"):
        load_iemocap(release, **TWO)
    file.rmdir()
    file.symlink_to(away)
    assert len(load_iemocap(release, **TWO).frame) == 10


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("\tneu\t", "\tnue\t", r"line 3: expected one of the codes ang .*got 'nue'"),
        ("[2.5000, 1.0000, 3.5000]", "[2.5000, 1.0000]", "line 3: expected '.start - end"),
        ("Ses01F_impro01_F000\t", "Ses01F_impro01_FXX0\t", "line 3: expected '.start"),
        ("[0.0000", "0.0000", "line 3: expected '.start - end"),
        ("C-E3:\tNeutral;", "C-E3\tNeutral;", "line 5: expected the rating .* got 'C-E3"),
        ("C-E3:", "c-E3:", "line 5: expected the rating .* got 'c-E3"),
        ("A-E3:", "A-E3;", "line 7: expected the rating"),
        (IEMOCAP_HEAD, "C-E2:\tNeutral;\t()\n", "line 1: .* of the utterance above"),
    ],
)
def test_broken_label_lines(release, old, new, text):
    file = release / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(FileFormatError, match=text):
        load_iemocap(release, **TWO)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b" ", b"\t"])
def test_what_stands_before_the_first_utterance(release, mark):
    usual = load_iemocap(release, labels="all", **TWO)
    file = release / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    data = file.read_bytes().removeprefix(IEMOCAP_HEAD.encode())
    file.write_bytes(mark + data.replace(b"\n[", b"\n ["))
    spoken = release / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    spoken.write_bytes(mark + spoken.read_bytes())
    again = load_iemocap(release, labels="all", **TWO)
    assert again.frame.equals(usual.frame)
    assert again.raters.equals(usual.raters)


def test_a_remark_of_two_lines(release):
    usual = load_iemocap(release, **TWO)
    file = release / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(file.read_text().replace("(a remark; with", "(a remark;\nwith"))
    assert load_iemocap(release, **TWO).raters.equals(usual.raters)


def test_the_same_utterance_twice(release):
    folder = release / "Session1/dialog/EmoEvaluation"
    (folder / "Ses01F_impro02.txt").write_bytes(
        (folder / "Ses01F_impro01.txt").read_bytes()
    )
    with pytest.raises(FileFormatError, match=r"repeated: Ses01F_impro01_F000"):
        load_iemocap(release, **TWO)


def test_wrong_arguments(release):
    with pytest.raises(ValueError, match="labels must be one of '4class'"):
        load_iemocap(release, labels="4classes")
    with pytest.raises(ValueError, match="min_agreement must be a share"):
        load_iemocap(release, min_agreement=2)
    with pytest.raises(FileFormatError, match="none is left"):
        load_iemocap(release, labels={"disgust": "disgust"}, **TWO)


CODES = "ang hap sad neu exc fru fea sur dis oth xxx"


@pytest.mark.parametrize("code", CODES.split())
def test_every_code_of_the_release_is_known(release, code):
    for file in release.rglob("EmoEvaluation/Ses*.txt"):
        file.write_text(file.read_text("latin-1").replace("\tneu\t", f"\t{code}\t"))
    assert len(load_iemocap(release, labels="all", **TWO).frame) > 0
