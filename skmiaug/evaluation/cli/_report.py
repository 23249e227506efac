"""``skmiaug report``: the course of the command."""

import argparse
import textwrap
from pathlib import Path
from typing import Any

from skmiaug.evaluation._labels import class_counts
from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._shared import (
    check_output,
    describe,
    line_width,
    read,
    show,
    splitter,
    title_of,
)
from skmiaug.evaluation.comparison._methods import default_samplers
from skmiaug.evaluation.report import (
    MARKER,
    QualityReport,
    default_splits,
    judged_fold,
    quality_report,
)
from skmiaug.utils._optional import require


def run(args: argparse.Namespace) -> int:
    """Judge, print the main results, write."""
    features = read(args)
    require("matplotlib.figure", extra="plots", purpose="draw the report")
    target = check_output(args.output, overwrite=args.overwrite, marker=MARKER)
    try:
        args.cv = args.cv or default_splits(features.y, features.groups)
        cv = splitter(args, features)
        fold = judged_fold(cv, features.X, features.y, features.groups, args.seed)
        counts = class_counts(features.y[fold.train], features.classes)
        sampler = _over_sampler(args.sampler)
        if not args.quiet:
            show(describe(features, counts, "in the training part"))
        report = quality_report(
            sampler,
            features.X,
            features.y,
            groups=features.groups,
            cv=cv,
            classifiers=args.classifiers,
            n_permutations=args.permutations,
            title=title_of(args, features),
            random_state=args.seed,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        report.to_html(target)
    except OSError as error:
        raise UsageError(
            f"could not write {str(target)!r}: {error.strerror or error}; name another "
            "file with --output."
        ) from error
    if not args.quiet:
        _show_findings(report, target)
    return 0


def _over_sampler(name: str) -> Any:
    (sampler,) = default_samplers([name]).values()
    if sampler is None or isinstance(sampler, str):
        raise ValueError(f"{name!r} generates no samples; name an over-sampler.")
    return sampler


def _show_findings(report: QualityReport, target: Path) -> None:
    width = line_width()
    for mark, topic, text in report.findings:
        head = f"{mark:5s}{topic:12s}"
        show(textwrap.fill(text, width, initial_indent=head, subsequent_indent=17 * " "))
    for note in report.notes:
        show(textwrap.fill(f"note: {note}", width, subsequent_indent="    "))
    show(f"\nwritten: {target}")
