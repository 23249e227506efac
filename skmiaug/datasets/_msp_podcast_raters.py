"""The raters of MSP-Podcast, in whichever of its four formats the release has."""

from pathlib import Path

import numpy as np
import pandas as pd

from skmiaug.datasets._files import find_entry, lines_of, read_text
from skmiaug.datasets._msp_podcast_files import read_table
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
        Neither file is there, or its format is unknown.
    """
    detailed = find_entry(folder, ["labels_detailed.csv"])
    if detailed is not None:
        return _finish(_from_csv(detailed))
    text = find_entry(folder, ["labels.txt"])
    if text is None:
        raise FileFormatError(
            f"MSP-Podcast: expected labels_detailed.csv or labels.txt in {str(folder)!r} "
            "for the raters; neither is there."
        )
    return _finish(_from_text(text))


def _from_csv(file: Path) -> pd.DataFrame:
    table = read_table(file, ("FileName",))
    if "EmoDetail" in table.columns:
        parsed = table["EmoDetail"].str.extract(_DETAIL)
        broken = parsed["rater"].isna().to_numpy()
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            raise FileFormatError(
                f"{file}, line {row + 2}: expected 'WORKER..; emotion; others; A:..; V:..; "
                f"D:..;'; got {table['EmoDetail'].iloc[row][:120]!r}."
            )
        return parsed.assign(file=table["FileName"])
    worker = next((n for n in ("WorkerID", "Workers") if n in table.columns), None)
    if worker is None or not set(_SEPARATE) <= set(table.columns):
        raise FileFormatError(
            f"{file}: expected EmoDetail, or WorkerID (or Workers) and "
            f"{', '.join(_SEPARATE)}; got the columns {', '.join(table.columns[:12])}."
        )
    names = {"FileName": "file", worker: "rater", **_SEPARATE}
    return table[list(names)].rename(columns=names)


def _from_text(file: Path) -> pd.DataFrame:
    files: list[str] = []
    lines: list[str] = []
    current: str | None = None
    for line in lines_of(read_text(file)):
        if line.startswith("MSP-PODCAST"):
            current = line.partition(";")[0].strip()
        elif line.startswith("WORKER") and current is not None:
            files.append(current)
            lines.append(line)
    parsed = pd.Series(lines, dtype=object).str.extract(_DETAIL)
    return parsed.assign(file=files).dropna(subset=["rater"])


def _finish(table: pd.DataFrame) -> pd.DataFrame:
    words = table["emotion"].str.strip().str.lower()
    emotions = words.map(_SPOKEN).astype(object)
    emotions = emotions.where(emotions.notna(), "other").where(words != "", None)
    made = pd.DataFrame(
        {
            "id": table["file"].str.strip().str.removesuffix(".wav").astype(object),
            "rater": table["rater"].str.strip().astype(object),
            "is_self": False,
            "emotion": emotions,
            "secondary": table["secondary"].str.strip().astype(object),
        }
    )
    for name in ("valence", "activation", "dominance"):
        made[name] = pd.to_numeric(table[name].str.strip(), errors="coerce").astype(float)
    # A rater who is listed twice for a turn counts once.
    return made.drop_duplicates(["id", "rater"]).reset_index(drop=True)[list(COLUMNS)]
