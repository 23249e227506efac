"""Manifests: the utterances of a corpus with their labels, one a row."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.datasets.manifest._columns import (
    as_text,
    check_frame,
    frame_of,
    listed,
    make_frame,
    sorted_names,
)
from skmiaug.datasets.manifest._file import (
    below,
    join_inside,
    read_columns,
    read_csv,
    write_frame,
)
from skmiaug.exceptions import FileFormatError


class Manifest:
    """The utterances of a corpus with their labels: corpus-neutral, checked.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The columns ``id``, ``path`` (audio file, absolute or below `root`), ``start``,
        ``end`` (seconds, where the utterance is a part of the file; NaN for all of it),
        ``transcript``, ``emotion``, ``valence``, ``activation``, ``dominance``,
        ``speaker``, ``gender``, ``session``, ``dialog``, ``sentence`` and ``split``, and
        any others. Only ``id`` must be filled in everywhere, and only once each.
    name : str, default=""
        What to call the corpus.
    root : path-like, default=None
        Folder that relative paths are below.

    Attributes
    ----------
    classes : list of str
        The emotions, sorted.

    Raises
    ------
    FileFormatError
        The table is not a manifest; names the row.

    See Also
    --------
    LeaveOneSpeakerOut : Folds of a manifest.
    skmiaug.TransformerFeatures : Features of its recordings.

    Examples
    --------
    >>> from skmiaug.datasets import Manifest
    >>> rows = {"id": ["a", "b"], "path": ["a.wav", "b.wav"], "emotion": ["joy", "anger"]}
    >>> manifest = Manifest.from_columns(rows, name="mine")
    >>> manifest.classes
    ['anger', 'joy']
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        name: str = "",
        root: str | os.PathLike[str] | None = None,
    ) -> None:
        check_frame(frame, name or "manifest")
        self.frame = frame_of(frame)
        self.name = name
        self.root = None if root is None else Path(root)

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Any],
        *,
        name: str = "",
        root: str | os.PathLike[str] | None = None,
    ) -> "Manifest":
        """Make one from some of the columns; the others are left empty.

        Parameters
        ----------
        columns : mapping of str to sequence of length n_rows, or DataFrame
            Of pandas or polars. At least ``id``. Value k of each column belongs to row k:
            the index of a Series or DataFrame is ignored, so that a shuffled or filtered
            table keeps its order. Speakers called "", "-1", "unknown" or the like are
            unknown: None. One that is a whole number has no decimals: 3.0 is "3".
        name : str, default=""
            What to call the corpus.
        root : path-like, default=None
            Folder that relative paths are below.

        Returns
        -------
        manifest : Manifest
            Its rows are counted from 0.

        Raises
        ------
        FileFormatError
            There is no ``id``, the columns differ in length, or their values are not
            those of a manifest; names the column or the row.
        """
        return cls(make_frame(columns, name or "manifest"), name=name, root=root)

    @classmethod
    def from_csv(
        cls,
        path: str | os.PathLike[str],
        audio: str = "path",
        target: str = "emotion",
        speaker: str | None = "speaker",
        *,
        name: str = "",
        root: str | os.PathLike[str] | None = None,
        check_files: bool = True,
    ) -> "Manifest":
        """Read a table of recordings: a CSV file with a row for each.

        Parameters
        ----------
        path : path-like
            UTF-8; cells are separated by commas, semicolons or tabs.
        audio : str, default="path"
            Column with the paths of the audio files, absolute or below ``root``. A row's
            ``id`` is its path below ``root`` without suffix, unless the table has a column
            ``id``; parts of a file (with the columns ``start`` and ``end``) are numbered.
        target : str, default="emotion"
            Column with the class of each row, read as text: "01" and "1" are two classes.
        speaker : str or None, default="speaker"
            Column with the speakers. Empty cells, "unknown" and "-1" are unknown speakers.
            A table without the column "speaker" has no known ones. None ignores them.
        name : str, default=""
            What to call the corpus.
        root : path-like, default=None
            Folder that the paths are below; None is the folder of the table.
        check_files : bool, default=True
            Whether every audio file must exist.

        Returns
        -------
        manifest : Manifest
            Its ``path`` column is absolute. Other columns of the table are kept, those with
            a name that manifests know (``session``, ``transcript``, ...) as such.

        Raises
        ------
        FileFormatError
            The file is missing or no table, it lacks a column, a path or a class is empty,
            a number is invalid, or an audio file is missing. Names the column or the line.

        See Also
        --------
        Manifest.from_columns : The same from a table in memory.

        Examples
        --------
        >>> from skmiaug.datasets import Manifest
        >>> Manifest.from_csv("labels.csv", audio="file").classes  # doctest: +SKIP
        """
        file = Path(os.path.abspath(os.path.expanduser(path)))
        base = file.parent if root is None else Path(os.path.abspath(root))
        table = read_csv(file, (audio, target), ",;\t", filled=(audio, target))
        if speaker not in (None, "speaker") and speaker not in table.columns:
            raise FileFormatError(
                f"{file}: expected the column {speaker!r} for the speakers; it has "
                f"{listed(table.columns)}. Pass speaker=None if they are not known."
            )
        used = {"path": audio, "emotion": target, "speaker": speaker}
        columns: dict[str, Any] = {
            column: table[column].where(table[column] != "", None)
            for column in table.columns
            if column not in used.values() and column not in used
        }
        full = [os.path.normpath(os.path.join(base, cell)) for cell in table[audio]]
        columns["path"], columns["emotion"] = full, table[target]
        if speaker in table.columns:
            columns["speaker"] = table[speaker]
        if "id" not in columns:
            columns["id"] = _ids(full, base)
        frame = make_frame(columns, str(file))
        manifest = cls(frame, name=name or file.stem, root=base)
        if check_files:
            manifest.check_files()
        return manifest

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        root: str | os.PathLike[str] | None = None,
        check_files: bool = True,
        allow_links: bool = False,
    ) -> "Manifest":
        """Read a manifest of JSON lines; reading one from an untrusted source is safe.

        Parameters
        ----------
        path : path-like
            From :meth:`write`, or written by hand in the same format.
        root : path-like, default=None
            Folder of the audio; None is the folder of the manifest.
        check_files : bool, default=True
            Whether every audio file must exist.
        allow_links : bool, default=False
            Whether symbolic links may lead out of `root`.

        Returns
        -------
        manifest : Manifest
            Its ``path`` column is absolute.

        Raises
        ------
        FileFormatError
            The file is missing, damaged, cut short or no manifest, a path leads out of
            `root`, or an audio file is missing. Names the line or the file.
        """
        file, name, columns = read_columns(path)
        base = Path(os.path.abspath(file.parent if root is None else root))
        columns["path"] = join_inside(
            base, columns["path"], str(file), allow_links=allow_links
        )
        frame = make_frame(columns, str(file))
        check_frame(frame, str(file))
        manifest = cls(frame, name=name, root=base)
        if check_files:
            manifest.check_files()
        return manifest

    def write(
        self, path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None
    ) -> None:
        """Write as JSON lines, whole or not at all.

        The first line names the format and the number of rows; every further line is a
        flat object with those columns of a row that are filled in.

        Parameters
        ----------
        path : path-like
            The file. By default the paths in it are relative to its folder, where
            :meth:`read` looks for them, so that corpus and manifest can be moved together.
        root : path-like, default=None
            Folder that the paths are relative to instead, for a manifest that is kept apart
            from its corpus; pass it to :meth:`read` too.

        Raises
        ------
        FileFormatError
            A path is not below that folder; or a value cannot be written: one that is
            not text, a number, true or false; an infinity; half of a surrogate pair; a row
            of more than 1 MiB. Names the column and the row.
        OSError
            The file cannot be written.
        """
        folder = Path(path).parent if root is None else Path(root)
        folder = Path(os.path.abspath(folder))
        try:
            relative = below(self.paths(), folder)
        except FileFormatError as error:
            remedy = (
                "Write the manifest into a folder above the audio, or pass that as root"
            )
            raise FileFormatError(
                f"{error} {remedy}, here and to Manifest.read."
            ) from error
        write_frame(path, self.frame, relative, self.name)

    @property
    def classes(self) -> list[str]:
        """The emotions, sorted."""
        return sorted(self.frame["emotion"].dropna().unique())

    def counts(self) -> dict[str, Any]:
        """Rows in all and by emotion, session and split, and the number of speakers."""
        frame = self.frame
        speakers = int(frame["speaker"].nunique())
        found: dict[str, Any] = {"rows": len(frame), "speakers": speakers}
        for column in ("emotion", "session", "split"):
            numbers = frame[column].value_counts()
            found[column] = {str(k): int(numbers[k]) for k in sorted_names(numbers.index)}
        return found

    def paths(self) -> list[str | None]:
        """The audio file of each row, with the root before relative ones."""
        root = "" if self.root is None else os.path.abspath(self.root)
        return [
            os.path.join(root, path) if isinstance(path, str) else None
            for path in self.frame["path"]
        ]

    def groups(self, column: str = "speaker") -> np.ndarray:
        """Groups for scikit-learn's splitters, such as ``GroupKFold``.

        Parameters
        ----------
        column : str, default="speaker"
            Rows with the same value in this column are one group. A row without one, of
            an unknown speaker, is a group of its own.

        Returns
        -------
        groups : ndarray of shape (n_rows,), int
        """
        values = self.frame[column]
        codes, known = pd.factorize(values)
        unknown = np.flatnonzero(codes < 0)
        codes[unknown] = len(known) + np.arange(len(unknown))
        return np.asarray(codes)

    def check_files(self) -> None:
        """Check that every audio file exists.

        Raises
        ------
        FileFormatError
            Some do not; names the first and how many.
        """
        paths = list(dict.fromkeys(path for path in self.paths() if path is not None))
        missing = [path for path in paths if not os.path.isfile(path)]
        if missing:
            raise FileFormatError(
                f"{self.name or 'manifest'}: expected {len(paths)} audio files; "
                f"{len(missing)} are not there, the first of them {missing[0]!r}. Pass the "
                "folder of the audio as root, or check_files=False to skip this check."
            )

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"Manifest({self.name!r}, {len(self)} rows, classes {self.classes})"


def _ids(paths: list[str], base: Path) -> pd.Series:
    """Ids from paths: without suffix where that is unique, parts of a file numbered."""
    relative = pd.Series([os.path.relpath(path, base) for path in paths], dtype=object)
    relative = relative.str.replace(os.sep, "/").astype(object)
    stems = relative.map(lambda path: os.path.splitext(path)[0])
    clash = stems.map(relative.groupby(stems).nunique()) > 1
    ids = stems.where(~clash, relative)
    repeated = ids.duplicated(keep=False)
    numbered = ids + "#" + (ids.groupby(ids).cumcount() + 1).astype(str)
    return as_text(ids.where(~repeated, numbered))
