"""``skmiaug benchmark``: the course of the command."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from skmiaug.evaluation.benchmark._cells import Journal, parts_of, run_part
from skmiaug.evaluation.benchmark._corpora import CORPORA
from skmiaug.evaluation.benchmark._data import extract, load_data
from skmiaug.evaluation.benchmark._output import (
    describe,
    published_text,
    save_benchmark,
    save_part,
    table_text,
)
from skmiaug.evaluation.cli import INTERRUPTED
from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._shared import line_width, progress_bar, show, shows_progress
from skmiaug.evaluation.comparison._methods import default_classifiers, default_samplers
from skmiaug.evaluation.comparison._output import prepare_folder
from skmiaug.exceptions import FileFormatError


def run(args: argparse.Namespace) -> int:
    """Load, extract, compare, print, write."""
    _complete(args)
    output = Path(args.output or f"benchmark-{args.corpus}")
    try:
        data, kind = load_data(args), args.target_type
        samplers = default_samplers(args.samplers, target_type=kind)
        names = args.classifiers or data.usual_classifiers()
        default_classifiers(names, target_type=kind)
        # Before the long part: whether the results can be written.
        for modality in args.modality:
            for setting in data.folds:
                prepare_folder(output / f"{modality}-{setting}", overwrite=args.overwrite)
        if not args.quiet:
            show(describe(args, data, line_width()) + "\n")
        hidden = output / ".cache"  # what is kept for the next run
        cache = Path(args.cache or hidden / "features")
        features = extract(args, data, cache, verbose=shows_progress(args))
        results: dict[str, pd.DataFrame] = {}
        for modality, setting, part in parts_of(args, data, features, samplers, names):
            with progress_bar(args) as progress:
                found = run_part(
                    part, Journal(hidden / "cells"), n_jobs=args.n_jobs, progress=progress
                )
            results[part.name] = found
            title = f"{CORPORA[args.corpus].title}, {modality}, {setting}"
            show(table_text(title, found, line_width()))
            paths = save_part(found, output / part.name, title, args, data, setting)
            show(f"\nwritten: {', '.join(map(str, paths))}\n" if not args.quiet else "")
        published = published_text(args.corpus, results)
        if published and kind == "multiclass":
            show(published + "\n")
        path = save_benchmark(args, data, results, output)
    except KeyboardInterrupt:
        print(
            f"skmiaug: interrupted; finished cells are kept in {output}. The same command "
            "continues from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except FileFormatError:
        raise
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(str(error)) from error
    if not args.quiet:
        show(f"written: {path}")
    return 0 if all((r["status"] == "ok").any() for r in results.values()) else 1


def _complete(args: argparse.Namespace) -> None:
    """Derive arguments from others, and refuse those that do not fit together."""
    if args.corpus not in CORPORA:  # a file
        if args.path is not None:
            raise UsageError(f"expected one file or corpus; got {args.corpus!r} as well.")
        args.corpus, args.path = "manifest", args.corpus
    if args.path is None:
        raise UsageError(f"name the folder of {CORPORA[args.corpus].title} on disk.")
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
