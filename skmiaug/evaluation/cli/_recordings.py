"""Features of recordings for ``skmiaug fit`` and ``skmiaug predict``."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.features import Features

__all__ = ["extractor_of", "find_audio", "read_recordings"]

_ACOUSTIC = ("eGeMAPSv02", "ComParE_2016")


def extractor_of(model: str, layer: Any) -> Any:
    """An extractor of openSMILE's features, or of those of a speech model."""
    from skmiaug import AcousticFeatures, TransformerFeatures

    if model in _ACOUSTIC:
        return AcousticFeatures(model)
    # A folder is found from other working folders, too.
    source = os.path.abspath(model) if Path(model).is_dir() else model
    extractor = TransformerFeatures(source, layer=layer).fit()
    if extractor.modality_ != "audio":
        raise UsageError(
            f"--model expects a model of audio; {model!r} is a model of "
            f"{extractor.modality_}."
        )
    return extractor


def read_recordings(
    path: str, extractor: Any, *, audio: str, target: str, speaker: str | None
) -> Features:
    """Features of the audio files that a CSV table names, with its classes and speakers."""
    from skmiaug.datasets import Manifest

    manifest = Manifest.from_csv(path, audio, target, speaker or "speaker")
    if manifest.frame["start"].notna().any():
        raise UsageError(
            f"{path}: parts of files (columns start and end) are not read here; cut the "
            "files first."
        )
    y = manifest.frame["emotion"].to_numpy(dtype=str)
    classes = sorted(set(y.tolist()))
    if len(classes) < 2:
        raise UsageError(
            f"{path}: expected at least 2 classes; all rows are {classes[0]!r}."
        )
    groups: Any = manifest.groups()
    if len(np.unique(groups)) in (1, len(groups)):
        groups = None  # one speaker, or none that is known to have two rows
    X = extractor.fit_transform(manifest.paths())
    return Features(X, y, groups, classes, path)


def find_audio(inputs: list[str], column: str) -> list[str]:
    """Audio files, from files, folders of them and CSV tables that name them."""
    found: list[str] = []
    for name in inputs:
        path = Path(name)
        if path.is_dir():
            inside = sorted(str(p) for p in path.iterdir() if _is_audio(p))
            if not inside:
                raise UsageError(
                    f"{name}: expected audio files in this folder; there are none."
                )
            found += inside
        elif path.suffix.lower() in (".csv", ".tsv"):
            found += _from_table(path, column)
        else:
            found.append(name)
    missing = [name for name in found if not Path(name).is_file()]
    if missing:
        raise UsageError(f"{missing[0]}: there is no such file; check the path.")
    return found


def _is_audio(path: Path) -> bool:
    from skmiaug.feature_extraction._items import _AUDIO_SUFFIXES

    return path.is_file() and path.suffix.lower() in _AUDIO_SUFFIXES


def _from_table(path: Path, column: str) -> list[str]:
    from skmiaug.datasets.manifest import read_csv

    cells = read_csv(path, (column,), ",;\t")[column]
    return [str(path.parent / cell) for cell in cells]
