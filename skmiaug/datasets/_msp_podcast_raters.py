"""The raters of MSP-Podcast, in whichever of its four formats the release has."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skmiaug.datasets._files import find_entry
from skmiaug.datasets._msp_podcast_files import label_lines, numbers_of, read_table
from skmiaug.exceptions import FileFormatError

_SPOKEN = {
    "angry": "anger",
    "sad": "sadness",
    "happy": "happiness",
    "surprise": "surprise",
    "fear": "fear",
    "disgust": "disgust",
    "contempt": "contempt",
    "neutral": "neutral",
}
# worker; emotion; other emotions; A:1.0; V:4.0; D:1.0;
_DETAIL = (
    r"^(?P<rater>[^;]+); *(?P<emotion>.*?); *(?P<secondary>.*); *A:(?P<activation>[^;]*)"
    r"; *V:(?P<valence>[^;]*); *D:(?P<dominance>[^;]*);?\s*$"
)
# Releases with separate columns: 1.6 names the rater Workers, 2.0 WorkerID.
_SEPARATE = {
    "EmoClass_Major": "emotion",
    "EmoClass_Second": "secondary",
    "EmoAct": "activation",
    "EmoVal": "valence",
    "EmoDom": "dominance",
}
COLUMNS = (
    "id",
    "rater",
    "is_self",
    "emotion",
    "secondary",
    "valence",
    "activation",
    "dominance",
)


def read_raters(folder: Path) -> pd.DataFrame:
    """Raters from ``labels_detailed.csv``, or from ``labels.txt`` where it is absent.

    Returns
    -------
    raters : DataFrame
        With the columns of `COLUMNS`; an emotion in the rater's own words is "other".

    Raises
    ------
    FileFormatError
        Neither file is there, its format is unknown, or a line is broken.
    """
    detailed = find_entry(folder, ["labels_detailed.csv"])
    if detailed is not None:
        return _finish(_from_csv(detailed), detailed)
    text = find_entry(folder, ["labels.txt"])
    if text is None:
        raise FileFormatError(
            f"MSP-Podcast: expected labels_detailed.csv or labels.txt in {str(folder)!r} "
            "for the raters; neither is there."
        )
    return _finish(_from_text(text), text)


def _from_csv(file: Path) -> pd.DataFrame:
    table = read_table(file, ("FileName",))
    if "EmoDetail" in table.columns:
        numbers = range(2, len(table) + 2)
        parsed = _parsed(table["EmoDetail"], file, numbers)
        return parsed.assign(FileName=table["FileName"])
    worker = next((n for n in ("WorkerID", "Workers") if n in table.columns), None)
    if worker is None or not set(_SEPARATE) <= set(table.columns):
        raise FileFormatError(
            f"{file}: expected EmoDetail, or WorkerID (or Workers) and "
            f"{', '.join(_SEPARATE)}; got the columns {', '.join(table.columns[:12])}."
        )
    names = {"FileName": "FileName", worker: "rater", **_SEPARATE}
    return table[list(names)].rename(columns=names)


def _from_text(file: Path) -> pd.DataFrame:
    rated = [line for line in label_lines(file) if line[2] is not None]
    numbers, turns, ratings = zip(*rated, strict=True) if rated else ((), (), ())
    parsed = _parsed(pd.Series(ratings, dtype=object), file, numbers)
    return parsed.assign(FileName=[turn[0] for turn in turns])


def _parsed(ratings: pd.Series, file: Path, numbers: Sequence[int]) -> pd.DataFrame:
    """Ratings as columns; `numbers` are those of their lines."""
    parsed = ratings.str.extract(_DETAIL)
    broken = parsed["rater"].isna().to_numpy()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise FileFormatError(
            f"{file}, line {numbers[row]}: expected 'WORKER..; emotion; others; "
            f"A:..; V:..; D:..;'; got {ratings.iloc[row][:120]!r}."
        )
    return parsed


def _finish(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    words = table["emotion"].str.strip().str.lower()
    emotions = words.map(_SPOKEN).astype(object)
    emotions = emotions.where(emotions.notna(), "other").where(words != "", None)
    made = pd.DataFrame(
        {
            "id": table["FileName"].str.strip().str.removesuffix(".wav").astype(object),
            "rater": table["rater"].str.strip().astype(object),
            "is_self": False,
            "emotion": emotions,
            "secondary": table["secondary"].str.strip().astype(object),
        }
    )
    for name in ("valence", "activation", "dominance"):
        made[name] = numbers_of(table, name, str(file))
    # A rater who is listed twice for a turn counts once.
    return made.drop_duplicates(["id", "rater"]).reset_index(drop=True)[list(COLUMNS)]
