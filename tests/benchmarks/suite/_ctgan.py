"""Cost of CTGAN (PyPI ``ctgan``) on the same rows. The package never imports it."""

import importlib.util
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock

import joblib
import numpy as np
import pandas as pd

from tests.benchmarks.suite._corpora import corpus, imbalanced_counts
from tests.benchmarks.suite._measure import now

SKIPPED = "CTGAN is not installed: pip install -e '.[benchmark]'"
DEFAULT_EPOCHS = 300
BATCH_SIZE = 500
_LABEL = "label"


def have_ctgan() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("ctgan") is not None


@dataclass(frozen=True)
class CTGANCost:
    """Seconds of the parts of a CTGAN fit.

    Attributes
    ----------
    column_seconds : float
        Fitting a Gaussian mixture to each column, before the first step.
    transform_seconds : float
        Transforming all rows with these.
    step_seconds : float
        A training step of ``BATCH_SIZE`` rows, mean over all that were run.
    n_rows : int
        Rows of the whole table.
    of_columns, of_steps : str
        What was measured, and scaled up from.
    """

    column_seconds: float
    transform_seconds: float
    step_seconds: float
    n_rows: int
    of_columns: str
    of_steps: str

    @property
    def pass_seconds(self) -> float:
        """One pass over the rows, as CTGAN counts the steps of one."""
        return self.step_seconds * max(self.n_rows // BATCH_SIZE, 1)

    @property
    def rows_per_second(self) -> float:
        """Real rows seen in a second of training."""
        return BATCH_SIZE / self.step_seconds

    def whole_fit(self, epochs: int = DEFAULT_EPOCHS) -> float:
        """Seconds of a fit of so many passes, from the parts."""
        return self.column_seconds + self.transform_seconds + epochs * self.pass_seconds


def ctgan_cost(
    X: np.ndarray, y: np.ndarray, *, passes: int = 2, n_columns: int | None = None
) -> CTGANCost:
    """Measure CTGAN at its defaults, the class being its discrete column.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
    passes : int
        Passes to train; a step of the 300th takes as long as one of the first.
    n_columns : int or None
        Fit so many columns only, on all rows, and scale their seconds up; steps are those
        of ``step_seconds``. None: all columns.
    """
    n, d = X.shape
    frame = _frame(X).assign(label=y)
    if n_columns is None or n_columns >= d:
        columns, transform, steps = _run(frame, list(range(d)), passes)
        return CTGANCost(
            columns, transform, float(np.mean(steps)), n, "all columns", f"{passes} passes"
        )
    few = frame.iloc[:, [*range(n_columns), d]]
    columns, transform, _ = _run(few, list(range(n_columns)), epochs=0)
    scale = d / n_columns
    return CTGANCost(
        columns * scale,
        transform * scale,
        step_seconds(d, len(np.unique(y))),
        n,
        f"from {n_columns} columns",
        "from one step",
    )


@cache
def step_seconds(n_features: int, n_classes: int) -> float:
    """Seconds of a step at so many features.

    The table repeats a few columns: a step takes as long as with different ones, and
    does not depend on the number of rows.
    """
    n_columns = min(n_features, 8)
    X, y = corpus(imbalanced_counts(BATCH_SIZE, n_classes), n_columns)
    picks = [k % n_columns for k in range(n_features)]
    return float(np.mean(_run(_frame(X).assign(label=y), picks, epochs=1)[2]))


def _frame(X: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])])


def _run(
    table: pd.DataFrame, picks: list[int], epochs: int
) -> tuple[float, float, list[float]]:
    """Seconds of columns, transformation and steps, for columns picked from a table."""
    from ctgan import CTGAN
    from ctgan.synthesizers import ctgan as module

    transformer = _picking_transformer(picks)
    seconds: list[float] = []

    def timed_epochs(epochs: Iterable[int], **_: Any) -> Iterator[int]:
        for epoch in epochs:
            start = now()
            yield epoch
            seconds.append(now() - start)

    model = CTGAN(epochs=epochs, enable_gpu=False)
    model.set_random_state(0)
    with (
        mock.patch.object(module, "DataTransformer", return_value=transformer),
        mock.patch.object(module, "tqdm", timed_epochs),
        warnings.catch_warnings(),
        # Its columns are transformed in processes, whose start takes longer.
        joblib.parallel_config(backend="sequential"),
    ):
        warnings.simplefilter("ignore")
        model.fit(table, [_LABEL])
    n_steps = max(len(table) // BATCH_SIZE, 1)
    return (
        transformer.fit_seconds,
        transformer.transform_seconds,
        [epoch / n_steps for epoch in seconds],
    )


def _picking_transformer(picks: list[int]) -> Any:
    """CTGAN's transformer with a stopwatch, whose table has the picked columns."""
    from ctgan.data_transformer import DataTransformer

    class PickingTransformer(DataTransformer):
        fit_seconds = transform_seconds = 0.0

        def fit(self, raw_data: pd.DataFrame, discrete_columns: Any = ()) -> None:
            start = now()
            super().fit(raw_data, discrete_columns)
            self.fit_seconds = now() - start
            self.picks = [*picks, len(self.output_info_list) - 1]
            self.widths = [sum(span.dim for span in s) for s in self.output_info_list]
            self.output_info_list = [self.output_info_list[k] for k in self.picks]
            self.output_dimensions = sum(self.widths[k] for k in self.picks)

        def transform(self, raw_data: pd.DataFrame) -> np.ndarray:
            start = now()
            table = super().transform(raw_data)
            self.transform_seconds = now() - start
            blocks = np.split(table, np.cumsum(self.widths)[:-1], axis=1)
            return np.concatenate([blocks[k] for k in self.picks], axis=1)

    return PickingTransformer()
