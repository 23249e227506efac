"""From the rows of a manifest to feature vectors, cached."""

import hashlib
import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation.comparison._folds import Fold

ALIGN, CONCAT = "align", "concat"
logger = logging.getLogger(__name__)
# Segments of longer files are held in memory, so many rows at a time.
_ROWS_AT_ONCE = 256
_MAX_FILE_SECONDS = 4 * 3600.0


def encoder(model: str, modality: str) -> Any:
    """A fitted `TransformerFeatures` (configuration read, no weights) of this modality.

    Raises
    ------
    ValueError
        The model is of the other modality: a text model would embed the paths of audio
        files, which often name the emotion.
    """
    from skmiaug import TransformerFeatures

    fitted = TransformerFeatures(model=model).fit()
    if fitted.modality_ != modality:
        flag = {"audio": "--model", "text": "--text-model"}[modality]
        raise ValueError(
            f"{flag} expects a model of {modality}; {str(model)!r} is a model of "
            f"{fitted.modality_}."
        )
    return fitted


def audio_features(
    frame: pd.DataFrame, paths: Sequence[str | None], **options: Any
) -> NDArray[np.float32]:
    """Features of each row's audio, or of its segment from ``start`` to ``end``.

    `frame` holds rows of a manifest, `options` are for `TransformerFeatures`.

    Raises
    ------
    ValueError
        A row has no audio.
    AudioDecodeError
        A file cannot be used.
    """
    from skmiaug import TransformerFeatures

    without = [n for n, path in zip(frame["id"], paths, strict=True) if path is None]
    if without:
        raise ValueError(
            f"expected an audio file for every row; {len(without)} have none, the first of "
            f"them {without[0]!r}."
        )
    extractor = TransformerFeatures(**options)
    if frame["start"].isna().all():
        return _transform(extractor, list(paths), frame)
    quiet = extractor.set_params(verbose=0)
    parts = []
    for first in range(0, len(frame), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        part = frame.iloc[rows]
        parts.append(_transform(quiet, _clips(part, paths[rows]), part))
        logger.info("%d of %d segments", min(first + _ROWS_AT_ONCE, len(frame)), len(frame))
    return np.concatenate(parts)


def text_features(frame: pd.DataFrame, **options: Any) -> NDArray[np.float32]:
    """Features of each row's transcript; `options` are for `TransformerFeatures`."""
    from skmiaug import TransformerFeatures

    extractor = TransformerFeatures(truncation=True, **options)
    return _transform(extractor, list(frame["transcript"]), frame)


def acoustic_features(sequences: Any, cache: Path) -> NDArray[np.float32]:
    """Mean and deviation of CMU-MOSEI's own acoustic frames in each segment.

    Kept in `cache`, found again by name, size and time of the file and by the segments. Not
    joblib.Memory, which would unpickle any file that lies there.
    """
    from skmiaug.datasets import pooled_frames

    status = os.stat(sequences.path)
    key = (str(sequences.path), status.st_size, status.st_mtime_ns, sequences.segments)
    name = hashlib.sha256(repr(key).encode()).hexdigest()[:32]
    file = cache / f"acoustic-{name}.npy"
    if file.exists():
        return np.load(file, allow_pickle=False)
    features = pooled_frames(sequences)
    cache.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.npy")
    np.save(partial, features, allow_pickle=False)
    partial.replace(file)
    return features


def _transform(
    extractor: Any, inputs: Sequence[Any], frame: pd.DataFrame
) -> NDArray[np.float32]:
    """Features of inputs; an error names the row of the manifest, not the position here."""
    from skmiaug.feature_extraction import AudioDecodeError

    try:
        return extractor.transform(inputs)
    except ValueError as error:
        text = str(error)
        place = re.match(r"X\[(\d+)\]", text)
        if place is None:
            raise
        kind = AudioDecodeError if isinstance(error, AudioDecodeError) else ValueError
        raise kind(f"{frame['id'].iloc[int(place[1])]}{text[place.end() :]}") from error


def _clips(
    frame: pd.DataFrame, paths: Sequence[str | None]
) -> list[tuple[NDArray[np.float32], int] | str]:
    """Whole files as paths, segments as samples; a file is decoded once in a row."""
    from skmiaug.feature_extraction import AudioDecodeError
    from skmiaug.utils.audio import shared_decoder

    clips: list[tuple[NDArray[np.float32], int] | str] = []
    current: str | None = None
    samples, rate = np.empty(0, dtype=np.float32), 1
    times = zip(frame["id"], paths, frame["start"], frame["end"], strict=True)
    for name, path, start, end in times:
        assert path is not None
        if np.isnan(start):
            clips.append(path)
            continue
        if path != current:
            try:
                samples, rate = shared_decoder().decode(
                    path, max_seconds=_MAX_FILE_SECONDS, timeout=120.0
                )
            except AudioDecodeError as error:
                raise AudioDecodeError(f"{name} ({path}): {error}") from error
            current = path
        clip = samples[round(start * rate) : round(end * rate)]
        if not len(clip):
            raise ValueError(
                f"{name}: expected sound from {start:g} to {end:g} s; {path!r} ends at "
                f"{len(samples) / rate:.2f} s."
            )
        clips.append((clip, rate))
    return clips


class Joined:
    """Audio and text vectors side by side, aligned in one space where asked for.

    `fusion` "align" fits a `ContrastiveAligner` on the training part of each fold; "concat"
    leaves the vectors as they are, which needs no training.
    """

    def __init__(
        self, audio: NDArray[Any], text: NDArray[Any], y: NDArray[Any], fusion: str
    ) -> None:
        self.X = np.hstack([audio, text])
        self.y = y
        self.fusion = fusion
        self.widths = (audio.shape[1], text.shape[1])

    def for_fold(self, fold: Fold) -> NDArray[Any]:
        """All rows for one fold; the aligner learns from its training part only."""
        if self.fusion == CONCAT:
            return self.X
        aligner = aligner_of(self.widths, fold.seed)
        aligner.fit(self.X[fold.train], self.y[fold.train])
        return np.asarray(aligner.transform(self.X))


def aligner_of(widths: tuple[int, int], seed: int) -> Any:
    """A `ContrastiveAligner` at its defaults for audio columns followed by text columns."""
    from skmiaug import ContrastiveAligner

    audio, text = widths
    return ContrastiveAligner(
        modalities={"audio": slice(0, audio), "text": slice(audio, audio + text)},
        random_state=seed,
    )
