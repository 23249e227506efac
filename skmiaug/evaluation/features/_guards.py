"""What a file from outside may be and may grow to, and JSON that notices damage."""

import hashlib
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skmiaug.exceptions import FileFormatError

__all__ = [
    "check_expansion",
    "check_regular_file",
    "json_with_checksum",
    "read_json_with_checksum",
]

# A file that grows beyond both limits on reading was made to fill the memory.
_MAX_GROWTH, _MAX_UNCHECKED_BYTES = 200, 2**28


def check_regular_file(file: Path) -> None:
    """Refuse a folder, a pipe, a device (which may block or never end) and 0 bytes.

    Raises
    ------
    FileFormatError
    """
    try:
        status = file.stat()
    except FileNotFoundError:
        raise FileFormatError(f"{file}: there is no such file; check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileFormatError(f"{file}: cannot be read ({reason}).") from error
    if stat.S_ISDIR(status.st_mode):
        raise FileFormatError(f"{file}: expected a feature file and it is a folder.")
    if not stat.S_ISREG(status.st_mode):
        raise FileFormatError(
            f"{file}: expected a regular file; this is a pipe, a device or a socket. Save "
            "the data to a file first."
        )
    if not status.st_size:
        raise FileFormatError(f"{file}: the file is empty (0 bytes).")


def check_expansion(name: str, stored: int, expanded: int) -> None:
    """Refuse a compressed file whose content is out of proportion to its size in bytes."""
    if expanded > _MAX_UNCHECKED_BYTES and expanded > _MAX_GROWTH * max(stored, 1):
        raise FileFormatError(
            f"{name}: the content would take {expanded / 2**20:,.0f} MiB of memory, more "
            f"than {_MAX_GROWTH} times the file's size; if the file is what it should be, "
            "save it without compression."
        )


def json_with_checksum(content: Mapping[str, Any], **options: Any) -> str:
    """JSON of `content` with an entry ``sha256`` over everything else."""
    plain = json.loads(json.dumps(content, default=_without_numpy))
    return json.dumps({**plain, "sha256": _digest(plain)}, **options) + "\n"


def read_json_with_checksum(path: Path) -> dict[str, Any] | None:
    """What `json_with_checksum` wrote; None where it is absent, damaged or changed."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        right = content.pop("sha256") == _digest(content)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return content if right else None


def _without_numpy(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"not a JSON type: {type(value).__name__}")


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
