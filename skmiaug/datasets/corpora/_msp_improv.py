"""MSP-IMPROV."""

import os
import re
from collections.abc import Mapping
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
    find_entry,
    index_tree,
    keep_targeted,
    need_entry,
    raters_table,
    spoken_emotions,
)
from skmiaug.datasets.manifest import as_text, make_frame, read_text, text_lines
from skmiaug.exceptions import FileFormatError

CODES: dict[str, str | None] = {
    "A": "anger",
    "H": "happiness",
    "S": "sadness",
    "N": "neutral",
    "O": "other",
    "X": None,
}
LABEL_SETS: dict[str, Mapping[str, str]] = {"4class": FOUR}
_TURN = re.compile(r"UTD-(IMPROV-S(\d\d)[A-Z]-[FM](\d\d)-([A-Z])-([FM])[FM]\d+)\.avi")
_VALUE = re.compile(r"([AVDN])\s*:\s*(\S*)")
_NUMBERS = {"A": "activation", "V": "valence", "D": "dominance", "N": "naturalness"}
DESCRIPTION = """\
MSP-IMPROV: dyadic improvisations of 12 actors in 6 sessions, target sentences and the
spontaneous talk around them. Valence, activation and dominance from 1 to 5, means over
the raters. `scenario` is the kind of recording (S, P, T or R); `sentence` is the target
sentence of the scenario. Busso et al., "MSP-IMPROV: an acted corpus of dyadic interactions
to study emotion perception", IEEE TAC 8, 2017.
"""
CORPUS = Corpus("MSP-IMPROV", "session", LABEL_SETS, DESCRIPTION)


def load_msp_improv(
    path: str | os.PathLike[str],
    *,
    labels: str | Mapping[str, str | int] = "4class",
    min_agreement: float | None = None,
    target: str = "class",
    audio: bool = True,
    max_missing_audio: int | None = 0,
) -> Bunch:
    """Load MSP-IMPROV from the folder of its release.

    Parameters
    ----------
    path : path-like
        Folder with ``Evalution.txt`` (so spelled in the release; ``Evaluation.txt`` is
        taken too), the sessions' audio and, if there are any, the transcripts.
    labels : str or mapping, default="4class"
        "4class" (anger, happiness, neutral, sadness), "all" (every turn; those without
        agreement have no emotion), or a mapping from emotion to class, whose other rows
        are dropped.
    min_agreement : float, default=None
        Least share of the raters who chose the class. None takes the release's label.
    target : {"class", "votes", "attributes"}, default="class"
        As of `load_iemocap`.
    audio : bool, default=True
        Whether to look for the audio files.
    max_missing_audio : int or None, default=0
        As of `load_iemocap`.

    Returns
    -------
    data : Bunch
        As of `load_iemocap`; the frame has the columns ``naturalness`` (1 to 5, NaN where
        it was not rated), ``scenario`` and ``agreement`` in addition. The emotion that the
        actors were asked for is part of the id only: it is neither a label nor a feature.

    Raises
    ------
    FileFormatError
        A file is missing, or a line is broken or holds an unknown code; names the file
        and line.
    ValueError
        `labels`, `min_agreement` or `target` is none of the above.

    See Also
    --------
    LeaveOneSessionOut : Folds of the corpus.
    Manifest.from_csv : The same for recordings of your own.

    Examples
    --------
    >>> from skmiaug.datasets import load_msp_improv
    >>> data = load_msp_improv("MSP-IMPROV")  # doctest: +SKIP
    >>> data.frame[["path", "emotion", "speaker"]], data.target  # doctest: +SKIP
    """
    mapping = CORPUS.resolve(labels, target, min_agreement)
    root = corpus_folder(path, "MSP-IMPROV")
    names = ["Evalution.txt", "Evaluation.txt"]
    rows, ratings = _read_labels(need_entry(root, names, "MSP-IMPROV"))
    spoken = _transcripts(root)
    raters = raters_table(ratings, tuple(_NUMBERS.values()), "secondary")
    frame = make_frame(pd.DataFrame(rows))
    frame["transcript"] = as_text(spoken.get(name) for name in frame["id"])
    frame, y = keep_targeted(frame, raters, mapping, min_agreement, target)
    if audio:
        files = index_tree(find_entry(root, ["Audio"]) or root, AUDIO_SUFFIXES)
        frame = attach_audio(frame, files, max_missing_audio, "MSP-IMPROV")
    return CORPUS.bunch(frame, root, target=y, raters=raters)


def _read_labels(file: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Turns and ratings, from blocks of a turn and its raters with blank lines between."""
    rows: list[dict[str, Any]] = []
    ratings: dict[tuple[str, str], dict[str, Any]] = {}
    current: str | None = None
    for number, line in enumerate(text_lines(file), start=1):
        where = f"{file}, line {number}"
        fields = [field.strip() for field in line.split(";")]
        if not line.strip():
            current = None
        elif fields[0].startswith("UTD-"):
            rows.append(_turn(fields, where))
            current = rows[-1]["id"]
        elif current is not None:
            # A rater who is listed twice counts once.
            ratings.setdefault((current, fields[0]), _rating(current, fields, where))
        else:
            raise FileFormatError(
                f"{where}: expected a turn, 'UTD-IMPROV-....avi; code; A:..; V:..; D:..;'; "
                f"got {line[:120]!r}."
            )
    if not rows:
        raise FileFormatError(f"{file}: expected turns 'UTD-IMPROV-...'; there are none.")
    return rows, list(ratings.values())


def _turn(fields: list[str], where: str) -> dict[str, Any]:
    found = _TURN.fullmatch(fields[0])
    if found is None or len(fields) < 5:
        raise FileFormatError(
            f"{where}: expected 'UTD-IMPROV-S01A-F01-S-FM01.avi; code; A:..; V:..; D:..;'; "
            f"got {'; '.join(fields)[:120]!r}."
        )
    name, sentence, session, scenario, speaker = found.groups()
    return {
        "id": f"MSP-{name}",
        "emotion": decode(fields[1], CODES, where),
        # The first of the two letters speaks; the field before names the scenario's owner.
        "speaker": f"{speaker}{session}",
        "gender": {"F": "female", "M": "male"}[speaker],
        "session": str(int(session)),
        "dialog": "-".join(name.split("-")[1:3]),
        "sentence": sentence,
        "scenario": scenario,
        **_values(fields[2:], where, only=True),
    }


def _rating(turn: str, fields: list[str], where: str) -> dict[str, Any]:
    if len(fields) < 3:
        raise FileFormatError(
            f"{where}: expected 'rater; emotion; other emotions; A:..; V:..; D:..;'; got "
            f"{'; '.join(fields)[:120]!r}."
        )
    row = {"id": turn, "rater": fields[0], "is_self": False}
    chosen = spoken_emotions([fields[1]])
    return row | {"emotion": chosen, "secondary": fields[2], **_values(fields[3:], where)}


def _values(fields: list[str], where: str, *, only: bool = False) -> dict[str, float]:
    """Numbers by name; "NaN" and empty are NaN, and the naturalness may be absent.

    With `only` no other field is allowed; the words of a rater, which come before, may
    hold semicolons.
    """
    numbers: dict[str, float] = {}
    for field in fields:
        found = _VALUE.fullmatch(field)
        if found is not None:
            numbers[_NUMBERS[found[1]]] = _number(found[1], found[2], where)
        elif only and field:
            raise FileFormatError(
                f"{where}: expected 'A:..', 'V:..', 'D:..' or 'N:..' between semicolons; "
                f"got {field[:120]!r}."
            )
    missing = [name for name, long in _NUMBERS.items() if long not in numbers]
    if missing not in ([], ["N"]):
        raise FileFormatError(
            f"{where}: expected 'A:..; V:..; D:..;'; {', '.join(missing)} is not among "
            f"{'; '.join(fields)[:120]!r}."
        )
    return {"naturalness": np.nan} | numbers


def _number(name: str, text: str, where: str) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        raise FileFormatError(
            f"{where}: expected a number or NaN after {name!r}; got {text!r}."
        ) from None


def _transcripts(root: Path) -> dict[str, str]:
    """Texts by id, from all folders below; empty files are left out."""
    names = ["Human_transcriptions", "All_human_transcriptions"]
    folder = find_entry(root, names)
    if folder is None:
        return {}
    texts = {}
    for name, file in index_tree(folder, (".txt",)).items():
        text = " ".join(read_text(file).split())
        if text:
            texts[name.replace("UTD-", "MSP-", 1)] = text
    return texts
