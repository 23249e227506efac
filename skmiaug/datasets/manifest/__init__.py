"""Manifests: the table of a corpus, its checks, and its file format."""

from skmiaug.datasets.manifest._columns import (
    COLUMNS,
    NUMBERS,
    as_text,
    frame_of,
    is_unicode,
    known_speakers,
    listed,
    make_frame,
    sorted_names,
)
from skmiaug.datasets.manifest._file import (
    need_regular_file,
    read_csv,
    read_text,
    safe_relative,
    text_lines,
)
from skmiaug.datasets.manifest._manifest import Manifest

__all__ = [
    "COLUMNS",
    "NUMBERS",
    "Manifest",
    "as_text",
    "frame_of",
    "is_unicode",
    "known_speakers",
    "listed",
    "make_frame",
    "need_regular_file",
    "read_csv",
    "read_text",
    "safe_relative",
    "sorted_names",
    "text_lines",
]
