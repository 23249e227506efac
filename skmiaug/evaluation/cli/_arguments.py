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


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """FEATURES, and which parts of the file to read."""
    parser.add_argument("features", nargs="?", metavar="FEATURES", help=FEATURES_HELP)
    npz = parser.add_argument_group("what to read from an .npz file")
    npz.add_argument("--x-key", metavar="NAME", help="array of the features [X]")
    npz.add_argument("--y-key", metavar="NAME", help="array of the classes [y]")
    npz.add_argument(
        "--group-key", metavar="NAME", help="array of the groups [groups, if present]"
    )
    npz.add_argument(
        "--layer", type=int, metavar="N", help="layer of (rows, layers, features), from 0"
    )
    table = parser.add_argument_group("what to read from a .csv or .parquet file")
    table.add_argument(
        "--target",
        metavar="COLUMN",
        help="column of the classes [the last one of text whose values recur]",
    )
    table.add_argument("--group", metavar="COLUMN", help="column of the groups")
    table.add_argument(
        "--drop",
        type=as_words,
        default=(),
        metavar="A,B",
        help='columns to leave out; one with a comma in its name as "a, b"',
    )


def add_classifiers(group: Any) -> None:
    """``--classifiers``."""
    group.add_argument(
        "--classifiers",
        type=as_words,
        metavar="A,B",
        help=f"some of: {', '.join(CLASSIFIER_NAMES)} (short: lr, svm), or import paths",
    )


def add_methods(group: Any, *, default: str = "all but prior") -> None:
    """``--samplers``, ``--classifiers``, ``--no-tune`` and ``--seeds`` of a comparison."""
    group.add_argument(
        "--samplers",
        type=as_words,
        metavar="A,B",
        help=f"some of: {', '.join(SAMPLER_NAMES)} (short: weights, logit, random, "
        f"borderline, migan), or import paths [{default}]",
    )
    add_classifiers(group)
    group.add_argument(
        "--no-tune",
        dest="tune",
        action="store_false",
        help="use one value of each classifier's parameters instead of a search on inner "
        "folds",
    )
    group.add_argument(
        "--seeds",
        type=as_positive,
        default=1,
        metavar="N",
        help="repeats, seeds 0 to N-1 [1]",
    )


def add_output_arguments(
    parser: argparse.ArgumentParser, *, output: str, quiet: str
) -> argparse._ArgumentGroup:
    """How a comparison runs and what it writes; helps for ``--output`` and ``--quiet``."""
    group = parser.add_argument_group("how to run and what to write")
    group.add_argument(
        "--n-jobs",
        type=as_jobs,
        default=1,
        metavar="N",
        help="processes; -1 is all cores [1]",
    )
    group.add_argument("--output", metavar="FOLDER", help=output)
    group.add_argument(
        "--overwrite", action="store_true", help="replace other files of these names too"
    )
    group.add_argument("--quiet", action="store_true", help=quiet)
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
