"""``skmiaug compare``: the command and its course."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from skmiaug.evaluation._compare_arguments import DESCRIPTION, EPILOG, add_arguments

if TYPE_CHECKING:
    import pandas as pd

    from skmiaug.evaluation._features import Features


def add_command(subparsers: Any) -> None:
    """Register ``compare``."""
    parser = subparsers.add_parser(
        "compare",
        help="cross-validate samplers side by side",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, print, write."""
    from skmiaug.evaluation._cli import UsageError
    from skmiaug.evaluation._cli_features import describe, read, splitter
    from skmiaug.evaluation._defaults import default_classifiers, default_samplers

    features = read(args)
    try:
        classifiers = default_classifiers(args.classifiers)
        cv = splitter(args, features)
        counts = _training_counts(cv, features, args.seeds)
        # Last: this may import torch, which an error need not wait for.
        samplers = default_samplers(args.samplers)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if args.output is not None:
        from skmiaug.evaluation._output import prepare_folder

        prepare_folder(args.output, overwrite=args.overwrite)
    if not args.quiet:
        print(describe(features, counts), flush=True)
    results = _compare(args, features, samplers, classifiers, cv)
    _report(args, features, results, counts)
    return 0 if (results["status"] == "ok").any() else 1


def _training_counts(cv: Any, features: "Features", n_seeds: int) -> dict[str, int]:
    """Rows of each class in the first training part: also a trial of all folds."""
    from skmiaug.evaluation._splits import make_folds

    seeds = list(range(n_seeds))
    first = make_folds(cv, features.X, features.y, features.groups, seeds)[0]
    labels = features.y[first.train]
    return {str(label): int((labels == label).sum()) for label in features.classes}


def _compare(
    args: argparse.Namespace,
    features: "Features",
    samplers: dict[str, Any],
    classifiers: dict[str, Any],
    cv: Any,
) -> "pd.DataFrame":
    from tqdm import tqdm

    from skmiaug.evaluation._cli_features import shows_progress
    from skmiaug.evaluation._compare import compare_samplers

    shown = shows_progress(args)
    with tqdm(
        file=sys.stderr, disable=not shown, leave=False, unit="run", dynamic_ncols=True
    ) as bar:

        def progress(done: int, total: int, label: str) -> None:
            bar.total = total
            bar.set_description_str(label, refresh=False)
            bar.update(done - bar.n)

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
    from skmiaug.evaluation._cli_features import width_of_lines
    from skmiaug.evaluation._paired import paired_tests
    from skmiaug.evaluation._text import format_comparison, versus

    print(format_comparison(results, width=width_of_lines()))
    compared = set(results["sampler"])
    for baseline in ("none", "SMOTE"):
        if {"MIGANAugmenter", baseline} <= compared:
            line = versus(paired_tests(results, baseline), "MIGANAugmenter")
            print(f"\n{line}" if baseline == "none" else line)
    if args.output is None:
        return
    from skmiaug.evaluation._cli_features import title_of
    from skmiaug.evaluation._output import save_comparison, settings_of

    paths = save_comparison(
        results,
        args.output,
        title=title_of(args, features),
        class_counts=features.class_counts(),
        settings=settings_of(args) | {"training_counts_of_first_fold": counts},
        overwrite=args.overwrite,
    )
    if not args.quiet:
        print("\nwritten: " + ", ".join(map(str, paths)))
