"""The file of a manifest: a line that names the format, then a flat object for each row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.datasets._columns import COLUMNS, NUMBERS, check_frame, listed
from skmiaug.datasets._files import need_regular_file
from skmiaug.datasets._jsonl import flat_line, read_flat_lines
from skmiaug.exceptions import FileFormatError
from skmiaug.utils._atomic import write_bytes_atomically

FORMAT, FORMAT_VERSION = "skmiaug-manifest", 1
MAX_FILE_BYTES = 2**31
MAX_ROWS = 5_000_000


def open_manifest(path: Any) -> Path:
    """The file, if it can be one.

    Raises
    ------
    FileFormatError
        It is missing, no plain file, or too large.
    """
    return need_regular_file(path, MAX_FILE_BYTES, "a manifest (JSON lines)")


def read_columns(file: Path) -> tuple[str, dict[str, list[Any]]]:
    """The name of a corpus and its columns, paths as they stand in the file.

    Raises
    ------
    FileFormatError
        The file is damaged, cut short or no manifest. Names the line.
    """
    lines = read_flat_lines(file)
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
            f"{file}: expected the {header['rows']} rows that its first line tells of; "
            f"{len(rows)} are there: the file is cut short or was edited."
        )
    return name, _columns(file, rows, numbers)


def write_frame(
    path: Any, frame: pd.DataFrame, paths: Sequence[str | None], name: str
) -> None:
    """Write a table as a manifest, whole or not at all.

    Parameters
    ----------
    path : path-like
    frame : DataFrame of shape (n_rows, n_columns)
    paths : sequence of str or None, of length n_rows
        What to write as ``path``.
    name : str
        Of the corpus.

    Raises
    ------
    FileFormatError
        `read_columns` would refuse the file, or not find in it what was in the table;
        names the column and the row. Nothing is written then.
    OSError
        The file cannot be written.
    """
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
            f"{listed(map(str, frame.columns[len(COLUMNS) :]))} besides the usual ones."
        )
    # Columns without a value need not be gone through row by row.
    filled = [column for column, values in columns.items() if values.notna().any()]
    cells = [paths if column == "path" else columns[column] for column in filled]
    lines = [flat_line(header, f"the name of {where}")]
    for identity, *row in zip(frame["id"], *cells, strict=True):
        values = {n: _plain(v) for n, v in zip(filled, row, strict=True)}
        known = {n: v for n, v in values.items() if v is not None}
        lines.append(flat_line(known, f"{where}, the row of {identity[:80]!a}"))
    _check_size(where, len(frame), sum(map(len, lines)))
    write_bytes_atomically(path, b"".join(lines))


def _check_size(where: str, n_rows: int, n_bytes: int) -> None:
    if n_rows > MAX_ROWS or n_bytes > MAX_FILE_BYTES:
        raise FileFormatError(
            f"{where}: expected at most {MAX_ROWS} rows and {MAX_FILE_BYTES / 2**20:.0f} "
            f"MiB; got {n_rows} rows, {n_bytes / 2**20:.0f} MiB: write it in parts."
        )


def _check_header(file: Path | str, header: dict[str, Any]) -> str:
    if header.get("format") != FORMAT:
        raise FileFormatError(
            f'{file}: expected a first line with "format": "{FORMAT}"; it is not there, so '
            "this is no manifest."
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


def _columns(
    file: Path, rows: list[dict[str, Any]], numbers: list[int]
) -> dict[str, list[Any]]:
    """Rows to columns, each value of its column's kind."""
    names = dict.fromkeys(COLUMNS)
    for row in rows:
        names |= dict.fromkeys(row)
    columns: dict[str, list[Any]] = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in COLUMNS:
            values = _of_kind(file, name, values, numbers)
        columns[name] = values
    return columns


def _of_kind(file: Path, name: str, values: list[Any], numbers: list[int]) -> list[Any]:
    """The values of one of `COLUMNS`: floats, or text and None."""
    kinds, expected = ((int, float), "a number") if name in NUMBERS else ((str,), "text")
    found: list[Any] = []
    for number, value in zip(numbers, values, strict=True):
        right = isinstance(value, kinds) and not isinstance(value, bool)
        if value is not None and not right:
            raise FileFormatError(
                f"{file}, line {number}: expected {expected} under {name!r}; got "
                f"{str(value)[:80]!r}."
            )
        try:
            missing = np.nan if value is None else value
            found.append(float(missing) if name in NUMBERS else value)
        except OverflowError:
            raise FileFormatError(
                f"{file}, line {number}: expected a number below 1.8e308 under {name!r}; "
                f"got an integer of {len(str(value))} digits."
            ) from None
    return found


def _plain(value: Any) -> Any:
    """A value of a cell as JSON knows it; missing is None."""
    if type(value) is str:
        return value
    value = value.item() if isinstance(value, np.generic) else value
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value
