"""What a loader gives back."""

from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.utils import Bunch

from skmiaug.datasets._manifest import Manifest
from skmiaug.exceptions import FileFormatError


def make_bunch(
    frame: pd.DataFrame,
    *,
    name: str,
    root: Path,
    protocol: str,
    description: str,
    **others: Any,
) -> Bunch:
    """A Bunch with the manifest as object and as table.

    Raises
    ------
    FileFormatError
        No row is left, or the table is no manifest.
    """
    if not len(frame):
        raise FileFormatError(
            f"{name}: expected utterances of the labels that were asked for; none is left "
            f"in {str(root)!r}."
        )
    manifest = Manifest(frame, name=name, root=root)
    return Bunch(
        frame=frame,
        manifest=manifest,
        classes=manifest.classes,
        target=frame["emotion"].to_numpy(dtype=object),
        name=name,
        root=root,
        protocol=protocol,
        DESCR=description,
        **others,
    )
