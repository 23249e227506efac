"""JSON lines from strangers: flat objects of bounded size, and nothing else."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from skmiaug.exceptions import FileFormatError

MAX_LINE_BYTES = 2**20
MAX_KEYS = 256

Scalar = str | int | float | bool | None


def read_flat_lines(file: Path) -> Iterator[dict[str, Scalar]]:
    """Yield the object of each line.

    Parameters
    ----------
    file : Path
        UTF-8; empty lines are skipped.

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
            if line.strip():
                yield _flat_object(file, number, line)


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


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_no_constant)


def _refuse(file: Path, number: int, expected: str, found: str) -> NoReturn:
    raise FileFormatError(f"{file}, line {number}: expected {expected}; got {found}.")
