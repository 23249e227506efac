"""``skmiaug report``: the course of the command."""

import argparse
import textwrap
from pathlib import Path
from typing import Any

from skmiaug.evaluation._labels import counts_text
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
from skmiaug.evaluation.comparison._targets import read_y
from skmiaug.evaluation.report import (
    MARKER,
    QualityReport,
    default_splits,
    judged_fold,
    quality_report,
)
from skmiaug.utils import require


def run(args: argparse.Namespace) -> int:
    """Judge, print the main results, write."""
    features, kind = read(args), args.target_type
    if kind != "multiclass" and (args.features is None or args.imbalance is not None):
        raise UsageError(f"--target-type {kind} needs a file, and no --imbalance.")
    require("matplotlib.figure", extra="plots", purpose="draw the report")
    target = check_output(args.output, overwrite=args.overwrite, marker=MARKER)
    try:
        targets, y = read_y(kind, features.y)
        strata = targets.strata(y)
        args.cv = args.cv or default_splits(strata, features.groups)
        cv = splitter(args, features, strata)
        fold = judged_fold(cv, features.X, strata, features.groups, args.seed)
        sampler = _over_sampler(args.sampler, kind)
        if not args.quiet:
            whole, part = (
                counts_text(targets.counts(rows, features.classes))
                for rows in (y, y[fold.train])
            )
            whole, part = f"{targets.counted}: {whole}", f"in the training part: {part}"
            show(describe(features, whole, part))
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


def _over_sampler(name: str, target_type: str) -> Any:
    (sampler,) = default_samplers([name], target_type=target_type).values()
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
