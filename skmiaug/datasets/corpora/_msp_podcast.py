"""MSP-Podcast."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    same,
    spoken_emotions,
)
from skmiaug.datasets.manifest import (
    as_text,
    known_speakers,
    listed,
    make_frame,
    read_csv,
    read_text,
    text_lines,
)
from skmiaug.exceptions import CorpusWarning, FileFormatError
from skmiaug.utils._fit import warn_caller

CODES: dict[str, str | None] = {
    "A": "anger",
    "S": "sadness",
    "H": "happiness",
    "U": "surprise",
    "F": "fear",
    "D": "disgust",
    "C": "contempt",
    "N": "neutral",
    "O": "other",
    "X": None,
}
LABEL_SETS: dict[str, Mapping[str, str]] = {
    "4class": FOUR,
    "8class": same(*[name for name in CODES.values() if name and name != "other"]),
}
SPLITS: dict[str, str | None] = {
    "train": "train",
    "dev": "dev",
    "validation": "dev",
    "development": "dev",
    "test1": "test1",
    "test2": "test2",
    "test3": "test3",
}
# The columns of labels_consensus.csv.
COLUMNS = (
    "FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID", "Gender", "Split_Set"
)  # fmt: skip
_TURN = re.compile(
    r"(MSP-PODCAST\S+\.wav); *([^;\s]+); *A:([^;\s]+); *V:([^;\s]+); *D:([^;\s]+) *(;|$)"
)
_TURN_FORM = "'MSP-PODCAST_0001_0008.wav; N; A:..; V:..; D:..;'"
_PARTITION_FORM = "'Train; MSP-PODCAST_0001_0008.wav'"
_DETAIL = ("rater", "emotion", "secondary", "activation", "valence", "dominance")
# Releases with separate columns: 1.6 names the rater Workers, 2.0 WorkerID.
_SEPARATE = {
    "EmoClass_Major": "emotion",
    "EmoClass_Second": "secondary",
    "EmoAct": "activation",
    "EmoVal": "valence",
    "EmoDom": "dominance",
}
# Release 2.0 lists one file that it does not hold; more than a few is an incomplete copy.
_MISSING_IN_RELEASES = 5
_FILE = re.compile(r"MSP-PODCAST_\d+_\d+(_\d+)?\.wav")
DESCRIPTION = """\
MSP-Podcast: turns of natural speech from podcasts, with crowdsourced labels. Valence,
activation and dominance from 1 to 7, means over the raters. The test parts share speakers
with each other, and with no other part where speakers are known. Lotfian & Busso,
"Building naturalistic emotionally balanced speech corpus by retrieving emotional speech
from existing podcast recordings", IEEE TAC 10, 2019.
"""
CORPUS = Corpus("MSP-Podcast", "official", LABEL_SETS, DESCRIPTION)


def load_msp_podcast(
    path: str | os.PathLike[str],
    *,
    labels: str | Mapping[str, str | int] = "4class",
    min_agreement: float | None = None,
    target: str = "class",
    raters: bool = False,
    transcripts: bool = False,
    audio: bool = True,
    max_missing_audio: int | None = _MISSING_IN_RELEASES,
) -> Bunch:
    """Load MSP-Podcast, releases 1.6 to 2.0, from the folder of a release.

    Parameters
    ----------
    path : path-like
        Folder with ``Labels`` (``label``, ``labels`` in some releases), ``Audios`` (or
        ``Audio``) and, if there are any, ``Transcripts``, ``Partitions.txt`` and
        ``Speaker_ids.txt``. Labels come from ``labels_consensus.csv`` (spelled
        ``labels_concensus.csv`` before 1.10) or else from ``labels.txt``.
    labels : str or mapping, default="4class"
        "4class" (anger, happiness, neutral, sadness), "8class" (with contempt, disgust,
        fear and surprise), "all" (every turn; those without agreement, and those of the
        third test part, whose labels are hidden, have no emotion), or a mapping from
        emotion to class, whose other rows are dropped.
    min_agreement : float, default=None
        Least share of the raters who chose the class; reads the raters. None takes the
        release's label.
    target : {"class", "votes", "attributes"}, default="class"
        As of `load_iemocap`; "votes" reads the raters.
    raters : bool, default=False
        Whether to read the raters, close to a million rows.
    transcripts : bool, default=False
        Whether to read the transcripts, a small file for each turn.
    audio : bool, default=True
        Whether to look for the audio files.
    max_missing_audio : int or None, default=5
        How many audio files may be missing: their rows are left out with a warning
        (release 2.0 lists one that it does not hold). None allows any number.

    Returns
    -------
    data : Bunch
        As of `load_iemocap`; ``split`` is "train", "dev", "test1", "test2" or "test3",
        ``speaker`` is None where it is not known ("Unknown", "-1" or empty in the
        release; `Manifest.groups` makes each such row a group of its own), ``podcast`` is
        its number, and ``raters`` is None unless they were read.

    Raises
    ------
    FileFormatError
        A file, folder or column is missing, a row is broken or holds an unknown code, or
        ``Partitions.txt`` or ``Speaker_ids.txt`` contradicts the table; names the file and
        row.
    ValueError
        `labels`, `min_agreement` or `target` is none of the above.

    See Also
    --------
    OfficialSplit : Folds of the corpus.
    Manifest.from_csv : The same for recordings of your own.

    Examples
    --------
    >>> from skmiaug.datasets import load_msp_podcast
    >>> data = load_msp_podcast("MSP-Podcast")  # doctest: +SKIP
    >>> data.frame[["path", "emotion", "speaker"]], data.target  # doctest: +SKIP
    """
    mapping = CORPUS.resolve(labels, target, min_agreement)
    root = corpus_folder(path, "MSP-Podcast")
    folder = need_entry(root, ["Labels", "label"], "MSP-Podcast")
    asked = raters or min_agreement is not None or target == "votes"
    rated = _read_raters(folder) if asked else None
    frame = _manifest(root, folder)
    frame, y = keep_targeted(frame, rated, mapping, min_agreement, target)
    if audio:
        files = index_tree(
            need_entry(root, ["Audios", "Audio"], "MSP-Podcast"), AUDIO_SUFFIXES
        )
        frame = attach_audio(frame, files, max_missing_audio, "MSP-Podcast")
    if transcripts:
        _read_transcripts(root, frame)
    return CORPUS.bunch(frame, root, target=y, raters=rated)


def _manifest(root: Path, folder: Path) -> pd.DataFrame:
    """All turns of the release, those without a label last."""
    names = ["labels_consensus.csv", "labels_concensus.csv"]
    csv = find_entry(folder, names)
    lists = ["Partitions.txt", "Partition.txt"]
    partitions = find_entry(root, lists) or find_entry(folder, lists)
    parts = {} if partitions is None else _read_partitions(partitions)
    if csv is not None:
        source, table = csv, _read_consensus(csv)
    else:
        source = need_entry(folder, [*names, "labels.txt"], "MSP-Podcast")
        if partitions is None:
            need_entry(root, ["Partitions.txt"], "MSP-Podcast")
        table = _read_label_text(source, parts, _read_speakers(root))
    odd = table["FileName"][~table["FileName"].str.fullmatch(_FILE)]
    if len(odd):
        raise FileFormatError(
            f"{source}: expected file names such as MSP-PODCAST_0001_0008.wav; got "
            f"{odd.iloc[0]!r}."
        )
    if csv is not None:
        _check_agreement(table, parts, "Split_Set", "Partitions.txt", str(csv))
        speakers = {name: who for name, (who, _) in _read_speakers(root).items()}
        _check_agreement(table, speakers, "SpkrID", "Speaker_ids.txt", str(csv))
        _warn_of_other_rows(table, parts, csv)
    hidden = sorted(set(parts) - set(table["FileName"]))
    others = pd.DataFrame({"FileName": hidden, "Split_Set": [parts[h] for h in hidden]})
    return _frame(pd.concat([table, others], ignore_index=True), source)


def _frame(table: pd.DataFrame, source: Path) -> pd.DataFrame:
    where = str(source)
    files = table["FileName"].astype(str)
    genders = table["Gender"].str.lower()
    known = genders.isin(["male", "female"])
    return make_frame(
        {
            "id": files.str.removesuffix(".wav").to_numpy(dtype=object),
            "emotion": as_text(_read_each(table, "EmoClass", _emotion, where)),
            "valence": _numbers_of(table, "EmoVal", where),
            "activation": _numbers_of(table, "EmoAct", where),
            "dominance": _numbers_of(table, "EmoDom", where),
            "speaker": table["SpkrID"],
            "gender": as_text(genders.where(known, None)),
            "split": table["Split_Set"],
            # Not "dialog": the official parts are disjoint in speakers, not in podcasts.
            "podcast": as_text(files.str.extract(r"MSP-PODCAST_(\d+)_", expand=False)),
        }
    )


def _read_each(
    table: pd.DataFrame, column: str, read: Callable[[str, str], Any], where: str
) -> pd.Series:
    """A column read value by value; errors name the first file that has the value."""
    first = table.dropna(subset=column).drop_duplicates(column)
    pairs = zip(first[column], first["FileName"], strict=True)
    return table[column].map({v: read(v, f"{where}, {column} of {f}") for v, f in pairs})


def _emotion(code: str, where: str) -> str | None:
    return decode(code, CODES, where)


def _part(text: str, where: str) -> str:
    """The name of a part, however it is spelled: "Test 1" is "test1"."""
    part = SPLITS.get(re.sub(r"[\s_-]", "", text).lower())
    if part is None:
        raise FileFormatError(
            f"{where}: expected one of the parts {', '.join(SPLITS)}; got {text[:80]!r}."
        )
    return part


def _with_suffix(name: str) -> str:
    """The name of a file with ".wav", which some lists leave out."""
    stem = name[:-4] if name.lower().endswith(".wav") else name
    return f"{stem}.wav"


def _read_transcripts(root: Path, frame: pd.DataFrame) -> None:
    folder = need_entry(root, ["Transcripts"], "MSP-Podcast")
    files = index_tree(folder, (".txt",))
    texts = [read_text(files[n]).strip() if n in files else "" for n in frame["id"]]
    frame["transcript"] = as_text(text or None for text in texts)


# ---------------------------------------------------------------- label files


def _read_consensus(file: Path) -> pd.DataFrame:
    """``labels_consensus.csv``; empty fields are None."""
    filled = ("FileName", "EmoClass", "Split_Set")
    table = read_csv(file, COLUMNS, filled=filled)[list(COLUMNS)]
    table["FileName"] = table["FileName"].map(_with_suffix)
    table["Split_Set"] = _read_each(table, "Split_Set", _part, str(file))
    return table.where(table != "", None)


def _read_partitions(file: Path) -> dict[str, str]:
    """``Partitions.txt``: lines of "Train; MSP-PODCAST_0001_0008.wav"."""
    parts: dict[str, str] = {}
    for number, line in enumerate(text_lines(file), start=1):
        part, _, rest = (text.strip("; \t") for text in line.partition(";"))
        if not line.strip():
            continue
        where, name = f"{file}, line {number}", _with_suffix(rest)
        if not _FILE.fullmatch(name):
            raise FileFormatError(
                f"{where}: expected {_PARTITION_FORM}; got {line[:120]!r}."
            )
        _set_once(parts, name, _part(part, where), where, "each file in one part")
    return parts


def _check_agreement(
    table: pd.DataFrame, found: Mapping[str, str], column: str, other: str, where: str
) -> None:
    """Refuse a table whose column another file of the release contradicts.

    Rows would be tested on that others trained on. What stands in one of the two only is
    no contradiction.
    """
    theirs = as_text(map(found.get, table["FileName"]))
    ours = table[column]
    if column == "SpkrID":
        ours, theirs = known_speakers(ours), known_speakers(theirs)
    wrong = np.flatnonzero(ours.notna() & theirs.notna() & (ours != theirs))
    if wrong.size:
        first = wrong[0]
        raise FileFormatError(
            f"{where}: expected {column} and {other} to agree; {wrong.size} of "
            f"{len(table)} files differ, the first of them {table['FileName'][first]}: "
            f"{ours[first]!r} and {theirs[first]!r}. They are of two releases: copy the "
            f"right one again, or move {other} away to go by {column}."
        )


def _warn_of_other_rows(table: pd.DataFrame, parts: Mapping[str, str], csv: Path) -> None:
    """Warn where only one of the table and the partitions has a file.

    The third test part has no labels, and old releases have no partitions.
    """
    labelled = set(table["FileName"])
    unlisted = [name for name in table["FileName"] if parts and name not in parts]
    unlabelled = [
        name for name, part in parts.items() if name not in labelled and part != "test3"
    ]
    for names, what in (
        (unlisted, "are not in Partitions.txt; Split_Set gives their part"),
        (unlabelled, "of Partitions.txt are not in this table and have no labels"),
    ):
        if names:
            warn_caller(
                f"{csv}: {len(names)} files {what}: {listed(names)}. The files may be of "
                "two releases.",
                CorpusWarning,
            )


def _read_speakers(root: Path) -> dict[str, tuple[str, str | None]]:
    """``Speaker_ids.txt``: speaker and gender by file; empty where it is absent."""
    file = find_entry(root, ["Speaker_ids.txt"])
    if file is None:
        return {}
    genders: dict[str, str] = {}
    speakers: dict[str, str] = {}
    for number, line in enumerate(text_lines(file), start=1):
        name, _, value = (part.strip() for part in line.partition(";"))
        if _FILE.fullmatch(_with_suffix(name)):
            where, name = f"{file}, line {number}", _with_suffix(name)
            _set_once(speakers, name, value, where, "one speaker of each file")
        elif name.startswith("Speaker_"):
            genders[name.removeprefix("Speaker_")] = value
    return {name: (who, genders.get(who)) for name, who in speakers.items()}


def _set_once(
    found: dict[str, str], name: str, value: str, where: str, expected: str
) -> None:
    if found.setdefault(name, value).lower() != value.lower():
        raise FileFormatError(
            f"{where}: expected {expected}; {name} is in {found[name]!r} above and in "
            f"{value!r} here."
        )


def _label_lines(file: Path) -> Iterator[tuple[int, tuple[str, ...], str | None]]:
    """The lines of ``labels.txt``: a turn, its raters below it, then the next turn.

    Yields the number of the line, counted from 1, the first five of `COLUMNS` of its turn,
    and the rating, which is None on the line of the turn itself.
    """
    turn: tuple[str, ...] = ()
    for number, line in enumerate(text_lines(file), start=1):
        line = line.strip()
        if not line:
            continue
        names_a_file = ".wav" in line.partition(";")[0] or line.startswith("MSP-PODCAST")
        found = _TURN.match(line)
        if found is not None:
            turn = found.groups()[:5]
        elif names_a_file or not turn:
            raise FileFormatError(
                f"{file}, line {number}: expected a turn, {_TURN_FORM}; got {line[:120]!r}."
            )
        yield number, turn, None if found is not None else line


def _numbers_of(table: pd.DataFrame, column: str, where: str) -> np.ndarray:
    """A column of text as numbers; what is missing, empty or "NaN" is NaN."""
    text = table[column].str.strip().str.lower()
    values = pd.to_numeric(text, errors="coerce")
    known = text.notna() & ~text.isin(["", "nan"])
    broken = (~np.isfinite(values) & known).to_numpy(dtype=bool)
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise FileFormatError(
            f"{where}: expected a number in {column}; {table['FileName'].iloc[row]} has "
            f"{table[column].iloc[row]!r}."
        )
    return values.to_numpy(dtype=np.float64)


def _read_label_text(
    file: Path, parts: Mapping[str, str], speakers: Mapping[str, tuple[str, str | None]]
) -> pd.DataFrame:
    """``labels.txt`` with partitions and speakers, as `_read_consensus` returns it."""
    turns = [turn for _, turn, rating in _label_lines(file) if rating is None]
    if not turns:
        raise FileFormatError(f"{file}: expected turns {_TURN_FORM}; there are none.")
    table = pd.DataFrame(turns, columns=list(COLUMNS[:5]), dtype=object)
    lost = [name for name in table["FileName"] if name not in parts]
    if lost:
        raise FileFormatError(
            f"{file}: expected a partition for every turn; {len(lost)} have none, the "
            f"first of them {lost[0]}."
        )
    who = [speakers.get(name, (None, None)) for name in table["FileName"]]
    table["SpkrID"] = as_text(one for one, _ in who)
    table["Gender"] = as_text(gender for _, gender in who)
    table["Split_Set"] = [parts[name] for name in table["FileName"]]
    return table


# ---------------------------------------------------------------- raters


def _read_raters(folder: Path) -> pd.DataFrame:
    """Raters from ``labels_detailed.csv``, or from ``labels.txt`` where it is absent.

    An emotion in the rater's own words is "other".
    """
    file = find_entry(folder, ["labels_detailed.csv"])
    if file is not None:
        table = _detailed(file)
    else:
        file = find_entry(folder, ["labels.txt"])
        if file is None:
            raise FileFormatError(
                f"MSP-Podcast: expected labels_detailed.csv or labels.txt in "
                f"{str(folder)!r} for the raters; neither is there."
            )
        rated = [line for line in _label_lines(file) if line[2] is not None]
        numbers, turns, ratings = zip(*rated, strict=True) if rated else ((), (), ())
        parsed = _parsed(pd.Series(ratings, dtype=object), file, numbers)
        table = parsed.assign(FileName=[turn[0] for turn in turns])
    words = {word: spoken_emotions([word]) for word in table["emotion"].unique()}
    raters = pd.DataFrame(
        {
            "id": as_text(
                table["FileName"].str.strip().map(_with_suffix).str.removesuffix(".wav")
            ),
            "rater": table["rater"].str.strip().astype(object),
            "is_self": False,
            "emotion": as_text(table["emotion"].map(words)),
            "secondary": table["secondary"].str.strip().astype(object),
        }
    )
    for name in ("valence", "activation", "dominance"):
        raters[name] = _numbers_of(table, name, str(file))
    # A rater who is listed twice for a turn counts once.
    return raters.drop_duplicates(["id", "rater"]).reset_index(drop=True)


def _detailed(file: Path) -> pd.DataFrame:
    table = read_csv(file, ("FileName",))
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


def _parsed(ratings: pd.Series, file: Path, numbers: Sequence[int]) -> pd.DataFrame:
    """Ratings as columns; `numbers` are those of their lines."""
    parsed = [_rating(text) for text in ratings]
    if None in parsed:
        row = parsed.index(None)
        raise FileFormatError(
            f"{file}, line {numbers[row]}: expected 'WORKER..; emotion; others; "
            f"A:..; V:..; D:..;'; got {ratings.iloc[row][:120]!r}."
        )
    return pd.DataFrame(parsed, columns=list(_DETAIL), dtype=object)


def _rating(text: str) -> list[str] | None:
    """The fields of "worker; emotion; other emotions; A:1; V:4; D:1;", in order.

    The rater's own words may hold semicolons. Not a regular expression: with those it would
    take time that grows with the third power of the length.
    """
    words, *values = text.rstrip().removesuffix(";").rsplit(";", 3)
    own = words.split(";", 2)
    values = [value.lstrip(" ") for value in values]
    if [value[:2] for value in values] != ["A:", "V:", "D:"] or len(own) < 3 or not own[0]:
        return None
    return [*own, *(value[2:] for value in values)]
