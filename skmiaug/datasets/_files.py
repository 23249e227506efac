"""What lies in a corpus folder, and paths that must stay inside one."""

import os
import re
import stat
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from skmiaug.datasets._columns import as_text, listed
from skmiaug.exceptions import CorpusWarning, FileFormatError

# Names that begin with no dot, with single slashes between: nearly every path.
_PLAIN = re.compile(
    r"[^./\\:\x00-\x1f][^/\\:\x00-\x1f]*(/[^./\\:\x00-\x1f][^/\\:\x00-\x1f]*)*"
)
AUDIO_SUFFIXES = (".wav", ".flac")


def corpus_folder(path: str | os.PathLike[str], corpus: str, *inside: str) -> Path:
    """The folder of a corpus; a folder that is called like `inside` in it comes first.

    Raises
    ------
    FileFormatError
        There is no such folder.
    """
    folder = Path(os.path.abspath(os.path.expanduser(path)))
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise FileFormatError(f"expected the folder of {corpus}; {str(folder)!r} {what}.")
    found = find_entry(folder, inside)
    return folder if found is None or not found.is_dir() else found


def find_entry(folder: Path, names: Iterable[str]) -> Path | None:
    """The first of `names` that is in the folder, whatever its upper and lower case."""
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
    """As `find_entry`, and an error that says what was looked for.

    Raises
    ------
    FileFormatError
        None of them is there.
    """
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

    Raises
    ------
    FileFormatError
        It is a file.
    """
    if not folder.is_dir():
        raise FileFormatError(f"expected a folder; {str(folder)!r} is none.")
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
                # A link to nothing is a file that was not fetched yet.
                if dot and "." + suffix.lower() in suffixes and entry.is_file():
                    found.setdefault(stem, entry.path)
    return found


def attach_audio(
    frame: pd.DataFrame, index: dict[str, str], max_missing: int | None, corpus: str
) -> pd.DataFrame:
    """Fill in ``path`` from an index by id; rows whose file is missing are dropped.

    Raises
    ------
    FileFormatError
        More than `max_missing` files are missing (None: any number may be).

    Warns
    -----
    CorpusWarning
        Some are missing and were dropped.
    """
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


def read_text(path: str | os.PathLike[str]) -> str:
    """A small text file: UTF-8, or Latin-1 where it is no UTF-8."""
    data = Path(path).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_utf_8(file: Path) -> str:
    """A text file that is UTF-8 and nothing else, with or without a mark at its start.

    Raises
    ------
    FileFormatError
        It is not; names the line.
    """
    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileFormatError(
            f"{file}, line {line}: expected UTF-8; got the byte 0x{data[error.start]:02x} "
            "there. Save the file as UTF-8, or copy it again."
        ) from error


def lines_of(text: str) -> list[str]:
    """Lines as the corpora mean them.

    ``str.splitlines`` also breaks at characters that Latin-1 transcripts hold within a
    line (0x85 is an ellipsis in Windows' variant of it).
    """
    return [line.removesuffix("\r") for line in text.split("\n")]


def safe_relative(text: str, where: str) -> str:
    """A relative path that cannot leave its folder, in normal form.

    Raises
    ------
    FileFormatError
        It is absolute, climbs with "..", or holds characters that no such path needs.
    """
    if _PLAIN.fullmatch(text):
        return text
    parts = PurePosixPath(text).parts
    if (
        not parts
        or text.startswith("/")
        or "\\" in text
        or ":" in parts[0]
        or ".." in parts
        or any(ord(letter) < 32 for letter in text)
    ):
        raise FileFormatError(
            f"{where}: expected a path inside the corpus folder, with forward slashes; got "
            f"{text[:200]!r}."
        )
    return str(PurePosixPath(*parts))


def join_inside(
    root: Path, paths: Sequence[str | None], where: str, *, allow_links: bool
) -> list[str | None]:
    """Absolute paths of `paths` below `root`, none of which leads out of it.

    Raises
    ------
    FileFormatError
        A path is no safe relative one, or a symbolic link leads out of `root`.
    """
    base = os.path.realpath(root)
    inside: dict[str, bool] = {}
    joined: list[str | None] = []
    for path in paths:
        if path is None:
            joined.append(None)
            continue
        full = os.path.join(root, safe_relative(path, where))
        joined.append(full)
        if allow_links:
            continue
        # A folder is looked up once; a file only if it is a link itself.
        place = full if os.path.islink(full) else os.path.dirname(full)
        if place not in inside:
            real = os.path.realpath(place)
            inside[place] = os.path.commonpath([base, real]) == base
        if not inside[place]:
            raise FileFormatError(
                f"{where}: {path!r} is a symbolic link that leads out of {str(root)!r}; "
                "pass allow_links=True if that is meant."
            )
    return joined


def need_regular_file(path: str | os.PathLike[str], max_bytes: int, what: str) -> Path:
    """Refuse what is missing, no plain file, or too large to be what it should be.

    Raises
    ------
    FileFormatError
        So it is.
    """
    file = Path(path).expanduser()
    try:
        status = file.stat()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(f"{file}: expected {what}; {reason.lower()}.") from error
    if not stat.S_ISREG(status.st_mode):
        # Reading a pipe or a device could wait for ever.
        raise FileFormatError(f"{file}: expected {what}, and it is no regular file.")
    if status.st_size > max_bytes:
        raise FileFormatError(
            f"{file}: expected {what} of at most {max_bytes / 2**20:.0f} MiB; it has "
            f"{status.st_size / 2**20:.0f} MiB."
        )
    return file
