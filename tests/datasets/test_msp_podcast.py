"""MSP-Podcast, on trees in the formats of its releases."""

import numpy as np
import pytest

from skmiaug.datasets import OfficialSplit, check_disjoint, load_msp_podcast
from skmiaug.exceptions import CorpusWarning, FileFormatError
from tests.datasets._trees import msp_podcast


@pytest.fixture
def release(tmp_path):
    return msp_podcast(tmp_path)


def test_rows(release):
    data = load_msp_podcast(release)
    frame = data.frame.set_index("id")
    assert data.classes == ["anger", "happiness", "neutral", "sadness"]
    first = frame.loc["MSP-PODCAST_0001_0008"]
    assert first["path"].endswith("Audios/MSP-PODCAST_0001_0008.wav")
    assert (first["emotion"], first["split"], first["speaker"]) == (
        "neutral",
        "test1",
        "30",
    )
    assert (first["activation"], first["valence"], first["dominance"]) == (2.2, 4.0, 2.6)
    assert first["gender"] == "male"
    assert data.raters is None
    assert frame["transcript"].isna().all()


def test_eight_classes_and_all(release):
    eight = load_msp_podcast(release, labels="8class").frame
    assert "contempt" in set(eight["emotion"])
    # Other and no agreement are in no class.
    assert len(eight) == 6
    everything = load_msp_podcast(release, labels="all").frame.set_index("id")
    assert everything.loc["MSP-PODCAST_0003_0002", "emotion"] is None
    # The third test part is listed in the partitions only.
    hidden = everything.loc["MSP-PODCAST_9999_0001"]
    assert (hidden["split"], hidden["emotion"]) == ("test3", None)
    assert np.isnan(hidden["valence"])


def test_unknown_speakers_and_three_groups_of_digits(release):
    frame = load_msp_podcast(release, labels="8class").frame.set_index("id")
    assert frame.loc["MSP-PODCAST_0003_0001", "speaker"] is None
    assert frame.loc["MSP-PODCAST_0003_0001", "gender"] is None
    assert frame.loc["MSP-PODCAST_0002_0034_0001", "podcast"] == "0002"


@pytest.mark.parametrize(
    "layout",
    [
        {"labels": "label", "consensus": "labels_concensus.csv", "detailed": "1.6"},
        {"dev": "Validation", "consensus": "labels_concensus.csv"},
        {"labels": "labels", "consensus": "labels_concensus.csv", "audio": "Audio"},
        {"partitions": "Partition.txt"},
        {"partitions": None},
        {"consensus": None},
        {"consensus": None, "detailed": None},
        {"detailed": "2.0"},
    ],
    ids=str,
)
def test_releases_agree(tmp_path, layout):
    usual = load_msp_podcast(msp_podcast(tmp_path / "a"), labels="8class", raters=True)
    other = load_msp_podcast(
        msp_podcast(tmp_path / "b", **layout), labels="8class", raters=True
    )
    columns = ["id", "emotion", "valence", "speaker", "gender", "split", "agreement"]
    if layout.get("consensus", "") is None:
        # In labels.txt a speaker is known from Speaker_ids.txt, which holds "Unknown" too.
        assert set(usual.frame["split"]) == set(other.frame["split"])
    assert usual.frame[columns].equals(other.frame[columns])
    assert usual.raters.equals(other.raters)


def test_raters(release):
    raters = load_msp_podcast(release, raters=True).raters
    own = raters[raters["id"] == "MSP-PODCAST_0001_0008"].set_index("rater")
    assert own["emotion"].to_dict() == {
        "WORKER0000001": "neutral",
        "WORKER0000002": "neutral",
        "WORKER0000003": "other",
    }
    assert own["secondary"]["WORKER0000001"] == "Neutral,Confused"
    assert tuple(own.loc["WORKER0000002", ["activation", "valence", "dominance"]]) == (
        2,
        5,
        2,
    )
    agreed = load_msp_podcast(release, min_agreement=0.6)
    assert agreed.frame["agreement"].to_numpy() == pytest.approx(2 / 3)
    with pytest.raises(FileFormatError, match="none is left"):
        load_msp_podcast(release, min_agreement=1)


def test_classes_that_are_numbers(release):
    numbers = {"anger": 1, "happiness": 2, "sadness": 3, "neutral": 0, "other": None}
    data = load_msp_podcast(release, labels=numbers, raters=True)
    usual = load_msp_podcast(release, raters=True)
    assert data.classes == ["0", "1", "2", "3"]
    assert list(data.frame["agreement"]) == list(usual.frame["agreement"])
    assert data.frame["agreement"].min() > 0
    assert len(load_msp_podcast(release, labels=numbers, min_agreement=0.6).frame) == 5


def test_transcripts_on_demand(release):
    frame = load_msp_podcast(release, transcripts=True).frame
    assert frame["transcript"].iloc[0] == "Said in MSP-PODCAST_0001_0008."


def test_official_parts(release):
    data = load_msp_podcast(release)
    assert data.protocol == "official"
    ((train, test),) = OfficialSplit(data).split(np.zeros((len(data.frame), 2)))
    assert set(data.frame["split"].iloc[train]) == {"train"}
    assert set(data.frame["split"].iloc[test]) == {"test1"}
    # The test parts share speaker 30 with each other; that is no leak.
    both = OfficialSplit(data, test=("test1", "test2"))
    assert both.get_n_splits() == 2
    check_disjoint(data, both)


def test_a_listed_file_without_audio_is_no_reason_to_stop(tmp_path):
    release = msp_podcast(tmp_path, missing=("MSP-PODCAST_0001_0008",))
    with pytest.warns(CorpusWarning, match="1 of 5 rows have no audio file.*0001_0008"):
        data = load_msp_podcast(release)
    assert "MSP-PODCAST_0001_0008" not in set(data.frame["id"])
    with pytest.raises(FileFormatError, match="1 are not there: MSP-PODCAST_0001_0008"):
        load_msp_podcast(release, max_missing_audio=0)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            ".wav,N,",
            ".wav,Q,",
            "EmoClass of MSP-PODCAST_0001_0008.wav: .* the codes A S .* got 'Q'",
        ),
        ("Test1", "Test9", "Split_Set of MSP-PODCAST_0001_0008.wav: .* got 'Test9'"),
        (",2.2,", ",much,", "expected a number in EmoAct; .* has 'much'"),
        ("MSP-PODCAST_0001_0008.wav", "../../x.wav", r"file names such as .* got '\.\./"),
        ("EmoVal", "EmoValue", "missing are EmoVal"),
        (".wav,N,", ".wav,,", "line 2: expected EmoClass to be filled in"),
    ],
)
def test_broken_tables(release, old, new, text):
    file = release / "Labels/labels_consensus.csv"
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(FileFormatError, match=text):
        load_msp_podcast(release)


HAPPY = "MSP-PODCAST_0002_0033.wav; H; A:4.5; V:6.0; D:4.0;"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (HAPPY, HAPPY.replace(" D:4.0;", ""), "line 11: expected a turn, .* got 'MSP-POD"),
        (HAPPY, HAPPY.replace("PODCAST", "PODCST"), "line 11: expected a turn"),
        (HAPPY, HAPPY.replace(".wav", ""), "line 11: expected a turn"),
        (HAPPY, HAPPY.replace("A:4.5", "A=4.5"), "line 11: expected a turn"),
        ("MSP-PODCAST_0001_0008.wav; N; A:2.2; V:4.0; D:2.6;\n", "", "line 1: .* 'WORKER"),
        (
            "; Happy; ; A:2.000000;",
            "; Happy; ;",
            "line 13: expected 'WORKER.*'WORKER0000002",
        ),
        ("WORKER0000002; Happy; ; ", "WORKER0000002 ", "line 13: expected 'WORKER"),
    ],
)
def test_broken_lines_of_the_label_text(tmp_path, old, new, text):
    release = msp_podcast(tmp_path, consensus=None, detailed=None)
    file = release / "Labels/labels.txt"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(FileFormatError, match=text):
        load_msp_podcast(release, raters=True)


@pytest.mark.parametrize("detailed", ["1.6", "1.12", "2.0"])
@pytest.mark.parametrize("value", ["NaN", "", "high"])
def test_ratings_that_are_no_numbers(tmp_path, detailed, value):
    release = msp_podcast(tmp_path, detailed=detailed)
    file = release / "Labels/labels_detailed.csv"
    file.write_text(file.read_text().replace("1.000000", value, 1))
    if value == "high":
        with pytest.raises(FileFormatError, match=r"activation; .*0008.wav has 'high'"):
            load_msp_podcast(release, raters=True)
    else:
        raters = load_msp_podcast(release, raters=True).raters
        assert np.isnan(raters["activation"].iloc[0])


def test_space_around_lines_is_no_matter(tmp_path):
    release = msp_podcast(tmp_path, consensus=None, detailed=None)
    usual = load_msp_podcast(release, raters=True)
    file = release / "Labels/labels.txt"
    file.write_text(
        "\ufeff " + file.read_text().replace("\nMSP", " \n MSP"), newline="\r\n"
    )
    again = load_msp_podcast(release, raters=True)
    assert again.frame.equals(usual.frame)
    assert again.raters.equals(usual.raters)


def test_space_around_fields_is_no_matter(release):
    usual = load_msp_podcast(release, labels="all").frame
    file = release / "Labels/labels_consensus.csv"
    head, rows = file.read_text().split("\n", 1)
    file.write_text(head + "\n" + rows.replace(",", " , "), newline="\r\n")
    assert load_msp_podcast(release, labels="all").frame.equals(usual)


def test_a_file_in_two_parts(release):
    file = release / "Partitions.txt"
    file.write_text(file.read_text() + "train; MSP-PODCAST_0002_0033.wav\n")
    assert len(load_msp_podcast(release).frame) == 5
    file.write_text(file.read_text() + "Test1; MSP-PODCAST_0002_0033.wav\n")
    with pytest.raises(
        FileFormatError, match=r"line 11: .* is in 'train' above and in 'te"
    ):
        load_msp_podcast(release)


def test_missing_files_are_named(release, tmp_path):
    for name in ("labels_consensus.csv", "labels.txt", "labels_detailed.csv"):
        (release / "Labels" / name).unlink()
    with pytest.raises(FileFormatError, match=r"expected labels_consensus.csv or"):
        load_msp_podcast(release)
    with pytest.raises(FileFormatError, match="expected Labels or label in"):
        load_msp_podcast(tmp_path)


def test_a_file_where_a_folder_should_be(tmp_path):
    release = msp_podcast(tmp_path, audio="Sound")
    (release / "Audios").write_text("no folder")
    with pytest.raises(FileFormatError, match=r"expected a folder; .*Audios' is not one"):
        load_msp_podcast(release)


def test_unknown_format_of_raters(release):
    (release / "Labels/labels_detailed.csv").write_text("FileName,Who\na.wav,b\n")
    with pytest.raises(FileFormatError, match="expected EmoDetail, or WorkerID"):
        load_msp_podcast(release, raters=True)


def test_parts_that_contradict_each_other_are_refused(release):
    file = release / "Partitions.txt"
    text = file.read_text()
    file.write_text(text.replace("Development;", "validation ;"))
    load_msp_podcast(release)
    file.write_text(
        text.replace("Test1; MSP-PODCAST_0001_0008", "Train; MSP-PODCAST_0001_0008")
    )
    with pytest.raises(
        FileFormatError, match=r"to agree; 1 of \d .*0001_0008\.wav: 'test1' and 'train'"
    ):
        load_msp_podcast(release)
    file.rename(release / "old.txt")
    assert len(load_msp_podcast(release).frame) == 5


def test_a_file_of_two_speakers_is_refused(tmp_path):
    release = msp_podcast(tmp_path, consensus=None)
    file = release / "Speaker_ids.txt"
    file.write_text(file.read_text() + "MSP-PODCAST_0001_0008.wav; 7\n")
    with pytest.raises(FileFormatError, match=r"one speaker of each file; .*'30' above"):
        load_msp_podcast(release)


UNKNOWN = ["-1", "unknown", "", " Unknown ", "UNKNOWN", "NaN", "N/A", "None", "-1.0"]


@pytest.mark.parametrize("name", [*UNKNOWN, "<NA>", "null", "?", " ", "\u00a0unknown"])
@pytest.mark.parametrize("consensus", ["labels_consensus.csv", None])
def test_unknown_speakers_are_no_speaker(tmp_path, name, consensus):
    release = msp_podcast(tmp_path, consensus=consensus)
    for file in release.rglob("*"):
        if file.name in ("Speaker_ids.txt", "labels_consensus.csv"):
            text = file.read_text()
            file.write_text(text.replace("Unknown", name).replace("; 12\n", f"; {name}\n"))
    data = load_msp_podcast(release, labels="all", audio=False)
    unknown = data.frame["speaker"].isna().to_numpy()
    assert unknown.sum() > 1
    assert set(data.frame["speaker"].dropna()) <= {"30", "7", "12"}
    groups = data.manifest.groups()
    assert len(set(groups[unknown])) == unknown.sum()


def test_speakers_that_are_written_as_numbers(release):
    # As pandas writes a column of numbers with gaps.
    usual = load_msp_podcast(release, labels="all").frame
    file = release / "Labels/labels_consensus.csv"
    text = file.read_text().replace(",Unknown,Unknown", ",-1.0,Unknown")
    for name in ("30", "7", "12"):
        text = text.replace(f",{name},", f",{name}.0,")
    file.write_text(text)
    assert load_msp_podcast(release, labels="all").frame.equals(usual)


def test_speakers_that_contradict_each_other_are_refused(release):
    file = release / "Speaker_ids.txt"
    text = file.read_text()
    # Known to one of the two files only.
    file.write_text(text.replace("0001_0008.wav; 30", "0001_0008.wav; -1"))
    usual = load_msp_podcast(release).frame
    assert usual.set_index("id").loc["MSP-PODCAST_0001_0008", "speaker"] == "30"
    file.write_text(text.replace("0001_0008.wav; 30", "0001_0008.wav; 7"))
    with pytest.raises(
        FileFormatError, match=r"SpkrID and Speaker_ids\.txt to agree; 1 .*: '30' and '7'"
    ):
        load_msp_podcast(release)


@pytest.mark.parametrize("name", ["Test1", "TEST1", " test 1 ", "Test_1", "test-1"])
@pytest.mark.parametrize("consensus", ["labels_consensus.csv", None])
def test_spellings_of_a_part(tmp_path, name, consensus):
    release = msp_podcast(tmp_path, consensus=consensus)
    usual = load_msp_podcast(release).frame
    for file in (release / "Partitions.txt", release / "Labels/labels_consensus.csv"):
        if file.exists():
            file.write_text(file.read_text().replace("Test1", name))
            assert load_msp_podcast(release).frame.equals(usual)


@pytest.mark.parametrize("name", ["Test9", "Test", "N/A", "nan", "Trains"])
@pytest.mark.parametrize("where", ["Partitions.txt", "Labels/labels_consensus.csv"])
def test_parts_that_are_not_known_are_refused(release, name, where):
    file = release / where
    file.write_text(file.read_text().replace("Test2", name))
    with pytest.raises(FileFormatError, match=f"one of the parts train, .* got '{name}'"):
        load_msp_podcast(release)


@pytest.mark.parametrize("file", ["Partitions.txt", "Speaker_ids.txt"])
def test_file_names_with_and_without_suffix(release, file):
    usual = load_msp_podcast(release, labels="all", raters=True)
    for place in (release / file, *release.glob("Labels/labels_*.csv")):
        text = place.read_text()
        for suffix in (".WAV", ""):
            place.write_text(text.replace(".wav", suffix))
            again = load_msp_podcast(release, labels="all", raters=True)
            assert again.frame.equals(usual.frame)
            assert again.raters.equals(usual.raters)


@pytest.mark.parametrize("suffix", [".wav", ""])
def test_a_file_that_is_listed_twice_is_refused(release, suffix):
    file = release / "Labels/labels_consensus.csv"
    row = file.read_text().splitlines()[1].replace(".wav", suffix)
    file.write_text(file.read_text() + row + "\n")
    with pytest.raises(FileFormatError, match=r"every id once; .*: MSP-PODCAST_0001_0008"):
        load_msp_podcast(release)


def test_files_that_only_one_of_the_tables_has(release):
    usual = load_msp_podcast(release).frame
    file = release / "Partitions.txt"
    file.write_text(file.read_text().replace("Test1; MSP-PODCAST_0001_0008.wav\n", ""))
    with pytest.warns(CorpusWarning, match=r"1 files are not in Partitions.txt.*0001_0008"):
        assert load_msp_podcast(release).frame.equals(usual)
    file.write_text(file.read_text() + "Train; MSP-PODCAST_0001_0008.wav\n")
    table = release / "Labels/labels_consensus.csv"
    lines = [x for x in table.read_text().splitlines() if "0001_0008" not in x]
    table.write_text("\n".join(lines) + "\n")
    with pytest.warns(CorpusWarning, match=r"1 files of Partitions.txt .* no labels"):
        assert len(load_msp_podcast(release).frame) == len(usual) - 1


@pytest.mark.parametrize("detailed", ["1.12", None])
def test_a_long_rating_takes_no_longer_than_others(tmp_path, detailed):
    release = msp_podcast(tmp_path, detailed=detailed)
    name = "labels.txt" if detailed is None else "labels_detailed.csv"
    file = release / "Labels" / name
    words = "; " * 50_000
    file.write_text(file.read_text().replace("; Happy; ", f"; Happy; {words}", 1))
    raters = load_msp_podcast(release, labels="all", raters=True).raters
    assert raters["secondary"].str.len().max() > 90_000
    file.write_text(file.read_text().replace("A:1.000000; V:", f"{words}V:", 1))
    with pytest.raises(FileFormatError, match=r"line \d+: expected 'WORKER"):
        load_msp_podcast(release, labels="all", raters=True)
