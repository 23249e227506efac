"""``skmiaug report``: the quality of synthetic samples, as a page."""

import argparse
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmiaug.evaluation.cli._arguments import (
    IMBALANCE_HELP,
    UsageError,
    add_classifiers,
    add_file_arguments,
    add_options,
    as_folds,
    as_imbalance,
    as_positive,
    as_seed,
)
from skmiaug.evaluation.comparison._methods import AUGMENTER, OVER_SAMPLERS

if TYPE_CHECKING:
    from skmiaug.evaluation.features import Features
    from skmiaug.evaluation.report import QualityReport

_OUTPUT = "report.html"
_DESCRIPTION = """\
Fit an over-sampler to a part of the rows, compare its synthetic samples with the rest, and
write a page with class counts, mutual information, fidelity, leakage and utility. The page
needs no network and no other file.

Without FEATURES: scikit-learn's handwritten digits, their training part imbalanced.
"""
_EPILOG = """\
examples:
  skmiaug report
  skmiaug report features.npz --sampler smote --output smote.html
  skmiaug report features.csv --target emotion --group speaker --output report.html
  skmiaug report emodb_features.npz --x-key X_whisper_layers --layer 3 \\
      --group-key session --imbalance 1,.5,.3,.2,.25,.4,.15 --output report.html
"""


def add_command(subparsers: Any) -> None:
    """Register ``report``."""
    parser = subparsers.add_parser(
        "report",
        help="judge the samples of an over-sampler; write an HTML page",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_file_arguments(parser)
    group = parser.add_argument_group("what to judge")
    add_classifiers(group)
    add_options(
        group,
        ("--sampler", "NAME", f"one of: {', '.join(OVER_SAMPLERS)}, or an import path "
         f"[{AUGMENTER}]", {"default": AUGMENTER}),
        ("--cv", "N|logo", "hold out one of N stratified folds, groups kept whole, or one "
         "group (logo): that with most rows of its rarest class [3]", {"type": as_folds}),
        ("--imbalance", "F1,F2,...", IMBALANCE_HELP, {"type": as_imbalance}),
        ("--seed", "N", "random seed [0]", {"type": as_seed, "default": 0}),
        ("--permutations", "N", "shuffles behind each p-value [200]",
         {"type": as_positive, "default": 200}),
    )  # fmt: skip
    flag = {"action": "store_true"}
    add_options(
        parser.add_argument_group("what to write"),
        ("--output", "FILE", f"the page [{_OUTPUT}]; an earlier report there is replaced",
         {"default": _OUTPUT}),
        ("--overwrite", None, "replace any other file there too", flag),
        ("--quiet", None, "print nothing but errors", flag),
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Judge, print the main results, write."""
    from skmiaug.evaluation.cli._shared import describe, read, show, splitter, title_of
    from skmiaug.evaluation.report import default_splits, quality_report
    from skmiaug.utils._optional import require

    features = read(args)
    require("matplotlib.figure", extra="plots", purpose="draw the report")
    target = _writable(args.output, overwrite=args.overwrite)
    try:
        args.cv = args.cv or default_splits(features.y, features.groups)
        cv = splitter(args, features)
        counts = _training_counts(cv, features, args.seed)
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
    _write(report, target)
    if not args.quiet:
        _show_findings(report, target)
    return 0


def _over_sampler(name: str) -> Any:
    from skmiaug.evaluation.comparison._methods import default_samplers

    (sampler,) = default_samplers([name]).values()
    if sampler is None or isinstance(sampler, str):
        raise ValueError(f"{name!r} generates no samples; name an over-sampler.")
    return sampler


def _training_counts(cv: Any, features: "Features", seed: int) -> dict[str, int]:
    """Rows of each class in the training part that is used."""
    from skmiaug.evaluation._labels import class_counts
    from skmiaug.evaluation.report import judged_fold

    fold = judged_fold(cv, features.X, features.y, features.groups, seed)
    return class_counts(features.y[fold.train], features.classes)


def _write(report: "QualityReport", target: Path) -> None:
    try:
        report.to_html(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"could not write {str(target)!r}: {reason}; name another file with --output."
        ) from error


def _writable(path: str, *, overwrite: bool) -> Path:
    """The file to write, after a check that it can and may be written."""
    from skmiaug.evaluation.report import MARKER

    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            kind = "a folder" if target.is_dir() else "no regular file"
            raise IsADirectoryError(f"{path!r} is {kind}")
        # A trial before minutes of work: permissions alone do not show it.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
        head = b""
        if target.exists() and not overwrite:
            with target.open("rb") as file:
                head = file.read(4096)
    except OSError as error:
        raise UsageError(
            "--output must be a file in a folder that can be written to, got "
            f"{path!r} ({error.strerror or error}); name another one."
        ) from error
    if head and MARKER.encode() not in head:
        raise UsageError(
            f"{path!r} is no report of `skmiaug report`; name another file or allow "
            "overwriting (--overwrite)."
        )
    return target


def _show_findings(report: "QualityReport", target: Path) -> None:
    from skmiaug.evaluation.cli._shared import line_width, show

    width = line_width()
    for mark, topic, text in report.findings:
        head = f"{mark:5s}{topic:12s}"
        show(textwrap.fill(text, width, initial_indent=head, subsequent_indent=17 * " "))
    for note in report.notes:
        show(textwrap.fill(f"note: {note}", width, subsequent_indent="    "))
    show(f"\nwritten: {target}")
