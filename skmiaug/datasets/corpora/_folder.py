"""Folders of corpora: finding entries, indexing audio, reading text files."""

import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from skmiaug.datasets.manifest import as_text, listed, need_regular_file
from skmiaug.exceptions import CorpusWarning, FileFormatError

AUDIO_SUFFIXES = (".wav", ".flac")
# The largest label file of a release has some 100 MB.
_MAX_TEXT_BYTES = 2**28


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
        warnings.warn(
            f"{corpus}: {len(missing)} of {len(frame)} rows have no audio file and are "
            f"left out: {listed(missing)}",
            CorpusWarning,
            stacklevel=3,
        )
    frame = frame.reset_index(drop=True).assign(path=as_text(paths))
    return frame[frame["path"].notna()].reset_index(drop=True)


def read_text(path: str | os.PathLike[str], encoding: str | None = None) -> str:
    """The text of a small file, without a byte order mark.

    ``encoding`` None is UTF-8, or Latin-1 for files that are not UTF-8.
    """
    file = need_regular_file(path, _MAX_TEXT_BYTES, "a text file")
    data = file.read_bytes()
    try:
        text = data.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding is not None:
            line = data.count(b"\n", 0, error.start) + 1
            raise FileFormatError(
                f"{file}, line {line}: expected UTF-8; got the byte "
                f"0x{data[error.start]:02x}. Save the file as UTF-8, or copy it again."
            ) from error
        text = data.decode("latin-1")
    return text.removeprefix("\xef\xbb\xbf")


def text_lines(path: str | os.PathLike[str], encoding: str | None = None) -> list[str]:
    """The lines of a text file, see `read_text`."""
    # Not splitlines: 0x85 is a line break to it, and an ellipsis in Latin-1 of Windows.
    lines = read_text(path, encoding).split("\n")
    return [line.removesuffix("\r") for line in lines]
