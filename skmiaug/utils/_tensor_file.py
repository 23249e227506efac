"""One file format for fitted state: a JSON header and tensors, written whole or not at all.

The file is a safetensors file whose metadata hold one key, ``skmiaug``, with a JSON text.
Reading it runs no code from the file, and the sizes that its header claims are compared
with the size of the file before anything is allocated.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.exceptions import FileFormatError
from skmiaug.utils._atomic import write_bytes_atomically

FORMAT_VERSION = 1
_MAX_HEADER_BYTES = 16 * 2**20
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
        The header holds something that JSON does not (NaN and infinity included).
    OSError
        The file cannot be written; an older file at ``path`` is left as it was.
    """
    from safetensors.numpy import save

    text = json.dumps({"format_version": FORMAT_VERSION, **header}, allow_nan=False)
    contiguous = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    write_bytes_atomically(Path(path), save(contiguous, metadata={"skmiaug": text}))


def read_tensor_file(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what :func:`write_tensor_file` wrote.

    Raises
    ------
    FileFormatError
        The file is damaged, cut short, from a later version, or something else.
    FileNotFoundError
        There is no such file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = _checked_header(Path(path))
    header = _own_header(path, content)
    try:
        arrays = load(Path(path).read_bytes())
    except (SafetensorError, ValueError, KeyError) as error:
        raise FileFormatError(f"{path}: damaged tensors ({error}).") from error
    return header, arrays


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
        n_bytes = math.prod(shape) * _ITEM_BYTES[entry["dtype"]]
    except (KeyError, TypeError, ValueError) as error:
        raise _not_ours(path) from error
    if n_bytes != end - begin or any(not isinstance(s, int) or s < 0 for s in shape):
        raise _not_ours(path)
    return n_bytes


def _own_header(path: str | os.PathLike[str], content: dict[str, Any]) -> dict[str, Any]:
    metadata = content.get("__metadata__")
    if not isinstance(metadata, dict) or "skmiaug" not in metadata:
        raise _not_ours(path)
    try:
        header = json.loads(metadata["skmiaug"])
        version = int(header["format_version"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _not_ours(path) from error
    if version > FORMAT_VERSION:
        raise FileFormatError(
            f"{path}: written in format {version} by a later skmiaug; this one reads up to "
            f"{FORMAT_VERSION}. Update skmiaug."
        )
    return header


def _not_ours(path: str | os.PathLike[str]) -> FileFormatError:
    return FileFormatError(
        f"{path}: expected a file written by skmiaug (JSON header and safetensors), got "
        "something else or a damaged file."
    )
