"""What the commands that read a feature file share."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skmiaug.evaluation._features import Features

_MOST_CLASSES = 40


def read(args: argparse.Namespace) -> "Features":
    """The file that was named, or the digits."""
    from skmiaug.evaluation._features import FileOptions, read_features

    names = ("x_key", "y_key", "group_key", "layer", "target", "group", "drop")
    if args.features is not None:
        options = FileOptions(**{name: getattr(args, name) for name in names})
        return read_features(args.features, options)
    from skmiaug.evaluation._cli import UsageError
    from skmiaug.evaluation._digits import digits

    for name in names:
        if getattr(args, name) not in (None, ()):
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} names a part of a file; name the file as well.")
    return digits()


def splitter(args: argparse.Namespace, features: "Features") -> Any:
    """The folds asked for, their training parts skewed where asked for."""
    from skmiaug.evaluation._digits import DIGITS_FRACTIONS
    from skmiaug.evaluation._skew import SkewedTraining
    from skmiaug.evaluation._splits import resolve_cv

    fractions = args.skew
    if fractions is None and args.features is None:
        fractions = DIGITS_FRACTIONS
    cv = resolve_cv(args.cv, features.y, features.groups)
    if fractions is None:
        return cv
    if len(fractions) != len(features.classes):
        raise ValueError(
            f"--skew has {len(fractions)} fractions, and {features.name} has "
            f"{len(features.classes)} classes: {', '.join(map(str, features.classes))}."
        )
    return SkewedTraining(cv, dict(zip(features.classes, fractions, strict=True)))


def describe(
    features: "Features", counts: dict[str, int], part: str = "in the first training part"
) -> str:
    """The rows before the run: how many, and of which classes."""
    rows, columns = features.X.shape
    groups = ""
    if features.groups is not None:
        groups = f", {len(set(features.groups.tolist()))} groups"
    lines = [
        f"{features.name}: {rows} rows of {columns} features{groups}",
        "rows per class: " + _counted(features.class_counts()),
        f"{part}: {_counted(counts)}",
    ]
    return "\n".join(lines) + "\n"


def _counted(counts: dict[str, int]) -> str:
    shown = [f"{label} {number}" for label, number in counts.items()]
    more = [f"and {len(shown) - _MOST_CLASSES} more classes"]
    return ", ".join(shown[:_MOST_CLASSES] + more * (len(shown) > _MOST_CLASSES))


def shows_progress(args: argparse.Namespace) -> bool:
    """Whether someone watches."""
    return not args.quiet and sys.stderr is not None and sys.stderr.isatty()


def width_of_lines() -> int:
    """Letters in a line: those of the terminal, within reason, or what suits a file."""
    return min(120, max(60, shutil.get_terminal_size((88, 24)).columns))


def title_of(args: argparse.Namespace, features: "Features") -> str:
    """The file without its folder, the part of it that was meant, and what became of it."""
    skewed = ", training parts skewed"
    if args.features is None:
        return features.name + skewed
    part = [str(args.x_key)] if args.x_key else []
    part += [f"layer {args.layer}"] if args.layer is not None else []
    name = Path(args.features).name + (f" ({', '.join(part)})" if part else "")
    return name + (skewed if args.skew is not None else "")
