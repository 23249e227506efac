"""Feature columns from a .csv or .parquet file."""

import csv
import io
import itertools
import re
import shlex
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.evaluation._labels import listed
from skmiaug.evaluation.features._features import (
    Features,
    FileOptions,
    as_groups,
    as_labels,
    as_targets,
    close_match,
    finish,
    reason_of,
)
from skmiaug.exceptions import FileFormatError
from skmiaug.utils import require
from skmiaug.utils.files._untrusted import check_unpacked_size

# pandas' name for a column without one: most often an index that was written as well.
_UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_DECIMAL = re.compile(r"-?\d+([.,])\d+")
_ROWS_TO_TRY = 20


def read_table(file: Path, options: FileOptions) -> Features:
    """Every column but the target, the group and the dropped ones is a feature."""
    name, target, group = str(file), options.target, options.group
    of_classes = options.target_type == "multiclass"
    if not of_classes:  # the target may be several columns, or a pattern
        options = replace(options, target=None)
    table = read_frame(file, options)
    if not len(table):
        raise FileFormatError(
            f"{name}: expected rows of features below the names of the columns; there are "
            "none."
        )
    kept = [c for c in table.columns.tolist() if c not in options.drop]
    _check_cells(name, table, kept, options)
    note = ""
    y: Any
    if not of_classes:
        targets = _target_columns(name, list(table.columns), target)
        y = as_targets(name, "--target", numbers_of(name, table[targets]), targets)
    else:
        if target is None:
            target = _guess(name, table, options)
            note = f"column {target!r} is used for the classes; --target names another"
        targets = [target]
        y = as_labels(name, f"column {target!r}", _labels(name, table, target))
    rest = table.drop(columns={*targets, group, *options.drop} - {None})
    _check_unnamed(name, table, rest)
    groups = None
    if group is not None:
        groups = as_groups(name, f"column {group!r}", _labels(name, table, group))
    X = rest if options.prepare and rest.shape[1] else numbers_of(name, rest)
    return finish(
        name, X, y, groups, list(rest.columns), note=note, prepare=options.prepare
    )


def read_frame(file: Path, options: FileOptions) -> pd.DataFrame:
    """The whole table, with the columns that `options` name checked."""
    if file.suffix.lower() == ".csv":
        columns, separator, decimal = _csv_format(file)
        _check_names(str(file), columns, options)
        return _read_csv(file, columns, separator, decimal, options)
    table = _with_index(_read_parquet(file), options)
    table.columns = table.columns.map(str)
    _check_names(str(file), list(table.columns), options)
    return table


def _csv_format(file: Path) -> tuple[list[str], str, str]:
    """Column names, separator and decimal mark, from the first lines.

    The names as they stand in the file, since pandas would rename a second "emotion"; a
    column without a name gets pandas' name for it, so that it can be named.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            # pandas, too, skips lines with only spaces.
            filled = (line for line in opened if line.strip(" \t\r\n"))
            lines = list(itertools.islice(filled, _ROWS_TO_TRY))
        read = {mark: _split(lines, mark) for mark in _SEPARATORS}
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error) from error
    except Exception as error:
        raise _not_csv(file, reason_of(error)) from error
    if not lines:
        raise _not_csv(file, "it holds no text")
    separator = max(_SEPARATORS, key=lambda mark: _columns_found(read[mark]))
    header, *rows = read[separator]
    if header[0].lower().startswith("sep="):
        raise _not_csv(file, "its first line is for Excel alone; remove it")
    marks = {
        m[1] for row in rows for cell in row if (m := _DECIMAL.fullmatch(cell.strip()))
    }
    # Where semicolons separate, a comma is the usual decimal mark.
    comma = separator != "," and ("," in marks or (separator == ";" and "." not in marks))
    names = [name if name.strip() else f"Unnamed: {i}" for i, name in enumerate(header)]
    return names, separator, "," if comma else "."


def _split(lines: list[str], mark: str) -> list[list[str]]:
    """Cells of each line; a whole line where ``mark`` cannot be what separates them."""
    try:
        return list(csv.reader(lines, delimiter=mark))
    except csv.Error:  # a cell of over 131,072 characters: most likely a wide table
        return [[line] for line in lines]


def _columns_found(rows: list[list[str]]) -> int:
    """Columns of the header where every row has as many cells, else 1."""
    width = len(rows[0])
    # pandas takes a comma at the end of every row for no cell.
    return width if all(len(row) in (width, width + 1) for row in rows) else 1


def _read_csv(
    file: Path, columns: list[str], separator: str, decimal: str, options: FileOptions
) -> pd.DataFrame:
    as_text = {c: str for c in columns if c in (options.target, options.group)}
    try:
        with warnings.catch_warnings():
            # Raised where cells beyond the last name would be left out.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # Only an empty cell is a missing value: "NA" or "none" may be a class, and
            # among the features it should be reported. No column is an index: pandas would
            # take the first for one where rows end in a comma.
            return pd.read_csv(
                file,
                sep=separator,
                decimal=decimal,
                header=0,
                names=columns,
                index_col=False,
                dtype=as_text,
                # In pieces, a column could have several types.
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
        # Whatever error damaged text causes in the parser, the file is at fault.
        raise _not_csv(file, reason_of(error)) from error


def _not_utf8(file: Path, error: UnicodeDecodeError) -> FileFormatError:
    return FileFormatError(
        f"{file}: expected UTF-8 text; byte {error.start} is not; save the table as UTF-8."
    )


def _not_csv(file: Path, reason: str) -> FileFormatError:
    return FileFormatError(
        f"{file}: expected comma-separated values with a line of column names, and it "
        f"cannot be read as such ({reason})."
    )


def _read_parquet(file: Path) -> pd.DataFrame:
    parquet = require("pyarrow.parquet", extra="parquet", purpose=f"read {file.name}")
    try:
        check_unpacked_size(file)
        return parquet.read_table(file).to_pandas()
    except FileFormatError:
        raise
    except Exception as error:
        raise FileFormatError(
            f"{file}: expected a Parquet file, and it cannot be read as one "
            f"({reason_of(error)})."
        ) from error


def _with_index(table: pd.DataFrame, options: FileOptions) -> pd.DataFrame:
    """The target and the group may stand in the index, as row names do."""
    wanted = [options.target, options.group]
    levels = [name for name in table.index.names if name is not None and name in wanted]
    return table.reset_index([name for name in levels if name not in table.columns])


def _check_names(name: str, columns: list[str], options: FileOptions) -> None:
    counts = Counter(column.strip() for column in columns)
    twice = {column for column, n in counts.items() if n > 1}
    if twice:
        raise FileFormatError(
            f"{name}: expected different column names; repeated: {listed(sorted(twice))}."
        )
    wanted = [("--target", options.target), ("--group", options.group)]
    wanted += [("--drop", column) for column in options.drop]
    for flag, column in wanted:
        if column is not None and column not in columns:
            raise FileFormatError(
                f"{name}: there is no column {column!r} ({flag}); {_the_columns(columns)}"
                f"{_separator_hint(columns) or close_match(column, columns)}"
            )


def _the_columns(columns: list[str]) -> str:
    # The classes most often stand in one of the last columns.
    return f"the columns are {listed(columns, tail=8)}."


def _separator_hint(columns: list[str]) -> str:
    for mark in (";", "\t"):
        if len(columns) == 1 and mark in columns[0]:
            return (
                f" It looks separated by {_SEPARATORS[mark]}, but its first lines do not "
                "have the same number of cells; mend them, or save it with commas."
            )
    return ""


def _check_cells(
    name: str, table: pd.DataFrame, columns: Sequence[str], options: FileOptions
) -> None:
    """Refuse lists and records in cells, whose text is neither a number nor a class."""
    for column in columns:
        if table[column].dtype != object:
            continue
        present = table[column].dropna()
        found = None if present.empty else present.iloc[0]
        if not isinstance(found, (list, tuple, dict, np.ndarray)):
            continue
        what = "records" if isinstance(found, dict) else "lists"
        remedy = (
            "give each value a column of its own (in pandas: table.join(pandas.DataFrame("
            f"table.pop({column!r}).tolist(), index=table.index).add_prefix({column!r}))), "
            f"or leave the column out with --drop {_as_typed([column])}"
        )
        if column in (options.target, options.group):
            remedy = "give it text or whole numbers"
        raise FileFormatError(
            f"{name}: expected one value in each cell; column {column!r} holds {what}, "
            f"such as {str(found)[:40]!r}; {remedy}."
        )


def _target_columns(name: str, columns: list[str], wanted: str | None) -> list[str]:
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


def _guess(name: str, table: pd.DataFrame, options: FileOptions) -> str:
    """The last column of text in which values recur."""
    for column in reversed(list(table.columns)):
        if column in (options.group, *options.drop) or _is_number(table[column]):
            continue
        if table[column].astype(str).nunique() <= max(2, len(table) // 2):
            return column
    columns = list(table.columns)
    raise FileFormatError(
        f"{name}: name the column that holds the classes with --target; "
        f"{_the_columns(columns)}{_separator_hint(columns)}"
    )


def _check_unnamed(name: str, table: pd.DataFrame, features: pd.DataFrame) -> None:
    """An index in the order of the classes would give the class away."""
    for column in (c for c in features.columns.map(str) if _UNNAMED.fullmatch(c)):
        raise FileFormatError(
            f"{name}: expected a name for every feature; column "
            f"{table.columns.get_loc(column)} (counted from 0) is called {column!r}, which "
            "is most often the row number that pandas wrote as well; save the table "
            "without it (to_csv(path, index=False)), leave it out "
            f"(--drop {column!r}) or, where it is a feature, name it."
        )


def _labels(name: str, table: pd.DataFrame, column: str) -> NDArray[Any]:
    values = table[column]
    number = pd.api.types.is_numeric_dtype(values)
    absent = values.isna()
    if not number:
        kinds = sorted({type(value).__name__ for value in values[~absent]})
        if "str" in kinds and len(kinds) > 1:
            raise FileFormatError(
                f"{name}: column {column!r} holds text and other values "
                f"({', '.join(kinds)}), of which some may read alike; convert it to text."
            )
        values = values.map(_decoded, na_action="ignore").astype(str)
        absent |= values.str.strip() == ""
    missing = np.flatnonzero(absent.to_numpy())
    if missing.size:
        raise FileFormatError(
            f"{name}: column {column!r} is empty in row {missing[0]} (counted from 0), one "
            f"of {missing.size} such rows; fill them in or remove those rows."
        )
    if number:
        return values.to_numpy()
    return _numbers_or_text(np.char.strip(values.to_numpy(dtype=str)))


def _decoded(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _numbers_or_text(text: NDArray[Any]) -> NDArray[Any]:
    """Text as numbers, where each of them is written as its number is.

    "1" and "01" remain two classes. Measurements such as 0.50 become numbers, so that they
    are refused as classes.
    """
    try:
        numbers = text.astype(np.float64)
    except ValueError:
        return text
    if not (np.isfinite(numbers).all() and (np.mod(numbers, 1) == 0).all()):
        return numbers
    if (np.abs(numbers) < 2**53).all():
        for same in (numbers.astype(np.int64), numbers):
            if (same.astype(str) == text).all():
                return same
    return text


def numbers_of(name: str, table: pd.DataFrame) -> NDArray[Any]:
    _check_cells(name, table, list(table.columns), FileOptions())
    text = [str(column) for column in table if not _is_number(table[column])]
    if text and len(text) == table.shape[1]:
        raise FileFormatError(
            f"{name}: expected numeric feature columns, and there are none besides "
            f"{listed(text)}, which hold text; check the file."
        )
    if text:
        raise FileFormatError(
            f"{name}: expected numbers in every feature column; "
            f"{_first_text(table, text[0])}; correct it, or leave the text columns out "
            f"with --drop {_as_typed(text)} (or --group, for one that names speakers), or "
            "let skmiaug compare encode them inside the folds (--prepare auto)."
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
    present = values.dropna()
    if len(present) < len(values) and present.map(lambda v: isinstance(v, bool)).all():
        empty = int(np.flatnonzero(values.isna().to_numpy())[0])
        return f"row {empty} (counted from 0), column {column!r} is empty"
    as_numbers = pd.to_numeric(values, errors="coerce")
    odd = np.flatnonzero((as_numbers.isna() & values.notna()).to_numpy())
    if not odd.size:
        return f"column {column!r} is of type {values.dtype}"
    row = int(odd[0])
    cell = str(values.iloc[row])[:40]
    return f"row {row} (counted from 0), column {column!r} holds {cell!r}"
