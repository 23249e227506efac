"""Whether training and test part of a fold share speakers, dialogs or sentences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.datasets.manifest import frame_of, listed
from skmiaug.exceptions import LeakageError
from skmiaug.utils.tables._row_blocks import row_numbers

__all__ = ["check_disjoint"]

COLUMNS = ("speaker", "dialog", "sentence")


def check_disjoint(
    manifest: Any, cv: Any, *, columns: str | Sequence[str] = COLUMNS, y: Any = None
) -> None:
    """Check that no speaker, dialog or sentence is in both parts of a fold.

    Parameters
    ----------
    manifest : Manifest, Bunch of a loader, or DataFrame
        Rows in the order of the data. Missing values (unknown speakers) are ignored.
    cv : splitter or iterable of (train, test), row numbers or masks
        The folds. For a splitter that needs groups, pass its list of folds.
    columns : str or sequence of str, default=("speaker", "dialog", "sentence")
        Columns whose values must not be shared. In acted corpora (EmoDB, nEMO, the
        scripted parts of others) all speakers have the same few sentences: pass
        ("speaker", "dialog") there.
    y : array-like, default=None
        Classes, for splitters that stratify.

    Raises
    ------
    LeakageError
        A row or a value of `columns` is in both parts; names the fold and some values.
    ValueError
        A column is not in the manifest, or a mask is not of its length.

    See Also
    --------
    LeaveOneSpeakerOut : Folds that share no speaker.

    Examples
    --------
    >>> from skmiaug.datasets import Manifest, check_disjoint
    >>> rows = {"id": ["a", "b", "c"], "speaker": ["x", "x", "y"]}
    >>> manifest = Manifest.from_columns(rows)
    >>> check_disjoint(manifest, [([0, 1], [2])])
    """
    frame = frame_of(manifest)
    columns = known_columns(frame, columns)
    folds = cv.split(np.empty((len(frame), 0)), y) if hasattr(cv, "split") else cv
    for number, (train, test) in enumerate(folds):
        where = f"fold {number}"
        train, test = (row_numbers(part, len(frame), where) for part in (train, test))
        rows = np.intersect1d(train, test)
        if rows.size:
            raise LeakageError(f"{where}: {rows.size} rows are in both parts.")
        check_parts(frame, train, test, columns, where)


def known_columns(frame: pd.DataFrame, columns: str | Sequence[str]) -> tuple[str, ...]:
    """The names of columns; a name alone is one."""
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    unknown = [name for name in names if name not in frame.columns]
    if unknown:
        raise ValueError(
            f"expected columns of the manifest; it has no {listed(unknown)}. It has "
            f"{', '.join(map(str, frame.columns))}."
        )
    return names


def check_parts(
    frame: pd.DataFrame,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    columns: Sequence[str],
    where: str,
) -> None:
    """As `check_disjoint`, for one fold."""
    for name in columns:
        both = shared(frame, train, test, name)
        if both:
            raise LeakageError(
                f"{where}: expected no {name} in both the training and the test part; "
                f"{len(both)} are: {listed(both)}. Split by {name}, or by a column "
                "that contains it."
            )


def shared(
    frame: pd.DataFrame, train: NDArray[np.intp], test: NDArray[np.intp], column: str
) -> list[str]:
    """The values of a column that both parts have; missing ones do not count."""
    values = frame[column]
    one = set(values.iloc[train].dropna())
    return sorted(one & set(values.iloc[test].dropna()))
