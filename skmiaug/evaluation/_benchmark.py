"""A benchmark from folder to cells: manifest, folds, features, parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation._benchmark_align import ALIGN, Joined, aligner_of
from skmiaug.evaluation._benchmark_cells import Part
from skmiaug.evaluation._benchmark_corpora import (
    CORPORA,
    NATURAL,
    SKEWED,
    load_corpus,
    skew_of,
)
from skmiaug.evaluation._benchmark_features import (
    acoustic_features,
    audio_features,
    layer_read,
    text_features,
)
from skmiaug.evaluation._benchmark_journal import digest_of, estimator_question
from skmiaug.evaluation._benchmark_protocol import folds_of, protocol_of, splitter_of
from skmiaug.evaluation._splits import Fold

__all__ = ["AUDIO", "BOTH", "TEXT", "Data", "extract", "load_data", "parts_of"]

AUDIO, TEXT, BOTH = "audio", "text", "audio+text"


@dataclass(frozen=True)
class Data:
    """The rows of a benchmark and its folds in each setting.

    Parameters
    ----------
    frame : DataFrame
        Rows of the manifest that take part.
    y : ndarray of shape (n_rows,)
    paths : list of str or None
        Audio files.
    counts : dict
        What the manifest holds, and what was left out.
    protocol : str
    folds : mapping from setting to list of Fold
    fractions : mapping from setting to fractions or None
    layer : int, "all" or None
        Layer of the speech model.
    sequences : AcousticSegments or None
    """

    frame: pd.DataFrame
    y: NDArray[Any]
    paths: list[str | None]
    counts: dict[str, Any]
    protocol: str
    folds: Mapping[str, list[Fold]]
    fractions: Mapping[str, Mapping[str, float] | None]
    layer: int | str | None = None
    sequences: Any = None


def load_data(args: Any) -> Data:
    """Read the corpus and make the folds, before anything is computed.

    Parameters
    ----------
    args : argparse.Namespace
        The arguments of the command.

    Raises
    ------
    ValueError
        The corpus, the labels, the protocol and the skew do not fit together.
    """
    labels = args.labels or CORPORA[args.corpus].labels
    loaded = load_corpus(
        args.corpus,
        args.path,
        labels=labels,
        text=args.text_model is not None,
        audio=args.model is not None,
        audio_folder=args.audio,
    )
    manifest = getattr(loaded, "manifest", loaded)
    protocol = args.protocol or protocol_of(loaded)
    rows, left_out = _rows_in_part(
        loaded.frame, official=protocol == "official", text=args.text_model is not None
    )
    frame = loaded.frame.iloc[rows].reset_index(drop=True)
    y = frame["emotion"].to_numpy(dtype=str)
    splitter = splitter_of(
        frame, protocol, test_splits=args.test_splits, disjoint=args.disjoint
    )
    fractions = _fractions(args, labels, y)
    # Not before the corpus: of two paths that are wrong it is the nearer one to name.
    layer = args.layer if args.model else None
    if layer == "auto":
        layer = layer_read(args.model)
    paths, sequences = manifest.paths(), getattr(loaded, "sequences", None)
    return Data(
        frame=frame,
        y=y,
        paths=[paths[row] for row in rows],
        counts=manifest.counts() | left_out,
        protocol=protocol,
        folds={s: folds_of(splitter, y, f, args.seeds) for s, f in fractions.items()},
        fractions=fractions,
        layer=layer,
        sequences=None if sequences is None else sequences.take(rows.tolist()),
    )


def _rows_in_part(
    frame: pd.DataFrame, *, official: bool, text: bool
) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Rows that take part, and how many do not for the lack of what."""
    needed = {"without_emotion": "emotion"}
    if text:
        needed["without_transcript"] = "transcript"
    if official:
        needed["without_split"] = "split"
    kept = np.ones(len(frame), dtype=bool)
    left_out: dict[str, int] = {}
    for name, column in needed.items():
        there = frame[column].notna().to_numpy()
        left_out[name] = int((kept & ~there).sum())
        kept = kept & there
    return np.flatnonzero(kept), left_out


def _fractions(
    args: Any, labels: str, y: NDArray[Any]
) -> dict[str, Mapping[str, float] | None]:
    """The settings that are run, each with what it keeps of each class."""
    names, numbers = np.unique(y, return_counts=True)
    found: dict[str, Mapping[str, float] | None] = {}
    if NATURAL in args.setting:
        found[NATURAL] = None
    if SKEWED not in args.setting:
        return found
    if args.skew is None:
        counts = dict(zip(names.tolist(), numbers.tolist(), strict=True))
        usual = skew_of(args.corpus, labels, counts)
        if usual is None and not found:
            raise ValueError(
                f"{CORPORA[args.corpus].title} is skewed as it is; give --skew, or take "
                "--setting natural."
            )
        if usual is not None:
            found[SKEWED] = {name: usual.get(name, 1.0) for name in names.tolist()}
    elif isinstance(args.skew, Mapping):
        found[SKEWED] = args.skew
    elif len(args.skew) != len(names):
        raise ValueError(
            f"--skew has {len(args.skew)} fractions, and there are {len(names)} classes: "
            f"{', '.join(names)}."
        )
    else:
        found[SKEWED] = dict(zip(names.tolist(), args.skew, strict=True))
    return found


def extract(args: Any, data: Data, cache: Path, *, verbose: bool) -> dict[str, Any]:
    """Features of the modalities that are needed, by modality.

    Parameters
    ----------
    args : argparse.Namespace
    data : Data
    cache : Path
        Folder for features.
    verbose : bool
        Whether to show progress.

    Returns
    -------
    features : dict from "audio" and "text" to ndarray of shape (n_rows, n_features)
    """
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


def parts_of(
    args: Any,
    data: Data,
    features: Mapping[str, NDArray[Any]],
    samplers: Mapping[str, Any],
    classifiers: Mapping[str, Any],
) -> Iterator[tuple[str, str, Part]]:
    """Modality, setting and cells of each table of the benchmark."""
    for modality in args.modality:
        joined = None
        if modality == BOTH:
            joined = Joined(features[AUDIO], features[TEXT], data.y, args.fusion)
        X = features[modality] if joined is None else joined.X
        question: dict[str, Any] = {"modality": modality, "features": digest_of(X)}
        if joined is not None:
            question["fusion"] = args.fusion
            question["widths"] = list(joined.widths)
            if args.fusion == ALIGN:
                question["aligner"] = estimator_question(aligner_of(joined.widths, 0))
        for setting, folds in data.folds.items():
            yield (
                modality,
                setting,
                Part(
                    name=f"{modality}-{setting}",
                    y=data.y,
                    folds=folds,
                    samplers=samplers,
                    classifiers=classifiers,
                    rows_of=_constant(X) if joined is None else joined.for_fold,
                    question=question,
                ),
            )


def _constant(X: NDArray[Any]) -> Any:
    return lambda fold: X
