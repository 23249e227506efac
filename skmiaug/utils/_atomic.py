"""Files that are either the old one or the new one, never half of it."""

import os
import tempfile
from pathlib import Path

__all__ = ["write_bytes_atomically", "write_text_atomically"]


def write_bytes_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path`` in one step.

    The bytes go to a temporary file in the same folder (so that the final rename stays on
    one file system), are flushed to the disk and renamed over ``path``. On any failure,
    Ctrl-C included, the temporary file is removed and an older ``path`` is left as it was.

    Parameters
    ----------
    path : str or path-like
        The file; its folder must exist.
    data : bytes
        The whole contents.

    Raises
    ------
    OSError
        The folder is absent or cannot be written to, or the disk is full.
    """
    target = Path(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, usual_mode())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_text_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8 to ``path`` in one step; see `write_bytes_atomically`."""
    write_bytes_atomically(path, text.encode("utf-8"))


def usual_mode() -> int:
    """Return the mode that ``open`` would give: mkstemp's own lets no other user read."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
