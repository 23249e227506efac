"""The arguments of ``skmiaug compare``."""

import argparse

from skmiaug.evaluation._defaults import CLASSIFIER_NAMES, SAMPLER_NAMES

DESCRIPTION = """\
Cross-validate samplers and classifiers on a file of feature vectors, and print the
unweighted average recall (UAR) of each with its spread and its time. Columns are
standardised and classes resampled inside the training part of each fold only.

Without FEATURES: scikit-learn's handwritten digits, their training parts skewed.
"""
EPILOG = """\
examples:
  skmiaug compare
  skmiaug compare features.npz --cv logo --seeds 3 --output results/
  skmiaug compare features.csv --target emotion --group speaker --drop file
  skmiaug compare emodb_features.npz --x-key X_whisper_layers --layer 3 \\
      --group-key session --cv logo --skew 1,.5,.3,.2,.25,.4,.15 --seeds 3
"""
_FEATURES_HELP = ".npz (arrays X, y and, if present, groups), .csv or .parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to read, what to compare, what to write."""
    parser.add_argument("features", nargs="?", metavar="FEATURES", help=_FEATURES_HELP)
    _add_file_arguments(parser)
    _add_protocol_arguments(parser)
    _add_output_arguments(parser)


def _add_file_arguments(parser: argparse.ArgumentParser) -> None:
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
    table.add_argument("--target", metavar="COLUMN", help="column of the classes")
    table.add_argument("--group", metavar="COLUMN", help="column of the groups")
    table.add_argument(
        "--drop",
        type=_words,
        default=(),
        metavar="A,B",
        help="columns to leave out",
    )


def _add_protocol_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to compare")
    group.add_argument(
        "--samplers",
        type=_words,
        metavar="A,B",
        help=f"some of: {', '.join(SAMPLER_NAMES)} "
        "(short: weights, random, borderline, migan)",
    )
    group.add_argument(
        "--classifiers",
        type=_words,
        metavar="A,B",
        help=f"some of: {', '.join(CLASSIFIER_NAMES)} (short: lr, svm)",
    )
    group.add_argument(
        "--cv",
        type=_folds,
        metavar="N|logo",
        help="number of stratified folds, which keep groups whole [5, or fewer if the data "
        "allow no more], or logo: leave one group out",
    )
    group.add_argument(
        "--skew",
        type=_fractions,
        metavar="F1,F2,...",
        help="keep this fraction of each class (in the order of the file's classes) in the "
        "training parts, at least 5 rows; test parts stay whole",
    )
    group.add_argument(
        "--seeds",
        type=_positive,
        default=1,
        metavar="N",
        help="repeats, seeds 0 to N-1 [1]",
    )


def _add_output_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how to run and what to write")
    group.add_argument(
        "--n-jobs", type=int, default=1, metavar="N", help="processes; -1 is all cores [1]"
    )
    group.add_argument(
        "--output",
        metavar="FOLDER",
        help="write table.csv, results.json and plot.png there; those of an earlier "
        "comparison are replaced",
    )
    group.add_argument(
        "--overwrite", action="store_true", help="replace other files of these names too"
    )
    group.add_argument(
        "--quiet", action="store_true", help="print the table only: no progress, no notes"
    )


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise argparse.ArgumentTypeError("expected names separated by commas")
    return words


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on; got {text!r}")
    return int(text)


def _folds(text: str) -> int | str:
    if text == "logo":
        return text
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(
            f"expected a number of folds from 2 on, or logo; got {text!r}"
        )
    return int(text)


def _fractions(text: str) -> tuple[float, ...]:
    try:
        fractions = tuple(float(part) for part in text.split(","))
    except ValueError:
        fractions = ()
    if not fractions or not all(0 < fraction <= 1 for fraction in fractions):
        raise argparse.ArgumentTypeError(
            f"expected fractions above 0 and at most 1, separated by commas; got {text!r}"
        )
    return fractions
