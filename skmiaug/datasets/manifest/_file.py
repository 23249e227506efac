"""Files of manifests: JSON lines (a header, then a flat object for each row), and CSV.

Each line is parsed by itself, so that an error names it and no line takes more memory than
its limit; pandas' reader of JSON lines does neither. Paths must stay inside their folder.
"""

import csv
import io
import json
import math
import os
import re
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from skmiaug.datasets.manifest._columns import (
    COLUMNS,
    NUMBERS,
    check_frame,
    is_unicode,
    listed,
)
from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._atomic import write_bytes_atomically
from skmiaug.utils.files._untrusted import check_regular_file, parse_json

# Names that begin with no dot, with single slashes between: nearly every path.
_PLAIN = re.compile(
    r"[^./\\:\x00-\x1f][^/\\:\x00-\x1f]*(/[^./\\:\x00-\x1f][^/\\:\x00-\x1f]*)*"
)
# The largest label file of a release has some 100 MB.
_MAX_TEXT_BYTES = 2**28


def need_regular_file(path: str | os.PathLike[str], max_bytes: int, what: str) -> Path:
    """As `check_regular_file`; a file that is absent is a `FileFormatError` too."""
    try:
        return check_regular_file(path, what, max_bytes=max_bytes)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(f"{path}: expected {what}; {reason.lower()}.") from error


def read_text(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    max_bytes: int = _MAX_TEXT_BYTES,
    what: str = "a text file",
) -> str:
    """The text of a file, without a byte order mark.

    ``encoding`` None is UTF-8, or Latin-1 for files that are not UTF-8.
    """
    file = need_regular_file(path, max_bytes, what)
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


FORMAT, FORMAT_VERSION = "skmiaug-manifest", 1
MAX_FILE_BYTES, MAX_ROWS, MAX_CELLS = 2**31, 5_000_000, 100_000_000
MAX_LINE_BYTES, MAX_KEYS = 2**20, 256
# Python refuses to read or write longer integers.
_MAX_DIGITS = 4000
_MAX_INTEGER = 10**_MAX_DIGITS
_SCALARS = (str, int, float, bool, type(None))
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


# ---------------------------------------------------------------- reading


def read_columns(path: Any) -> tuple[Path, str, dict[str, list[Any]]]:
    """The file, the name of its corpus, and its columns, paths as they are in the file."""
    file = need_regular_file(path, MAX_FILE_BYTES, "a manifest (JSON lines)")
    lines = _flat_lines(file)
    _, header = next(lines, (0, {}))
    name = _check_header(file, header)
    numbers, rows = [], []
    for number, row in lines:
        numbers.append(number)
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise FileFormatError(f"{file}: expected at most {MAX_ROWS} rows.")
    if header.get("rows", len(rows)) != len(rows):
        raise FileFormatError(
            f"{file}: expected {header['rows']} rows, as its first line states; there are "
            f"{len(rows)}: the file is cut short or was edited."
        )
    columns: dict[str, list[Any]] = {}
    names = dict.fromkeys(COLUMNS)
    for row in rows:
        names |= dict.fromkeys(row)
    for column in names:
        values = [row.get(column) for row in rows]
        if column in COLUMNS:
            _check_kind(file, column, values, numbers)
        columns[column] = values
    return file, name, columns


def _flat_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each line that is not empty, counted from 1, and its object."""
    with file.open("rb") as lines:
        number = 0
        while line := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            if number > 2 * MAX_ROWS:  # most of them are empty
                raise FileFormatError(f"{file}: expected at most {MAX_ROWS} rows.")
            if not line.strip():
                continue
            where = f"{file}, line {number}"
            if len(line) > MAX_LINE_BYTES:
                _refuse(where, f"a line of at most {MAX_LINE_BYTES} bytes", "more")
            yield number, _flat_object(line, where)


def _flat_object(line: bytes, where: str) -> dict[str, Any]:
    found = parse_json(line, where)
    if not isinstance(found, dict):
        _refuse(where, "a JSON object", type(found).__name__)
    if len(found) > MAX_KEYS:
        _refuse(where, f"at most {MAX_KEYS} keys", str(len(found)))
    for key, value in found.items():
        if not isinstance(value, _SCALARS):
            what = f"{type(value).__name__} under {key[:80]!r}"
            _refuse(where, "text, numbers, true, false or null", what)
        if isinstance(value, float) and not math.isfinite(value):
            _refuse(where, "finite numbers", f"{value} under {key[:80]!r}")
    return found


def _check_header(file: Path | str, header: dict[str, Any]) -> str:
    if header.get("format") != FORMAT:
        raise FileFormatError(
            f'{file}: expected a first line with "format": "{FORMAT}"; it is not there, so '
            "this is not a manifest."
        )
    version = header.get("format_version")
    if version != FORMAT_VERSION:
        raise FileFormatError(
            f"{file}: expected format_version {FORMAT_VERSION}; got {version!r}. A later "
            "skmiaug may read it."
        )
    name = header.get("name", "")
    if not isinstance(name, str):
        raise FileFormatError(f"{file}: expected a name as text; got {name!r}.")
    return name


def _check_kind(file: Path, name: str, values: list[Any], numbers: list[int]) -> None:
    """Refuse values of one of `COLUMNS` that are no numbers, or no text."""
    kinds, expected = ((int, float), "a number") if name in NUMBERS else ((str,), "text")
    for number, value in zip(numbers, values, strict=True):
        found = ""
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds)):
            found = repr(str(value)[:80])
        elif isinstance(value, int) and abs(value) >= 2**1024:  # no float64 is as large
            found = f"an integer of {len(str(value))} digits"
        if found:
            _refuse(f"{file}, line {number}", f"{expected} under {name!r}", found)


def _refuse(where: str, expected: str, found: str) -> NoReturn:
    raise FileFormatError(f"{where}: expected {expected}; got {found}.")


def read_csv(
    file: Path,
    needed: Sequence[str],
    separators: str = ",",
    *,
    filled: Sequence[str] = (),
) -> pd.DataFrame:
    """A CSV table as text without spaces around it; empty cells are "".

    It has at least the columns ``needed``, and those of ``filled`` are filled in
    everywhere. ``separators`` are those that may be used; the first line decides. Row k,
    counted from 0, is line k + 2 where no cell holds a line break. ``pandas.read_csv``
    fills rows that are too short, and renames a column that is there twice.
    """
    text = read_text(file, "utf-8-sig", MAX_FILE_BYTES, "a CSV table")
    separator = max(separators, key=text[:MAX_LINE_BYTES].partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    try:
        names = next(reader, [])
        for row in reader:
            if row and len(row) != len(names):
                raise FileFormatError(
                    f"{file}, line {reader.line_num}: expected {len(names)} cells, as in "
                    f"the head; got {len(row)}."
                )
            if len(rows) * len(names) > MAX_CELLS:
                raise FileFormatError(f"{file}: expected at most {MAX_CELLS} cells.")
            rows += [[cell.strip() for cell in row]] if row else []
    except csv.Error as error:
        raise FileFormatError(f"{file}: expected a CSV table; {error}.") from error
    missing = [name for name in needed if names.count(name) == 0]
    if missing:
        raise FileFormatError(
            f"{file}: expected the columns {', '.join(needed)}; missing are "
            f"{', '.join(missing)}. It has {listed(names) or 'none'}."
        )
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise FileFormatError(f"{file}: expected each column once; {listed(twice)} is not.")
    if not rows:
        raise FileFormatError(f"{file}: expected rows below the head; there are none.")
    # As plain Python text: faster to go through than Arrow's.
    columns = zip(names, zip(*rows, strict=True), strict=True)
    table = pd.DataFrame({n: pd.Series(column, dtype=object) for n, column in columns})
    for name in filled:
        empty = np.flatnonzero(table[name] == "")
        if empty.size:
            raise FileFormatError(
                f"{file}, line {empty[0] + 2}: expected {name} to be filled in; it is "
                "empty. Fill it in, or leave the row out."
            )
    return table


# ---------------------------------------------------------------- writing


def write_frame(
    path: Any, frame: pd.DataFrame, paths: Sequence[str | None], name: str
) -> None:
    """Write a table as a manifest, whole or not at all; ``paths`` are those to write."""
    where = name if isinstance(name, str) and name else "manifest"
    check_frame(frame, where)
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": name,
        "rows": len(frame),
    }
    _check_header(f"the name of {where}", header)
    columns = {str(column): frame[column] for column in frame.columns}
    if len(columns) < frame.shape[1]:
        raise FileFormatError(
            f"{where}: expected columns of different names; got "
            f"{listed(map(str, frame.columns[len(COLUMNS) :]))} after the usual ones."
        )
    # Columns without a value need not be gone through row by row.
    filled = [column for column, values in columns.items() if values.notna().any()]
    cells = [paths if column == "path" else columns[column] for column in filled]
    lines = [_flat_line(header, f"the name of {where}")]
    for identity, *row in zip(frame["id"], *cells, strict=True):
        values = {n: _plain(v) for n, v in zip(filled, row, strict=True)}
        known = {n: v for n, v in values.items() if v is not None}
        lines.append(_flat_line(known, f"{where}, the row of {identity[:80]!a}"))
    n_bytes = sum(map(len, lines))
    if len(frame) > MAX_ROWS or n_bytes > MAX_FILE_BYTES:
        raise FileFormatError(
            f"{where}: expected at most {MAX_ROWS} rows and {MAX_FILE_BYTES / 2**20:.0f} "
            f"MiB; got {len(frame)} rows, {n_bytes / 2**20:.0f} MiB: write it in parts."
        )
    write_bytes_atomically(path, b"".join(lines))


def _flat_line(fields: Mapping[str, Any], where: str) -> bytes:
    try:
        line = _ENCODER.encode(fields).encode("utf-8") + b"\n"
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError too
        line = b""
    if not line or not all(isinstance(v, _SCALARS) for v in fields.values()):
        for name, value in fields.items():
            _check_field(name, value, where)
    if len(fields) > MAX_KEYS:
        raise FileFormatError(
            f"{where}: expected at most {MAX_KEYS} columns that are filled in; there are "
            f"{len(fields)}."
        )
    if len(line) > MAX_LINE_BYTES:
        longest = max(fields, key=lambda name: len(str(fields[name])))
        raise FileFormatError(
            f"{where}: expected a row of at most {MAX_LINE_BYTES} bytes; it has "
            f"{len(line)}, most of them in the column {longest[:80]!r}."
        )
    return line


def _check_field(name: str, value: Any, where: str) -> None:
    expected = "text, a finite number, true, false or nothing"
    found = ""
    if not isinstance(value, _SCALARS):
        found = f"{type(value).__name__} ({reprlib.repr(value)[:80]}); write it as text"
    elif isinstance(value, float) and not math.isfinite(value):
        found = f"{value}; leave the cell empty (NaN or None)"
    elif isinstance(value, int) and abs(value) >= _MAX_INTEGER:
        found = "a longer one"
        expected = f"an integer of at most {_MAX_DIGITS} digits"
    elif not is_unicode(name) or (isinstance(value, str) and not is_unicode(value)):
        found = "half of a surrogate pair, as in file names that are not UTF-8"
        expected = "Unicode text"
    if found:
        raise FileFormatError(
            f"{where}: expected {expected} in the column {name[:80]!a}; got {found}."
        )


def _plain(value: Any) -> Any:
    """A value of a cell as JSON knows it; missing is None."""
    if type(value) is str:
        return value
    value = value.item() if isinstance(value, np.generic) else value
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value
