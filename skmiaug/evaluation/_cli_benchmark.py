"""``skmiaug benchmark``: the command and its course."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmiaug.evaluation._benchmark_arguments import DESCRIPTION, EPILOG, add_arguments

if TYPE_CHECKING:
    import pandas as pd

    from skmiaug.evaluation._benchmark import Data


def add_command(subparsers: Any) -> None:
    """Register ``benchmark``."""
    parser = subparsers.add_parser(
        "benchmark",
        help="from a corpus on disk to a table of results",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Load, extract, compare, print, write."""
    from skmiaug.evaluation._cli import INTERRUPTED, UsageError

    _complete(args)
    output = Path(args.output or f"benchmark-{args.corpus}")
    try:
        data = _load(args)
        _prepare(args, data, output)
        if not args.quiet:
            print(_describe(args, data), flush=True)
        results = _run_parts(args, data, output)
    except KeyboardInterrupt:
        print(
            f"skmiaug: interrupted; what was finished is kept in {output}. The same "
            "command goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except OSError as error:
        raise UsageError(str(error)) from error
    _finish(args, data, results, output)
    return 0 if all((r["status"] == "ok").any() for r in results.values()) else 1


def _complete(args: argparse.Namespace) -> None:
    """Fill in what follows from other arguments, and refuse what does not fit."""
    from skmiaug.evaluation._cli import UsageError

    if args.modality is None:
        args.modality = ("audio",) if args.text_model is None else ("audio", "audio+text")
    text = any(modality != "audio" for modality in args.modality)
    audio = any(modality != "text" for modality in args.modality)
    if text and args.text_model is None:
        raise UsageError(f"--modality {','.join(args.modality)} needs --text-model.")
    if not text and args.text_model is not None:
        raise UsageError("--text-model is given, and --modality asks for no text.")
    if audio and args.model is None and args.corpus != "cmu_mosei":
        raise UsageError(
            "--model is needed: the folder or the hub name of a speech model, such as "
            "openai/whisper-base."
        )


def _load(args: argparse.Namespace) -> "Data":
    from skmiaug.evaluation._benchmark import load_data
    from skmiaug.evaluation._cli import UsageError
    from skmiaug.exceptions import FileFormatError

    try:
        return load_data(args)
    except FileFormatError:
        raise
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error


def _prepare(args: argparse.Namespace, data: "Data", output: Path) -> None:
    """Find out before the long part whether the results can be written."""
    from skmiaug.evaluation._output import prepare_folder

    for modality in args.modality:
        for setting in data.folds:
            prepare_folder(output / f"{modality}-{setting}", overwrite=args.overwrite)


def _describe(args: argparse.Namespace, data: "Data") -> str:
    from skmiaug.evaluation._benchmark_report import describe

    return describe(args, data) + "\n"


def _run_parts(
    args: argparse.Namespace, data: "Data", output: Path
) -> dict[str, "pd.DataFrame"]:
    from skmiaug.evaluation._benchmark import extract, parts_of
    from skmiaug.evaluation._benchmark_cells import run_part
    from skmiaug.evaluation._benchmark_journal import Journal
    from skmiaug.evaluation._benchmark_protocol import usual_classifiers
    from skmiaug.evaluation._cli import UsageError
    from skmiaug.evaluation._cli_features import shows_progress
    from skmiaug.evaluation._defaults import default_classifiers, default_samplers

    shown = shows_progress(args)
    folds = [fold for setting in data.folds.values() for fold in setting]
    try:
        samplers = default_samplers(args.samplers)
        classifiers = default_classifiers(args.classifiers or usual_classifiers(folds))
        features = extract(
            args, data, Path(args.cache or output / "features"), verbose=shown
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    journal = Journal(output / "cells")
    results: dict[str, pd.DataFrame] = {}
    for modality, setting, part in parts_of(args, data, features, samplers, classifiers):
        with _progress(shown) as progress:
            found = run_part(part, journal, n_jobs=args.n_jobs, progress=progress)
        results[part.name] = found
        _show(args, data, found, (modality, setting), output / part.name)
    return results


def _show(
    args: argparse.Namespace,
    data: "Data",
    results: "pd.DataFrame",
    names: tuple[str, str],
    folder: Path,
) -> None:
    """Print and write the table of one modality and setting, as soon as it is there."""
    from skmiaug.evaluation._benchmark_corpora import CORPORA
    from skmiaug.evaluation._benchmark_report import save_part, table_text
    from skmiaug.evaluation._cli_features import width_of_lines

    title = f"{CORPORA[args.corpus].title}, {names[0]}, {names[1]}"
    print(table_text(title, results, width_of_lines()))
    paths = save_part(results, folder, title, args, data, names[1])
    if not args.quiet:
        print("\nwritten: " + ", ".join(map(str, paths)))
    print(flush=True)


def _finish(
    args: argparse.Namespace,
    data: "Data",
    results: dict[str, "pd.DataFrame"],
    output: Path,
) -> None:
    from skmiaug.evaluation._benchmark_report import published_text, save_benchmark

    published = published_text(args.corpus, results)
    if published:
        print(published + "\n")
    path = save_benchmark(args, data, results, output)
    if not args.quiet:
        print(f"written: {path}")


@contextmanager
def _progress(shown: bool) -> Iterator[Any]:
    from tqdm import tqdm

    with tqdm(
        file=sys.stderr, disable=not shown, leave=False, unit="run", dynamic_ncols=True
    ) as bar:

        def progress(done: int, total: int, label: str) -> None:
            bar.total = total
            bar.set_description_str(label, refresh=False)
            bar.update(done - bar.n)

        yield progress
