"""MSP-Podcast."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from skmiaug.datasets.corpora._folder import (
    AUDIO_SUFFIXES,
    attach_audio,
    corpus_folder,
    find_entry,
    index_tree,
    need_entry,
    read_text,
)
from skmiaug.datasets.corpora._labels import (
    FOUR,
    check_min_agreement,
    decode,
    keep_agreed,
    keep_labelled,
    make_bunch,
    resolve_labels,
    same,
)
from skmiaug.datasets.corpora._msp_podcast_files import (
    check_partitions,
    numbers_of,
    read_consensus,
    read_label_text,
    read_partitions,
    read_raters,
    read_speakers,
)
from skmiaug.datasets.manifest import as_text, make_frame
from skmiaug.exceptions import FileFormatError

__all__ = ["load_msp_podcast"]

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
SPLITS = {
    "train": "train",
    "validation": "dev",
    "development": "dev",
    "test1": "test1",
    "test2": "test2",
    "test3": "test3",
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


def load_msp_podcast(
    path: str | os.PathLike[str],
    *,
    labels: str | Mapping[str, str | int] = "4class",
    min_agreement: float | None = None,
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
        Split_Set contradicts ``Partitions.txt``; names the file and row.
    ValueError
        `labels` or `min_agreement` is none of the above.

    Examples
    --------
    >>> from skmiaug.datasets import load_msp_podcast
    >>> data = load_msp_podcast("MSP-Podcast")  # doctest: +SKIP
    >>> data.frame[["path", "emotion", "speaker"]], data.target  # doctest: +SKIP
    """
    mapping = resolve_labels(labels, LABEL_SETS, "MSP-Podcast")
    check_min_agreement(min_agreement)
    root = corpus_folder(path, "MSP-Podcast")
    folder = need_entry(root, ["Labels", "label"], "MSP-Podcast")
    frame = keep_labelled(_manifest(root, folder), mapping)
    rated = None
    if raters or min_agreement is not None:
        rated = read_raters(folder)
        frame = keep_agreed(frame, rated, mapping, min_agreement)
    if audio:
        files = index_tree(
            need_entry(root, ["Audios", "Audio"], "MSP-Podcast"), AUDIO_SUFFIXES
        )
        frame = attach_audio(frame, files, max_missing_audio, "MSP-Podcast")
    if transcripts:
        _read_transcripts(root, frame)
    return make_bunch(
        frame,
        name="msp_podcast",
        root=root,
        protocol="official",
        description=DESCRIPTION,
        raters=rated,
    )


def _manifest(root: Path, folder: Path) -> pd.DataFrame:
    """All turns of the release, those without a label last."""
    names = ["labels_consensus.csv", "labels_concensus.csv"]
    csv = find_entry(folder, names)
    partitions = find_entry(root, ["Partitions.txt", "Partition.txt"]) or find_entry(
        folder, ["Partitions.txt", "Partition.txt"]
    )
    parts = {} if partitions is None else read_partitions(partitions)
    if csv is not None:
        source, table = csv, read_consensus(csv)
        check_partitions(table, parts, SPLITS, str(csv))
    else:
        source = need_entry(folder, [*names, "labels.txt"], "MSP-Podcast")
        if partitions is None:
            need_entry(root, ["Partitions.txt"], "MSP-Podcast")
        table = read_label_text(source, parts, read_speakers(root))
    hidden = sorted(set(parts) - set(table["FileName"]))
    table = pd.concat(
        [
            table,
            pd.DataFrame({"FileName": hidden, "Split_Set": [parts[h] for h in hidden]}),
        ],
        ignore_index=True,
    )
    return _frame(table, source)


def _frame(table: pd.DataFrame, source: Path) -> pd.DataFrame:
    where = str(source)
    files = table["FileName"].astype(str)
    odd = ~files.str.fullmatch(_FILE)
    if odd.any():
        raise FileFormatError(
            f"{where}: expected file names such as MSP-PODCAST_0001_0008.wav; got "
            f"{files[odd].iloc[0]!r}."
        )
    genders = table["Gender"].str.lower()
    known = genders.isin(["male", "female"])
    return make_frame(
        {
            "id": files.str.removesuffix(".wav").to_numpy(dtype=object),
            "emotion": _decoded(table, "EmoClass", CODES, where),
            "valence": numbers_of(table, "EmoVal", where),
            "activation": numbers_of(table, "EmoAct", where),
            "dominance": numbers_of(table, "EmoDom", where),
            "speaker": as_text(table["SpkrID"]),
            "gender": as_text(genders.where(known, None)),
            "split": _decoded(table, "Split_Set", SPLITS, where),
            # Not "dialog": the official parts are disjoint in speakers, not in podcasts.
            "podcast": as_text(files.str.extract(r"MSP-PODCAST_(\d+)_", expand=False)),
        }
    )


def _decoded(
    table: pd.DataFrame, column: str, codes: Mapping[str, str | None], where: str
) -> pd.Series:
    """Codes to names; a row without a code has no name, and an unknown code is an error."""
    found = table[column].str.strip()
    if column == "Split_Set":
        found = found.str.lower()
    first = found.notna() & ~found.duplicated()
    names = {
        code: decode(code, codes, f"{where}, {column} of {file}")
        for code, file in zip(found[first], table["FileName"][first], strict=True)
    }
    return as_text(found.map(names))


def _read_transcripts(root: Path, frame: pd.DataFrame) -> None:
    folder = need_entry(root, ["Transcripts"], "MSP-Podcast")
    files = index_tree(folder, (".txt",))
    texts = [read_text(files[n]).strip() if n in files else "" for n in frame["id"]]
    frame["transcript"] = as_text(text or None for text in texts)
