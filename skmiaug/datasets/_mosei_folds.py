"""The standard folds of CMU-MOSEI."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from skmiaug.exceptions import FileFormatError

Folds = Mapping[str, Sequence[str]]


def split_of_videos(
    videos: Sequence[str], folds: Folds | None = None
) -> dict[str, str | None]:
    """The part each video belongs to: "train", "dev", "test" or None.

    Parameters
    ----------
    videos : sequence of str
        Ids.
    folds : mapping from part to video ids, default=None
        None takes the standard folds of 2,249, 300 and 678 videos.

    Raises
    ------
    FileFormatError
        A video is in two parts.
    """
    if folds is None:
        part_of = _standard()
        return {video: part_of.get(_digest(video)) for video in videos}
    found: dict[str, str] = {}
    for part, members in folds.items():
        for video in members:
            if found.setdefault(video, part) != part:
                raise FileFormatError(
                    f"CMU-MOSEI: expected each video in one part of folds; {video!r} is in "
                    f"{found[video]!r} and {part!r}."
                )
    return {video: found.get(video) for video in videos}


@cache
def _standard() -> dict[str, str]:
    """Part by digest: the table tells where a video belongs and lists no ids."""
    resource = files("skmiaug.datasets").joinpath("cmu_mosei_folds.json")
    table = json.loads(resource.read_text(encoding="utf-8"))
    width = 2 * table["digest_bytes"]
    return {
        text[start : start + width]: part
        for part, text in table["folds"].items()
        for start in range(0, len(text), width)
    }


def _digest(video: str) -> str:
    return hashlib.blake2b(video.encode(), digest_size=5).hexdigest()
