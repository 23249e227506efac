"""Options that several commands share, and the types of their values.

Imports nothing heavy.
"""

import argparse
import csv
import os
from typing import Any

from skmiaug.evaluation._labels import did_you_mean
from skmiaug.evaluation.benchmark._corpora import CORPORA
from skmiaug.evaluation.comparison._methods import (
    ALL_CLASSIFIER_NAMES,
    SAMPLER_NAMES,
    TARGET_TYPES,
)

# A flag or the name of an argument, and the keywords of ``add_argument``.
Option = tuple[str, dict[str, Any]]
# Options by the title of their group; those under "" stand first.
Groups = dict[str, list[Option]]


def option(flag: str, metavar: str | None, text: str, **keywords: Any) -> Option:
    """An option with its help; without `metavar`, argparse shows choices or the name."""
    named = {} if metavar is None else {"metavar": metavar}
    return flag, {"help": text, **named, **keywords}


def switch(flag: str, text: str) -> Option:
    """An option without a value."""
    return flag, {"help": text, "action": "store_true"}


# ---- types


def as_words(text: str) -> tuple[str, ...]:
    # As a line of a table: a name that holds a comma stands between double quotes.
    line = next(csv.reader([text], skipinitialspace=True), [])
    words = tuple(word.strip() for word in line if word.strip())
    if not words:
        raise argparse.ArgumentTypeError("expected names separated by commas")
    return words


def whole(low: int, word: str = "") -> Any:
    """A type for whole numbers from `low` on (below 2**32, as seeds are), or a word."""

    def as_whole(text: str) -> int | str:
        if word and text == word:
            return text
        if not text.isdecimal() or not low <= int(text) < 2**32:
            most = "on" if low else f"to {2**32 - 1}"
            other = f", or {word}" if word else ""
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {low} {most}{other}; got {text!r}"
            )
        return int(text)

    return as_whole


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


def as_columns(text: str) -> tuple[str, ...]:
    return () if text == "none" else as_words(text)


def as_corpus(text: str) -> str:
    name = text.lower().replace("-", "_")
    if name.endswith((".csv", ".tsv", ".jsonl")):
        return text
    if name not in CORPORA:
        raise argparse.ArgumentTypeError(
            f"expected one of {', '.join(CORPORA)}; got {text!r}."
            + did_you_mean(name, {corpus: corpus for corpus in CORPORA})
        )
    return name


def as_layer(text: str) -> int | str:
    if text in ("auto", "all"):
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a number, auto or all; got {text!r}"
        ) from None


def some_of(*known: str) -> Any:
    def as_some(text: str) -> tuple[str, ...]:
        words = as_words(text)
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(
                    f"expected some of {', '.join(known)}; got {word!r}"
                )
        return tuple(dict.fromkeys(words))

    return as_some


# ---- options

CV = option(
    "--cv", "N|logo", "number of stratified folds, which keep groups whole [5, or fewer if "
    "the data allow no more], or logo: leave one group out", type=whole(2, "logo")
)  # fmt: skip
IMBALANCE = option(
    "--imbalance", "F1,F2,...", "keep this fraction of each class (in the order of the "
    "file's classes, or as anger=1,fear=.2) in the training part, at least 5 rows; test "
    "parts stay whole", type=as_imbalance
)  # fmt: skip
TARGET_TYPE = option(
    "--target-type", None, "what y holds instead of classes: votes or shares, a column for "
    "each class (distribution), 0 and 1, a column for each label (multilabel), or "
    "attributes (continuous); each has samplers, models and scores of its own",
    choices=TARGET_TYPES, default="multiclass"
)  # fmt: skip
SEED = option("--seed", "N", "random seed [0]", type=whole(0), default=0)
N_JOBS = option("--n-jobs", "N", "processes; -1 is all cores [1]", type=as_jobs, default=1)
CLASSIFIERS = option(
    "--classifiers", "A,B", f"some of: {', '.join(ALL_CLASSIFIER_NAMES)} (short: lr, svm, "
    "rf) or paths", type=as_words
)  # fmt: skip
METHODS = [
    option("--samplers", "A,B", f"some of: {', '.join(SAMPLER_NAMES)} (short: weights, "
           "logit, lda, random, borderline, migan), or import paths [all]", type=as_words),
    CLASSIFIERS,
    option("--no-tune", None, "use one value of each classifier's parameters instead of a "
           "search on inner folds", dest="tune", action="store_false"),
    option("--seeds", "N", "repeats, seeds 0 to N-1 [1]", type=whole(1), default=1),
]  # fmt: skip
FILE: Groups = {
    "": [option("features", "FEATURES", ".npz (arrays X, y and, if present, groups), .csv "
                "or .parquet", nargs="?")],
    "what to read from an .npz file": [
        option("--x-key", "NAME", "array of the features [X]"),
        option("--y-key", "NAME", "array of the classes or other targets [y]"),
        option("--group-key", "NAME", "array of the groups [groups, if present]"),
        option("--layer", "N", "layer of (rows, layers, features), from 0", type=int),
    ],
    "what to read from a .csv or .parquet file": [
        option("--target", "COLUMN", "column of the classes [the last one of text whose "
               "values recur]; of votes, labels or attributes all columns, as joy,fear or "
               "'votes_*'"),
        option("--group", "COLUMN", "column of the groups"),
        option("--drop", "A,B", 'columns to leave out; one with a comma in its name as '
               '"a, b"', type=as_words, default=()),
    ],
}  # fmt: skip
