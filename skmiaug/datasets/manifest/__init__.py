"""Manifests: the table of a corpus, its checks, and its file format."""

from skmiaug.datasets.manifest._columns import (
    COLUMNS,
    NUMBERS,
    as_text,
    frame_of,
    listed,
    make_frame,
    sorted_names,
)
from skmiaug.datasets.manifest._manifest import Manifest
from skmiaug.datasets.manifest._paths import safe_relative

__all__ = [
    "COLUMNS",
    "NUMBERS",
    "Manifest",
    "as_text",
    "frame_of",
    "listed",
    "make_frame",
    "safe_relative",
    "sorted_names",
]
