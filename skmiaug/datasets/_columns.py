"""The columns of a manifest: one table for every corpus."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_list_like

from skmiaug.exceptions import FileFormatError
from skmiaug.utils._containers import is_polars

COLUMNS = (
    "id",
    "path",
    "start",
    "end",
    "transcript",
    "emotion",
    "valence",
    "activation",
    "dominance",
    "speaker",
    "gender",
    "session",
    "dialog",
    "sentence",
    "split",
)
NUMBERS = frozenset({"start", "end", "valence", "activation", "dominance"})
_LISTED = 5
_DIGITS = re.compile(r"\d+")
# What pandas calls columns of nothing but text and missing values.
_ALL_TEXT = ("string", "empty")


def make_frame(columns: Mapping[str, Any], where: str = "manifest") -> pd.DataFrame:
    """A manifest from columns; those of `COLUMNS` that are absent are empty.

    Parameters
    ----------
    columns : mapping of str to sequence or array of length n_rows, or DataFrame
        Of pandas or polars. At least ``id``. Columns of other names follow the known ones.
        Row k of the manifest has value k of each column: the index of a Series is not
        looked at.
    where : str, default="manifest"
        What an error begins with.

    Returns
    -------
    frame : DataFrame of shape (n_rows, n_columns)
        Text columns hold str or None, number columns float64 with NaN for missing. The
        rows are counted from 0.

    Raises
    ------
    FileFormatError
        There is no ``id``, the columns are not equally long, or a number is none; names
        the column.
    """
    if is_polars(columns):
        table: Any = columns
        columns = {name: table[name] for name in table.columns}
    if "id" not in columns:
        raise FileFormatError(
            f"{where}: expected the column 'id', text that names each row; got "
            f"{listed(columns) or 'no column'}."
        )
    given = {name: _by_place(values, name, where) for name, values in columns.items()}
    n_rows = len(given["id"])
    for name, values in given.items():
        if len(values) != n_rows:
            raise FileFormatError(
                f"{where}: expected as many values in the column {name!r} as there are "
                f"ids, {n_rows}; got {len(values)}."
            )
    made: dict[str, Any] = {}
    for name in COLUMNS:
        if name in NUMBERS:
            numbers = given.get(name, np.full(n_rows, np.nan))
            made[name] = _as_numbers(numbers, name, where)
        else:
            made[name] = as_text(given.get(name, [None] * n_rows))
    for name, other in given.items():
        if name not in made:
            is_text = any(isinstance(value, str) for value in other)
            made[name] = as_text(other) if is_text else other
    return pd.DataFrame(made, index=pd.RangeIndex(n_rows))


def _by_place(values: Any, name: str, where: str) -> Any:
    """The values of a column without an index, which pandas would put them in order by."""
    column = is_list_like(values, allow_sets=False) and not isinstance(values, Mapping)
    if not column or getattr(values, "ndim", 1) != 1:
        found = f"{type(values).__name__} of shape {np.shape(values)}"
        raise FileFormatError(
            f"{where}: expected one value for each row in the column {name!r}; got {found}."
        )
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    return values if hasattr(values, "__len__") else list(values)


def _as_numbers(values: Any, name: str, where: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        # Value by value, to name the first that is wrong; pd.NA comes this way too.
        return np.array(
            [_as_number(value, row, name, where) for row, value in enumerate(values)]
        )


def _as_number(value: Any, row: int, name: str, where: str) -> float:
    try:
        return np.nan if value is None or value is pd.NA else float(value)
    except OverflowError:
        found = "too large an integer"
    except (TypeError, ValueError):
        found = repr(str(value)[:80])
    raise FileFormatError(
        f"{where}: expected a number or NaN in the column {name!r}; row {row} (counted "
        f"from 0) has {found}."
    )


def as_text(values: Iterable[Any]) -> pd.Series:
    """A column of str and None: of type object on every version of pandas."""
    made = pd.Series(list(values), dtype=object)
    missing = made.isna()
    if infer_dtype(made, skipna=True) not in _ALL_TEXT:
        # Back to objects: to pandas what is nothing but text would be of its own type.
        made = made.map(str).astype(object)
    return made.where(~missing, None)


def check_frame(frame: pd.DataFrame, where: str) -> None:
    """Refuse a table that is no manifest.

    Raises
    ------
    FileFormatError
        The text begins with `where` and names the first row that is wrong.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise FileFormatError(
            f"{where}: expected the manifest columns {', '.join(COLUMNS)}; missing are "
            f"{', '.join(missing)} (an empty column may hold None or NaN)."
        )
    ids = frame["id"]
    bad = np.flatnonzero(_no_text(ids) | ids.isna())
    if bad.size:
        raise FileFormatError(
            f"{where}: expected an id (text) in every row; row {bad[0]} (counted from 0) "
            f"has {ids.iloc[bad[0]]!r}."
        )
    repeated = ids[ids.duplicated()]
    if len(repeated):
        raise FileFormatError(
            f"{where}: expected every id once; {listed(repeated.unique())} stand there "
            "more than once."
        )
    _check_kinds(frame, where)
    _check_times(frame, where)


def listed(names: Iterable[Any]) -> str:
    """At most five names, and how many more there are."""
    names = list(names)
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(map(str, names[:_LISTED])) + rest


def sorted_names(names: Iterable[Any]) -> list[Any]:
    """In order, numbers in names by their value: "2" stands before "10"."""
    return sorted(
        names,
        key=lambda name: (_DIGITS.sub(lambda n: n[0].zfill(20), str(name)), str(name)),
    )


def frame_of(manifest: Any) -> pd.DataFrame:
    """The table of a Manifest, of a loader's Bunch, or a table itself."""
    if isinstance(manifest, pd.DataFrame):
        return manifest
    frame = getattr(manifest, "frame", None)
    if isinstance(frame, pd.DataFrame):
        return frame
    raise TypeError(
        f"expected a Manifest, the Bunch of a loader or a DataFrame; got "
        f"{type(manifest).__name__}."
    )


def _check_kinds(frame: pd.DataFrame, where: str) -> None:
    for name in COLUMNS:
        values = frame[name]
        if name in NUMBERS:
            wrong = np.flatnonzero(
                np.isinf(values.to_numpy(dtype=np.float64))
                if values.dtype.kind in "fiu"
                else np.ones(len(values), dtype=bool)
            )
            expected = "a finite number or NaN"
        else:
            wrong = np.flatnonzero(_no_text(values))
            expected = "text that is not empty, or None"
        if wrong.size:
            row = wrong[0]
            raise FileFormatError(
                f"{where}: expected {expected} in the column {name!r}; the row of "
                f"{frame['id'].iloc[row]!r} has {values.iloc[row]}."
            )


def _check_times(frame: pd.DataFrame, where: str) -> None:
    start = frame["start"].to_numpy(dtype=np.float64)
    end = frame["end"].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        wrong = (start < 0) | (end <= start) | (np.isnan(start) != np.isnan(end))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FileFormatError(
            f"{where}: expected 0 <= start < end in seconds, or neither for a whole file; "
            f"the row of {frame['id'].iloc[row]!r} has start {start[row]:g} and end "
            f"{end[row]:g}."
        )


def _no_text(values: pd.Series) -> Any:
    """Where a column holds what is neither missing nor text that says something."""
    if infer_dtype(values, skipna=True) in _ALL_TEXT:
        return (values == "").fillna(False).to_numpy(dtype=bool)
    return np.array([not isinstance(v, str) or not v for v in values]) & values.notna()
