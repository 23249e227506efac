"""Targets with columns: votes of raters, label sets, attributes."""

import csv
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation._labels import listed
from skmiaug.exceptions import FileFormatError

__all__ = ["as_targets", "target_columns"]


def target_columns(name: str, columns: list[str], wanted: str | None) -> list[str]:
    """The columns that ``--target`` names: ``joy,anger``, or a pattern as ``votes_*``."""
    if wanted is None:
        raise FileFormatError(
            f"{name}: name the columns of the targets with --target, as joy,anger or "
            "'votes_*'."
        )
    found: list[str] = []
    for word in next(csv.reader([wanted], skipinitialspace=True)):
        matching = [column for column in columns if fnmatchcase(column, word.strip())]
        if not matching:
            raise FileFormatError(
                f"{name}: there is no column {word.strip()!r} (--target); the columns are "
                f"{listed(columns, tail=8)}."
            )
        found += [column for column in matching if column not in found]
    return found


def as_targets(name: str, source: str, values: NDArray[Any], names: Any) -> pd.DataFrame:
    """Numbers (n,) or (n, n_columns) as a table; missing votes are NaN."""
    if values.ndim not in (1, 2) or values.dtype.kind not in "biuf":
        raise FileFormatError(
            f"{name}: expected numbers of shape (rows, columns) in {source}; got shape "
            f"{values.shape} and type {values.dtype}."
        )
    table = values.reshape(len(values), -1)
    if names is None or np.shape(names) != (table.shape[1],):
        names = np.arange(table.shape[1])
    return pd.DataFrame(table, columns=np.asarray(names).astype(str))
