"""The columns of a manifest: the same for every corpus."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_list_like

from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._untrusted import printable

COLUMNS = (
    "id", "path", "start", "end", "transcript", "emotion", "valence", "activation",
    "dominance", "speaker", "gender", "session", "dialog", "sentence", "split",
)  # fmt: skip
NUMBERS = frozenset({"start", "end", "valence", "activation", "dominance"})
# How corpora and tables write that a speaker is not known, in lower case.
_UNKNOWN = frozenset(
    ["", "-1", "?", "-", "unknown", "unk", "none", "null", "missing"]
    + ["nan", "na", "n/a", "<na>", "#n/a", "nat"]
)
_LISTED = 5
_DIGITS = re.compile(r"\d+")
_WHOLE = re.compile(r"^(-?\d+)\.0+$")
# What pandas calls columns of text and missing values only.
_ALL_TEXT = ("string", "empty")


def make_frame(columns: Any, where: str = "manifest") -> pd.DataFrame:
    """Return a manifest table from columns; those of `COLUMNS` that are absent are empty.

    ``columns`` is a mapping or a DataFrame of pandas or polars with at least ``id``. Value
    k of each column belongs to row k: the index of a Series is ignored. Text columns of
    the result hold str or None, number columns float64; speakers are as of
    `known_speakers`.
    """
    if not isinstance(columns, (Mapping, pd.DataFrame)) and hasattr(columns, "columns"):
        table: Any = columns
        columns = {name: table[name] for name in table.columns}
    for name in columns:
        if isinstance(name, str) and not is_unicode(name):
            raise FileFormatError(
                f"{where}: expected names of columns in Unicode; got {name[:80]!a}."
            )
    if "id" not in columns:
        raise FileFormatError(
            f"{where}: expected the column 'id', text that names each row; got "
            f"{listed(columns) or 'no column'}."
        )
    given = {name: _values(values, name, where) for name, values in columns.items()}
    n_rows = len(given["id"])
    for name, values in given.items():
        if len(values) != n_rows:
            raise FileFormatError(
                f"{where}: expected {n_rows} values in the column {name!r}, as many as "
                f"there are ids; got {len(values)}."
            )
    found: dict[str, Any] = {}
    for name in COLUMNS:
        if name in NUMBERS:
            found[name] = as_numbers(given.get(name, np.full(n_rows, np.nan)), name, where)
        else:
            read = known_speakers if name == "speaker" else as_text
            found[name] = read(given.get(name, [None] * n_rows))
    for name, other in given.items():
        if name not in found:
            is_text = any(isinstance(value, str) for value in other)
            found[name] = as_text(other) if is_text else other
    return pd.DataFrame(found, index=pd.RangeIndex(n_rows))


def _values(values: Any, name: str, where: str) -> Any:
    """The values of a column without an index, by which pandas would order them."""
    column = is_list_like(values, allow_sets=False) and not isinstance(values, Mapping)
    if not column or getattr(values, "ndim", 1) != 1:
        found = f"{type(values).__name__} of shape {np.shape(values)}"
        raise FileFormatError(
            f"{where}: expected one value for each row in the column {name!r}; got {found}."
        )
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    return values if hasattr(values, "__len__") else list(values)


def as_numbers(values: Any, name: str, where: str) -> np.ndarray:
    """A column of numbers, float64 with NaN for missing."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        # Value by value, to name the first that is wrong; pd.NA comes through here too.
        return np.array([_number(v, row, name, where) for row, v in enumerate(values)])


def _number(value: Any, row: int, name: str, where: str) -> float:
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
    """A column of str and None, of dtype object on every version of pandas."""
    column = pd.Series(list(values), dtype=object)
    missing = column.isna()
    if infer_dtype(column, skipna=True) not in _ALL_TEXT:
        # Back to objects: newer versions of pandas have a type of their own for text.
        column = column.map(str).astype(object)
    return column.where(~missing, None)


def known_speakers(values: Iterable[Any]) -> pd.Series:
    """A column of speakers as text; those who are not known are None.

    "", "-1", "unknown" and the like stand for somebody else in each row. A number is text
    without decimals of 0, which pandas adds where a column has gaps: 3.0 is "3".
    """
    column = as_text(values)
    names = column.dropna().str.strip().str.replace(_WHOLE, r"\1", regex=True)
    names = names[~names.str.lower().isin(_UNKNOWN)]
    return as_text(names.reindex(column.index))


def check_frame(frame: pd.DataFrame, where: str) -> None:
    """Refuse a table that is not a manifest."""
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
            f"{where}: expected every id once; these are repeated: "
            f"{listed(repeated.unique())}."
        )
    for name in COLUMNS:
        _check_column(ids, frame[name], where)
    start, end = (frame[name].to_numpy(dtype=np.float64) for name in ("start", "end"))
    with np.errstate(invalid="ignore"):
        wrong = (start < 0) | (end <= start) | (np.isnan(start) != np.isnan(end))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FileFormatError(
            f"{where}: expected 0 <= start < end in seconds, or neither for a whole file; "
            f"the row of {ids.iloc[row]!r} has start {start[row]:g} and end {end[row]:g}."
        )


def _check_column(ids: pd.Series, values: pd.Series, where: str) -> None:
    if values.name not in NUMBERS:
        wrong, expected = _no_text(values), "text that is not empty, or None"
    else:
        expected = "a finite number or NaN"
        wrong = np.ones(len(values), dtype=bool)
        if values.dtype.kind in "fiu":
            wrong = np.isinf(values.to_numpy(dtype=np.float64))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FileFormatError(
            f"{where}: expected {expected} in the column {values.name!r}; the row of "
            f"{ids.iloc[row]!r} has {printable(values.iloc[row])[:80]}."
        )


def listed(names: Iterable[Any]) -> str:
    """At most five names, and how many more there are."""
    names = list(names)
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(map(printable, names[:_LISTED])) + rest


def sorted_names(names: Iterable[Any]) -> list[Any]:
    """Names in order, with numbers in them by value: "2" comes before "10"."""
    return sorted(
        names,
        key=lambda name: (_DIGITS.sub(lambda n: n[0].zfill(20), str(name)), str(name)),
    )


def frame_of(manifest: Any) -> pd.DataFrame:
    """The table of a Manifest or of a loader's Bunch, or a table itself."""
    if isinstance(manifest, pd.DataFrame):
        if "speaker" not in manifest:
            return manifest
        speakers = known_speakers(manifest["speaker"])
        return manifest.assign(speaker=speakers.set_axis(manifest.index))
    frame = getattr(manifest, "frame", None)
    if isinstance(frame, pd.DataFrame):
        return frame
    raise TypeError(
        f"expected a Manifest, the Bunch of a loader or a DataFrame; got "
        f"{type(manifest).__name__}."
    )


def is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, which cannot be written as UTF-8."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _no_text(values: pd.Series) -> Any:
    """Which values are neither missing nor text with at least one character."""
    if infer_dtype(values, skipna=True) in _ALL_TEXT:
        return (values == "").fillna(False).to_numpy(dtype=bool)
    return np.array([not isinstance(v, str) or not v for v in values]) & values.notna()
