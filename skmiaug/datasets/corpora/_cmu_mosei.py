"""CMU-MOSEI."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skmiaug.datasets.corpora._corpus import (
    AUDIO_SUFFIXES,
    Corpus,
    corpus_folder,
    index_tree,
    indicator_table,
    keep_labelled,
    same,
)
from skmiaug.datasets.corpora._csd import CsdFile, open_csd
from skmiaug.datasets.corpora._mosei_frames import (
    AcousticSegments,
    Folds,
    Segment,
    entry_of,
    have_frames,
    split_of_videos,
)
from skmiaug.datasets.manifest import as_text, listed, make_frame
from skmiaug.exceptions import CorpusWarning, FileFormatError
from skmiaug.utils._fit import warn_caller

# The columns of the labels after the sentiment.
INTENSITIES = ("happiness", "sadness", "anger", "surprise", "disgust", "fear")
TARGETS = ("class", "multilabel", "attributes")
LABEL_SETS: dict[str, Mapping[str, str]] = {
    "dominant": same("none", *INTENSITIES),
    "6class": same(*INTENSITIES),
}
# Files aligned to the labels name segments, and not videos.
_ALIGNED = re.compile(r"(.+)\[\d+\]")
# The longest video has some hundred, and the corpus 23,000.
_MAX_SEGMENTS, _MAX_ALL = 5_000, 200_000
_LABELS = ("label",)
_COVAREP = ("covarep", "coavarep")
_WORDS = ("timestampedwords",)
DESCRIPTION = """\
CMU-MOSEI: segments of monologues from video, with the sentiment (-3 to 3) and the
intensities (0 to 3) of six emotions. The class is the strongest emotion; "none" where all
are 0, and missing where two are equally strong. Speakers are not known: `dialog` is the
video. Zadeh et al., "Multimodal language analysis in the wild", ACL 2018.
"""
CORPUS = Corpus("CMU-MOSEI", "official", LABEL_SETS, DESCRIPTION, TARGETS)


def load_cmu_mosei(
    path: str | os.PathLike[str],
    *,
    labels: str | Mapping[str, str | int] = "all",
    target: str = "class",
    folds: Folds | None = None,
    acoustic: bool = True,
    audio_folder: str | os.PathLike[str] | None = None,
) -> Bunch:
    """Load CMU-MOSEI from the folder of its computational sequences (.csd).

    Parameters
    ----------
    path : path-like
        Folder with the labels (``CMU_MOSEI_Labels.csd``) and, where `acoustic` is true,
        ``CMU_MOSEI_COVAREP.csd``; the transcripts come from
        ``CMU_MOSEI_TimestampedWords.csd`` if it is there. Each file may hold videos, as
        it was published, or segments ("video[3]"), aligned to the labels.
    labels : str or mapping, default="all"
        "all" (every segment), "dominant" (seven classes, "none" among them), "6class" (the
        emotions alone), or a mapping from emotion to class; the last three drop segments
        whose strongest emotion is not unique.
    target : {"class", "multilabel", "attributes"}, default="class"
        "multilabel": a DataFrame with a column for each emotion (or class of a mapping)
        and 1 where its intensity is above 0; all segments are kept, those without an
        emotion as rows of 0. "attributes": the sentiment and the six intensities.
    folds : mapping from "train", "dev", "test" to video ids, default=None
        None takes the standard folds; segments of other videos have no split.
    acoustic : bool, default=True
        Whether to look for the acoustic frames and keep only segments that have some.
    audio_folder : path-like, default=None
        Folder with the videos' sound, ``<video>.wav``; it is not part of the corpus.

    Returns
    -------
    data : Bunch
        ``frame`` (the manifest, and the columns ``sentiment`` and ``intensity_...``),
        ``manifest``, ``classes``, ``target``, ``intensities`` (n_rows, 6) in the order of
        ``intensity_names``, ``sequences`` (the acoustic frames of each row, see
        `AcousticSegments`; None without `acoustic`), ``protocol``, ``DESCR``.

    Raises
    ------
    FileFormatError
        A file is missing, damaged, of another form, or hostile.
    MissingExtraError
        h5py is not installed.
    ValueError
        `labels` or `target` is none of the above.

    Warns
    -----
    CorpusWarning
        Segments have no length, or their video has frames and none of them lies in the
        segment: they are left out.

    See Also
    --------
    OfficialSplit : Folds of the corpus.
    Manifest.from_csv : The same for recordings of your own.

    Examples
    --------
    >>> from skmiaug.datasets import load_cmu_mosei
    >>> data = load_cmu_mosei("CMU-MOSEI")  # doctest: +SKIP
    >>> data.frame[["path", "emotion", "speaker"]], data.target  # doctest: +SKIP
    """
    mapping = CORPUS.resolve(labels, target)
    root = corpus_folder(path, "CMU-MOSEI")
    files = sorted(p for p in root.rglob("*.csd") if not p.name.startswith("."))
    frame = _read_labels(_need(files, _LABELS, root), folds)
    covarep = _need(files, _COVAREP, root) if acoustic else None
    if covarep is not None:
        frame = _with_frames(frame, covarep)
    words = _find(files, _WORDS)
    if words is not None:
        frame["transcript"] = _transcripts(frame, words)
    if audio_folder is not None:
        sound = index_tree(corpus_folder(audio_folder, "sound files"), AUDIO_SUFFIXES)
        frame["path"] = as_text(sound.get(video) for video in frame["dialog"])
        frame = frame[frame["path"].notna()].reset_index(drop=True)
    names = [f"intensity_{name}" for name in INTENSITIES]
    by_emotion = frame.set_index("id")[names].set_axis(list(INTENSITIES), axis=1)
    y = None
    if target == "class":
        frame = keep_labelled(frame, mapping)
    elif target == "multilabel":
        y = indicator_table(by_emotion, mapping)
    else:
        y = by_emotion.assign(sentiment=frame["sentiment"].to_numpy())
    return CORPUS.bunch(
        frame,
        root,
        target=y,
        intensities=frame[names].to_numpy(dtype=np.float64),
        intensity_names=list(INTENSITIES),
        sequences=None if covarep is None else AcousticSegments(covarep, segments(frame)),
    )


def segments(frame: pd.DataFrame) -> list[Segment]:
    """The rows of a manifest as segments of their videos."""
    columns = [frame[name] for name in ("id", "dialog", "start", "end")]
    return [Segment(*row) for row in zip(*columns, strict=True)]


def dominant(intensities: np.ndarray) -> list[str | None]:
    """The strongest emotion of each row of (n_rows, 6), in the order of `INTENSITIES`.

    "none" where all are 0, None where several are equally strong.
    """
    strongest = intensities.max(axis=1)
    found = np.array(INTENSITIES, dtype=object)[intensities.argmax(axis=1)]
    found[(intensities == strongest[:, None]).sum(axis=1) > 1] = None
    found[~(strongest > 0)] = "none"
    return found.tolist()


def _read_labels(file: Path, folds: Folds | None) -> pd.DataFrame:
    ids: list[str] = []
    videos: list[str] = []
    times: list[np.ndarray] = []
    values: list[np.ndarray] = []
    with open_csd(file) as csd:
        for entry in csd.entries():
            intervals, rows = csd.intervals(entry), csd.features(entry).astype(float)
            _check_labels(file, entry, intervals, rows)
            aligned = _ALIGNED.fullmatch(entry)
            if aligned is None:
                # A segment's number is its place here, which is not the order of time.
                ids += [f"{entry}[{k}]" for k in range(len(rows))]
            else:
                ids.append(entry)
            videos += [aligned[1] if aligned else entry] * len(rows)
            times.append(intervals)
            values.append(rows)
            if len(ids) > _MAX_ALL:
                raise FileFormatError(f"{file}: expected at most {_MAX_ALL} segments.")
    if not ids:
        raise FileFormatError(f"{file}: expected labelled segments; there are none.")
    # Some start before their clip; thirds are stored as float32.
    time, table = np.concatenate(times).clip(min=0), np.concatenate(values).round(6)
    part_of = split_of_videos(sorted(set(videos)), folds)
    columns: dict[str, Any] = {
        "id": ids,
        "start": time[:, 0],
        "end": time[:, 1],
        "emotion": dominant(table[:, 1:]),
        "dialog": videos,
        "split": [part_of[video] for video in videos],
        "sentiment": table[:, 0],
    }
    for k, name in enumerate(INTENSITIES, start=1):
        columns[f"intensity_{name}"] = table[:, k]
    return _without_empty(make_frame(columns), file)


def _without_empty(frame: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Leave out segments that end before they begin, with a warning."""
    empty = frame["end"] <= frame["start"]
    if empty.any():
        warn_caller(
            f"{file}: {empty.sum()} of {len(frame)} segments have no length and are left "
            f"out: {listed(frame['id'][empty])}",
            CorpusWarning,
        )
    return frame[~empty].reset_index(drop=True)


def _check_labels(file: Path, entry: str, intervals: np.ndarray, rows: np.ndarray) -> None:
    if rows.shape[1] != 1 + len(INTENSITIES) or len(rows) != len(intervals):
        raise FileFormatError(
            f"{file}: expected the sentiment and six intensities for each interval of "
            f"{entry!r}; got features of shape {rows.shape} and intervals of shape "
            f"{intervals.shape}."
        )
    if len(rows) > _MAX_SEGMENTS:
        raise FileFormatError(
            f"{file}: expected at most {_MAX_SEGMENTS} labelled segments in {entry!r}; got "
            f"{len(rows)}."
        )
    if _ALIGNED.fullmatch(entry) and len(rows) != 1:
        raise FileFormatError(
            f"{file}: expected one row of labels for {entry!r}, which is the name of a "
            f"segment; got {len(rows)}. Pass the labels as they were published."
        )
    inside = (abs(rows[:, 0]) <= 3) & (rows[:, 1:] >= 0).all(1) & (rows[:, 1:] <= 3).all(1)
    if not inside.all():
        raise FileFormatError(
            f"{file}: expected a sentiment from -3 to 3 and intensities from 0 to 3; "
            f"{entry!r} has {rows[~inside][0].tolist()}."
        )


def _with_frames(frame: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Only segments with acoustic frames.

    The corpus is known to lack the frames of some videos, which calls for no warning; a
    segment that the frames of its video leave out does.
    """
    with open_csd(file) as csd:
        known = set(csd.entries())
    frame = frame[frame["id"].isin(known) | frame["dialog"].isin(known)]
    if not len(frame):
        raise FileFormatError(
            f"{file}: expected entries of the labelled videos; none of them is there."
        )
    kept = have_frames(file, segments(frame))
    if not kept.all():
        warn_caller(
            f"{file}: {(~kept).sum()} of {len(kept)} segments have no acoustic frames and "
            f"are left out: {listed(frame['id'][~kept])}",
            CorpusWarning,
        )
    return frame[kept].reset_index(drop=True)


def _transcripts(frame: pd.DataFrame, file: Path) -> pd.Series:
    """The words whose middle lies in a segment; pauses ("sp") are left out."""
    texts: list[str | None] = []
    with open_csd(file) as csd:
        spoken: dict[str, tuple[np.ndarray, list[str]]] = {}
        for segment in segments(frame):
            entry = entry_of(csd, segment)
            if entry not in spoken:
                spoken = {entry: _words(csd, entry)}
            middles, words = spoken[entry]
            inside = np.flatnonzero((middles >= segment.start) & (middles < segment.end))
            texts.append(" ".join(words[k] for k in inside) or None)
    return as_text(texts)


def _words(csd: CsdFile, entry: str) -> tuple[np.ndarray, list[str]]:
    if entry not in csd:
        return np.empty(0), []
    words, intervals = csd.words(entry), csd.intervals(entry)
    said = [k for k, word in enumerate(words) if word and word != "sp"]
    order = sorted(said, key=lambda k: intervals[k, 0])
    return intervals[order].mean(axis=1), [words[k] for k in order]


def _find(files: Sequence[Path], words: tuple[str, ...]) -> Path | None:
    named = (file for file in files if any(word in file.name.lower() for word in words))
    return next(named, None)


def _need(files: Sequence[Path], words: tuple[str, ...], root: Path) -> Path:
    found = _find(files, words)
    if found is None:
        raise FileFormatError(
            f"CMU-MOSEI: expected a .csd file with {' or '.join(words)} in its name in "
            f"{str(root)!r}; there is none among {len(files)} .csd files."
        )
    return found
