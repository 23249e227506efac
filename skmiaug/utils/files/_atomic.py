"""Files that are either the old one or the new one, never half of it."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]

_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_LONGEST_NAME = 200


def write_bytes_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path`` in one step.

    The bytes go to a temporary file in the same folder (so that the final rename stays on
    one file system), are flushed to the disk and renamed over ``path``. On any failure,
    Ctrl-C included, the temporary file is removed and an older ``path`` is left as it was.
    An OSError (no such folder, no permission, a full disk) names ``path`` and the remedy.
    """
    target = Path(path)
    with replacing(target) as (descriptor, _):
        try:
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
        except OSError as error:
            raise no_room(error, target, len(data)) from error


def write_text_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8 to ``path`` in one step; see `write_bytes_atomically`."""
    write_bytes_atomically(path, text.encode("utf-8"))


@contextmanager
def replacing(target: Path) -> Iterator[tuple[int, str]]:
    """Yield a temporary file that takes the place of ``target`` when the block ends.

    It lies in the folder of ``target`` and has the mode of an older file there, else that
    which ``open`` gives a new one. A link stays, and the file that it leads to is replaced.
    Yields its descriptor, which is closed afterwards, and its name. What a killed process
    has left of an earlier write to ``target`` is removed. When the block is left by an
    error, the temporary file is removed and ``target`` stays as it was. An OSError names
    ``target``, not the temporary file.
    """
    target = Path(os.path.realpath(target))
    mode = _mode_of(target)
    try:
        descriptor, name = _create(target)
    except OSError as error:
        raise OSError(
            error.errno,
            f"No file can be written to {target.parent} ({error.strerror}). Name a folder "
            "that exists and that you may write to",
            str(target),
        ) from error
    try:
        try:
            yield descriptor, name
            if mode is not None:
                os.chmod(name, mode)
            if fcntl is None:  # Windows renames no open file
                os.close(descriptor)
                descriptor = -1
            os.replace(name, target)
        finally:
            # Not before the rename: without its lock the file would count as left behind.
            if descriptor >= 0:
                os.close(descriptor)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode_of(target: Path) -> int | None:
    """The mode of an older file; None if there is none."""
    try:
        mode = os.stat(target).st_mode
    except OSError:  # what else is wrong shows when the temporary file is created
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(
            errno.EISDIR, "A file is written here, not a folder. Add its name", str(target)
        )
    if not stat.S_ISREG(mode):
        raise OSError(
            errno.EINVAL,
            "A regular file is written here, and this is a pipe, socket or device. Name "
            "another file",
            str(target),
        )
    return stat.S_IMODE(mode)


def no_room(error: OSError, target: Path, n_bytes: int) -> OSError:
    """Return ``error`` with the name of the file, and the remedy if the disk is full."""
    if error.errno is None:
        return error
    if error.errno not in _NO_ROOM:
        return OSError(error.errno, error.strerror, str(target))
    return OSError(
        error.errno,
        f"{n_bytes:,} bytes do not fit into {target.parent} ({error.strerror}). Make room "
        "there, write less, or name another folder. An older file is left as it was",
        str(target),
    )


def _create(target: Path) -> tuple[int, str]:
    """Create and lock a temporary file next to ``target``."""
    stem = target.name
    if len(os.fsencode(stem)) > _LONGEST_NAME:
        stem = hashlib.blake2b(os.fsencode(stem), digest_size=16).hexdigest()
    number = 0
    while True:
        middle = f".{number}" if number else ""
        name = str(target.parent / f".{stem}{middle}.tmp")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            # The system applies the umask: reading it would set it for all threads.
            descriptor = os.open(name, flags, 0o666)
        except FileExistsError:
            if not _remove_left_behind(name):
                number += 1  # of another process that is at work, or not ours to remove
            continue
        if _is_ours(descriptor, name):
            return descriptor, name
        os.close(descriptor)  # another process took it for one left behind


def _is_ours(descriptor: int, name: str) -> bool:
    try:
        _lock(descriptor)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where nothing is removed either
        return True
    return _is_at(descriptor, name)


def _remove_left_behind(name: str) -> bool:
    """Remove a temporary file whose process is gone; False if it may be in use."""
    try:
        if fcntl is None:
            os.unlink(name)
            return True
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return False
        _lock(descriptor)
        if _is_at(descriptor, name):
            os.unlink(name)
        return True
    except OSError:  # another process holds the lock, or there are no locks
        return False
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock an open file; the lock is gone when the process is, however it ends."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(descriptor: int, name: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(name, follow_symlinks=False))
    except FileNotFoundError:
        return False
