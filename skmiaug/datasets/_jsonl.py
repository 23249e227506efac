"""JSON lines from strangers: flat objects of bounded size, and nothing else."""

import codecs
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from skmiaug.exceptions import FileFormatError

MAX_LINE_BYTES = 2**20
MAX_KEYS = 256

# Python turns no longer ones to numbers, or numbers to text.
_MAX_DIGITS = 4000
_MAX_INTEGER = 10**_MAX_DIGITS

Scalar = str | int | float | bool | None
_SCALARS = (str, int, float, bool, type(None))


def read_flat_lines(file: Path) -> Iterator[tuple[int, dict[str, Scalar]]]:
    """Yield the number of each line, counted from 1, and its object.

    Parameters
    ----------
    file : Path
        UTF-8, a mark of the byte order at its start or none; empty lines are skipped.

    Raises
    ------
    FileFormatError
        A line is longer than 1 MiB, no JSON, no object, names a key twice, or holds
        anything but text, finite numbers, true, false and null. Names the line.
    """
    with file.open("rb") as lines:
        number = 0
        while line := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                _refuse(file, number, f"a line of at most {MAX_LINE_BYTES} bytes", "more")
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if line.strip():
                yield number, _flat_object(file, number, line)


def flat_line(fields: Mapping[str, Any], where: str) -> bytes:
    """An object as a line that `read_flat_lines` takes.

    Parameters
    ----------
    fields : mapping of str to str, int, float, bool or None
    where : str
        What an error begins with.

    Returns
    -------
    line : bytes
        UTF-8, with the end of the line.

    Raises
    ------
    FileFormatError
        A value or name is of another kind, not finite, no Unicode text or too long for
        the format. Names it.
    """
    try:
        line = _ENCODER.encode(fields).encode("utf-8") + b"\n"
    except (TypeError, ValueError):  # UnicodeEncodeError too
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
        found = f"{type(value).__name__} ({str(value)[:80]}); write it as text"
    elif isinstance(value, float) and not math.isfinite(value):
        found = f"{value}; leave the cell empty (NaN or None)"
    elif isinstance(value, int) and abs(value) >= _MAX_INTEGER:
        found = "a longer one"
        expected = f"an integer of at most {_MAX_DIGITS} digits"
    elif not _is_unicode(name) or (isinstance(value, str) and not _is_unicode(value)):
        found = "half of a surrogate pair, which comes of names that are no UTF-8"
        expected = "Unicode text"
    if found:
        raise FileFormatError(
            f"{where}: expected {expected} in the column {name[:80]!a}; got {found}."
        )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _flat_object(file: Path, number: int, line: bytes) -> dict[str, Scalar]:
    try:
        found = _DECODER.decode(line.decode("utf-8"))
    except RecursionError:
        _refuse(file, number, "a flat JSON object", "one that is nested too deep")
    except ValueError as error:
        _refuse(file, number, "a JSON object", f"something else ({str(error)[:120]})")
    if not isinstance(found, dict):
        _refuse(file, number, "a JSON object", type(found).__name__)
    if len(found) > MAX_KEYS:
        _refuse(file, number, f"at most {MAX_KEYS} keys", str(len(found)))
    for key, value in found.items():
        if not (value is None or isinstance(value, str | int | float)):
            what = f"{type(value).__name__} under {key[:80]!r}"
            _refuse(file, number, "text, numbers, true, false or null", what)
        if isinstance(value, float) and not math.isfinite(value):
            _refuse(file, number, "finite numbers", f"{value} under {key[:80]!r}")
    return found


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_no_constant)


def _refuse(file: Path, number: int, expected: str, found: str) -> NoReturn:
    raise FileFormatError(f"{file}, line {number}: expected {expected}; got {found}.")
