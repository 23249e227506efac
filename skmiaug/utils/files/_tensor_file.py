"""One file format for fitted state: a JSON header and tensors, written whole or not at all.

The file is a safetensors file whose metadata hold two keys: ``skmiaug``, a JSON text, and
``crc32``, a checksum of that text and of all tensors. Reading it runs no code from the
file, and takes no more memory than the file is large.
"""

import json
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
_DAMAGE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


def write_tensor_file(
    path: str | os.PathLike[str],
    header: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Write ``arrays`` under a JSON-serialisable ``header``, atomically.

    A header that JSON cannot hold (NaN and infinity included), or an array of objects, is a
    TypeError or ValueError.
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

    A file that is damaged, cut short, of a later version or something else is a
    FileFormatError.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    file = check_regular_file(path, "a file written by skmiaug")
    try:
        content, length = _content(file)
        # It checks the sizes of all tensors before it makes one.
        arrays = load(content)
        metadata = json.loads(content[8 : 8 + length])["__metadata__"]
        text, checksum = metadata["skmiaug"], metadata["crc32"]
        header = json.loads(text)
        version = operator.index(header["format_version"])
    except (*_DAMAGE, SafetensorError) as error:
        raise FileFormatError(
            f"{path}: expected a file written by skmiaug (JSON header and safetensors), "
            "got something else or a damaged file."
        ) from error
    if version > FORMAT_VERSION:
        raise FileFormatError(
            f"{path}: written in format {version} by a later skmiaug; this one reads up to "
            f"{FORMAT_VERSION}. Update skmiaug."
        )
    if checksum != _checksum(text, arrays):
        raise FileFormatError(
            f"{path}: its checksum does not fit what it holds: the file was damaged."
        )
    return header, arrays


def _content(file: Path) -> tuple[bytes, int]:
    """The bytes of a file and the length of its header, if they can be of ours."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        prefix = opened.read(8)
        length = int.from_bytes(prefix, "little")
        # Not read as a whole where it is something else, however large.
        if len(prefix) < 8 or length > min(size - 8, _MAX_HEADER_BYTES):
            raise ValueError("no header of this format")
        return prefix + opened.read(), length


def _checksum(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """CRC-32 of the JSON text and of every array with its name, type and shape."""
    crc = zlib.crc32(text.encode(errors="backslashreplace"))
    for name in sorted(arrays):
        array = arrays[name]
        crc = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), crc)
        crc = zlib.crc32(array.reshape(-1).view(np.uint8).data, crc)
    return f"{crc:08x}"
