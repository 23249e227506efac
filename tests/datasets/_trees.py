"""Small corpora on disk in the exact formats of the releases, traps included."""

import wave
from pathlib import Path
from zlib import crc32

import numpy as np


def clip(path: Path, seconds: float = 0.05, rate: int = 16000, channels: int = 1) -> Path:
    """A WAV file of faint noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(crc32(path.name.encode()))
    samples = rng.integers(-500, 500, (round(seconds * rate), channels)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


# ---- IEMOCAP

IEMOCAP_HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
# id, code, and what two raters and the speaker ticked.
IEMOCAP_TURNS = {
    "Ses01F_impro01": [
        ("Ses01F_impro01_F000", "neu", "Neutral;", "Neutral;", "Neutral;"),
        ("Ses01F_impro01_M000", "exc", "Excited;", "Happiness;", "Neutral;"),
        ("Ses01F_impro01_F001", "ang", "Anger; Frustration;", "Frustration;", "Anger;"),
        ("Ses01F_impro01_M001", "xxx", "Sadness;", "Neutral;", "Other;"),
    ],
    "Ses01M_script01_1b": [
        ("Ses01M_script01_1b_F000", "sad", "Sadness;", "Sadness;", "Neutral state;"),
        ("Ses01M_script01_1b_M000", "hap", "Happiness;", "Excited;", "Happiness;"),
        ("Ses01M_script01_1b_M001", "fru", "Frustration;", "Anger;", "Neutral;"),
    ],
}


def iemocap(root: Path, sessions=(1, 2)) -> Path:
    """``IEMOCAP_full_release`` with the same two dialogs in each session."""
    release = root / "IEMOCAP_full_release"
    for session in sessions:
        dialog = release / f"Session{session}" / "dialog"
        labels, spoken = dialog / "EmoEvaluation", dialog / "transcriptions"
        labels.mkdir(parents=True)
        spoken.mkdir()
        for name, turns in IEMOCAP_TURNS.items():
            name = name.replace("Ses01", f"Ses0{session}")
            text, said = IEMOCAP_HEAD, ""
            for number, (turn, code, *raters) in enumerate(turns):
                turn = turn.replace("Ses01", f"Ses0{session}")
                text += iemocap_block(turn, code, raters, number)
                said += f"{turn} [{number:08.4f}-{number + 1:08.4f}]: Line {number}.\n"
                clip(release / f"Session{session}/sentences/wav/{name}/{turn}.wav")
            # A turn nobody labelled, a remark, and an ellipsis of Windows' Latin-1.
            said += f"{name}_FXX0 [000.0000-001.0000]: Not an utterance.\n"
            said += "M: a remark without an id\n"
            said = said.replace("Line 0.", "Well\x85 the caf\xe9.")
            (labels / f"{name}.txt").write_bytes(text.encode("latin-1"))
            (labels / f"._{name}.txt").write_bytes(b"\x00\x05\x16\x07 Mac OS X")
            (spoken / f"{name}.txt").write_bytes(said.encode("latin-1"))
            (spoken / f"._{name}.txt").write_bytes(b"\x00\x05\x16\x07 Mac OS X")
        # The same once more for each rater, in folders that must not be read.
        for inner in ("Attribute", "Categorical", "Self-evaluation"):
            (labels / inner).mkdir()
            (labels / inner / f"Ses0{session}F_impro01_e1.txt").write_text("[broken\n")
        clip(release / f"Session{session}/sentences/wav/._Ses01F_x/._Ses01F_x_F000.wav")
    return release


def iemocap_block(turn: str, code: str, raters: list[str], number: int) -> str:
    one, other, own = raters
    start = f"[{number:.4f} - {number + 1.25:.4f}]"
    return (
        f"{start}\t{turn}\t{code}\t[2.5000, {1 + number}.0000, 3.5000]\n"
        f"C-E2:\t{one}\t()\n"
        f"C-E3:\t{other}\t(a remark; with marks)\n"
        f"C-{turn[-4]}1:\t{own}\t()\n"
        "A-E3:\tval 3; act 2; dom  4;\t()\n"
        # No dominance here.
        "A-E4:\tval 2; act 2; dom ;\t()\n"
        "\n"
    )


# ---- MSP-IMPROV

IMPROV_LABELS = """\
UTD-IMPROV-S01A-F01-S-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000 ; N:4.000000;
amt-01; Neutral; Neutral,Happy; A:3; V:4; D:3; N:4;
amt-02; Neutral; ; A:NaN; V:NaN; D:NaN; N:NaN;
amt-01; Angry; Angry; A:5; V:1; D:5; N:1;

UTD-IMPROV-S01A-F01-S-MF02.avi; A; A:4.000000; V:1.500000; D:NaN;
amt-01; Angry; Angry,Frustrated; A:4; V:1; D:3;
amt-03; Other-annoyed; ; A:4; V:2; D:3;

UTD-IMPROV-S14H-M02-P-MF03.avi; H; A:4.000000; V:4.500000; D:3.500000 ; N:4.200000;
amt-02; Happy; Happy; A:4; V:5; D:4; N:4;

UTD-IMPROV-S20S-F02-T-FF01.avi; S; A:1.500000; V:1.750000; D:2.000000 ; N:3.000000;
amt-02; Sad; Sad; A:1; V:2; D:2; N:3;

UTD-IMPROV-S20S-F02-R-FM04.avi; X; A:2.500000; V:2.500000; D:2.500000 ; N:3.000000;
amt-02; Sad; Sad; A:1; V:2; D:2; N:3;
"""


def msp_improv(root: Path, *, spelling="Evalution.txt", audio="Audio") -> Path:
    release = root / "MSP-IMPROV"
    release.mkdir(parents=True)
    (release / spelling).write_text(IMPROV_LABELS.replace("\n", "\r\n"))
    spoken = release / "Human_transcriptions" / "All_human_transcriptions"
    for line in IMPROV_LABELS.splitlines():
        if not line.startswith("UTD-"):
            continue
        name = line.partition(".avi")[0].replace("UTD-", "MSP-")
        _, _, sentence, owner, kind, _ = name.split("-")
        folder = release / audio / f"session{int(owner[1:])}" / sentence / kind
        clip(folder / f"{name}.wav")
        # Two layouts, and an empty file.
        inner = spoken / f"session{int(owner[1:])}" if kind == "S" else spoken
        inner.mkdir(parents=True, exist_ok=True)
        text = "" if kind == "T" else f"Words of\n{name}. "
        (inner / f"{name}.txt").write_text(text)
    return release


# ---- MSP-Podcast

PODCAST_ROWS = [
    # file, class, activation, valence, dominance, speaker, gender, part
    ("0001_0008", "N", "2.2", "4.0", "2.6", "30", "Male", "Test1"),
    ("0001_0019", "A", "5.5", "2.0", "5.0", "30", "Male", "Test2"),
    ("0002_0033", "H", "4.5", "6.0", "4.0", "7", "Female", "Train"),
    ("0002_0034_0001", "S", "2.0", "2.5", "3.0", "7", "Female", "Train"),
    ("0003_0001", "C", "3.0", "3.0", "4.5", "Unknown", "Unknown", "Train"),
    ("0003_0002", "X", "3.5", "3.5", "4.0", "Unknown", "Unknown", "Development"),
    ("0004_0100", "N", "3.0", "4.0", "4.0", "12", "Female", "Development"),
    ("0004_0101", "O", "4.0", "3.0", "4.0", "12", "Female", "Train"),
]
PODCAST_HEAD = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set"
_WORDS = {"N": "Neutral", "A": "Angry", "H": "Happy", "S": "Sad", "C": "Contempt"}


def podcast_details(code: str) -> list[str]:
    """What the raters of a turn said; the last in words of their own."""
    word = _WORDS.get(code, "Other-curious; half amused")
    return [
        f"WORKER0000001; {word}; {word},Confused; A:1.000000; V:4.000000; D:1.000000;",
        f"WORKER0000002; {word}; ; A:2.000000; V:5.000000; D:2.000000;",
        "WORKER0000003; Other-curious; ; A:3.000000; V:6.000000; D:3.000000;",
    ]


def msp_podcast(
    root: Path,
    *,
    labels="Labels",
    consensus="labels_consensus.csv",
    dev="Development",
    audio="Audios",
    partitions="Partitions.txt",
    detailed="1.12",
    missing=(),
) -> Path:
    """A release; None for a name leaves that file out."""
    release = root / "MSP-Podcast"
    folder = release / labels
    folder.mkdir(parents=True)
    rows = [
        (f"MSP-PODCAST_{r[0]}.wav", *r[1:7], r[7].replace("Development", dev))
        for r in PODCAST_ROWS
    ]
    if consensus is not None:
        lines = [PODCAST_HEAD, *(",".join(row) for row in rows)]
        (folder / consensus).write_text("\n".join(lines) + "\n")
    text = ""
    for row in rows:
        text += f"{row[0]}; {row[1]}; A:{row[2]}; V:{row[3]}; D:{row[4]};\n"
        text += "\n".join(podcast_details(row[1])) + "\n\n"
    (folder / "labels.txt").write_text(text)
    _podcast_detailed(folder, rows, detailed)
    if partitions is not None:
        parts = [f"{row[7]}; {row[0]}" for row in rows]
        # The third test part, whose labels are hidden.
        parts.append("Test3; MSP-PODCAST_9999_0001.wav")
        (release / partitions).write_text("\n".join(parts) + "\n")
    speakers = ["Speaker_30; Male", "Speaker_7; Female", "Speaker_12; Female", ""]
    speakers += [f"{row[0]}; {row[5]}" for row in rows]
    (release / "Speaker_ids.txt").write_text("\n".join(speakers) + "\n")
    (release / "Transcripts").mkdir()
    for row in rows:
        name = row[0].removesuffix(".wav")
        if name not in missing:
            clip(release / audio / row[0])
        (release / "Transcripts" / f"{name}.txt").write_text(f" Said in {name}.\n")
    clip(release / audio / "MSP-PODCAST_9999_0001.wav")
    return release


def _podcast_detailed(folder: Path, rows: list, version: str | None) -> None:
    if version is None:
        return
    lines = ["FileName,EmoDetail"]
    if version != "1.12":
        worker = {"1.6": "Workers", "2.0": "WorkerID"}[version]
        lines = [f"FileName,{worker},EmoClass_Major,EmoClass_Second,EmoAct,EmoVal,EmoDom"]
    for name, code, *_ in rows:
        for detail in podcast_details(code):
            if version == "1.12":
                lines.append(f'{name},"{detail}"')
                continue
            who, rest = detail.split("; ", 1)
            rest, a, v, d = rest.rstrip(";").rsplit("; ", 3)
            major, second = rest.rsplit("; ", 1) if "; " in rest else (rest.rstrip(";"), "")
            values = ",".join(value[2:] for value in (a, v, d))
            lines.append(f'{name},{who},"{major}","{second}",{values}')
    (folder / "labels_detailed.csv").write_text("\n".join(lines) + "\n")


# ---- EmoDB and nEMO

EMODB_CLIPS = ("03a01Fa", "03a01Nc", "08b10Wa", "09a07La", "10b03Ed", "16a05Aa", "16b01Tb")


def emodb(root: Path) -> Path:
    """The original release: clips in ``wav``, other folders next to it."""
    for name in EMODB_CLIPS:
        clip(root / "EmoDB" / "wav" / f"{name}.wav")
    (root / "EmoDB" / "lablaut").mkdir()
    (root / "EmoDB" / "lablaut" / "03a01Fa.lablaut").write_text("signal 03a01Fa")
    (root / "EmoDB" / "wav" / "._03a01Fa.wav").write_bytes(b"\x00\x05")
    return root / "EmoDB"


NEMO_HEAD = "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage"
NEMO_ROWS = [
    'EB0_anger_13.wav\tanger\t"Tak", rzekł.\ttak rzekł\tEB0\tfemale\t27',
    "EB0_surprised_14.wav\tsurprised\tŻółć.\tżółć\tEB0\tfemale\t27",
    "KS0_neutral_13.wav\tneutral\tTak.\ttak\tKS0\tmale\t31",
    "KS0_fear_2.wav\tfear\tNie.\tnie\tKS0\tmale\t31",
]


def nemo(root: Path, rows=NEMO_ROWS, head=NEMO_HEAD) -> Path:
    corpus = root / "nEMO"
    corpus.mkdir(parents=True)
    (corpus / "data.tsv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    for row in NEMO_ROWS:
        clip(corpus / "samples" / row.partition("\t")[0])
    return corpus
