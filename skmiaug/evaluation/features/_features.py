"""Feature files of any kind as one checked object."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation._labels import class_counts, counted, did_you_mean, listed, plain
from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._untrusted import check_regular_file

SUFFIXES = (".npz", ".csv", ".parquet")
# Distances and variances sum squares: room for 1e100 of them below 1e308.
LARGEST = 1e100
# One large class and some tiny ones, as emotions occur in natural speech.
DIGITS_FRACTIONS = (1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.04)


@dataclass(frozen=True)
class Features:
    """Samples to compare methods on.

    `X` (n_samples, n_features) is finite, float32 or float64; where the file was read with
    ``prepare``, it is a DataFrame of numbers and text with missing values, which the
    unfitted transformer `prepare` turns into numbers in `width` columns. `y` holds int64 or
    str labels, `classes` names at least two of them in the file's own order, which is that
    of ``--imbalance``; of other target types, y is a DataFrame of numbers, and `classes`
    are its columns. `note` reports what was decided on reading, such as a guessed
    target column, and `columns` names the features of a table.
    """

    X: Any
    y: Any
    groups: NDArray[Any] | None
    classes: list[Any]
    name: str
    note: str = ""
    prepare: Any = None
    width: int = 0
    columns: list[str] | None = None

    def class_counts(self) -> dict[str, int]:
        """Rows of each class, in the order of `classes`."""
        return class_counts(self.y, self.classes)


@dataclass(frozen=True)
class FileOptions:
    """Which parts of a file to read; None is the default of its kind."""

    x_key: str | None = None
    y_key: str | None = None
    group_key: str | None = None
    layer: int | None = None
    target: str | None = None
    group: str | None = None
    drop: tuple[str, ...] = ()
    prepare: bool = False
    target_type: str = "multiclass"


# Options for one kind of file, and what corresponds to them in the other.
_OF_ARRAYS = {"x_key": "", "y_key": "target", "group_key": "group", "layer": ""}
_OF_TABLES = {"target": "y-key", "group": "group-key", "drop": ""}


def digits() -> Features:
    """Scikit-learn's bundled handwritten digits, 1,797 rows of 64 features, balanced.

    Used with `DIGITS_FRACTIONS` on the training parts only: rare classes are learned from
    few rows (5 at least) and tested on all rows of the test parts.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    y = bunch.target.astype(np.int64)
    return Features(bunch.data, y, None, list(range(10)), "scikit-learn's digits", width=64)


def read_features(path: str | os.PathLike[str], options: FileOptions) -> Features:
    """Read ``.npz``, ``.csv`` or ``.parquet``.

    Raises
    ------
    FileFormatError
        In one line: what was expected, what came, what to do.
    MissingExtraError
        A ``.parquet`` file without pyarrow.
    """
    from skmiaug.evaluation.features._npz import read_npz
    from skmiaug.evaluation.features._table import read_table

    file = feature_file(path)
    is_npz = file.suffix.lower() == ".npz"
    _check_options(options, is_npz)
    return read_npz(file, options) if is_npz else read_table(file, options)


def read_unlabelled(
    path: str | os.PathLike[str],
    options: FileOptions,
    columns: Sequence[str] | None,
    n_features: int,
) -> NDArray[Any]:
    """Rows to predict (n_samples, n_features), without classes.

    `columns` are those that a model was fitted to; others of a table are left out. None
    stands for an array, whose columns have no names.

    Raises
    ------
    FileFormatError
        The file is of another kind, a column is missing or holds no numbers, or there are
        more or fewer features.
    """
    from skmiaug.evaluation.features._npz import read_rows
    from skmiaug.evaluation.features._table import numbers_of, read_frame

    file = feature_file(path)
    if (file.suffix.lower() == ".npz") != (columns is None):
        kind = "an .npz file" if columns is None else "a .csv or .parquet file"
        raise FileFormatError(
            f"{file}: the model was fitted to {kind}; give it rows in the same form."
        )
    if columns is None:
        X = as_floats(read_rows(file, options))
    else:
        table = read_frame(file, FileOptions())
        missing = [column for column in columns if column not in table]
        if missing:
            raise FileFormatError(
                f"{file}: expected the columns that the model was fitted to; missing: "
                f"{listed(missing)}.{close_match(missing[0], list(table.columns))}"
            )
        X = as_floats(numbers_of(str(file), table[list(columns)]))
    if X.shape[1] != n_features:
        raise FileFormatError(
            f"{file}: the model was fitted to {n_features} features a row; these rows have "
            f"{X.shape[1]}."
        )
    if not len(X):
        raise FileFormatError(f"{file}: expected rows of features; there are none.")
    check_values(str(file), X, columns)
    return X


def feature_file(path: str | os.PathLike[str]) -> Path:
    """A file that exists, is not empty and has one of the `SUFFIXES`."""
    try:
        file = check_regular_file(path, "a feature file")
        if not file.stat().st_size:
            raise FileFormatError(f"{file}: the file is empty (0 bytes).")
    except FileNotFoundError:
        raise FileFormatError(f"{path}: there is no such file; check the path.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(f"{path}: cannot be read ({reason}).") from error
    if file.suffix.lower() not in SUFFIXES:
        raise FileFormatError(
            f"{file}: expected a file that ends in {', '.join(SUFFIXES)}; this one ends in "
            f"{file.suffix or 'nothing'!r}."
        )
    return file


def finish(
    name: str,
    X: Any,
    y: Any,
    groups: NDArray[Any] | None,
    columns: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
    note: str = "",
    prepare: bool = False,
) -> Features:
    """The checks that all kinds of file share; X is a DataFrame where it is prepared."""
    if not len(X):
        raise FileFormatError(f"{name}: expected rows of features; there are none.")
    if not X.shape[1]:
        raise FileFormatError(f"{name}: expected numeric feature columns; there are none.")
    for part, values in (("classes", y), ("groups", groups)):
        if values is not None and len(values) != len(X):
            raise FileFormatError(
                f"{name}: {len(X)} rows of features and {len(values)} of {part}; both must "
                "have the same length."
            )
    transformer = None
    if prepare:
        X, transformer, steps, width = _prepared(name, X, y)
        steps.append(f"{counted(X.shape[1], 'column')} become {width}")
        steps[0] = f"prepared inside each fold: {steps[0]}"
        note = "; ".join(filter(None, [note, *steps]))
    else:
        X = as_floats(X)
        check_values(name, X, columns)
        width = X.shape[1]
    named = None if columns is None else list(columns)
    if isinstance(y, pd.DataFrame):
        return Features(X, y, groups, list(y), name, note, None, width, named)
    found = np.unique(y).tolist()
    if len(found) < 2:
        raise FileFormatError(
            f"{name}: expected rows of at least 2 classes; all {len(y)} rows are of class "
            f"{found[0]!r}; check which column or array holds the classes."
        )
    order = found if classes is None else [plain(c) for c in classes if c in set(found)]
    return Features(X, y, groups, order, name, note, transformer, width, named)


def _prepared(name: str, X: Any, y: NDArray[Any]) -> Any:
    # Imported only now: this needs much of scikit-learn.
    from skmiaug.evaluation.features._prepare import cleaned, preparation

    table = pd.DataFrame(X).rename(columns=str).apply(cleaned)
    numbers = table.select_dtypes("float64").fillna(0)
    check_values(name, numbers.to_numpy(), list(numbers.columns))
    try:
        return preparation(table, y)
    except ValueError as error:
        raise FileFormatError(
            f"{name}: cannot be prepared ({reason_of(error)})."
        ) from error


def as_floats(X: NDArray[Any]) -> NDArray[Any]:
    """float32 where the values fit into it, else float64."""
    small = X.dtype.kind == "f" and X.dtype.itemsize <= 4
    return X.astype(np.float32 if small else np.float64)


def too_large(X: NDArray[np.floating], columns: Sequence[str] | None = None) -> str:
    """What is wrong with the first value beyond `LARGEST`; "" where there is none."""
    if not X.size or max(float(X.max()), -float(X.min())) <= LARGEST:
        return ""
    row, column = (int(i) for i in np.argwhere(np.abs(X) > LARGEST)[0])
    return (
        f"expected values up to {LARGEST:g}, whose squares can be summed; row {row} "
        f"(counted from 0), column {column if columns is None else repr(columns[column])} "
        f"holds {X[row, column]:g}; convert the column to another unit."
    )


def as_labels(name: str, source: str, values: NDArray[Any]) -> NDArray[Any]:
    """Class labels as int64 or str; numbers that cannot be class numbers are refused.

    Text loses the spaces around it: "joy " and "joy" are one class.
    """
    kind = values.dtype.kind
    if kind in "biu":
        if kind == "u" and values.max(initial=0) > np.iinfo(np.int64).max:
            raise FileFormatError(
                f"{name}: {source} holds {values.max()}, beyond 64 bits with a sign; "
                "number the classes from 0 on, or give them as text."
            )
        return values.astype(np.int64)
    if kind in "US":
        return _stripped(values)
    if kind == "f":
        missing = np.flatnonzero(~np.isfinite(values))
        if missing.size:
            raise FileFormatError(
                f"{name}: {source} is {values[missing[0]]} in row {missing[0]} (counted "
                "from 0); every row needs a class: remove the row or fill it in."
            )
        odd = values[(np.mod(values, 1) != 0) | (np.abs(values) > 2**53)]
        if odd.size:
            raise FileFormatError(
                f"{name}: expected classes in {source} and found numbers such as {odd[0]}; "
                "name the array or column that holds the classes."
            )
        return values.astype(np.int64)
    raise FileFormatError(
        f"{name}: expected class labels in {source} as numbers or text; its type is "
        f"{values.dtype}."
    )


def as_groups(name: str, source: str, values: NDArray[Any]) -> NDArray[Any]:
    """One group for each row; text loses the spaces around it, NaN is refused."""
    if values.dtype.kind in "US":
        return _stripped(values)
    missing = np.flatnonzero(pd.isna(values))
    if missing.size:
        raise FileFormatError(
            f"{name}: {source} is {values[missing[0]]} in row {missing[0]} (counted from "
            f"0), one of {missing.size} such rows; every row needs a group: fill them in "
            "or remove those rows."
        )
    return values


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


def close_match(wanted: str, names: Sequence[str]) -> str:
    """`did_you_mean`, in any case."""
    return did_you_mean(wanted.lower(), {name.lower(): name for name in names}, 0.5)


def reason_of(error: Exception) -> str:
    """The first line of a library's message about a file that it cannot read."""
    lines = str(error).strip().splitlines()
    return lines[0][:120] if lines else type(error).__name__


def _stripped(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "backslashreplace")
    return np.char.strip(values)


def _check_options(options: FileOptions, is_npz: bool) -> None:
    """Refuse options for the other kind of file, and classes as groups."""
    flag, group, classes = (
        ("--group-key", options.group_key, options.y_key or "y")
        if is_npz
        else ("--group", options.group, options.target)
    )
    if group is not None and group == classes:
        raise FileFormatError(
            f"{flag} {group} names the classes themselves, and a class held out as a group "
            "has no training row; name the speakers or sessions."
        )
    kind = "columns of a .csv or .parquet file" if is_npz else "arrays of an .npz file"
    for name, instead in (_OF_TABLES if is_npz else _OF_ARRAYS).items():
        if getattr(options, name) not in (None, ()):
            hint = f": use --{instead} here." if instead else "."
            flag = "--" + name.replace("_", "-")
            raise FileFormatError(
                f"{flag} names {kind}, and the file is of another kind{hint}"
            )


def check_values(name: str, X: NDArray[Any], columns: Sequence[str] | None) -> None:
    # The sum is NaN or infinite where any value is: no mask of the size of X for good data.
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not np.isfinite(X.sum())
    bad = ~np.isfinite(X) if suspicious else np.zeros((0, 0), dtype=bool)
    if bad.any():
        row, place = (int(i) for i in np.argwhere(bad)[0])
        column = place if columns is None else repr(columns[place])
        raise FileFormatError(
            f"{name}: expected finite numbers; row {row} (counted from 0), column {column} "
            f"holds {X[row, place]} ({int(bad.sum())} such values in "
            f"{int(bad.any(axis=1).sum())} rows); fill them in, remove those rows, or let "
            "skmiaug compare fill them in inside the folds (--prepare auto)."
        )
    if text := too_large(X, columns):
        raise FileFormatError(f"{name}: {text}")
