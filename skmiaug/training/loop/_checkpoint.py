"""A run's state on disk, tied to the data and settings it belongs to."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.exceptions import CheckpointError, FileFormatError
from skmiaug.utils.files._tensor_file import read_tensor_file, write_tensor_file


@dataclass(frozen=True)
class Checkpoint:
    """One file that a run writes as it goes, and that the same run continues from."""

    path: str | os.PathLike[str]
    fingerprint: str  # Identity of data and settings; a file with another one is refused

    def exists(self) -> bool:
        """Whether there is something to continue from."""
        return Path(self.path).exists()

    def seed_of_run(self, seed: int) -> int:
        """The seed the run on disk was started with, or ``seed`` when there is none."""
        if not self.exists():
            return seed
        found = self.read()[0].get("seed")
        if not isinstance(found, int):
            raise self.damaged(ValueError(f"its seed is {found!r}"))
        return found

    def check_writable(self) -> None:
        """Fail before training rather than in its course."""
        path = Path(self.path)
        if path.is_dir():
            raise CheckpointError(
                f"{path}: a checkpoint is a file and this is a folder. Add a file name."
            )
        try:
            with tempfile.TemporaryFile(dir=path.parent):
                pass
        except OSError as error:
            raise CheckpointError(
                f"{path}: no checkpoint can be written there ({error.strerror}). Name a "
                "file in a folder that exists and that you may write to."
            ) from error

    def write(self, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Write the state, atomically; where that fails, an older one stays as it was."""
        whole = {"kind": "checkpoint", "fingerprint": self.fingerprint, **header}
        try:
            write_tensor_file(self.path, whole, arrays)
        except OSError as error:
            raise CheckpointError(
                f"{self.path}: the checkpoint was not written ({error.strerror}). Free "
                "some space there or name another path, and fit again: training continues "
                "from the last checkpoint that was written."
            ) from error

    def read(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Read the state back."""
        try:
            header, arrays = read_tensor_file(self.path)
        except FileFormatError as error:
            raise self.damaged(error) from error
        if header.get("kind") != "checkpoint":
            raise CheckpointError(
                f"{self.path}: this file of skmiaug is not a checkpoint but "
                f"{header.get('kind')!r}, and stays as it is. Name another path."
            )
        if header.get("fingerprint") != self.fingerprint:
            raise CheckpointError(
                f"{self.path}: this checkpoint was written for other data or other "
                "parameters. Use the ones it was written with, another path, or delete it."
            )
        return header, arrays

    def damaged(self, error: Exception) -> CheckpointError:
        """Return the error of a checkpoint that holds no whole state."""
        return CheckpointError(
            f"{self.path}: the checkpoint is damaged ({error}). Delete it to train "
            "from the start."
        )

    def remove(self) -> None:
        """Delete the file, if there is one."""
        Path(self.path).unlink(missing_ok=True)
