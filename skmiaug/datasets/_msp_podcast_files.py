"""The label files of MSP-Podcast, each as a table of text."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from skmiaug.datasets._files import find_entry, lines_of, read_text
from skmiaug.exceptions import FileFormatError

# The columns of labels_consensus.csv.
COLUMNS = (
    "FileName",
    "EmoClass",
    "EmoAct",
    "EmoVal",
    "EmoDom",
    "SpkrID",
    "Gender",
    "Split_Set",
)
_TURN = re.compile(
    r"(MSP-PODCAST\S+\.wav); *([^;\s]+); *A:([^;\s]+); *V:([^;\s]+); *D:([^;\s]+) *(;|$)"
)


def read_table(file: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """A CSV file as text, with at least these columns.

    Raises
    ------
    FileFormatError
        It is no CSV, or a column is missing.
    """
    try:
        # As plain Python text: faster to go through than Arrow's.
        table = pd.read_csv(file, dtype=object, encoding="utf-8-sig", keep_default_na=False)
    except (ValueError, OSError) as error:  # ParserError and UnicodeDecodeError too
        reason = str(error).strip().splitlines() or ["no reason given"]
        raise FileFormatError(f"{file}: expected a CSV table; {reason[0]}.") from error
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise FileFormatError(
            f"{file}: expected the columns {', '.join(needed)}; missing are "
            f"{', '.join(missing)}."
        )
    if not len(table):
        raise FileFormatError(f"{file}: expected rows below the head; there are none.")
    return table


def read_consensus(file: Path) -> pd.DataFrame:
    """``labels_consensus.csv``; empty fields are None.

    Raises
    ------
    FileFormatError
        A column is missing, or a row has no label, split or name.
    """
    # Space around a value is no part of it: a speaker of two spellings would be two.
    table = read_table(file, COLUMNS)[list(COLUMNS)].apply(
        lambda column: column.str.strip()
    )
    for name in ("FileName", "EmoClass", "Split_Set"):
        empty = table[name] == ""
        if empty.any():
            row = int(empty.to_numpy().nonzero()[0][0])
            raise FileFormatError(
                f"{file}, line {row + 2}: expected {name} to be filled in; it is empty."
            )
    return table.where(table != "", None)


def read_partitions(file: Path) -> dict[str, str]:
    """``Partitions.txt``: lines of "Train; MSP-PODCAST_0001_0008.wav".

    Raises
    ------
    FileFormatError
        A line is of another form, or lists a file in another part than one before.
    """
    parts: dict[str, str] = {}
    for number, line in enumerate(lines_of(read_text(file)), start=1):
        part, _, rest = line.partition(";")
        name = rest.rstrip("; ").lstrip()
        if not line.strip():
            continue
        if not name.endswith(".wav"):
            raise FileFormatError(
                f"{file}, line {number}: expected 'Train; MSP-PODCAST_0001_0008.wav'; got "
                f"{line[:120]!r}."
            )
        part = part.strip()
        if parts.setdefault(name, part).lower() != part.lower():
            raise FileFormatError(
                f"{file}, line {number}: expected each file in one part; {name} is in "
                f"{parts[name]!r} above and in {part!r} here."
            )
    return parts


def read_speakers(root: Path) -> dict[str, tuple[str, str | None]]:
    """``Speaker_ids.txt``: speaker and gender by file; nothing where it is absent."""
    file = find_entry(root, ["Speaker_ids.txt"])
    if file is None:
        return {}
    genders: dict[str, str] = {}
    speakers: dict[str, str] = {}
    for line in lines_of(read_text(file)):
        name, _, value = (part.strip() for part in line.partition(";"))
        if name.endswith(".wav"):
            speakers[name] = value
        elif name.startswith("Speaker_"):
            genders[name.removeprefix("Speaker_")] = value
    return {name: (who, genders.get(who)) for name, who in speakers.items()}


def label_lines(file: Path) -> Iterator[tuple[int, tuple[str, ...], str | None]]:
    """The lines of ``labels.txt``: a turn, its raters below it, then the next turn.

    Yields
    ------
    number : int
        Of the line, counted from 1.
    turn : tuple of str
        The first five of `COLUMNS`, of this turn or of the one that was rated.
    rating : str or None
        None on the line of the turn itself.

    Raises
    ------
    FileFormatError
        A line names a file and is no turn, or stands before the first turn.
    """
    turn: tuple[str, ...] = ()
    for number, line in enumerate(lines_of(read_text(file)), start=1):
        line = line.strip()
        if not line:
            continue
        names_a_file = ".wav" in line.partition(";")[0] or line.startswith("MSP-PODCAST")
        found = _TURN.match(line)
        if found is not None:
            turn = found.groups()[:5]
        elif names_a_file or not turn:
            raise FileFormatError(
                f"{file}, line {number}: expected a turn, 'MSP-PODCAST_0001_0008.wav; N; "
                f"A:..; V:..; D:..;'; got {line[:120]!r}."
            )
        yield number, turn, None if found is not None else line


def numbers_of(table: pd.DataFrame, column: str, where: str) -> np.ndarray:
    """A column of text as numbers; what is missing, empty or "NaN" is NaN.

    Parameters
    ----------
    table : DataFrame
        With the column, and ``FileName``.
    column : str
    where : str
        What an error begins with.

    Raises
    ------
    FileFormatError
        Something else stands there; names the file.
    """
    text = table[column].str.strip().str.lower()
    values = pd.to_numeric(text, errors="coerce")
    broken = (values.isna() & text.notna() & ~text.isin(["", "nan"])).to_numpy(dtype=bool)
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise FileFormatError(
            f"{where}: expected a number in {column}; {table['FileName'].iloc[row]} has "
            f"{table[column].iloc[row]!r}."
        )
    return values.to_numpy(dtype=np.float64)


def read_label_text(
    file: Path,
    parts: Mapping[str, str],
    speakers: Mapping[str, tuple[str, str | None]],
) -> pd.DataFrame:
    """``labels.txt`` with partitions and speakers, as `read_consensus` gives it.

    Raises
    ------
    FileFormatError
        No turn stands there, one is broken, or one has no partition.
    """
    turns = [turn for _, turn, rating in label_lines(file) if rating is None]
    if not turns:
        raise FileFormatError(
            f"{file}: expected turns 'MSP-PODCAST_0001_0008.wav; N; A:..; V:..; D:..;'; "
            "there are none."
        )
    table = pd.DataFrame(turns, columns=list(COLUMNS[:5]), dtype=object)
    lost = [name for name in table["FileName"] if name not in parts]
    if lost:
        raise FileFormatError(
            f"{file}: expected a partition for every turn; {len(lost)} have none, the "
            f"first of them {lost[0]}."
        )
    who = [speakers.get(name, (None, None)) for name in table["FileName"]]
    table["SpkrID"] = pd.Series([one for one, _ in who], dtype=object)
    table["Gender"] = pd.Series([gender for _, gender in who], dtype=object)
    table["Split_Set"] = [parts[name] for name in table["FileName"]]
    return table
