"""Small computational sequences in CMU's format; needs h5py."""

import json
from pathlib import Path

import numpy as np

# video -> segments as (start, end, sentiment, happy, sad, anger, surprise, disgust, fear);
# not in the order of time, as in the corpus.
SEGMENTS = {
    "aaaaaaaaaaa": [
        (4.0, 6.0, 1.0, 2.0, 0, 0, 0, 0, 0),
        (0.0, 2.0, -2.0, 0, 0, 2 / 3, 0, 0, 0),
        (2.0, 4.0, 0.0, 0, 0, 0, 0, 0, 0),
    ],
    "12345": [(1.0, 3.0, 0.5, 1.0, 0, 0, 1.0, 0, 0)],
    "bbbbbbbbbbb": [(0.5, 1.5, -3.0, 0, 3.0, 0, 0, 1.0, 0)],
    "ccccccccccc": [(0.0, 1.0, 0.0, 0, 0, 0, 0, 0, 1 / 3)],
}
FOLDS = {"train": ["aaaaaaaaaaa", "ccccccccccc"], "dev": ["12345"], "test": ["bbbbbbbbbbb"]}
RATE = 10  # frames a second: the corpus has 100


def write_csd(path: Path, root: str, entries: dict, dtype="float32") -> Path:
    """Entries are pairs of features and intervals."""
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        top = file.create_group(root)
        data = top.create_group("data")
        for name, (features, intervals) in entries.items():
            group = data.create_group(name)
            features = np.asarray(features)
            kind = features.dtype if features.dtype.kind == "S" else dtype
            group.create_dataset("features", data=features.astype(kind))
            group.create_dataset("intervals", data=np.asarray(intervals, dtype="float32"))
        text = h5py.string_dtype()
        meta = top.create_group("metadata")
        meta.create_dataset("root name", data=[json.dumps(root)], dtype=text)
    return path


def frames(video: str, seconds: float = 7.0) -> tuple[np.ndarray, np.ndarray]:
    """74 features a frame; the first holds the frame's number."""
    n = round(seconds * RATE)
    rng = np.random.default_rng(len(video))
    values = rng.normal(size=(n, 74)).astype("float32")
    values[:, 0] = np.arange(n)
    values[0, 5], values[1, 6], values[2, 7] = np.nan, np.inf, -np.inf
    start = np.arange(n) / RATE
    return values, np.column_stack([start, start + 1 / RATE])


def mosei(root: Path, *, covarep="COVAREP", aligned=False, words=True) -> Path:
    """A folder with labels, acoustics (without one of the videos) and words."""
    folder = root / "CMU_MOSEI"
    labels = {
        video: (np.array(rows)[:, 2:], np.array(rows)[:, :2])
        for video, rows in SEGMENTS.items()
    }
    write_csd(folder / "CMU_MOSEI_Labels.csd", "All Labels", labels)
    videos = [video for video in SEGMENTS if video != "ccccccccccc"]
    entries = {video: frames(video) for video in videos}
    if aligned:
        entries = {
            f"{video}[{k}]": frames(video, 0.3 + k)
            for video in videos
            for k in range(len(SEGMENTS[video]))
        }
    write_csd(folder / f"CMU_MOSEI_{covarep}.csd", covarep, entries)
    if words:
        said = np.array([[b"sp"], [b"good"], [b"day"], [b"sp"], [b"bye"]])
        times = [[0, 0.5], [0.5, 1], [1, 1.8], [1.8, 4.5], [4.5, 5]]
        entry = {"aaaaaaaaaaa": (said, times)}
        write_csd(folder / "CMU_MOSEI_TimestampedWords.csd", "words", entry)
    return folder
