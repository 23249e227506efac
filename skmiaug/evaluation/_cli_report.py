"""``skmiaug report``: the quality of what an over-sampler makes, as a page."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmiaug.evaluation._arguments import (
    FEATURES_HELP,
    add_file_arguments,
    as_folds,
    as_fractions,
    as_seed,
    as_words,
)
from skmiaug.evaluation._defaults import CLASSIFIER_NAMES, SAMPLER_NAMES

if TYPE_CHECKING:
    from skmiaug.evaluation._features import Features
    from skmiaug.evaluation._report import QualityReport

_OUTPUT = "report.html"
_DESCRIPTION = """\
Fit an over-sampler to a part of the rows, compare what it makes with the rest, and write a
page with class counts, mutual information, fidelity, leakage and use. The page needs no
network and no other file.

Without FEATURES: scikit-learn's handwritten digits, their training part skewed.
"""
_EPILOG = """\
examples:
  skmiaug report
  skmiaug report features.npz --sampler smote --output smote.html
  skmiaug report features.csv --target emotion --group speaker --output report.html
  skmiaug report emodb_features.npz --x-key X_whisper_layers --layer 3 \\
      --group-key session --skew 1,.5,.3,.2,.25,.4,.15 --output report.html
"""
_NO_OVERSAMPLERS = ("none", "class weights")


def add_command(subparsers: Any) -> None:
    """Register ``report``."""
    parser = subparsers.add_parser(
        "report",
        help="judge the rows that an over-sampler makes; write an HTML page",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("features", nargs="?", metavar="FEATURES", help=FEATURES_HELP)
    add_file_arguments(parser)
    _add_report_arguments(parser)
    parser.set_defaults(run=run)


def _add_report_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to judge")
    known = [name for name in SAMPLER_NAMES if name not in _NO_OVERSAMPLERS]
    group.add_argument(
        "--sampler",
        default="MIGANAugmenter",
        metavar="NAME",
        help=f"one of: {', '.join(known)} [MIGANAugmenter]",
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
        help="hold out one of N stratified folds, groups kept whole, or one group (logo): "
        "that with most rows of its rarest class [3]",
    )
    group.add_argument(
        "--skew",
        type=as_fractions,
        metavar="F1,F2,...",
        help="keep this fraction of each class (in the order of the file's classes) in the "
        "training part, at least 5 rows",
    )
    group.add_argument(
        "--seed", type=as_seed, default=0, metavar="N", help="random seed [0]"
    )
    output = parser.add_argument_group("what to write")
    output.add_argument(
        "--output",
        default=_OUTPUT,
        metavar="FILE",
        help=f"the page [{_OUTPUT}]; an earlier report there is replaced",
    )
    output.add_argument(
        "--overwrite", action="store_true", help="replace any other file there too"
    )
    output.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(args: argparse.Namespace) -> int:
    """Judge, print the main points, write."""
    from skmiaug.evaluation._cli import UsageError
    from skmiaug.evaluation._cli_features import describe, read, splitter, title_of
    from skmiaug.evaluation._report_data import default_splits
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
            print(describe(features, counts, "in the training part"), flush=True)
        from skmiaug.evaluation._report import quality_report

        report = quality_report(
            sampler,
            features.X,
            features.y,
            groups=features.groups,
            cv=cv,
            classifiers=args.classifiers,
            title=title_of(args, features),
            random_state=args.seed,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    _write(report, target)
    if not args.quiet:
        _print(report, target)
    return 0


def _over_sampler(name: str) -> Any:
    from skmiaug.evaluation._defaults import default_samplers

    found = default_samplers([name])
    if set(found) & set(_NO_OVERSAMPLERS):
        raise ValueError(f"{name!r} makes no rows; name an over-sampler.")
    return next(iter(found.values()))


def _training_counts(cv: Any, features: "Features", seed: int) -> dict[str, int]:
    """Rows of each class in the training part that is used."""
    from skmiaug.evaluation._report_data import judged_fold

    fold = judged_fold(cv, features.X, features.y, features.groups, seed)
    labels = features.y[fold.train]
    return {str(label): int((labels == label).sum()) for label in features.classes}


def _write(report: "QualityReport", target: Path) -> None:
    from skmiaug.exceptions import FileFormatError

    try:
        report.to_html(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileFormatError(
            f"could not write {str(target)!r}: {reason}; name another file with --output."
        ) from error


def _writable(path: str, *, overwrite: bool) -> Path:
    """The file to write, after a look at whether that can and may be."""
    from skmiaug.evaluation._report_html import MARKER
    from skmiaug.exceptions import FileFormatError

    target = Path(path)
    try:
        if target.is_dir():
            raise IsADirectoryError(f"{path!r} is a folder")
        # A trial, before minutes of work: permissions alone do not tell.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
        head = b""
        if target.exists() and not overwrite:
            with target.open("rb") as file:
                head = file.read(4096)
    except OSError as error:
        raise FileFormatError(
            "--output must be a file in a folder that can be written to, got "
            f"{path!r} ({error.strerror or error}); name another one."
        ) from error
    if head and MARKER.encode() not in head:
        raise FileFormatError(
            f"{path!r} is no report of `skmiaug report`; name another file or allow "
            "overwriting (--overwrite)."
        )
    return target


def _print(report: "QualityReport", target: Path) -> None:
    import textwrap

    from skmiaug.evaluation._cli_features import width_of_lines

    width = width_of_lines()
    for mark, topic, text in report.findings:
        told = textwrap.fill(
            text, width, initial_indent=f"{mark:5s}{topic:12s}", subsequent_indent=17 * " "
        )
        print(told)
    for note in report.notes:
        print(textwrap.fill(f"note: {note}", width, subsequent_indent="    "))
    print(f"\nwritten: {target}")
