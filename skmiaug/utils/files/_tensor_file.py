"""One file format for fitted state: a JSON header and tensors, written whole or not at all.

The file is a safetensors file whose metadata hold two keys: ``skmiaug``, a JSON text, and
``crc32``, a checksum of that text and of all tensors. Reading it runs no code from the
file, and the sizes that its header claims are compared with the size of the file before
anything is allocated.
"""

import json
import math
import operator
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._atomic import write_bytes_atomically
from skmiaug.utils.files._untrusted import check_regular_file

FORMAT_VERSION = 1
_MAX_HEADER_BYTES = 16 * 2**20
_MAX_DIMENSIONS = 64
_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
    "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip


def write_tensor_file(
    path: str | os.PathLike[str],
    header: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Write ``arrays`` under a JSON-serialisable ``header``, atomically.

    Raises
    ------
    TypeError, ValueError
        The header holds something that JSON does not (NaN and infinity included), or an
        array is one of objects.
    OSError
        The file cannot be written; an older file at ``path`` is left as it was.
    """
    from safetensors.numpy import save

    text = json.dumps(
        {"format_version": FORMAT_VERSION, **header}, allow_nan=False, default=_refuse
    )
    contiguous = {name: np.asarray(value, order="C") for name, value in arrays.items()}
    for name, array in contiguous.items():
        if array.dtype.hasobject:
            raise TypeError(f"expected numbers in the array {name!r}, got Python objects")
    metadata = {"skmiaug": text, "crc32": _checksum(text, contiguous)}
    write_bytes_atomically(Path(path), save(contiguous, metadata=metadata))


def _refuse(value: Any) -> Any:
    raise TypeError(
        "expected text, numbers and booleans to save as JSON, got "
        f"{type(value).__name__} ({value!r:.80}). If that is a class label, fit with text: "
        "y.astype(str)."
    )


def read_tensor_file(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what :func:`write_tensor_file` wrote.

    Raises
    ------
    FileFormatError
        The file is damaged, cut short, from a later version, or something else.
    OSError
        There is no such file, or it cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    check_regular_file(path, "a file written by skmiaug")
    content = _checked_header(Path(path))
    text, checksum, header = _own_header(path, content)
    try:
        arrays = load(Path(path).read_bytes())
    except (SafetensorError, ValueError, KeyError) as error:
        raise FileFormatError(f"{path}: damaged tensors ({error}).") from error
    if checksum != _checksum(text, arrays):
        raise FileFormatError(
            f"{path}: its checksum does not fit what it holds: the file was damaged."
        )
    return header, arrays


def _checksum(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """CRC-32 of the JSON text and of every array with its name, type and shape."""
    crc = zlib.crc32(text.encode(errors="backslashreplace"))
    for name in sorted(arrays):
        array = arrays[name]
        crc = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), crc)
        crc = zlib.crc32(array.reshape(-1).view(np.uint8).data, crc)
    return f"{crc:08x}"


def _checked_header(path: Path) -> dict[str, Any]:
    """Parse the safetensors header after checking every size it claims."""
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        length = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or length > min(size - 8, _MAX_HEADER_BYTES):
            raise _not_ours(path)
        try:
            content = json.loads(file.read(length))
        except (ValueError, RecursionError) as error:
            raise _not_ours(path) from error
    if not isinstance(content, dict):
        raise _not_ours(path)
    claimed = [
        _claimed_bytes(path, entry)
        for name, entry in content.items()
        if name != "__metadata__"
    ]
    if sum(claimed) != size - 8 - length:
        raise FileFormatError(
            f"{path}: its header claims {sum(claimed)} bytes of tensors and "
            f"{size - 8 - length} are there: the file was cut short or changed."
        )
    return content


def _claimed_bytes(path: Path, entry: Any) -> int:
    try:
        shape, (begin, end) = entry["shape"], entry["data_offsets"]
        item = _ITEM_BYTES[entry["dtype"]]
        whole = [operator.index(n) for n in (*shape, begin, end)]
    except (KeyError, TypeError, ValueError) as error:
        raise _not_ours(path) from error
    # The limits keep the product below small: whole numbers in JSON may be of any length.
    if len(shape) > _MAX_DIMENSIONS or not all(0 <= n < 2**63 for n in whole):
        raise _not_ours(path)
    if math.prod(shape) * item != end - begin:
        raise _not_ours(path)
    return end - begin


def _own_header(
    path: str | os.PathLike[str], content: dict[str, Any]
) -> tuple[str, str, dict[str, Any]]:
    """Return our JSON text, its checksum and its content."""
    try:
        text, checksum = (content["__metadata__"][k] for k in ("skmiaug", "crc32"))
        header = json.loads(text)
        version = operator.index(header["format_version"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _not_ours(path) from error
    if version > FORMAT_VERSION:
        raise FileFormatError(
            f"{path}: written in format {version} by a later skmiaug; this one reads up to "
            f"{FORMAT_VERSION}. Update skmiaug."
        )
    return text, checksum, header


def _not_ours(path: str | os.PathLike[str]) -> FileFormatError:
    return FileFormatError(
        f"{path}: expected a file written by skmiaug (JSON header and safetensors), got "
        "something else or a damaged file."
    )
