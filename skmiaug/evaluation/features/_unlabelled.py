"""Rows to predict: the features of a file, without classes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation._labels import listed
from skmiaug.evaluation.features._features import (
    FileOptions,
    as_floats,
    check_values,
    close_match,
    feature_file,
)
from skmiaug.exceptions import FileFormatError


def read_unlabelled(
    path: str | os.PathLike[str],
    options: FileOptions,
    columns: Sequence[str] | None,
    n_features: int,
) -> NDArray[Any]:
    """Features (n_samples, n_features) of an ``.npz``, ``.csv`` or ``.parquet`` file.

    `columns` are those that a model was fitted to; others of a table are left out. None
    stands for an array, whose columns have no names.

    Raises
    ------
    FileFormatError
        The file is of another kind, a column is missing or holds no numbers, or there are
        more or fewer features.
    """
    file = feature_file(path)
    if (file.suffix.lower() == ".npz") != (columns is None):
        kind = "an .npz file" if columns is None else "a .csv or .parquet file"
        raise FileFormatError(
            f"{file}: the model was fitted to {kind}; give it rows in the same form."
        )
    if columns is None:
        from skmiaug.evaluation.features._npz import read_rows

        X = read_rows(file, options)
    else:
        from skmiaug.evaluation.features._table import numbers_of, read_frame

        table = read_frame(file, FileOptions())
        X = numbers_of(str(file), _selected(file, table, columns))
    X = as_floats(X)
    if X.shape[1] != n_features:
        raise FileFormatError(
            f"{file}: the model was fitted to {n_features} features a row; these rows have "
            f"{X.shape[1]}."
        )
    if not len(X):
        raise FileFormatError(f"{file}: expected rows of features; there are none.")
    check_values(str(file), X, columns)
    return X


def _selected(file: Path, table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    missing = [column for column in columns if column not in table]
    if missing:
        raise FileFormatError(
            f"{file}: expected the columns that the model was fitted to; missing: "
            f"{listed(missing)}.{close_match(missing[0], list(table.columns))}"
        )
    return table[list(columns)]
