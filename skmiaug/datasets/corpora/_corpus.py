"""What loaders share: folders of corpora, targets, and what a loader returns."""

import os
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skmiaug.datasets.manifest import Manifest, as_text, listed
from skmiaug.exceptions import CorpusWarning, FileFormatError
from skmiaug.utils._fit import warn_caller

AUDIO_SUFFIXES = (".wav", ".flac")


def corpus_folder(path: str | os.PathLike[str], corpus: str, *inside: str) -> Path:
    """The folder of a corpus; a folder called like one of `inside` in it comes first."""
    folder = Path(os.path.abspath(os.path.expanduser(path)))
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise FileFormatError(f"expected the folder of {corpus}; {str(folder)!r} {what}.")
    found = find_entry(folder, inside)
    return folder if found is None or not found.is_dir() else found


def find_entry(folder: Path, names: Iterable[str]) -> Path | None:
    """The first of `names` that is in the folder; upper and lower case do not matter."""
    names = list(names)
    if not names or not folder.is_dir():
        return None
    found = {entry.name.lower(): entry for entry in sorted(folder.iterdir())}
    for name in names:
        exact = folder / name
        if exact.exists():
            return exact
        if name.lower() in found:
            return found[name.lower()]
    return None


def need_entry(folder: Path, names: Sequence[str], corpus: str) -> Path:
    """As `find_entry`; a `FileFormatError` where none of them is there."""
    found = find_entry(folder, names)
    if found is None:
        raise FileFormatError(
            f"{corpus}: expected {' or '.join(names)} in {str(folder)!r}; it is not there. "
            "Pass the folder into which the release was unpacked."
        )
    return found


def index_tree(folder: Path, suffixes: Sequence[str]) -> dict[str, str]:
    """Files below a folder by their name without suffix; links are followed once.

    Hidden files are left out, among them the ``._name`` twins that macOS leaves behind, and
    links that lead nowhere, which git-annex has in place of files that it has not fetched.
    """
    if not folder.is_dir():
        raise FileFormatError(f"expected a folder; {str(folder)!r} is not one.")
    found: dict[str, str] = {}
    seen: set[tuple[int, int]] = set()
    waiting = [os.fspath(folder)]
    while waiting:
        current = waiting.pop()
        status = os.stat(current)
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(current) as entries:
            for name, entry in sorted((entry.name, entry) for entry in entries):
                if name.startswith("."):
                    continue
                if entry.is_dir():
                    waiting.append(entry.path)
                    continue
                stem, dot, suffix = name.rpartition(".")
                if dot and "." + suffix.lower() in suffixes and entry.is_file():
                    found.setdefault(stem, entry.path)
    return found


def attach_audio(
    frame: pd.DataFrame, index: dict[str, str], max_missing: int | None, corpus: str
) -> pd.DataFrame:
    """Fill in ``path`` from an index by id; rows whose file is missing are left out."""
    paths = [index.get(name) for name in frame["id"]]
    missing = [n for n, path in zip(frame["id"], paths, strict=True) if path is None]
    if missing and (max_missing is not None and len(missing) > max_missing):
        raise FileFormatError(
            f"{corpus}: expected an audio file for each of {len(frame)} labelled rows; "
            f"{len(missing)} are not there: {listed(missing)}. Complete the copy, or pass "
            f"max_missing_audio={len(missing)} to leave those rows out (None: any number), "
            "or audio=False to read the labels alone."
        )
    if missing:
        warn_caller(
            f"{corpus}: {len(missing)} of {len(frame)} rows have no audio file and are "
            f"left out: {listed(missing)}",
            CorpusWarning,
        )
    frame = frame.reset_index(drop=True).assign(path=as_text(paths))
    return frame[frame["path"].notna()].reset_index(drop=True)


LabelSet = Mapping[str, str]
TARGETS = ("class", "votes", "attributes")
ATTRIBUTES = ("valence", "activation", "dominance")


def chosen_classes(raters: pd.DataFrame, labels: LabelSet | None) -> pd.DataFrame:
    """The class of each emotion that a rater chose, self-ratings left out.

    A row of ``raters`` has several, under its own index, where the rater chose several;
    None where an emotion has no class.
    """
    rated = ~raters["is_self"].to_numpy(dtype=bool) & raters["emotion"].notna()
    chosen = raters.loc[rated, ["id", "rater", "emotion"]]
    chosen = chosen.assign(emotion=chosen["emotion"].str.split(",")).explode("emotion")
    if labels is not None:
        chosen["emotion"] = chosen["emotion"].map(dict(labels))
    return chosen


def vote_table(raters: pd.DataFrame, labels: LabelSet | None) -> pd.DataFrame:
    """Votes by id (rows) and class (columns, sorted), without self-ratings.

    Each rater has one vote, divided equally among the classes that he chose. Emotions
    without a class are not counted; a row that has no votes left is not in the table.
    """
    # Two emotions of one class, happy and excited say, are one choice.
    votes = chosen_classes(raters, labels).dropna(subset="emotion").drop_duplicates()
    votes["vote"] = 1 / votes.groupby(["id", "rater"])["rater"].transform("size")
    table = votes.pivot_table("vote", "id", "emotion", aggfunc="sum", fill_value=0.0)
    return table.astype(np.float64)


def indicator_table(intensities: pd.DataFrame, labels: LabelSet | None) -> pd.DataFrame:
    """1 where an emotion (column) of a class is above 0; classes are sorted."""
    if labels is None:
        return (intensities > 0).astype(np.int64)
    classes = intensities.columns.map(dict(labels))
    if classes.isna().all():
        raise ValueError(
            f"expected labels with some of {', '.join(intensities.columns)} among the "
            f"keys; got {', '.join(labels)}."
        )
    of_class = (intensities > 0).T.groupby(classes).any().T
    return of_class.astype(np.int64)


ALL = "all"
# The names of emotions in every corpus, so that one mapping serves them all; "none" is
# what CMU-MOSEI's segments of no emotion have.
EMOTIONS = frozenset({
    "anger", "boredom", "contempt", "disgust", "excitement", "fear", "frustration",
    "happiness", "neutral", "none", "other", "sadness", "surprise",
})  # fmt: skip
# What raters chose, in the words of the releases.
_SPOKEN = {
    "angry": "anger",
    "excited": "excitement",
    "happy": "happiness",
    "neutral state": "neutral",
    "sad": "sadness",
} | {name: name for name in EMOTIONS - {"none"}}


def same(*names: str) -> dict[str, str]:
    """A label set that keeps these emotions under their own names."""
    return {name: name for name in names}


FOUR = same("anger", "happiness", "neutral", "sadness")


class Corpus(NamedTuple):
    """What a loader states about its corpus, and what all loaders do with it.

    ``title`` is the name of the corpus in messages, ``protocol`` its usual split,
    ``label_sets`` are mappings from emotion to class, and ``targets`` what can be asked
    for.
    """

    title: str
    protocol: str
    label_sets: Mapping[str, LabelSet]
    description: str
    targets: tuple[str, ...] = TARGETS

    def resolve(
        self,
        labels: str | Mapping[str, str | int],
        target: str = "class",
        min_agreement: float | None = None,
    ) -> LabelSet | None:
        """The mapping from emotions to classes, None to keep every row; or ValueError.

        A class that is a number becomes its text, as every class of a manifest is text; an
        emotion whose class is None has none.
        """
        if target not in self.targets:
            raise ValueError(f"target must be one of {self.targets}; got {target!r}.")
        if min_agreement is not None:
            _check_agreement(min_agreement, target)
        if isinstance(labels, Mapping):
            unknown = [name for name in labels if name not in EMOTIONS]
            if unknown or not labels:
                raise ValueError(
                    f"{self.title}: expected a mapping from emotion to class, with keys "
                    f"among {', '.join(sorted(EMOTIONS))}; got "
                    f"{listed(map(repr, unknown)) or 'an empty one'}."
                )
            return {name: str(one) for name, one in labels.items() if one is not None}
        if labels == ALL:
            return None
        if not isinstance(labels, str) or labels not in self.label_sets:
            names = ", ".join(map(repr, [*self.label_sets, ALL]))
            raise ValueError(
                f"{self.title}: labels must be one of {names} or a mapping from emotion to "
                f"class, such as {{'anger': 'anger'}}; got {labels!r}."
            )
        return self.label_sets[labels]

    def bunch(
        self,
        frame: pd.DataFrame,
        root: Path,
        target: pd.DataFrame | None = None,
        **others: Any,
    ) -> Bunch:
        """What a loader returns: the manifest as object and as table, and `others`.

        ``target`` has the values of the rows by id; None stands for the class.
        """
        name = self.title.lower().replace("-", "_")
        if not len(frame):
            raise FileFormatError(
                f"{name}: expected utterances with the labels that were asked for; none is "
                f"left in {str(root)!r}."
            )
        manifest = Manifest(frame, name=name, root=root)
        raters = others.get("raters")
        if raters is not None:
            kept = raters["id"].isin(set(frame["id"]))
            others["raters"] = raters[kept].reset_index(drop=True)
        y: Any = frame["emotion"].to_numpy(dtype=object)
        if target is not None:
            y = target.loc[frame["id"]].rename_axis(columns=None).reset_index(drop=True)
        return Bunch(
            frame=manifest.frame,
            manifest=manifest,
            classes=manifest.classes,
            target=y,
            name=name,
            root=root,
            protocol=self.protocol,
            DESCR=self.description,
            **others,
        )


def _check_agreement(min_agreement: float, target: str) -> None:
    if not isinstance(min_agreement, Real) or not 0 < min_agreement <= 1:
        raise ValueError(
            "min_agreement must be a share above 0 and at most 1, or None for the corpus's "
            f"own rule; got {min_agreement!r}."
        )
    if target != "class":
        raise ValueError(
            f"min_agreement is for target='class'; with target={target!r} leave it out: "
            "rows without agreement are wanted."
        )


def keep_labelled(frame: pd.DataFrame, labels: LabelSet | None) -> pd.DataFrame:
    """Only the rows whose emotion has a class, under that class's name."""
    if labels is None:
        return frame
    frame = _renamed(frame, labels)
    return frame[frame["emotion"].notna()].reset_index(drop=True)


def keep_targeted(
    frame: pd.DataFrame,
    raters: pd.DataFrame | None,
    labels: LabelSet | None,
    min_agreement: float | None,
    target: str,
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The rows that have the target, and its values by id; None for the target "class"."""
    if target == "class":
        frame, found = keep_labelled(frame, labels), None
    else:
        if target == "attributes":
            found = frame.set_index("id")[list(ATTRIBUTES)].dropna()
        else:
            assert raters is not None
            found = vote_table(raters, labels)
            found = found[found.index.isin(frame["id"])]
            found = found.loc[:, found.any()]
        frame = frame[frame["id"].isin(found.index)].reset_index(drop=True)
        frame = frame if labels is None else _renamed(frame, labels)
    if raters is not None:
        frame = keep_agreed(frame, raters, labels, min_agreement)
    return frame, found


def _renamed(frame: pd.DataFrame, labels: LabelSet) -> pd.DataFrame:
    """The emotion under its class's name; None where it has no class."""
    emotions = as_text(labels.get(emotion) for emotion in frame["emotion"])
    return frame.reset_index(drop=True).assign(emotion=emotions)


def keep_agreed(
    frame: pd.DataFrame,
    raters: pd.DataFrame,
    labels: LabelSet | None,
    min_agreement: float | None,
) -> pd.DataFrame:
    """Add the column ``agreement``, and leave out the rows below `min_agreement`.

    It is the share of the raters who chose a row's class, without self-ratings; NaN where
    nobody else rated the row. `labels` are applied to what the raters chose: happy and
    excited agree where they are one class.
    """
    chosen = chosen_classes(raters, labels)
    own = chosen["id"].map(dict(zip(frame["id"], frame["emotion"], strict=True)))
    # One value a rating: whether one of its classes is that of the row.
    agrees = (chosen["emotion"] == own).groupby(level=0).any()
    shares = frame["id"].map(agrees.groupby(raters["id"]).mean()).astype(np.float64)
    frame = frame.assign(agreement=shares)
    if min_agreement is None:
        return frame
    return frame[shares >= min_agreement - 1e-9].reset_index(drop=True)


def decode(code: str, codes: Mapping[str, str | None], where: str) -> str | None:
    """The emotion of a label code; None for no agreement."""
    if code not in codes:
        raise FileFormatError(
            f"{where}: expected one of the codes {' '.join(codes)}; got {code!r}."
        )
    return codes[code]


def spoken_emotions(words: Iterable[str]) -> str | None:
    """What a rater chose, as names joined by commas; other words are "other"."""
    found = [_SPOKEN.get(w, "other") for word in words if (w := word.strip().lower())]
    return ",".join(dict.fromkeys(found)) or None


def raters_table(
    ratings: Iterable[Mapping[str, Any]], numbers: Sequence[str], *others: str
) -> pd.DataFrame:
    """A row for each rating: ``id``, ``rater``, ``is_self``, ``emotion`` and the rest."""
    names = ("id", "rater", "is_self", "emotion", *others, *numbers)
    ratings = list(ratings)
    frame = pd.DataFrame(
        {n: pd.Series([row.get(n) for row in ratings], dtype=object) for n in names}
    )
    return frame.astype({"is_self": bool} | dict.fromkeys(numbers, float))
