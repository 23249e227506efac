"""Manifests: what a corpus holds, one row an utterance, in a format of its own."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from skmiaug.datasets._columns import check_frame, make_frame, sorted_names
from skmiaug.datasets._files import join_inside, safe_relative
from skmiaug.datasets._manifest_file import open_manifest, read_columns, write_frame
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
        Folder that the paths are inside of; needed by :meth:`write`.

    Attributes
    ----------
    classes : list of str
        The emotions, sorted.

    Raises
    ------
    FileFormatError
        The table is no manifest; names the row.

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
        self.frame = frame
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
            Of pandas or polars. At least ``id``. Value k of each column belongs to row k,
            whatever the index of a Series or DataFrame says: a shuffled or filtered table
            keeps its order.
        name : str, default=""
            What to call the corpus.
        root : path-like, default=None
            Folder that the paths are inside of.

        Returns
        -------
        manifest : Manifest
            Its rows are counted from 0.

        Raises
        ------
        FileFormatError
            There is no ``id``, the columns are not equally long, or what they hold is no
            manifest; names the column or the row.
        """
        return cls(make_frame(columns, name or "manifest"), name=name, root=root)

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        root: str | os.PathLike[str] | None = None,
        check_files: bool = True,
        allow_links: bool = False,
    ) -> "Manifest":
        """Read a JSONL manifest; a hostile one does no harm.

        Parameters
        ----------
        path : path-like
            From :meth:`write`, or made by hand in the same format.
        root : path-like, default=None
            Folder of the audio; None is the folder of the manifest.
        check_files : bool, default=True
            Whether every audio file must be there.
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
        file = open_manifest(path)
        base = Path(os.path.abspath(file.parent if root is None else root))
        name, columns = read_columns(file)
        columns["path"] = join_inside(
            base, columns["path"], str(file), allow_links=allow_links
        )
        frame = make_frame(columns, str(file))
        check_frame(frame, str(file))
        manifest = cls(frame, name=name, root=base)
        if check_files:
            manifest.check_files()
        return manifest

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write as JSON lines, whole or not at all.

        The first line names the format and the number of rows; every further line is a
        flat object with those columns of a row that are filled in. Paths are written
        relative to ``root``, so that the corpus and its manifest can move.

        Raises
        ------
        FileFormatError
            A path is not below ``root``, or the root is not known; or a value cannot be
            written: what is no text, number, true or false, an infinity, half of a
            surrogate pair, or a row of more than 1 MiB. Names the column and the row.
        OSError
            The file cannot be written.
        """
        write_frame(path, self.frame, self._relative_paths(), self.name)

    @property
    def classes(self) -> list[str]:
        """The emotions, sorted."""
        return sorted(self.frame["emotion"].dropna().unique())

    def counts(self) -> dict[str, Any]:
        """Rows in all and by emotion, session and split, and the number of speakers."""
        frame = self.frame
        found: dict[str, Any] = {
            "rows": len(frame),
            "speakers": int(frame["speaker"].nunique()),
        }
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

    def check_files(self) -> None:
        """See to it that every audio file is there.

        Raises
        ------
        FileFormatError
            Some are not; names the first and says how many.
        """
        paths = list(dict.fromkeys(path for path in self.paths() if path is not None))
        missing = [path for path in paths if not os.path.isfile(path)]
        if missing:
            raise FileFormatError(
                f"{self.name or 'manifest'}: expected {len(paths)} audio files; "
                f"{len(missing)} are not there, the first of them {missing[0]!r}. Pass the "
                "folder of the audio as root, or check_files=False to do without."
            )

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"Manifest({self.name!r}, {len(self)} rows, classes {self.classes})"

    def _relative_paths(self) -> list[str | None]:
        if self.frame["path"].isna().all():
            return [None] * len(self.frame)
        if self.root is None:
            raise FileFormatError(
                "expected a root folder to write paths relative to; got none: pass root= "
                "to Manifest."
            )
        root = os.path.abspath(self.root)
        start = os.path.join(root, "")
        relative: list[str | None] = []
        for path in self.paths():
            if path is None:
                relative.append(None)
                continue
            if path.startswith(start):
                below = path[len(start) :]
            else:
                below = os.path.relpath(path, root)
            below = below.replace(os.sep, "/")
            relative.append(safe_relative(below, f"{path!r} with the root {root!r}"))
        return relative
