"""Feature columns from a .csv or .parquet file."""

import csv
import io
import re
import shlex
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation._features import (
    Features,
    FileOptions,
    as_groups,
    as_labels,
    close_matches,
    finish,
    reason_of,
)
from skmiaug.evaluation._labels import listed
from skmiaug.exceptions import FileFormatError
from skmiaug.utils._optional import require

# What pandas calls a column without a name: most often an index that was written along.
_UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")


def read_table(file: Path, options: FileOptions) -> Features:
    """Every column but the target, the group and the dropped ones is a feature."""
    name = str(file)
    if file.suffix.lower() == ".csv":
        columns = _csv_header(file)
        _check_names(name, columns, options)
        table = _read_csv(file, columns)
    else:
        table = _with_index(_read_parquet(file), options)
        table.columns = table.columns.map(str)
        columns = list(table.columns)
        _check_names(name, columns, options)
    assert options.target is not None  # _check_names
    y = as_labels(name, f"column {options.target!r}", _labels(name, table, options.target))
    groups = None
    if options.group is not None:
        groups = as_groups(
            name, f"column {options.group!r}", _labels(name, table, options.group)
        )
    left_out = _no_features(options)
    rest = table[[column for column in columns if column not in left_out]]
    X = _numbers(name, rest)
    return finish(name, X, y, groups, columns=list(rest.columns))


def _csv_header(file: Path) -> list[str]:
    """The names as they stand in the file: pandas would rename a second "emotion".

    A column without a name is called as pandas calls it, so that it can be named.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            # pandas, too, takes lines of nothing but spaces for none.
            lines = (line for line in csv.reader(opened) if "".join(line).strip())
            header = next(lines, None)
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error) from error
    except Exception as error:
        raise _not_csv(file, reason_of(error)) from error
    if header is None:
        raise _not_csv(file, "it holds no text")
    return [name if name.strip() else f"Unnamed: {i}" for i, name in enumerate(header)]


def _read_csv(file: Path, columns: list[str]) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Said where cells beyond the last name would be left out.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # Only an empty cell is a missing value: "NA" or "none" may well be a class, and
            # among the features it should be named as what it is. No column is an index:
            # pandas would take the first for one where rows end in a comma.
            return pd.read_csv(
                file,
                header=0,
                names=columns,
                index_col=False,
                # In pieces, "007" would be the speaker 7 down to the first "F01", and
                # the speaker "007" from there on.
                low_memory=False,
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
            )
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error) from error
    except pd.errors.ParserWarning as error:
        reason = f"rows hold more cells than the {len(columns)} column names of its header"
        raise _not_csv(file, f"{reason}; name every column") from error
    except Exception as error:
        # Whatever the parser makes of damaged text, the file is at fault.
        raise _not_csv(file, reason_of(error)) from error


def _not_utf8(file: Path, error: UnicodeDecodeError) -> FileFormatError:
    return FileFormatError(
        f"{file}: expected UTF-8 text; byte {error.start} is none; save the table as UTF-8."
    )


def _not_csv(file: Path, reason: str) -> FileFormatError:
    return FileFormatError(
        f"{file}: expected comma-separated values with a line of column names, and it "
        f"cannot be read as such ({reason})."
    )


def _read_parquet(file: Path) -> pd.DataFrame:
    parquet = require("pyarrow.parquet", extra="parquet", purpose=f"read {file.name}")
    try:
        return parquet.read_table(file).to_pandas()
    except Exception as error:
        raise FileFormatError(
            f"{file}: expected a Parquet file, and it cannot be read as one "
            f"({reason_of(error)})."
        ) from error


def _with_index(table: pd.DataFrame, options: FileOptions) -> pd.DataFrame:
    """The target and the group may stand in the index, as names of rows do."""
    wanted = [options.target, options.group]
    levels = [name for name in table.index.names if name is not None and name in wanted]
    return table.reset_index([name for name in levels if name not in table.columns])


def _check_names(name: str, columns: list[str], options: FileOptions) -> None:
    bare = [column.strip() for column in columns]
    twice = {column for column in bare if bare.count(column) > 1}
    if twice:
        raise FileFormatError(
            f"{name}: expected column names that differ; twice came "
            f"{listed(sorted(twice))}."
        )
    if options.target is None:
        raise FileFormatError(
            f"{name}: name the column that holds the classes with --target; the columns "
            f"are {listed(columns)}."
        )
    wanted = [("--target", options.target), ("--group", options.group)]
    wanted += [("--drop", column) for column in options.drop]
    for flag, column in wanted:
        if column is not None and column not in columns:
            hint = _separator_hint(columns) or close_matches(column, columns)
            raise FileFormatError(
                f"{name}: there is no column {column!r} ({flag}); the columns are "
                f"{listed(columns)}.{hint}"
            )
    _check_unnamed(name, columns, options)


def _check_unnamed(name: str, columns: list[str], options: FileOptions) -> None:
    """An index in the order of the classes would tell the classifiers the class."""
    for number, column in enumerate(columns):
        if _UNNAMED.fullmatch(column) and column not in _no_features(options):
            raise FileFormatError(
                f"{name}: expected a name for every feature; column {number} (counted from "
                f"0) is called {column!r}, which is most often the row number that pandas "
                "wrote along; save the table without it (to_csv(path, index=False)), leave "
                f"it out (--drop {column!r}) or, where it is a feature, name it."
            )


def _no_features(options: FileOptions) -> set[str | None]:
    return {options.target, options.group, *options.drop}


def _separator_hint(columns: list[str]) -> str:
    header = ",".join(columns)
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        # A name may hold a comma: "pitch, Hz".
        if mark in header and header.count(mark) >= header.count(","):
            return (
                f" It looks separated by {word}: save it with commas, and with points in "
                "decimal numbers."
            )
    return ""


def _labels(name: str, table: pd.DataFrame, column: str) -> NDArray[Any]:
    values = table[column]
    number = pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values)
    absent = values.isna()
    if not number:
        values = values.astype(str)
        absent |= values.str.strip() == ""
    missing = np.flatnonzero(absent.to_numpy())
    if missing.size:
        raise FileFormatError(
            f"{name}: column {column!r} is empty in row {missing[0]} (counted from 0), one "
            f"of {missing.size} such rows; fill them in or remove those rows."
        )
    return values.to_numpy() if number else values.to_numpy(dtype=str)


def _numbers(name: str, table: pd.DataFrame) -> NDArray[Any]:
    text = [str(column) for column in table if not _is_number(table[column])]
    if text and len(text) == table.shape[1]:
        raise FileFormatError(
            f"{name}: expected numeric feature columns, and there are none besides "
            f"{listed(text)}, which hold text; check the file."
        )
    if text:
        raise FileFormatError(
            f"{name}: expected numbers in every feature column; "
            f"{_first_text(table, text[0])}; "
            f"mend it, or leave the text columns out with --drop {_as_typed(text)} "
            "(or --group, for one that names speakers)."
        )
    if not table.shape[1]:
        raise FileFormatError(
            f"{name}: expected numeric feature columns; no column is left besides the "
            "target, the group and the dropped ones."
        )
    return table.to_numpy(dtype=np.float64, na_value=np.nan)


def _as_typed(names: list[str]) -> str:
    """Names of columns as one word of a command line."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return shlex.quote(line.getvalue())


def _is_number(values: pd.Series) -> bool:
    # A complex number is numeric to pandas, and no feature.
    numeric = pd.api.types.is_numeric_dtype(values)
    return numeric and not pd.api.types.is_complex_dtype(values)


def _first_text(table: pd.DataFrame, column: str) -> str:
    values = table[column]
    as_numbers = pd.to_numeric(values, errors="coerce")
    odd = np.flatnonzero((as_numbers.isna() & values.notna()).to_numpy())
    if not odd.size:
        return f"column {column!r} is of type {values.dtype}"
    row = int(odd[0])
    cell = str(values.iloc[row])[:40]
    return f"row {row} (counted from 0), column {column!r} holds {cell!r}"
