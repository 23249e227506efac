"""``skmiaug compare``: arguments and course."""

import argparse
import textwrap
from typing import TYPE_CHECKING, Any

from skmiaug.evaluation.cli._arguments import (
    IMBALANCE_HELP,
    UsageError,
    add_file_arguments,
    add_methods,
    add_options,
    add_output_arguments,
    as_folds,
    as_imbalance,
)

if TYPE_CHECKING:
    import pandas as pd

    from skmiaug.evaluation.features import Features

_DESCRIPTION = """\
Cross-validate samplers and classifiers on a file of feature vectors, and print the
unweighted average recall (UAR) of each with its standard deviation and its time. Columns
are standardised, classes resampled and classifiers tuned inside the training part of each
fold only. The last lines compare MIGANAugmenter with the best method that generates no
samples, and with SMOTE.

Without FEATURES: scikit-learn's handwritten digits, their training parts imbalanced,
3 folds, without the MLP.
"""
_EPILOG = """\
examples:
  skmiaug compare
  skmiaug compare features.npz --cv logo --seeds 3 --output results/
  skmiaug compare features.csv --target emotion --group speaker --drop file
  skmiaug compare emodb_features.npz --x-key X_whisper_layers --layer 3 \\
      --group-key session --cv logo --imbalance 1,.5,.3,.2,.25,.4,.15 --seeds 3
"""
# Without a file, a first result within a minute on two cores.
_DEMO_FOLDS, _DEMO_CLASSIFIERS = 3, ("logistic regression", "RBF SVM", "LDA")


def add_command(subparsers: Any) -> None:
    """Register ``compare``."""
    parser = subparsers.add_parser(
        "compare",
        help="cross-validate samplers side by side",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_file_arguments(parser)
    group = parser.add_argument_group("what to compare")
    add_methods(group)
    add_options(
        group,
        ("--cv", "N|logo", "number of stratified folds, which keep groups whole [5, or "
         "fewer if the data allow no more], or logo: leave one group out",
         {"type": as_folds}),
        ("--imbalance", "F1,F2,...", IMBALANCE_HELP, {"type": as_imbalance}),
    )  # fmt: skip
    add_output_arguments(
        parser,
        output="write table.csv, results.json and plot.png there; those of an earlier "
        "comparison are replaced",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, print, write."""
    from skmiaug.evaluation.cli._shared import describe, read, show, splitter
    from skmiaug.evaluation.comparison._methods import default_classifiers, default_samplers

    features = read(args)
    if args.features is None:
        args.cv = args.cv or _DEMO_FOLDS
        args.classifiers = args.classifiers or _DEMO_CLASSIFIERS
    try:
        n_features = features.X.shape[1]
        classifiers = default_classifiers(
            args.classifiers, tune=args.tune, n_features=n_features
        )
        cv = splitter(args, features)
        counts = _training_counts(cv, features, args.seeds)
        # Last: this may import torch, and an error should not wait for it.
        samplers = default_samplers(args.samplers)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if args.output is not None:
        from skmiaug.evaluation.comparison._output import prepare_folder

        prepare_folder(args.output, overwrite=args.overwrite)
    if not args.quiet:
        show(describe(features, counts, "in the first training part"))
    results = _compare(args, features, samplers, classifiers, cv)
    _report(args, features, results, counts)
    return 0 if (results["status"] == "ok").any() else 1


def _training_counts(cv: Any, features: "Features", n_seeds: int) -> dict[str, int]:
    """Rows of each class in the first training part: also a trial of all folds."""
    from skmiaug.evaluation._labels import class_counts
    from skmiaug.evaluation.comparison._folds import make_folds

    seeds = list(range(n_seeds))
    first = make_folds(cv, features.X, features.y, features.groups, seeds)[0]
    return class_counts(features.y[first.train], features.classes)


def _compare(
    args: argparse.Namespace,
    features: "Features",
    samplers: dict[str, Any],
    classifiers: dict[str, Any],
    cv: Any,
) -> "pd.DataFrame":
    from skmiaug.evaluation.cli._shared import progress_bar, shows_progress
    from skmiaug.evaluation.comparison._compare import compare_samplers

    with progress_bar(shows_progress(args)) as progress:
        return compare_samplers(
            features.X,
            features.y,
            samplers,
            classifiers,
            cv=cv,
            groups=features.groups,
            n_repeats=args.seeds,
            n_jobs=args.n_jobs,
            progress=progress,
        )


def _report(
    args: argparse.Namespace,
    features: "Features",
    results: "pd.DataFrame",
    counts: dict[str, int],
) -> None:
    from skmiaug.evaluation.cli._shared import line_width, show, title_of
    from skmiaug.evaluation.comparison._output import save_comparison, settings_of
    from skmiaug.evaluation.comparison._summary import format_comparison, verdict

    show(format_comparison(results, width=line_width()))
    for number, line in enumerate(verdict(results)):
        show(
            "\n" * (not number) + textwrap.fill(line, line_width(), subsequent_indent="  ")
        )
    if args.output is None:
        return
    paths = save_comparison(
        results,
        args.output,
        title=title_of(args, features),
        class_counts=features.class_counts(),
        settings=settings_of(args) | {"training_counts_of_first_fold": counts},
        overwrite=args.overwrite,
    )
    if not args.quiet:
        show("\nwritten: " + ", ".join(map(str, paths)))
