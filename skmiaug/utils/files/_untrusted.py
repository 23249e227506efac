"""Untrusted files and texts: refused before they block, fill the memory or mislead."""

import json
import os
import stat
import tokenize
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._atomic import write_text_atomically

# A file of a kilobyte may hold some megabytes of zeros; a large one unpacks to less.
_FREE_BYTES, _MAX_EXPANSION = 2**28, 100
# What zipfile, numpy and pyarrow raise on damaged files.
_DAMAGE = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
_MAX_JSON_BYTES = 2**28
_CHECKSUM = "crc32"
# Joiners are part of words, in Persian and in emoji.
_SHOWN = "\u200c\u200d"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return ``path`` from the root, with ``~`` as the user's home.

    Another process may stand in another folder, and this one may go to another later:
    only such a path still names the same file there and then. Links and ``..`` stay as
    they are, since the one decides where the other leads.
    """
    return str(Path(os.path.expanduser(os.fspath(path))).absolute())


def check_regular_file(
    path: str | os.PathLike[str], what: str = "a file", *, max_bytes: int | None = None
) -> Path:
    """Return the path of a file that can be read to its end, ``~`` being the user's home.

    A pipe could wait for ever, and a device such as /dev/zero has no end: these, folders,
    and files of more than ``max_bytes`` are a FileFormatError that names ``what`` was
    expected. Whatever the system refuses is an OSError.
    """
    file = Path(path).expanduser()
    try:
        status = file.stat()
    except ValueError as error:  # a null character
        raise FileFormatError(
            f"expected {what}; {path!r} is not a path ({error})."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        raise FileFormatError(
            f"{file}: expected {what}, got {kind}. Name a regular file; write the output "
            "of a command to one first."
        )
    if max_bytes is not None and status.st_size > max_bytes:
        raise FileFormatError(
            f"{file}: expected {what} of at most {max_bytes / 2**20:,.0f} MiB; it has "
            f"{status.st_size / 2**20:,.0f} MiB."
        )
    return file


def check_unpacked_size(path: str | os.PathLike[str]) -> None:
    """Refuse a .npy, .npz or .parquet file that claims to hold far more than its size.

    The sizes that it declares are added up; nothing is unpacked, and files of other
    suffixes pass. More than 256 MiB and more than 100 times its size, an array larger than
    what is stored, and damage are a FileFormatError. Text columns of a parquet file are
    bounded by this only if they are read with ``read_dictionary``.
    """
    file = Path(path)
    measure = _MEASURES.get(file.suffix.lower())
    if measure is None:
        return
    size = check_regular_file(file, f"a {file.suffix} file").stat().st_size
    try:
        declared = measure(file)
    except FileFormatError:
        raise
    except (OSError, *_DAMAGE) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise  # of the system: what pyarrow raises on damaged files names none
        raise FileFormatError(
            f"{file}: expected a {file.suffix} file, got a damaged one "
            f"({_first_line(error)}). Write it again."
        ) from error
    if declared > max(_FREE_BYTES, _MAX_EXPANSION * size):
        raise FileFormatError(
            f"{file}: expected a file that unpacks to at most {_MAX_EXPANSION} times its "
            f"size; {size:,} bytes claim to be {declared:,}. If that is meant, write it "
            "without compression."
        )


def _npy_bytes(file: Path) -> int:
    with file.open("rb") as stream:
        return _array_bytes(stream, file.stat().st_size, str(file))


def _npz_bytes(file: Path) -> int:
    total = 0
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            total += member.file_size
            if member.filename.endswith(".npy"):
                where = f"{file}: {member.filename}"
                with archive.open(member) as stream:
                    _array_bytes(stream, member.file_size, where, objects=True)
    return total


def _array_bytes(stream: Any, size: int, where: str, *, objects: bool = False) -> int:
    """Bytes of an array by its header, which must not be more than there are.

    An archive may hold `objects` next to the arrays that are read, as numpy itself refuses
    to load them.
    """
    major, _ = np.lib.format.read_magic(stream)
    read = (
        np.lib.format.read_array_header_1_0
        if major == 1
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read(stream)
    if dtype.hasobject and objects:
        return size
    if dtype.hasobject:
        raise FileFormatError(
            f"{where}: expected numbers or text, got Python objects, which could run code. "
            "Write it again with another dtype."
        )
    declared = dtype.itemsize
    for n in shape:
        if n < 0:
            raise FileFormatError(f"{where}: expected an array, got the shape {shape}.")
        declared *= int(n)
    size -= stream.tell()
    if declared > size:
        raise FileFormatError(
            f"{where}: expected {declared:,} bytes for an array of shape {shape}; "
            f"{size:,} are there: the file was cut short or changed."
        )
    return declared


def _parquet_bytes(file: Path) -> int:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as parquet:
        metadata = parquet.metadata
        nested = [
            j
            for j in range(metadata.num_columns)
            if metadata.schema.column(j).max_repetition_level
        ]
        total = 0
        for k in range(metadata.num_row_groups):
            group = metadata.row_group(k)
            # Repeated values take next to nothing in the file, and 8 bytes each here.
            values = group.num_rows * max(1, group.num_columns - len(nested))
            # Lists alone need the count of the column: looking at that of a damaged file
            # ends the process in some versions of pyarrow.
            values += sum(group.column(j).num_values for j in nested)
            total += max(group.total_byte_size, 8 * values)
    return int(total)


_MEASURES: dict[str, Callable[[Path], int]] = {
    ".npy": _npy_bytes,
    ".npz": _npz_bytes,
    ".parquet": _parquet_bytes,
}


# ---------------------------------------------------------------- JSON


def parse_json(text: str | bytes, where: str) -> Any:
    """Return the content of a JSON text; bytes are UTF-8, also with a byte order mark.

    Errors are a FileFormatError that begins with ``where``, such as the name of the file:
    it is not JSON, nested too deep, has a key twice, or holds a number of too many digits
    or half of a surrogate pair, which cannot be written again.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        found = _DECODER.decode(text)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise FileFormatError(f"{where}: expected JSON; it is nested too deep.") from error
    except ValueError as error:  # UnicodeError too
        raise FileFormatError(
            f"{where}: expected JSON, got something else ({_first_line(error)}). Restore "
            "the file, or write it again."
        ) from error
    return found


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys)


def write_json_file(path: str | os.PathLike[str], document: Mapping[str, Any]) -> None:
    """Write a JSON object with a checksum, under the key "crc32", in one step.

    What JSON cannot hold (NaN and infinity included) is a TypeError or ValueError.
    """
    if _CHECKSUM in document:
        raise ValueError(f"expected a document without the key {_CHECKSUM!r}; it has one.")
    plain = json.loads(json.dumps(document, allow_nan=False))
    plain[_CHECKSUM] = _checksum(plain)
    text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False)
    write_text_atomically(path, text + "\n")


def read_json_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what `write_json_file` wrote, without the checksum.

    Another file, or one that was changed since, is a FileFormatError.
    """
    file = check_regular_file(path, "a JSON file", max_bytes=_MAX_JSON_BYTES)
    found = parse_json(file.read_bytes(), str(file))
    if not isinstance(found, dict) or _CHECKSUM not in found:
        raise FileFormatError(
            f"{file}: expected a JSON object with a checksum under {_CHECKSUM!r}, got "
            f"{'none' if isinstance(found, dict) else type(found).__name__}."
        )
    checksum = found.pop(_CHECKSUM)
    if checksum != _checksum(found):
        raise FileFormatError(
            f"{file}: the checksum does not match the contents: the file was damaged or "
            "edited. Write it again."
        )
    return found


def _checksum(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return f"{zlib.crc32(text.encode()):08x}"


# ---------------------------------------------------------------- texts


def printable(text: object) -> str:
    """Return a text that a terminal shows as it is: control characters become escapes.

    Escape sequences would otherwise colour, move or overwrite what stands there; marks
    that turn the direction of writing, and halves of surrogate pairs, are escaped too.
    """
    return "".join(
        c
        if c.isprintable() or c in _SHOWN or unicodedata.category(c) == "Zs"
        else c.encode("unicode_escape").decode()
        for c in str(text)
    )


def safe_cell(value: Any) -> Any:
    """Return a cell of a CSV table that no spreadsheet takes for a formula.

    Text that begins with =, +, -, @ or a tab gets an apostrophe before it, unless it is a
    number. Anything but text comes back as it is.
    """
    if not isinstance(value, str) or not value.lstrip(" ").startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return printable(lines[0])[:200]


def first_few(items: Sequence[Any] | np.ndarray) -> str:
    """Return the first five as printable text, followed by dots if there are more."""
    return ", ".join(map(printable, items[:5])) + (", ..." if len(items) > 5 else "")
