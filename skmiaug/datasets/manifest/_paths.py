"""Paths that must stay inside a folder, and files that can be read to their end."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._untrusted import check_regular_file

# Names that begin with no dot, with single slashes between: nearly every path.
_PLAIN = re.compile(
    r"[^./\\:\x00-\x1f][^/\\:\x00-\x1f]*(/[^./\\:\x00-\x1f][^/\\:\x00-\x1f]*)*"
)


def need_regular_file(path: str | os.PathLike[str], max_bytes: int, what: str) -> Path:
    """As `check_regular_file`; a file that is absent is a `FileFormatError` too."""
    try:
        return check_regular_file(path, what, max_bytes=max_bytes)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(f"{path}: expected {what}; {reason.lower()}.") from error


def safe_relative(text: str, where: str) -> str:
    """A relative path that cannot leave its folder, in normal form."""
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
    """Absolute paths of `paths` below `root`, none of which leads out of it."""
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


def below(paths: Sequence[str | None], folder: Path) -> list[str | None]:
    """Absolute paths as relative ones from `folder`, with forward slashes."""
    start = os.path.join(folder, "")
    relative: list[str | None] = []
    for path in paths:
        if path is None:
            relative.append(None)
            continue
        plain = path.startswith(start)
        text = path[len(start) :] if plain else os.path.relpath(path, folder)
        text = text.replace(os.sep, "/")
        relative.append(safe_relative(text, f"{path!r} from the folder {str(folder)!r}"))
    return relative
