"""The file of a manifest: a line that names the format, then a flat object for each row."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.datasets._columns import COLUMNS, NUMBERS
from skmiaug.datasets._files import need_regular_file
from skmiaug.datasets._jsonl import read_flat_lines
from skmiaug.exceptions import FileFormatError
from skmiaug.utils._atomic import write_text_atomically

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
    header = next(lines, None)
    name = _check_header(file, header)
    rows = []
    for row in lines:
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise FileFormatError(f"{file}: expected at most {MAX_ROWS} rows.")
    assert header is not None
    if header.get("rows", len(rows)) != len(rows):
        raise FileFormatError(
            f"{file}: expected the {header['rows']} rows that its first line tells of; "
            f"{len(rows)} are there: the file is cut short or was edited."
        )
    return name, _columns(file, rows)


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
    OSError
        The file cannot be written.
    """
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": name,
        "rows": len(frame),
    }
    lines = [json.dumps(header, ensure_ascii=False)]
    columns = {str(name): frame[name] for name in frame.columns}
    # Columns without a value need not be gone through row by row.
    filled = [name for name, values in columns.items() if values.notna().any()]
    cells = [paths if name == "path" else columns[name] for name in filled]
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    for row in zip(*cells, strict=True):
        values = {n: _plain(v) for n, v in zip(filled, row, strict=True)}
        lines.append(encode({n: v for n, v in values.items() if v is not None}))
    write_text_atomically(path, "\n".join(lines) + "\n")


def _check_header(file: Path, header: dict[str, Any] | None) -> str:
    if header is None or header.get("format") != FORMAT:
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


def _columns(file: Path, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows to columns, each value of its column's kind."""
    names = dict.fromkeys(COLUMNS)
    for row in rows:
        names |= dict.fromkeys(row)
    columns: dict[str, list[Any]] = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in COLUMNS:
            _check_kind(file, name, values)
        columns[name] = values
    for name in NUMBERS:
        columns[name] = [np.nan if v is None else float(v) for v in columns[name]]
    return columns


def _check_kind(file: Path, name: str, values: list[Any]) -> None:
    kinds, expected = ((int, float), "a number") if name in NUMBERS else ((str,), "text")
    for row, value in enumerate(values):
        right = isinstance(value, kinds) and not isinstance(value, bool)
        if value is not None and not right:
            raise FileFormatError(
                f"{file}, line {row + 2}: expected {expected} under {name!r}; got "
                f"{str(value)[:80]!r}."
            )


def _plain(value: Any) -> Any:
    """A value of a cell as JSON knows it; missing is None."""
    if type(value) is str:
        return value
    value = value.item() if isinstance(value, np.generic) else value
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value
