"""Files that are either the old one or the new one, never half of it."""

import errno
import os
import tempfile
from pathlib import Path

__all__ = ["temporary_beside", "write_bytes_atomically", "write_text_atomically"]


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
        The folder is absent or cannot be written to, the path is that of a folder, or the
        disk is full.
    """
    target = Path(path)
    descriptor, name = temporary_beside(target)
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


def temporary_beside(target: Path) -> tuple[int, str]:
    """Make a temporary file in the folder of ``target``; descriptor and name.

    Raises
    ------
    OSError
        The folder is absent or cannot be written to, or ``target`` is a folder: no file
        could be renamed over it. It names ``target``, not the temporary file.
    """
    if target.is_dir():
        raise IsADirectoryError(
            errno.EISDIR, "A file is written here, not a folder. Add its name", str(target)
        )
    try:
        return tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OSError(
            error.errno,
            f"No file can be written to {target.parent} ({error.strerror}). Name a folder "
            "that exists and that you may write to",
            str(target),
        ) from error


def usual_mode() -> int:
    """Return the mode that ``open`` would give: mkstemp's own lets no other user read."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
