"""Whether the two sides of a fold share what they must not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.datasets.manifest import frame_of, listed
from skmiaug.exceptions import LeakageError
from skmiaug.utils._row_numbers import row_numbers

__all__ = ["check_disjoint"]

COLUMNS = ("speaker", "dialog", "sentence")


def check_disjoint(
    manifest: Any, cv: Any, *, columns: str | Sequence[str] = COLUMNS, y: Any = None
) -> None:
    """See to it that no speaker, dialog or sentence is in both parts of a fold.

    Parameters
    ----------
    manifest : Manifest, Bunch of a loader, or DataFrame
        Rows in the order of the data. Missing values (an unknown speaker) are not looked
        at, so they prove nothing.
    cv : splitter or iterable of (train, test), row numbers or masks
        What the data are split by. A splitter that needs groups does not know them:
        pass its list of folds.
    columns : str or sequence of str, default=("speaker", "dialog", "sentence")
        What must not be shared. Acted corpora (EmoDB, nEMO) have the same few sentences
        from everybody, and the scripted sets of others too: pass ("speaker", "dialog")
        where that is meant.
    y : array-like, default=None
        Classes, for splitters that stratify.

    Raises
    ------
    LeakageError
        Something is shared, a row itself or one of `columns`; names the fold and some.
    ValueError
        A column is not in the manifest, or a mask is not of its length.

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
                f"{len(both)} are: {listed(both)}. Split by {name}, or by what holds it."
            )


def shared(
    frame: pd.DataFrame, train: NDArray[np.intp], test: NDArray[np.intp], column: str
) -> list[str]:
    """The values of a column that both parts have; missing ones do not count."""
    values = frame[column]
    one = set(values.iloc[train].dropna())
    return sorted(one & set(values.iloc[test].dropna()))
