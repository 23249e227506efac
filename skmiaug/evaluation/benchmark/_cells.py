"""The cells of a benchmark: one sampler on one fold, each saved as soon as it is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from skmiaug.evaluation.benchmark._data import AUDIO, BOTH, TEXT, Data
from skmiaug.evaluation.comparison._cell import COLUMNS
from skmiaug.evaluation.comparison._compare import compare_samplers, results_table
from skmiaug.evaluation.comparison._folds import Fold
from skmiaug.evaluation.comparison._methods import SCORES, default_classifiers
from skmiaug.evaluation.comparison._output import package_versions, records
from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._untrusted import read_json_file, write_json_file

ALIGN, CONCAT = "align", "concat"
Progress = Callable[[int, int, str], None]
Rows = list[dict[str, Any]]


class Journal:
    """A folder, made on the first write, with a small file for each finished cell.

    A file is named by the key of its cell. It is written whole or not at all and has a
    checksum; a damaged one counts as absent. Not joblib.Memory, which would unpickle any
    file that lies there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Rows | None:
        """The rows saved under a key, or None."""
        try:
            entry = read_json_file(self.folder / f"{key}.json")
        except (OSError, FileFormatError):
            return None
        if entry.get("key") != key:
            return None
        rows = entry.get("rows") or []
        known = [set(row) - set(SCORES) == set(COLUMNS) - set(SCORES) for row in rows]
        return rows if rows and all(known) else None

    def put(self, key: str, rows: Rows) -> None:
        """Save rows under a key; OSError where the folder cannot be written to."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json_file(self.folder / f"{key}.json", {"key": key, "rows": rows})


@dataclass(frozen=True)
class Part:
    """One modality in one setting: one table of the benchmark.

    `groups` are kept whole in inner searches, `rows_of` goes from a fold to X, and `key`
    holds what determines X besides the fold.
    """

    name: str
    target_type: str
    y: Any
    groups: NDArray[Any] | None
    folds: Sequence[Fold]
    samplers: Mapping[str, Any]
    classifiers: Mapping[str, Any]
    rows_of: Callable[[Fold], NDArray[Any]]
    key: Mapping[str, Any]


def parts_of(
    args: Any,
    data: Data,
    features: Mapping[str, NDArray[Any]],
    samplers: Mapping[str, Any],
    classifiers: Sequence[str],
) -> Iterator[tuple[str, str, Part]]:
    """Modality, setting and cells of each table; `classifiers` are names."""
    y: Any = data.y
    if y.ndim == 2:
        y = pd.DataFrame(y, columns=data.target.names)
    for modality in args.modality:
        if modality == BOTH:
            strata = data.target.strata(data.y)
            joined = Joined(features[AUDIO], features[TEXT], strata, args.fusion)
            X, rows_of = joined.X, joined.for_fold
            key: dict[str, Any] = {"fusion": args.fusion, "widths": joined.widths}
            if args.fusion == ALIGN:
                key["aligner"] = aligner_of(joined.widths, 0)
        else:
            X, key = features[modality], {}
            rows_of = partial(_same_for, X)
        key |= {"modality": modality, "features": joblib.hash(X)}
        kind = data.target.name
        models = default_classifiers(
            classifiers, tune=args.tune, n_features=X.shape[1], target_type=kind
        )
        for setting, folds in data.folds.items():
            part = Part(
                name=f"{modality}-{setting}",
                target_type=kind,
                y=y,
                groups=data.groups,
                folds=folds,
                samplers=samplers,
                classifiers=models,
                rows_of=rows_of,
                key=key,
            )
            yield modality, setting, part


def _same_for(X: NDArray[Any], fold: Fold) -> NDArray[Any]:
    return X


def run_part(
    part: Part, journal: Journal, *, n_jobs: int | None, progress: Progress
) -> pd.DataFrame:
    """Results of all cells, as `compare_samplers` gives them for the same folds.

    Those of an earlier run are taken from the journal. `progress` is called as
    ``progress(done, total, label)`` before the first and after each cell.
    """
    keys = _keys(part)
    done = {cell: rows for cell, key in keys.items() if (rows := journal.get(key))}
    progress(len(done), len(keys), "")
    tasks = (delayed(_run)(cell, X, part) for cell, X in _missing(part, done))
    # As they end, so that an interrupt loses only the cells in progress.
    for cell, rows in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(tasks):
        journal.put(keys[cell], rows)
        done[cell] = rows
        fold = part.folds[cell[0]]
        label = f"{part.name}: {cell[1]}, seed {fold.seed}, fold {fold.number}"
        progress(len(done), len(keys), label)
    return results_table([row for cell in keys for row in done[cell]])


def _missing(
    part: Part, done: Mapping[tuple[int, str], Rows]
) -> Iterator[tuple[tuple[int, str], NDArray[Any]]]:
    """Cells to be run with their X, which is made once for a fold if needed at all."""
    for number, fold in enumerate(part.folds):
        names = [name for name in part.samplers if (number, name) not in done]
        if names:
            X = part.rows_of(fold)
            for name in names:
                yield (number, name), X


def _run(
    cell: tuple[int, str], X: NDArray[Any], part: Part
) -> tuple[tuple[int, str], Rows]:
    fold, groups = part.folds[cell[0]], part.groups
    # The corpus's protocol decides what its folds separate; groups serve the inner search.
    if groups is not None and np.intersect1d(groups[fold.train], groups[fold.test]).size:
        groups = None
    results = compare_samplers(
        X,
        part.y,
        {cell[1]: part.samplers[cell[1]]},
        part.classifiers,
        cv=[(fold.train, fold.test)],
        groups=groups,
        target_type=part.target_type,
        random_state=fold.seed,
    )
    return cell, records(results.assign(fold=fold.number))


def _keys(part: Part) -> dict[tuple[int, str], str]:
    """A digest of all that determines the rows of each cell, by fold and sampler."""
    common = joblib.hash(
        (package_versions(), part.key, part.y, part.groups, dict(part.classifiers))
    )
    return {
        (number, name): joblib.hash((common, fold, name, sampler))
        for number, fold in enumerate(part.folds)
        for name, sampler in part.samplers.items()
    }


# ---- audio and text together


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
