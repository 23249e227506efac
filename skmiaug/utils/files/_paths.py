"""Paths that name the same file in every process."""

import os
from pathlib import Path


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return ``path`` from the root, with ``~`` as the user's home.

    Another process may stand in another folder, and this one may go to another later:
    only such a path still names the same file there and then. Links and ``..`` stay as
    they are, since the one decides where the other leads.
    """
    return str(Path(os.path.expanduser(os.fspath(path))).absolute())
