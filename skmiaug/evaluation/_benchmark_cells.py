"""The cells of a benchmark: one sampler on one fold, each kept as soon as it is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from skmiaug.evaluation._benchmark_journal import (
    Journal,
    Rows,
    digest_of,
    estimator_question,
)
from skmiaug.evaluation._cell import COLUMNS
from skmiaug.evaluation._compare import compare_samplers
from skmiaug.evaluation._output import package_versions
from skmiaug.evaluation._splits import Fold

__all__ = ["Part", "run_part"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Part:
    """One modality in one setting.

    Parameters
    ----------
    name : str
        Such as "audio-skewed".
    y : ndarray of shape (n_rows,)
    folds : sequence of Fold
        Of all seeds.
    samplers, classifiers : mapping
    rows_of : callable
        From a fold to X, shape (n_rows, n_features).
    question : mapping
        What determines X besides the fold: a digest of the features, how they are joined.
    """

    name: str
    y: NDArray[Any]
    folds: Sequence[Fold]
    samplers: Mapping[str, Any]
    classifiers: Mapping[str, Any]
    rows_of: Callable[[Fold], NDArray[Any]]
    question: Mapping[str, Any]


def run_part(
    part: Part, journal: Journal, *, n_jobs: int | None, progress: Progress
) -> pd.DataFrame:
    """Results of all cells, those of an earlier run taken from the journal.

    Parameters
    ----------
    part : Part
    journal : Journal
    n_jobs : int or None
        Processes, as in joblib.
    progress : callable
        Called as ``progress(done, total, label)`` before the first and after each cell.

    Returns
    -------
    results : DataFrame
        As `compare_samplers` gives it for the same folds.
    """
    questions = _questions(part)
    done = {cell: rows for cell, q in questions.items() if (rows := journal.get(q))}
    progress(len(done), len(questions), "")
    tasks = (
        delayed(_run)(
            (number, name),
            X,
            part.y,
            part.folds[number],
            part.samplers[name],
            part.classifiers,
        )
        for (number, name), X in _missing(part, done)
    )
    # As they come, so that an interrupt loses no more than what is being worked on.
    for cell, rows in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(tasks):
        journal.put(questions[cell], rows)
        done[cell] = rows
        fold = part.folds[cell[0]]
        label = f"{part.name}: {cell[1]}, seed {fold.seed}, fold {fold.number}"
        progress(len(done), len(questions), label)
    ordered = [row for cell in questions for row in done[cell]]
    frame = pd.DataFrame(ordered, columns=list(COLUMNS))
    return frame.astype({"n_train_resampled": "Float64"}).astype(
        {"n_train_resampled": "Int64"}
    )


def _missing(
    part: Part, done: Mapping[tuple[int, str], Rows]
) -> Iterator[tuple[tuple[int, str], NDArray[Any]]]:
    """Cells to be run with their rows, which are made once for a fold if needed at all."""
    for number, fold in enumerate(part.folds):
        names = [name for name in part.samplers if (number, name) not in done]
        if not names:
            continue
        X = part.rows_of(fold)
        for name in names:
            yield (number, name), X


def _run(
    cell: tuple[int, str],
    X: NDArray[Any],
    y: NDArray[Any],
    fold: Fold,
    sampler: Any,
    classifiers: Mapping[str, Any],
) -> tuple[tuple[int, str], Rows]:
    results = compare_samplers(
        X,
        y,
        {cell[1]: sampler},
        classifiers,
        cv=[(fold.train, fold.test)],
        random_state=fold.seed,
    )
    rows: Rows = results.assign(fold=fold.number).to_dict("records")  # type: ignore[assignment]
    return cell, [{k: None if v is pd.NA else v for k, v in row.items()} for row in rows]


def _questions(part: Part) -> dict[tuple[int, str], dict[str, Any]]:
    """All that determines the rows of each cell, by number of fold and sampler."""
    common = {
        "versions": package_versions(),
        "data": dict(part.question),
        "labels": digest_of(part.y),
        "classifiers": {
            name: estimator_question(model) for name, model in part.classifiers.items()
        },
    }
    samplers = {
        name: {"sampler": [name, estimator_question(sampler)]}
        for name, sampler in part.samplers.items()
    }
    folds = [
        {"fold": [fold.seed, fold.number, digest_of(fold.train, fold.test)]}
        for fold in part.folds
    ]
    return {
        (number, name): common | fold | sampler
        for number, fold in enumerate(folds)
        for name, sampler in samplers.items()
    }
