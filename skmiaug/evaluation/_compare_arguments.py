"""The arguments of ``skmiaug compare``."""

import argparse

from skmiaug.evaluation._arguments import (
    FEATURES_HELP,
    add_file_arguments,
    add_output_arguments,
    add_seeds,
    as_folds,
    as_fractions,
    as_words,
)
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to read, what to compare, what to write."""
    parser.add_argument("features", nargs="?", metavar="FEATURES", help=FEATURES_HELP)
    add_file_arguments(parser)
    _add_protocol_arguments(parser)
    add_output_arguments(
        parser,
        output="write table.csv, results.json and plot.png there; those of an earlier "
        "comparison are replaced",
        quiet="print the table only: no progress, no notes",
    )


def _add_protocol_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to compare")
    group.add_argument(
        "--samplers",
        type=as_words,
        metavar="A,B",
        help=f"some of: {', '.join(SAMPLER_NAMES)} "
        "(short: weights, random, borderline, migan)",
    )
    group.add_argument(
        "--classifiers",
        type=as_words,
        metavar="A,B",
        help=f"some of: {', '.join(CLASSIFIER_NAMES)} (short: lr, svm)",
    )
    group.add_argument(
        "--cv",
        type=as_folds,
        metavar="N|logo",
        help="number of stratified folds, which keep groups whole [5, or fewer if the data "
        "allow no more], or logo: leave one group out",
    )
    group.add_argument(
        "--skew",
        type=as_fractions,
        metavar="F1,F2,...",
        help="keep this fraction of each class (in the order of the file's classes) in the "
        "training parts, at least 5 rows; test parts stay whole",
    )
    add_seeds(group)
