"""What the commands share: reading, splitting, describing, printing."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tqdm import tqdm

from skmiaug.evaluation._labels import wrapped
from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.comparison._folds import ImbalancedTrainingSplit, resolve_cv
from skmiaug.evaluation.features import (
    DIGITS_FRACTIONS,
    Features,
    FileOptions,
    digits,
    read_features,
)
from skmiaug.utils.files._untrusted import printable

_FILE_OPTIONS = ("x_key", "y_key", "group_key", "layer", "target", "group", "drop")


def read(args: argparse.Namespace) -> Features:
    """The named file, or the digits."""
    if args.features is not None:
        named = {name: getattr(args, name) for name in _FILE_OPTIONS}
        named["prepare"] = getattr(args, "prepare", None) is not None
        named["target_type"] = getattr(args, "target_type", "multiclass")
        return read_features(args.features, FileOptions(**named))
    for name in _FILE_OPTIONS:
        if getattr(args, name) not in (None, ()):
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} names a part of a file; name the file as well.")
    return digits()


def splitter(args: argparse.Namespace, features: Features, strata: NDArray[Any]) -> Any:
    """The splitter asked for, its training parts imbalanced where asked for."""
    fractions = args.imbalance
    if fractions is None and args.features is None:
        fractions = DIGITS_FRACTIONS
    cv, classes = resolve_cv(args.cv, strata, features.groups), features.classes
    if fractions is None:
        return cv
    if isinstance(fractions, Mapping):
        by_name = {str(label): label for label in classes}
        kept = {by_name.get(name, name): part for name, part in fractions.items()}
        return ImbalancedTrainingSplit(cv, kept)
    if len(fractions) != len(classes):
        raise ValueError(
            f"--imbalance has {len(fractions)} fractions, and {features.name} has "
            f"{len(classes)} classes: {', '.join(map(str, classes))}."
        )
    return ImbalancedTrainingSplit(cv, dict(zip(classes, fractions, strict=True)))


def describe(features: Features, whole: str, part: str) -> str:
    """The data before the run: rows and groups, and what there is of each class."""
    rows, columns = features.X.shape
    groups = ""
    if features.groups is not None:
        groups = f", {len(set(features.groups.tolist()))} groups"
    lines = [whole, part] + [f"note: {features.note}"] * bool(features.note)
    head = f"{features.name}: {rows} rows of {columns} features{groups}\n"
    return head + wrapped(lines, line_width()) + "\n"


def title_of(args: argparse.Namespace, features: Features) -> str:
    """The file without its folder, the part that was read, and whether it was changed."""
    changed = ", training parts imbalanced"
    if args.features is None:
        return features.name + changed
    part = [str(args.x_key)] if args.x_key else []
    part += [f"layer {args.layer}"] if args.layer is not None else []
    name = Path(args.features).name + (f" ({', '.join(part)})" if part else "")
    return name + (changed if args.imbalance is not None else "")


def check_output(path: str, *, overwrite: bool, marker: str = "") -> Path:
    """The file to write, after a check that it can be written and none is lost.

    A report, which has the marker near its start, may be replaced by another.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            kind = "a folder" if target.is_dir() else "no regular file"
            raise IsADirectoryError(f"{path!r} is {kind}")
        # A trial before minutes of work: permissions alone do not show it.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
        head = b""
        if marker and target.exists():
            with target.open("rb") as file:
                head = file.read(4096)
    except OSError as error:
        raise UsageError(
            "--output must be a file in a folder that can be written to, got "
            f"{path!r} ({error.strerror or error}); name another one."
        ) from error
    if target.exists() and not overwrite and not (marker and marker.encode() in head):
        other = " and is not a report of `skmiaug report`" if marker else ""
        raise UsageError(
            f"{path!r} exists{other}; name another file or allow overwriting (--overwrite)."
        )
    return target


def show(text: str = "") -> None:
    """Print, without the control characters that names from files may hold."""
    print("\n".join(map(printable, text.split("\n"))), flush=True)


def line_width() -> int:
    """Letters in a line: those of the terminal, within reason, or what suits a file."""
    return min(120, max(60, shutil.get_terminal_size((88, 24)).columns))


def shows_progress(args: argparse.Namespace) -> bool:
    """Whether stderr is a terminal."""
    return not args.quiet and sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def progress_bar(args: argparse.Namespace) -> Iterator[Callable[[int, int, str], None]]:
    """A callable ``progress(done, total, label)`` that draws a bar on stderr."""
    with tqdm(
        file=sys.stderr,
        disable=not shows_progress(args),
        leave=False,
        unit="run",
        dynamic_ncols=True,
    ) as bar:

        def progress(done: int, total: int, label: str) -> None:
            bar.total = total
            bar.set_description_str(printable(label), refresh=False)
            bar.update(done - bar.n)

        yield progress
