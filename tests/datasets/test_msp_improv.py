"""MSP-IMPROV, on a tree in the exact format of the release."""

import numpy as np
import pytest

from skmiaug.datasets import LeaveOneSessionOut, load_msp_improv
from skmiaug.exceptions import FileFormatError
from tests.datasets._trees import msp_improv

FIRST = "MSP-IMPROV-S01A-F01-S-FM01"


@pytest.fixture
def release(tmp_path):
    return msp_improv(tmp_path)


def test_rows(release):
    data = load_msp_improv(release)
    frame = data.frame.set_index("id")
    assert data.classes == ["anger", "happiness", "neutral", "sadness"]
    assert len(frame) == 4
    first = frame.loc[FIRST]
    assert first["path"].endswith(f"Audio/session1/S01A/S/{FIRST}.wav")
    # The label is what was heard, not what the actors were asked for (A).
    assert first["emotion"] == "neutral"
    values = first[["activation", "valence", "dominance", "naturalness"]]
    assert tuple(values) == (3, 3.5, 3, 4)
    assert (first["sentence"], first["scenario"], first["session"]) == ("01", "S", "1")
    assert first["transcript"] == f"Words of {FIRST}."


def test_speaker_is_the_first_letter_of_the_turn(release):
    frame = load_msp_improv(release).frame.set_index("id")
    assert frame.loc[FIRST, "speaker"] == "F01"
    # The scenario is the woman's, and the man speaks.
    assert frame.loc["MSP-IMPROV-S01A-F01-S-MF02", "speaker"] == "M01"
    assert frame.loc["MSP-IMPROV-S14H-M02-P-MF03", "speaker"] == "M02"
    assert frame.loc["MSP-IMPROV-S20S-F02-T-FF01", "gender"] == "female"


def test_numbers_may_be_absent_or_nan(release):
    frame = load_msp_improv(release).frame.set_index("id")
    second = frame.loc["MSP-IMPROV-S01A-F01-S-MF02"]
    assert np.isnan(second["naturalness"])
    assert np.isnan(second["dominance"])
    assert second["activation"] == 4


def test_raters_count_once(release):
    raters = load_msp_improv(release).raters
    own = raters[raters["id"] == FIRST].set_index("rater")
    # amt-01 is listed twice for this turn; the first stays.
    assert own["emotion"].to_dict() == {"amt-01": "neutral", "amt-02": "neutral"}
    assert np.isnan(own.loc["amt-02", "valence"])
    assert own.loc["amt-01", "secondary"] == "Neutral,Happy"
    other = raters[raters["rater"] == "amt-03"]
    assert list(other["emotion"]) == ["other"]


def test_agreement(release):
    shares = load_msp_improv(release).frame.set_index("id")["agreement"]
    assert shares[FIRST] == 1
    assert shares["MSP-IMPROV-S01A-F01-S-MF02"] == 0.5
    assert len(load_msp_improv(release, min_agreement=0.6).frame) == 3


def test_no_agreement_has_no_emotion(release):
    data = load_msp_improv(release, labels="all")
    assert len(data.frame) == 5
    assert data.frame["emotion"].isna().sum() == 1


def test_empty_transcripts_and_deeper_folders(release):
    frame = load_msp_improv(release).frame.set_index("id")
    assert frame.loc["MSP-IMPROV-S20S-F02-T-FF01", "transcript"] is None
    assert frame.loc["MSP-IMPROV-S14H-M02-P-MF03", "transcript"].startswith("Words")


@pytest.mark.parametrize("spelling", ["Evalution.txt", "Evaluation.txt"])
def test_both_spellings_and_audio_without_a_folder(tmp_path, spelling):
    release = msp_improv(tmp_path, spelling=spelling, audio=".")
    assert len(load_msp_improv(release).frame) == 4


def test_protocol(release):
    data = load_msp_improv(release)
    folds = list(LeaveOneSessionOut(data).split())
    assert [sorted(data.frame["session"].iloc[test].unique()) for _, test in folds] == [
        ["1"],
        ["2"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("avi; N;", "avi; Q;", r"line 1: expected one of the codes A H S N O X"),
        ("UTD-IMPROV-S01A-F01-S-FM01.avi", "UTD-IMPROV-S01A", "line 1: expected 'UTD-"),
        (
            "A:3.000000",
            "A:three",
            "line 1: expected a number or NaN .* got 'three'",
        ),
        ("amt-02; Happy; Happy; A:4; V:5; D:4; N:4;", "amt-02", "line 11: expected 'rater"),
        ("A:3.000000; V:", "A:3.000000 V:", "line 1: .* got 'A:3.000000 V:3.500000'"),
        ("D:3.000000 ;", "D=3.000000 ;", "line 1: expected .* got 'D=3.000000'"),
        ("D:3.000000 ;", "", "line 1: expected .* D is not among"),
        (
            "Neutral,Happy; A:3;",
            "Neutral,Happy; A 3;",
            "line 2: expected .* A is not among",
        ),
        ("\r\n\r\nUTD-IMPROV-S14H", "\r\nUTX-IMPROV-S14H", "line 9: .* A is not among"),
        ("\r\n\r\n", "\r\n\r\nstray; Sad; Sad;\r\n", "line 6: expected a turn"),
    ],
)
def test_broken_lines(release, old, new, text):
    file = release / "Evalution.txt"
    file.write_bytes(file.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(FileFormatError, match=text):
        load_msp_improv(release)


def test_words_of_a_rater_may_hold_semicolons_and_values_be_empty(release):
    file = release / "Evalution.txt"
    text = file.read_text().replace("amt-03; Other-annoyed; ;", "amt-03; Other-x; y; z;")
    file.write_text(text.replace("D:NaN;", "D:;"))
    data = load_msp_improv(release)
    annoyed = data.raters[data.raters["rater"] == "amt-03"].iloc[0]
    assert (annoyed["emotion"], annoyed["valence"]) == ("other", 2)
    second = data.frame.set_index("id").loc["MSP-IMPROV-S01A-F01-S-MF02"]
    assert np.isnan(second["dominance"])
    assert np.isnan(second["naturalness"])


def test_missing_things_are_named(release):
    (release / f"Audio/session1/S01A/S/{FIRST}.wav").unlink()
    with pytest.raises(FileFormatError, match=FIRST):
        load_msp_improv(release)
    (release / "Evalution.txt").unlink()
    with pytest.raises(FileFormatError, match=r"Evalution.txt or Evaluation.txt"):
        load_msp_improv(release)
