"""Feature files of any kind as one checked object."""

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation._labels import plain
from skmiaug.evaluation._magnitude import LARGEST, first_too_large
from skmiaug.exceptions import FileFormatError

SUFFIXES = (".npz", ".csv", ".parquet")


@dataclass(frozen=True)
class Features:
    """Rows to compare samplers on.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
        Finite.
    y : ndarray of shape (n_samples,)
        int64 or str labels, at least two classes.
    groups : ndarray of shape (n_samples,) or None
    classes : list
        The labels in the file's own order, which is that of ``--skew``.
    name : str
        What to call the data.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    groups: NDArray[Any] | None
    classes: list[Any]
    name: str

    def class_counts(self) -> dict[str, int]:
        """Rows of each class, in the order of `classes`."""
        return {str(label): int(np.sum(self.y == label)) for label in self.classes}


@dataclass(frozen=True)
class FileOptions:
    """Which parts of a file are meant; None is the default of its kind."""

    x_key: str | None = None
    y_key: str | None = None
    group_key: str | None = None
    layer: int | None = None
    target: str | None = None
    group: str | None = None
    drop: tuple[str, ...] = ()


def read_features(path: str | os.PathLike[str], options: FileOptions) -> Features:
    """Read ``.npz``, ``.csv`` or ``.parquet``.

    Raises
    ------
    FileFormatError
        In one line: what was expected, what came, what to do.
    MissingExtraError
        A ``.parquet`` file without pyarrow.
    """
    from skmiaug.evaluation._read_npz import read_npz
    from skmiaug.evaluation._read_table import read_table

    file = Path(path)
    _check_file(file)
    _check_group(options)
    suffix = file.suffix.lower()
    if suffix == ".npz":
        _refuse(options, ("target", "group", "drop"), "columns of a .csv or .parquet file")
        return read_npz(file, options)
    _refuse(options, ("x_key", "y_key", "group_key", "layer"), "arrays of an .npz file")
    return read_table(file, options)


def finish(
    name: str,
    X: NDArray[Any],
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    columns: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Features:
    """The checks that all kinds of file share."""
    _check_shapes(name, X, y, groups)
    X = X.astype(
        np.float32 if X.dtype.kind == "f" and X.dtype.itemsize <= 4 else np.float64
    )
    _check_finite(name, X, columns)
    _check_magnitude(name, X, columns)
    found = list(np.unique(y))
    if len(found) < 2:
        raise FileFormatError(
            f"{name}: expected rows of at least 2 classes; all {len(y)} rows are of class "
            f"{plain(found[0])!r}; check which column or array holds the classes."
        )
    order = found if classes is None else [c for c in classes if c in set(found)]
    return Features(X, y, groups, [plain(label) for label in order], name)


def as_labels(name: str, what: str, values: NDArray[Any]) -> NDArray[Any]:
    """Class labels as int64 or str; numbers that are no class numbers are refused.

    Text loses the spaces around it: "joy " and "joy" are one class.
    """
    kind = values.dtype.kind
    if kind in "biu":
        if kind == "u" and values.max(initial=0) > np.iinfo(np.int64).max:
            raise FileFormatError(
                f"{name}: {what} holds {values.max()}, beyond 64 bits with a sign; number "
                "the classes from 0 on, or give them as text."
            )
        return values.astype(np.int64)
    if kind in "US":
        return _bare_text(values)
    if kind == "f":
        missing = np.flatnonzero(~np.isfinite(values))
        if missing.size:
            raise FileFormatError(
                f"{name}: {what} is {values[missing[0]]} in row {missing[0]} (counted from "
                "0); every row needs a class: remove the row or fill it in."
            )
        whole = np.mod(values, 1) == 0
        if not whole.all() or np.abs(values).max(initial=0) > 2**53:
            odd = values[np.flatnonzero(~whole)[0]] if not whole.all() else values.max()
            raise FileFormatError(
                f"{name}: expected classes in {what} and found numbers such as {odd}; name "
                "the array or column that holds the classes."
            )
        return values.astype(np.int64)
    raise FileFormatError(
        f"{name}: expected class labels in {what} as numbers or text; its type is "
        f"{values.dtype}."
    )


def as_groups(name: str, what: str, values: NDArray[Any]) -> NDArray[Any]:
    """Groups of one row each; text loses the spaces around it, NaN is refused."""
    if values.dtype.kind in "US":
        return _bare_text(values)
    missing = np.flatnonzero(pd.isna(values))
    if missing.size:
        raise FileFormatError(
            f"{name}: {what} is {values[missing[0]]} in row {missing[0]} (counted from 0), "
            f"one of {missing.size} such rows; every row needs a group: fill them in or "
            "remove those rows."
        )
    return values


def _bare_text(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "backslashreplace")
    return np.char.strip(values)


def close_matches(wanted: str, names: Sequence[str]) -> str:
    """A hint such as " Did you mean 'emotion'?", or nothing."""
    lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(wanted.lower(), list(lower), n=1, cutoff=0.5)
    return f" Did you mean {lower[found[0]]!r}?" if found else ""


def reason_of(error: Exception) -> str:
    """The first line of what a library says of a file that it cannot read."""
    lines = str(error).strip().splitlines()
    return lines[0][:120] if lines else type(error).__name__


def _check_file(file: Path) -> None:
    if file.is_dir():
        raise FileFormatError(f"{file}: expected a feature file and it is a folder.")
    if not file.exists():
        raise FileFormatError(f"{file}: there is no such file; check the path.")
    if file.suffix.lower() not in SUFFIXES:
        raise FileFormatError(
            f"{file}: expected a file that ends in {', '.join(SUFFIXES)}; this one ends in "
            f"{file.suffix or 'nothing'!r}."
        )
    try:
        with file.open("rb") as opened:
            empty = not opened.read(1)
    except OSError as error:
        raise FileFormatError(f"{file}: cannot be read ({error.strerror}).") from error
    if empty:
        raise FileFormatError(f"{file}: the file is empty (0 bytes).")


def _check_group(options: FileOptions) -> None:
    classes = (options.target, options.y_key or "y")
    for flag, group, other in zip(
        ("--group", "--group-key"), (options.group, options.group_key), classes, strict=True
    ):
        if group is not None and group == other:
            raise FileFormatError(
                f"{flag} {group} names the classes themselves, and a class held out as a "
                "group has no training row; name the speakers or sessions."
            )


# What is an array in an .npz file is a column in a table, and the other way round.
_INSTEAD = {
    "y_key": "target",
    "group_key": "group",
    "target": "y-key",
    "group": "group-key",
}


def _refuse(options: FileOptions, names: Sequence[str], what: str) -> None:
    for name in names:
        if getattr(options, name) not in (None, ()):
            flag = "--" + name.replace("_", "-")
            instead = _INSTEAD.get(name)
            raise FileFormatError(
                f"{flag} names {what}, and the file is of another kind"
                + (f": use --{instead} here." if instead else ".")
            )


def _check_shapes(name: str, X: NDArray[Any], y: NDArray[Any], groups: Any) -> None:
    if not len(X):
        raise FileFormatError(f"{name}: expected rows of features; there are none.")
    if not X.shape[1]:
        raise FileFormatError(f"{name}: expected numeric feature columns; there are none.")
    for what, values in (("classes", y), ("groups", groups)):
        if values is not None and len(values) != len(X):
            raise FileFormatError(
                f"{name}: {len(X)} rows of features and {len(values)} of {what}; both "
                "must be of one length."
            )


def _check_finite(name: str, X: NDArray[Any], columns: Sequence[str] | None) -> None:
    # The sum is NaN or infinite where any value is: no mask of the size of X for good data.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(X.sum()):
            return
    bad = ~np.isfinite(X)
    if not bad.any():
        return
    row, column = (int(i) for i in np.argwhere(bad)[0])
    where = _column(column, columns)
    raise FileFormatError(
        f"{name}: expected finite numbers; row {row} (counted from 0), {where} holds "
        f"{X[row, column]} ({int(bad.sum())} such values in {int(bad.any(axis=1).sum())} "
        "rows); fill them in or remove those rows."
    )


def _check_magnitude(name: str, X: NDArray[Any], columns: Sequence[str] | None) -> None:
    place = first_too_large(X)
    if place is not None:
        raise FileFormatError(
            f"{name}: expected values up to {LARGEST:g}, whose squares can be summed; row "
            f"{place[0]} (counted from 0), {_column(place[1], columns)} holds "
            f"{X[place]:g}; bring the column to another unit."
        )


def _column(number: int, columns: Sequence[str] | None) -> str:
    return f"column {number if columns is None else repr(columns[number])}"
