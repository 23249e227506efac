"""The rows of a benchmark: manifest, protocol, folds and features."""

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
from skmiaug.evaluation.benchmark._features import (
    acoustic_features,
    audio_features,
    encoder,
    text_features,
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
    text = args.text_model is not None
    named = {"audio": args.audio_column, "target": args.target, "speaker": args.speaker}
    loaded = load_corpus(
        args.corpus,
        args.path,
        labels=labels,
        target_type=args.target_type,
        text=text,
        audio=args.model is not None,
        audio_folder=args.audio,
        columns={key: name for key, name in named.items() if name is not None},
    )
    manifest = getattr(loaded, "manifest", loaded)
    protocol = args.protocol or _protocol_of(loaded)
    of_classes = args.target_type == "multiclass"
    needed = {"without_emotion": "emotion"} if of_classes else {}
    if text:
        needed["without_transcript"] = "transcript"
    if protocol == "official":
        needed["without_split"] = "split"
    rows, left_out = _usable_rows(loaded.frame, needed)
    frame = loaded.frame.iloc[rows].reset_index(drop=True)
    splitter = _splitter(frame, protocol, args.test_splits, args.disjoint)
    if not len(frame) and splitter is not None:
        next(splitter.split(frame, frame["emotion"]))  # names the part that is empty
    if of_classes:
        labelled = frame["emotion"].to_numpy(dtype=str)
        _refuse_attributes(labelled)
    else:
        labelled = loaded.target.iloc[rows].reset_index(drop=True)
        if args.target_type == "distribution":  # raters may divide their vote
            labelled = labelled.div(labelled.sum(axis=1), axis=0)
    target, y = read_y(args.target_type, labelled)
    strata = target.strata(y)
    groups = manifest.groups()[rows]
    if len(np.unique(groups)) in (1, len(groups)):
        groups = None  # one speaker, or none that is known to have two rows
    fractions = _fractions(args, labels, target, y)
    # After the corpus: of two wrong paths, report that of the corpus first.
    layer = args.layer if args.model else None
    if args.model:
        layers = encoder(args.model, "audio").layers_
        layer = layers[0] if layer == "auto" else layer
    if text:
        encoder(args.text_model, "text")
    paths, sequences = manifest.paths(), getattr(loaded, "sequences", None)
    seeds = list(range(args.seeds))
    no_features = np.empty((len(y), 1))
    return Data(
        frame=frame,
        target=target,
        y=y,
        groups=groups,
        paths=[paths[row] for row in rows],
        counts=manifest.counts() | left_out,
        protocol=protocol,
        folds={
            setting: make_folds(
                splitter if kept is None else ImbalancedTrainingSplit(splitter, kept),
                no_features,
                strata,
                groups if protocol == "folds" else None,
                seeds,
            )
            for setting, kept in fractions.items()
        },
        fractions=fractions,
        layer=layer,
        sequences=None if sequences is None else sequences.take(rows.tolist()),
    )


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


def _splitter(
    frame: pd.DataFrame,
    protocol: str,
    test_splits: Sequence[str] | None,
    disjoint: Sequence[str],
) -> Any:
    """The splitter of a protocol, bound to the rows of `frame`; None for "folds"."""
    if protocol == "official":
        return OfficialSplit(frame, test=test_splits, disjoint=disjoint)
    if test_splits is not None:
        raise ValueError("--test-splits names parts of the official protocol only.")
    if protocol == "folds":
        return None
    kinds = {"session": LeaveOneSessionOut, "speaker": LeaveOneSpeakerOut}
    return kinds[protocol](frame, disjoint=disjoint)


def _usable_rows(
    frame: pd.DataFrame, needed: Mapping[str, str]
) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Rows that take part, and how many do not for lack of an entry."""
    kept = np.ones(len(frame), dtype=bool)
    left_out: dict[str, int] = {}
    for name, column in needed.items():
        present = frame[column].notna().to_numpy()
        left_out[name] = int((kept & ~present).sum())
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
    counts = class_counts(y, target.names.tolist())
    found: dict[str, Mapping[str, float] | None] = {}
    if NATURAL in args.setting:
        found[NATURAL] = None
    if IMBALANCED not in args.setting:
        return found
    kept = args.imbalance
    if kept is None:
        kept = imbalance_of(args.corpus, labels, counts)
        if kept is None and not found:
            raise ValueError(
                f"{CORPORA[args.corpus].title} is imbalanced by nature; give --imbalance, "
                "or take --setting natural."
            )
        if kept is None:
            return found
        kept = {name: kept.get(name, 1.0) for name in counts}
    elif not isinstance(kept, Mapping):
        if len(kept) != len(counts):
            raise ValueError(
                f"--imbalance has {len(kept)} fractions, and there are {len(counts)} "
                f"classes: {', '.join(counts)}."
            )
        kept = dict(zip(counts, kept, strict=True))
    return found | {IMBALANCED: kept}
