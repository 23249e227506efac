"""IEMOCAP."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skmiaug.datasets.corpora._corpus import (
    AUDIO_SUFFIXES,
    FOUR,
    Corpus,
    attach_audio,
    corpus_folder,
    decode,
    index_tree,
    keep_targeted,
    need_entry,
    raters_table,
    same,
    spoken_emotions,
)
from skmiaug.datasets.manifest import make_frame, text_lines
from skmiaug.exceptions import FileFormatError

CODES: dict[str, str | None] = {
    "ang": "anger",
    "hap": "happiness",
    "sad": "sadness",
    "neu": "neutral",
    "exc": "excitement",
    "fru": "frustration",
    "fea": "fear",
    "sur": "surprise",
    "dis": "disgust",
    "oth": "other",
    "xxx": None,
}
LABEL_SETS: dict[str, Mapping[str, str]] = {
    "4class": FOUR | {"excitement": "happiness"},
    "4class-happiness-only": FOUR,
    "5class": FOUR | same("frustration") | {"excitement": "happiness"},
    "6class": FOUR | same("excitement", "frustration"),
}
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_UTTERANCE = re.compile(
    rf"\[{_NUMBER} - {_NUMBER}\]\s+(\S+)\s+(\w+)\s+\[{_NUMBER}, {_NUMBER}, {_NUMBER}\]\s*"
)
_RATER = re.compile(r"([CA])-([A-Za-z]+\d*):\s*(.*)")
# Lines that are one of these must be in their form; others go on with a remark.
_LIKE_UTTERANCE = re.compile(r"^\[|Ses\d\d[FM]_")
_LIKE_RATER = re.compile(r"\w-[EFM]\d", re.IGNORECASE)
_RATING = {name: re.compile(rf"\b{name}\s+{_NUMBER}") for name in ("val", "act", "dom")}
_TURN = re.compile(r"(Ses\d\d[FM]_\w+_[FM]\d{3}) \[[^\]]*\]:\s*(.*)")
_ID = re.compile(r"Ses(\d\d)[FM]_(impro|script)\w*_([FM])\d{3}")
DESCRIPTION = """\
IEMOCAP: dyadic acted dialogs, scripted and improvised, of 10 speakers in 5 sessions.
Valence, activation and dominance from 1 to 5, means over the raters. `dialog_start` and
`dialog_end` are the seconds of the utterance in its dialog. Busso et al., "IEMOCAP:
interactive emotional dyadic motion capture database", LREV 42, 2008.
"""
CORPUS = Corpus("IEMOCAP", "session", LABEL_SETS, DESCRIPTION)


def load_iemocap(
    path: str | os.PathLike[str],
    *,
    labels: str | Mapping[str, str | int] = "4class",
    min_agreement: float | None = None,
    target: str = "class",
    sessions: int | Sequence[int] = (1, 2, 3, 4, 5),
    audio: bool = True,
    max_missing_audio: int | None = 0,
) -> Bunch:
    """Load IEMOCAP from the folder of its release.

    Parameters
    ----------
    path : path-like
        ``IEMOCAP_full_release``, or the folder that holds it.
    labels : str or mapping, default="4class"
        "4class" (anger, happiness with excitement merged into it, neutral, sadness: the
        5,531 utterances of the literature), "4class-happiness-only" (excitement left
        out), "5class" (with frustration), "6class" (happiness and excitement apart, and
        frustration), "all" (every utterance; those without agreement have no emotion), or
        a mapping from emotion to class, whose other rows are dropped.
    min_agreement : float, default=None
        Least share of the raters who chose the class, after merging; self-ratings do not
        count. 1 asks for unanimity; None takes the release's majority label.
    target : {"class", "votes", "attributes"}, default="class"
        "votes": the raters' votes for each class, a DataFrame; rows without a consensus
        are kept, those without votes for any of the `labels` are left out. Each rater has
        one vote, divided equally among the classes that he chose; self-ratings do not
        count. "attributes": valence, activation and dominance of all rows that have them.
    sessions : int or sequence of int, default=(1, 2, 3, 4, 5)
        Sessions to read; each must be there.
    audio : bool, default=True
        Whether to look for the audio files.
    max_missing_audio : int or None, default=0
        How many audio files may be missing: their rows are left out with a warning. None
        allows any number.

    Returns
    -------
    data : Bunch
        ``frame`` (the manifest as a table, see `Manifest`, and the columns
        ``dialog_start``, ``dialog_end``, ``style`` and ``agreement``), ``manifest``,
        ``classes``, ``target`` (an array of the classes, or a DataFrame of votes or
        attributes), ``raters`` (a row for each rater and utterance: ``id``, ``rater``,
        ``is_self``, ``emotion`` with several names joined by commas, ``valence``,
        ``activation``, ``dominance``), ``protocol`` and ``DESCR``.

    Raises
    ------
    FileFormatError
        A folder or audio file is missing, or a line is broken or holds an unknown code;
        names the file and line.
    ValueError
        `labels`, `min_agreement` or `target` is none of the above.

    See Also
    --------
    LeaveOneSessionOut : Folds of the corpus.
    Manifest.from_csv : The same for recordings of your own.

    Examples
    --------
    >>> from skmiaug.datasets import load_iemocap
    >>> data = load_iemocap("IEMOCAP_full_release")  # doctest: +SKIP
    >>> data.frame[["path", "emotion", "speaker"]], data.target  # doctest: +SKIP
    """
    mapping = CORPUS.resolve(labels, target, min_agreement)
    root = corpus_folder(path, "IEMOCAP", "IEMOCAP_full_release")
    rows: list[dict[str, Any]] = []
    ratings: list[dict[str, Any]] = []
    files: dict[str, str] = {}
    for session in np.atleast_1d(sessions):
        folder = need_entry(root, [f"Session{session}"], "IEMOCAP")
        _read_session(folder, session, rows, ratings)
        if audio:
            wav = need_entry(folder / "sentences", ["wav"], "IEMOCAP")
            files |= index_tree(wav, AUDIO_SUFFIXES)
    if not rows:
        raise FileFormatError(f"IEMOCAP: expected utterances in {str(root)!r}; none found.")
    raters = _raters(ratings)
    frame = make_frame(pd.DataFrame(rows))
    frame, y = keep_targeted(frame, raters, mapping, min_agreement, target)
    if audio:
        frame = attach_audio(frame, files, max_missing_audio, "IEMOCAP")
    return CORPUS.bunch(frame, root, target=y, raters=raters)


def _read_session(
    folder: Path, session: int, rows: list[dict[str, Any]], ratings: list[dict[str, Any]]
) -> None:
    dialogs = need_entry(folder / "dialog", ["EmoEvaluation"], "IEMOCAP")
    spoken = _transcripts(need_entry(folder / "dialog", ["transcriptions"], "IEMOCAP"))
    files = _text_files(dialogs)
    if not files:
        raise FileFormatError(
            f"IEMOCAP: expected the label files of session {session} (Ses0{session}*.txt) "
            f"in {str(dialogs)!r}; there are none."
        )
    for file in files:
        for row in _read_dialog(file, ratings):
            rows.append(row | {"transcript": spoken.get(row["id"])})


def _text_files(folder: Path) -> list[Path]:
    """The label files, without those of each rater in the folders below."""
    return sorted(folder.glob("Ses*.txt"))


def _read_dialog(file: Path, ratings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    current: str | None = None
    for number, line in enumerate(_lines(file), start=1):
        where = f"{file}, line {number}"
        found = _RATER.match(line)
        if found is not None and current is not None:
            ratings.append(_rating(current, *found.groups()))
        elif found is not None or _LIKE_RATER.match(line):
            raise FileFormatError(
                f"{where}: expected the rating of the utterance above, 'C-E1: emotion; "
                f"(remark)' or 'A-E1: val 3; act 3; dom 3; (remark)'; got {line[:120]!r}."
            )
        elif _LIKE_UTTERANCE.search(line) and not line.startswith("%"):
            row = _utterance(line, where)
            current = row["id"]
            yield row


def _lines(file: Path) -> list[str]:
    """The lines of a file without spaces around them."""
    return [line.strip(" \t") for line in text_lines(file, "latin-1")]


def _utterance(line: str, where: str) -> dict[str, Any]:
    found = _UTTERANCE.fullmatch(line)
    name = _ID.fullmatch(found[3]) if found else None
    if found is None or name is None:
        raise FileFormatError(
            f"{where}: expected '[start - end] Ses..._F000 code [valence, activation, "
            f"dominance]'; got {line[:120]!r}."
        )
    start, end, utterance, code, valence, activation, dominance = found.groups()
    return {
        "id": utterance,
        "emotion": decode(code, CODES, where),
        "valence": float(valence),
        "activation": float(activation),
        "dominance": float(dominance),
        # The letter of the dialog is that of the actor with the markers.
        "speaker": f"Ses{name[1]}{name[3]}",
        "gender": {"F": "female", "M": "male"}[name[3]],
        "session": str(int(name[1])),
        "dialog": utterance.rsplit("_", 1)[0],
        "dialog_start": float(start),
        "dialog_end": float(end),
        "style": {"impro": "improvised", "script": "scripted"}[name[2]],
    }


def _rating(utterance: str, kind: str, rater: str, text: str) -> dict[str, Any]:
    row = {"id": utterance, "rater": rater, "is_self": rater[0] in "FM"}
    if kind == "C":
        # "Anger; Frustration;  (a remark)": the remark is free text.
        chosen = text.rpartition(";")[0] if "(" not in text else text[: text.index("(")]
        return row | {"emotion": spoken_emotions(chosen.split(";"))}
    values = {name: pattern.search(text) for name, pattern in _RATING.items()}
    numbers = [float(v[1]) if v else np.nan for v in values.values()]
    return row | dict(zip(("valence", "activation", "dominance"), numbers, strict=True))


def _raters(ratings: list[dict[str, Any]]) -> pd.DataFrame:
    """One row for each rater and utterance: the two lines of a rater belong together."""
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for rating in ratings:
        merged.setdefault((rating["id"], rating["rater"]), {}).update(rating)
    return raters_table(merged.values(), ("valence", "activation", "dominance"))


def _transcripts(folder: Path) -> dict[str, str]:
    """Turns by id. Lines of others ("..._FXX0", remarks) are no utterance and left out."""
    spoken: dict[str, str] = {}
    for file in _text_files(folder):
        for line in _lines(file):
            found = _TURN.match(line)
            if found and found[2].strip():
                spoken.setdefault(found[1], found[2].strip())
    return spoken
