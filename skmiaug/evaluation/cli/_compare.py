"""``skmiaug compare``: the course of the command."""

import argparse
import textwrap
import warnings
from typing import Any

import pandas as pd

from skmiaug.evaluation._labels import counts_text
from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._shared import (
    describe,
    line_width,
    progress_bar,
    read,
    show,
    splitter,
    title_of,
)
from skmiaug.evaluation.comparison._compare import compare_samplers
from skmiaug.evaluation.comparison._folds import ImbalancedTrainingSplit, make_folds
from skmiaug.evaluation.comparison._methods import (
    ALL_ROWS,
    SCORES,
    SCORES_OF,
    default_classifiers,
    default_samplers,
)
from skmiaug.evaluation.comparison._output import (
    prepare_folder,
    save_comparison,
    settings_of,
)
from skmiaug.evaluation.comparison._targets import read_y
from skmiaug.evaluation.comparison._text import format_comparison, verdict
from skmiaug.evaluation.features import Features

_BY_CLASS = {"distribution": ("recall", "confusion"), "multilabel": ("recall",)}
# Without a file, a first result within a minute on two cores.
_DEMO_FOLDS, _DEMO_CLASSIFIERS = 3, ("logistic regression", "RBF SVM", "LDA")


def run(args: argparse.Namespace) -> int:
    """Compare, print, write."""
    _check_target_type(args)
    features = read(args)
    if args.features is None:
        args.cv = args.cv or _DEMO_FOLDS
        args.classifiers = args.classifiers or _DEMO_CLASSIFIERS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # compare_samplers reads them again
            target, y = read_y(args.target_type, features.y)
        classifiers = default_classifiers(
            args.classifiers,
            tune=args.tune,
            n_features=features.width,
            target_type=target.name,
        )
        strata = target.strata(y)
        cv = splitter(args, features, strata)
        # A trial of all folds, too.
        seeds = list(range(args.seeds))
        first = make_folds(cv, features.X, strata, features.groups, seeds)[0]
        # Last: this may import torch, and an error should not wait for it.
        samplers = default_samplers(args.samplers, target_type=target.name)
    except ValueError as error:
        raise UsageError(str(error)) from error
    counts, whole = (target.counts(part, features.classes) for part in (y[first.train], y))
    if args.output is not None:
        prepare_folder(args.output, overwrite=args.overwrite)
    if not args.quiet:
        part = f"in the first training part: {counts_text(counts)}"
        show(describe(features, f"{target.counted}: {counts_text(whole)}", part))
    results = _compared(args, features, samplers, classifiers, cv)
    if isinstance(cv, ImbalancedTrainingSplit):
        # Last, so that its training parts are no measure of those of the others.
        natural = _compared(args, features, {ALL_ROWS: None}, classifiers, cv.cv)
        results = pd.concat([results, natural], ignore_index=True)
    width = line_width()
    show(format_comparison(results, width=width, scoring=args.scoring))
    scoring = args.scoring if args.scoring in SCORES else None
    for number, line in enumerate(verdict(results, scoring=scoring)):
        show("\n" * (not number) + textwrap.fill(line, width, subsequent_indent="  "))
    if args.output is not None:
        paths = save_comparison(
            results,
            args.output,
            title=title_of(args, features),
            class_counts=whole,
            settings=settings_of(args) | {"training_counts_of_first_fold": counts},
            scoring=scoring,
            overwrite=args.overwrite,
        )
        if not args.quiet:
            show("\nwritten: " + ", ".join(map(str, paths)))
    return 0 if (results["status"] == "ok").any() else 1


def _check_target_type(args: argparse.Namespace) -> None:
    """Refuse what goes with classes alone, or with no file."""
    kind = args.target_type
    if kind == "multiclass":
        return
    if args.features is None:
        raise UsageError("--target-type names what a file holds; name the file as well.")
    for flag, given in (("--imbalance", args.imbalance), ("--prepare", args.prepare)):
        if given is not None:
            raise UsageError(f"{flag} is for classes; leave it out for {kind} targets.")
    known = (*SCORES_OF[kind], *_BY_CLASS.get(kind, ()))
    if args.scoring not in (None, *known):
        raise UsageError(
            f"--scoring of {kind} targets is one of {', '.join(known)}; got "
            f"{args.scoring!r}."
        )


def _compared(
    args: argparse.Namespace, features: Features, samplers: Any, classifiers: Any, cv: Any
) -> pd.DataFrame:
    with progress_bar(args) as progress:
        return compare_samplers(
            features.X,
            features.y,
            samplers,
            classifiers,
            cv=cv,
            groups=features.groups,
            target_type=args.target_type,
            prepare=features.prepare,
            n_repeats=args.seeds,
            n_jobs=args.n_jobs,
            progress=progress,
        )
