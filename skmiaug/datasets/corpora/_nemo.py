"""nEMO."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skmiaug.datasets.corpora._corpus import (
    FOUR,
    Corpus,
    corpus_folder,
    decode,
    keep_labelled,
    need_entry,
    same,
)
from skmiaug.datasets.manifest import listed, make_frame, safe_relative, text_lines
from skmiaug.exceptions import FileFormatError

# The corpus writes "surprised"; the name here is that of the other corpora.
CODES: dict[str, str | None] = {
    "anger": "anger",
    "fear": "fear",
    "happiness": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprised": "surprise",
}
LABEL_SETS: dict[str, Mapping[str, str]] = {
    "6class": same("anger", "fear", "happiness", "neutral", "sadness", "surprise"),
    "4class": FOUR,
}
_NEEDED = ("file_id", "emotion", "raw_text", "speaker_id", "gender", "age")
DESCRIPTION = """\
nEMO: Polish sentences spoken by nine actors in six emotions, CC BY-NC-SA 4.0. Christop,
"nEMO: Dataset of Emotional Speech in Polish", LREC-COLING 2024.
"""
CORPUS = Corpus("nEMO", "speaker", LABEL_SETS, DESCRIPTION)


def load_nemo(
    path: str | os.PathLike[str], *, labels: str | Mapping[str, str | int] = "6class"
) -> Bunch:
    """Load nEMO from the folder with ``data.tsv`` and ``samples``.

    Parameters
    ----------
    path : path-like
        That folder. ``data.tsv`` may list a part of the corpus.
    labels : str or mapping, default="6class"
        "6class" (anger, fear, happiness, neutral, sadness, surprise), "4class" (anger,
        happiness, neutral, sadness), "all", or a mapping from emotion to class, whose
        other rows are dropped.

    Returns
    -------
    data : Bunch
        As of `load_iemocap`, without raters; the frame has the column ``age`` (years)
        in addition. ``sentence`` is the number of the sentence.

    Raises
    ------
    FileFormatError
        A file or column is missing, a line is not UTF-8 or has another number of fields,
        an emotion is unknown, or a file name leads out of ``samples``; names the line.
    ValueError
        `labels` is none of the above.

    See Also
    --------
    LeaveOneSpeakerOut : Folds of the corpus.
    Manifest.from_csv : The same for recordings of your own.

    Examples
    --------
    >>> from skmiaug.datasets import load_nemo
    >>> data = load_nemo("nEMO")  # doctest: +SKIP
    >>> data.frame[["path", "emotion", "speaker"]], data.target  # doctest: +SKIP
    """
    mapping = CORPUS.resolve(labels)
    root = corpus_folder(path, "nEMO")
    samples = need_entry(root, ["samples"], "nEMO")
    rows = _read(need_entry(root, ["data.tsv"], "nEMO"), samples)
    missing = [row["id"] for row in rows if not os.path.isfile(row["path"])]
    if missing:
        raise FileFormatError(
            f"nEMO: expected an audio file for each row of data.tsv; {len(missing)} of "
            f"{len(rows)} are not in {str(samples)!r}: {listed(missing)}."
        )
    return CORPUS.bunch(keep_labelled(make_frame(pd.DataFrame(rows)), mapping), root)


def _read(file: Path, samples: Path) -> list[dict[str, Any]]:
    # Not a CSV reader: a quotation mark in a transcript does not start a field.
    lines = [line.split("\t") for line in text_lines(file, "utf-8-sig")]
    head = lines[0]
    absent = [name for name in _NEEDED if name not in head]
    if absent:
        raise FileFormatError(
            f"{file}: expected the columns {', '.join(_NEEDED)}; missing are "
            f"{', '.join(absent)}."
        )
    rows = [
        _row(head, fields, samples, f"{file}, line {number}")
        for number, fields in enumerate(lines[1:], start=2)
        if fields != [""]
    ]
    if not rows:
        raise FileFormatError(f"{file}: expected rows below the head; there are none.")
    return rows


def _row(head: list[str], fields: list[str], samples: Path, where: str) -> dict[str, Any]:
    if len(fields) != len(head):
        raise FileFormatError(
            f"{where}: expected as many fields as the head has, {len(head)}, with tabs "
            f"between them; got {len(fields)}."
        )
    row = dict(zip(head, fields, strict=True))
    name = safe_relative(row["file_id"], where)
    stem = os.path.splitext(name)[0]
    age = row["age"]
    return {
        "id": stem,
        "path": os.path.join(samples, name),
        "transcript": row["raw_text"] or None,
        "emotion": decode(row["emotion"], CODES, where),
        "speaker": row["speaker_id"],
        "gender": row["gender"] or None,
        "sentence": stem.rsplit("_", 1)[-1],
        "age": float(age) if age.isdecimal() else np.nan,
    }
