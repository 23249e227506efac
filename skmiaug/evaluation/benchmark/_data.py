"""The rows of a benchmark: manifest, protocol, folds and features."""

import hashlib
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.datasets import LeaveOneSessionOut, LeaveOneSpeakerOut, OfficialSplit
from skmiaug.evaluation._labels import class_counts
from skmiaug.evaluation.benchmark._corpora import (
    CORPORA,
    IMBALANCED,
    NATURAL,
    imbalance_of,
    load_corpus,
)
from skmiaug.evaluation.comparison._folds import (
    Fold,
    ImbalancedTrainingSplit,
    make_folds,
)
from skmiaug.evaluation.comparison._methods import default_classifiers
from skmiaug.evaluation.comparison._targets import Classes, read_y

AUDIO, TEXT, BOTH = "audio", "text", "audio+text"
# An RBF SVM takes a time that grows with the square of the rows: hours from here on.
_MAX_ROWS_FOR_SVM = 20_000
# From protocol to the manifest's column and the description.
_COLUMN_OF = {"official": "split", "session": "session", "speaker": "speaker"}
PROTOCOLS = {
    "session": "leave one session out",
    "speaker": "leave one speaker out",
    "official": "the corpus's own training and test parts",
    "folds": "stratified folds, speakers kept whole",
}
logger = logging.getLogger(__name__)
# Segments of longer files are held in memory, so many rows at a time.
_ROWS_AT_ONCE = 256
_MAX_FILE_SECONDS = 4 * 3600.0


@dataclass(frozen=True)
class Data:
    """The rows of a benchmark and its folds in each setting.

    `frame` holds the rows of the manifest that take part, `groups` their speakers as
    numbers (None where they tell nothing), `paths` their audio files,
    `counts` what the manifest holds and what was left out, `layer` that of the speech
    model.
    """

    frame: pd.DataFrame
    target: Classes
    y: NDArray[Any]
    groups: NDArray[Any] | None
    paths: list[str | None]
    counts: dict[str, Any]
    protocol: str
    folds: Mapping[str, list[Fold]]
    fractions: Mapping[str, Mapping[str, float] | None]
    layer: int | str | None = None
    sequences: Any = None

    def class_counts(self, setting: str | None = None) -> dict[str, int]:
        """What is to be balanced, in the first training part where a setting is named."""
        y = self.y if setting is None else self.y[self.folds[setting][0].train]
        return self.target.counts(y, self.target.names.tolist())

    def usual_classifiers(self) -> list[str]:
        """The models that end in reasonable time on training parts of this size."""
        names = list(default_classifiers(target_type=self.target.name))
        largest = max(len(fold.train) for folds in self.folds.values() for fold in folds)
        slow = ("RBF SVM", "SVR") if largest > _MAX_ROWS_FOR_SVM else ()
        return [name for name in names if name not in slow]


def load_data(args: Any) -> Data:
    """Read the corpus, make the folds and check the models before anything is computed.

    Raises
    ------
    ValueError
        Corpus, labels, protocol, imbalance and models do not fit together.
    """
    labels = args.labels or CORPORA[args.corpus].labels
    loaded = load_corpus(args, labels)
    manifest = getattr(loaded, "manifest", loaded)
    protocol = args.protocol or _protocol_of(loaded)
    rows, left_out = _usable_rows(loaded.frame, args, protocol)
    frame = loaded.frame.iloc[rows].reset_index(drop=True)
    splitter = _splitter(frame, protocol, args)
    target, y = read_y(args.target_type, _targets(loaded, rows, args.target_type))
    groups = manifest.groups()[rows]
    if len(np.unique(groups)) in (1, len(groups)):
        groups = None  # one speaker, or none that is known to have two rows
    fractions = _fractions(args, labels, target, y)
    # After the corpus: of two wrong paths, report that of the corpus first.
    layer = _checked_layer(args)
    strata, no_features = target.strata(y), np.empty((len(y), 1))
    kept_whole = groups if protocol == "folds" else None
    folds = {}
    for setting, kept in fractions.items():
        cv = splitter if kept is None else ImbalancedTrainingSplit(splitter, kept)
        seeds = list(range(args.seeds))
        folds[setting] = make_folds(cv, no_features, strata, kept_whole, seeds)
    paths, sequences = manifest.paths(), getattr(loaded, "sequences", None)
    return Data(
        frame=frame,
        target=target,
        y=y,
        groups=groups,
        paths=[paths[row] for row in rows],
        counts=manifest.counts() | left_out,
        protocol=protocol,
        folds=folds,
        fractions=fractions,
        layer=layer,
        sequences=None if sequences is None else sequences.take(rows.tolist()),
    )


def _targets(loaded: Any, rows: NDArray[np.intp], target_type: str) -> Any:
    """What `read_y` takes: classes, or a table of votes, labels or attributes."""
    if target_type == "multiclass":
        classes = loaded.frame["emotion"].iloc[rows].to_numpy(dtype=str)
        _refuse_attributes(classes)
        return classes
    table = loaded.target.iloc[rows].reset_index(drop=True)
    if target_type == "distribution":  # raters may divide their vote
        return table.div(table.sum(axis=1), axis=0)
    return table


def _refuse_attributes(y: NDArray[Any]) -> None:
    """Fractions are attributes or shares of votes, which are no classes."""
    numbers = pd.to_numeric(pd.Series(y), errors="coerce")
    fractions = y[numbers.notna().all() & (numbers % 1 != 0).to_numpy()]
    if len(fractions):
        raise ValueError(
            f"expected classes, and the target holds numbers such as {fractions[0]}. For "
            "attributes or votes, extract features with TransformerFeatures and pass them "
            "to compare_samplers with target_type='continuous' or 'distribution'; with "
            "--target-type, skmiaug benchmark takes those of corpora."
        )


def _checked_layer(args: Any) -> int | str | None:
    """The layer of the speech model; both models are of the modality that is needed."""
    layer = args.layer if args.model else None
    if args.model:
        layers = encoder(args.model, "audio").layers_
        layer = layers[0] if layer == "auto" else layer
    if args.text_model is not None:
        encoder(args.text_model, "text")
    return layer


def extract(args: Any, data: Data, cache: Path, *, verbose: bool) -> dict[str, Any]:
    """Features of the modalities that are needed, from "audio" and "text" to ndarray."""
    common = {
        "cache_dir": cache,
        "device": args.device,
        "dtype": args.dtype,
        "verbose": int(verbose),
    }
    found: dict[str, Any] = {}
    if any(modality != TEXT for modality in args.modality):
        if args.model is None:
            found[AUDIO] = acoustic_features(data.sequences, cache)
        else:
            found[AUDIO] = audio_features(
                data.frame, data.paths, model=args.model, layer=data.layer, **common
            )
    if any(modality != AUDIO for modality in args.modality):
        found[TEXT] = text_features(data.frame, model=args.text_model, **common)
    return found


def _protocol_of(data: Any) -> str:
    """The protocol that fits a corpus: a loader's own, or one that a manifest allows."""
    named = getattr(data, "protocol", None)
    if named is not None:
        return named
    for protocol, column in _COLUMN_OF.items():
        if data.frame[column].nunique() > 1:
            return protocol
    return "folds"


def _splitter(frame: pd.DataFrame, protocol: str, args: Any) -> Any:
    """The splitter of a protocol, bound to the rows of `frame`; None for "folds"."""
    splitter: Any = None
    if protocol == "official":
        splitter = OfficialSplit(frame, test=args.test_splits, disjoint=args.disjoint)
    elif args.test_splits is not None:
        raise ValueError("--test-splits names parts of the official protocol only.")
    elif protocol != "folds":
        kinds = {"session": LeaveOneSessionOut, "speaker": LeaveOneSpeakerOut}
        splitter = kinds[protocol](frame, disjoint=args.disjoint)
    if splitter is not None and not len(frame):
        next(splitter.split(frame, frame["emotion"]))  # names the part that is empty
    return splitter


def _usable_rows(
    frame: pd.DataFrame, args: Any, protocol: str
) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Rows that take part, and how many do not for lack of an entry."""
    needed = {
        "emotion": args.target_type == "multiclass",
        "transcript": args.text_model is not None,
        "split": protocol == "official",
    }
    kept = np.ones(len(frame), dtype=bool)
    left_out: dict[str, int] = {}
    for column in (column for column, is_needed in needed.items() if is_needed):
        present = frame[column].notna().to_numpy()
        left_out[f"without_{column}"] = int((kept & ~present).sum())
        kept = kept & present
    return np.flatnonzero(kept), left_out


def _fractions(
    args: Any, labels: str, target: Classes, y: NDArray[Any]
) -> dict[str, Mapping[str, float] | None]:
    """The settings to run, each with the part of each class that it keeps."""
    if target.name != "multiclass":
        if args.imbalance is not None or NATURAL not in args.setting:
            raise ValueError(f"--target-type {target.name} has the natural setting only.")
        return {NATURAL: None}
    found: dict[str, Mapping[str, float] | None] = {}
    if NATURAL in args.setting:
        found[NATURAL] = None
    if IMBALANCED not in args.setting:
        return found
    counts, kept = class_counts(y, target.names.tolist()), args.imbalance
    if kept is None:
        usual = imbalance_of(args.corpus, labels, counts)
        if usual is None and not found:
            raise ValueError(
                f"{CORPORA[args.corpus].title} is imbalanced by nature; give --imbalance, "
                "or take --setting natural."
            )
        if usual is None:
            return found
        kept = {name: usual.get(name, 1.0) for name in counts}
    elif not isinstance(kept, Mapping):
        if len(kept) != len(counts):
            raise ValueError(
                f"--imbalance has {len(kept)} fractions, and there are {len(counts)} "
                f"classes: {', '.join(counts)}."
            )
        kept = dict(zip(counts, kept, strict=True))
    return found | {IMBALANCED: kept}


# ---- features


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
