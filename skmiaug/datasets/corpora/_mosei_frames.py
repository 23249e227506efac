"""CMU-MOSEI's standard folds, and the acoustic frames of its segments, read on demand."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from skmiaug.datasets.corpora._csd import CsdFile, open_csd
from skmiaug.exceptions import FileFormatError

Folds = Mapping[str, Sequence[str]]


def split_of_videos(
    videos: Sequence[str], folds: Folds | None = None
) -> dict[str, str | None]:
    """The part each video belongs to: "train", "dev", "test" or None.

    ``folds`` None takes the standard folds of 2,249, 300 and 678 videos. A video in two
    parts is a `FileFormatError`.
    """
    if folds is None:
        part_of = standard_folds()
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
def standard_folds() -> dict[str, str]:
    """Part by digest of the id: the table in the package lists no ids."""
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


class Segment(NamedTuple):
    """A part of a video; start and end in seconds."""

    id: str
    video: str
    start: float
    end: float


def entry_of(csd: CsdFile, segment: Segment) -> str:
    """Name of the entry that holds a segment: its own, or that of its whole video.

    Files aligned to the labels hold segments ("video[3]"); those as recorded hold videos.
    """
    return segment.id if segment.id in csd else segment.video


def overlapping(
    intervals: NDArray[np.float64], start: float, end: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Frames that overlap a segment, and their intervals clipped to it.

    Of ``intervals``, (n_frames, 2), start and end in seconds in any order. Returns the rows
    in order of time, (n_kept,), and the clipped intervals, (n_kept, 2), all longer than 0.
    """
    first = np.maximum(intervals[:, 0], start)
    last = np.minimum(intervals[:, 1], end)
    rows = np.flatnonzero(last > first)
    rows = rows[np.argsort(intervals[rows, 0], kind="stable")]
    return rows, np.column_stack([first[rows], last[rows]])


def finite(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """NaN and infinities set to 0, as COVAREP's unvoiced frames are."""
    return np.nan_to_num(frames, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


class AcousticSegments(Sequence[NDArray[np.float32]]):
    """The frames of each segment as a sequence of arrays, read from the file on demand.

    Parameters
    ----------
    path : path-like
        A .csd file whose entries are videos, or segments ("video[3]").
    segments : sequence of Segment
    non_finite : {"zero", "keep"}, default="zero"
        Whether NaN and ±inf become 0 or stay for a mask.

    See Also
    --------
    load_cmu_mosei : Returns such a sequence.
    pooled_frames : One vector for each segment.

    Notes
    -----
    ``data[i]`` has shape (n_frames, n_features), float32, with every frame that overlaps
    the segment. The whole corpus takes some 5 GB: take what you need, or iterate.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        segments: Sequence[Segment],
        *,
        non_finite: str = "zero",
    ) -> None:
        if non_finite not in ("zero", "keep"):
            raise ValueError(f"non_finite must be 'zero' or 'keep'; got {non_finite!r}.")
        self.path = Path(path)
        self.segments = list(segments)
        self.non_finite = non_finite

    def __len__(self) -> int:
        return len(self.segments)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float32]: ...
    @overload
    def __getitem__(self, index: slice) -> "AcousticSegments": ...
    def __getitem__(self, index: int | slice) -> "NDArray[np.float32] | AcousticSegments":
        if isinstance(index, slice):
            return self.take(range(len(self))[index])
        return next(iter(self.take([index])))

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for frames, _ in self.with_intervals():
            yield frames

    def take(self, rows: Sequence[int]) -> "AcousticSegments":
        """Some of the segments."""
        return AcousticSegments(
            self.path, [self.segments[row] for row in rows], non_finite=self.non_finite
        )

    def with_intervals(self) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float64]]]:
        """Frames of each segment with their intervals, seconds, shape (n_frames, 2)."""
        with open_csd(self.path) as csd:
            reader = _Reader(csd)
            for segment in self.segments:
                frames, intervals = reader.read(segment)
                yield (finite(frames) if self.non_finite == "zero" else frames), intervals


class _Reader:
    """Reads segment after segment; those of one video share its intervals."""

    def __init__(self, csd: CsdFile) -> None:
        self._csd = csd
        self._key = ""
        self._intervals: NDArray[np.float64] = np.empty((0, 2))

    def read(self, segment: Segment) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """The frames of a segment, and their intervals."""
        key = self._select(segment)
        if key == segment.id:
            rows, clipped = np.arange(len(self._intervals)), self._intervals
        else:
            near = self._order[self._span(segment)]
            found, clipped = overlapping(self._intervals[near], segment.start, segment.end)
            rows = near[found]
        if not len(rows):
            return np.empty((0, self._csd.shape(key)[1]), dtype=np.float32), clipped
        first = int(rows.min())
        frames = self._csd.features(key, first, int(rows.max()) + 1)
        return frames[rows - first], clipped

    def has_frames(self, segment: Segment) -> bool:
        """Whether any frame overlaps a segment."""
        if entry_of(self._csd, segment) not in self._csd:
            return False
        if self._select(segment) == segment.id:
            return len(self._intervals) > 0
        span = self._span(segment)
        return bool(span.start < span.stop)

    def _select(self, segment: Segment) -> str:
        """Name of the entry of a segment, after reading its intervals."""
        key = entry_of(self._csd, segment)
        if key == self._key:
            return key
        intervals, (n_frames, _) = self._csd.intervals(key), self._csd.shape(key)
        if len(intervals) != n_frames:
            raise FileFormatError(
                f"{self._csd.path}: expected an interval for each frame of {key!r}; got "
                f"{n_frames} frames and {len(intervals)} intervals. Copy it again."
            )
        self._key, self._intervals = key, intervals
        # In order of time, with the latest end up to each frame: two searches then find
        # the frames near a segment, however many there are.
        self._order = np.argsort(intervals[:, 0], kind="stable")
        start, end = intervals[self._order].T
        self._start, self._reach = (
            start,
            np.fmax.accumulate(np.where(end > start, end, -np.inf)),
        )
        return key

    def _span(self, segment: Segment) -> slice:
        first = int(np.searchsorted(self._reach, segment.start, side="right"))
        return slice(first, int(np.searchsorted(self._start, segment.end, side="left")))


def have_frames(
    path: str | os.PathLike[str], segments: Sequence[Segment]
) -> NDArray[np.bool_]:
    """Whether a .csd file has a frame in each segment, (n_segments,); no features are read.

    False too where it has neither the segment nor its video.
    """
    with open_csd(path) as csd:
        reader = _Reader(csd)
        return np.array([reader.has_frames(one) for one in segments], dtype=bool)


def pad_left(
    sequences: Sequence[NDArray[np.float32]], n_steps: int = 50
) -> NDArray[np.float32]:
    """Bring sequences to one length: zeros before short ones, the end of long ones.

    This is how the word-aligned arrays of CMU-MOSEI are laid out.

    Parameters
    ----------
    sequences : sequence of ndarray of shape (n_frames, n_features)
    n_steps : int, default=50

    Returns
    -------
    padded : ndarray of shape (n_sequences, n_steps, n_features), float32

    Raises
    ------
    ValueError
        There is no sequence, or ``n_steps`` is below 1.

    See Also
    --------
    pooled_frames : One vector for each sequence.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.datasets import pad_left
    >>> pad_left([np.ones((2, 1)), np.ones((9, 1))], 4)[..., 0]
    array([[0., 0., 1., 1.],
           [1., 1., 1., 1.]], dtype=float32)
    """
    if not len(sequences):
        raise ValueError("expected at least one sequence; got none.")
    if n_steps < 1:
        raise ValueError(f"n_steps must be at least 1; got {n_steps}.")
    first = np.asarray(next(iter(sequences)))
    padded = np.zeros((len(sequences), n_steps, first.shape[1]), dtype=np.float32)
    for row, frames in enumerate(sequences):
        kept = frames[-n_steps:]
        if len(kept):
            padded[row, -len(kept) :] = kept
    return padded


def pooled_frames(sequences: AcousticSegments) -> NDArray[np.float32]:
    """Mean and standard deviation of each feature over a segment's frames.

    Parameters
    ----------
    sequences : AcousticSegments
        Of `load_cmu_mosei`.

    Returns
    -------
    features : ndarray of shape (n_segments, 2 * n_features), float32
        Means, then population deviations, over finite values; 0 where there are none.

    Raises
    ------
    TypeError
        These are not the sequences of a loader, which still know what was not finite.

    See Also
    --------
    pad_left : One array of padded sequences.

    Examples
    --------
    >>> from skmiaug.datasets import load_cmu_mosei, pooled_frames
    >>> pooled_frames(load_cmu_mosei("CMU-MOSEI").sequences).shape  # doctest: +SKIP
    """
    if not isinstance(sequences, AcousticSegments):
        raise TypeError(
            "expected the sequences of load_cmu_mosei; got "
            f"{type(sequences).__name__}. Pass data.sequences as it is."
        )
    raw = AcousticSegments(sequences.path, sequences.segments, non_finite="keep")
    rows = [_pooled(frames) for frames in raw]
    return np.asarray(rows, dtype=np.float32)


def _pooled(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    known = np.ma.masked_invalid(frames.astype(np.float64))
    return np.concatenate([known.mean(axis=0).filled(0.0), known.std(axis=0).filled(0.0)])
