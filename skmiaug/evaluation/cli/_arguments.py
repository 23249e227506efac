"""Arguments that several commands share, and their types."""

import argparse
import csv
import os
from typing import Any

from skmiaug.evaluation.comparison._methods import CLASSIFIER_NAMES, SAMPLER_NAMES

INTERRUPTED = 130
FEATURES_HELP = ".npz (arrays X, y and, if present, groups), .csv or .parquet"
IMBALANCE_HELP = (
    "keep this fraction of each class (in the order of the file's classes, or as "
    "anger=1,fear=.2) in the training part, at least 5 rows; test parts stay whole"
)


class UsageError(ValueError):
    """Arguments that do not fit, in one line."""


def add_options(group: Any, *options: tuple[Any, ...]) -> None:
    """Options as (flag, metavar, help) and, where needed, further keywords."""
    for flag, metavar, text, *more in options:
        keywords = dict(more[0]) if more else {}
        if metavar:
            keywords["metavar"] = metavar
        group.add_argument(flag, help=text, **keywords)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """FEATURES, and which parts of the file to read."""
    parser.add_argument("features", nargs="?", metavar="FEATURES", help=FEATURES_HELP)
    add_options(
        parser.add_argument_group("what to read from an .npz file"),
        ("--x-key", "NAME", "array of the features [X]"),
        ("--y-key", "NAME", "array of the classes [y]"),
        ("--group-key", "NAME", "array of the groups [groups, if present]"),
        ("--layer", "N", "layer of (rows, layers, features), from 0", {"type": int}),
    )
    add_options(
        parser.add_argument_group("what to read from a .csv or .parquet file"),
        ("--target", "COLUMN", "column of the classes [the last one of text whose values "
         "recur]"),
        ("--group", "COLUMN", "column of the groups"),
        ("--drop", "A,B", 'columns to leave out; one with a comma in its name as "a, b"',
         {"type": as_words, "default": ()}),
    )  # fmt: skip


def add_classifiers(group: Any) -> None:
    """``--classifiers``."""
    text = f"some of: {', '.join(CLASSIFIER_NAMES)} (short: lr, svm), or import paths"
    add_options(group, ("--classifiers", "A,B", text, {"type": as_words}))


def add_methods(group: Any) -> None:
    """``--samplers``, ``--classifiers``, ``--no-tune`` and ``--seeds`` of a comparison."""
    samplers = f"some of: {', '.join(SAMPLER_NAMES)} (short: weights, logit, random, "
    samplers += "borderline, migan), or import paths [all but prior]"
    add_options(group, ("--samplers", "A,B", samplers, {"type": as_words}))
    add_classifiers(group)
    add_options(
        group,
        ("--no-tune", None, "use one value of each classifier's parameters instead of a "
         "search on inner folds", {"dest": "tune", "action": "store_false"}),
        ("--seeds", "N", "repeats, seeds 0 to N-1 [1]",
         {"type": as_positive, "default": 1}),
    )  # fmt: skip


def add_output_arguments(parser: argparse.ArgumentParser, *, output: str) -> Any:
    """How a comparison runs and what it writes; returns the group."""
    group = parser.add_argument_group("how to run and what to write")
    flag = {"action": "store_true"}
    add_options(
        group,
        (
            "--n-jobs",
            "N",
            "processes; -1 is all cores [1]",
            {"type": as_jobs, "default": 1},
        ),
        ("--output", "FOLDER", output),
        ("--overwrite", None, "replace other files of these names too", flag),
        ("--quiet", None, "print tables only: no progress, notes and warnings", flag),
    )
    return group


def as_words(text: str) -> tuple[str, ...]:
    # As a line of a table: a name that holds a comma stands between double quotes.
    line = next(csv.reader([text], skipinitialspace=True), [])
    words = tuple(word.strip() for word in line if word.strip())
    if not words:
        raise argparse.ArgumentTypeError("expected names separated by commas")
    return words


def as_positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on; got {text!r}")
    return int(text)


def as_seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 0 to {2**32 - 1}; got {text!r}"
        )
    return int(text)


def as_folds(text: str) -> int | str:
    if text == "logo":
        return text
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(
            f"expected a number of folds from 2 on, or logo; got {text!r}"
        )
    return int(text)


def as_imbalance(text: str) -> tuple[float, ...] | dict[str, float]:
    """Fractions in the order of the classes, or by name."""
    names, numbers = [], []
    for part in text.split(","):
        name, _, number = part.rpartition("=")
        names.append(name.strip())
        try:
            numbers.append(float(number))
        except ValueError:
            numbers.append(0.0)
    if not all(0 < number <= 1 for number in numbers):
        raise argparse.ArgumentTypeError(
            f"expected fractions above 0 and at most 1, separated by commas; got {text!r}"
        )
    if all(names):
        return dict(zip(names, numbers, strict=True))
    if any(names):
        raise argparse.ArgumentTypeError(
            f"expected a name for every fraction, or for none; got {text!r}"
        )
    return tuple(numbers)


def as_jobs(text: str) -> int:
    """A number of processes as joblib counts them: -1 is all cores, -2 all but one."""
    cores = os.cpu_count() or 1
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number == 0 or number < -cores:
        raise argparse.ArgumentTypeError(
            f"expected a number of processes from 1 on, or -1 for all {cores} cores; got "
            f"{text!r}"
        )
    return number
