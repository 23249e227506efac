"""``skmiaug benchmark``: arguments and course."""

import argparse
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmiaug.evaluation.benchmark._corpora import CORPORA, IMBALANCED, NATURAL
from skmiaug.evaluation.cli._arguments import (
    INTERRUPTED,
    UsageError,
    add_methods,
    add_options,
    add_output_arguments,
    as_imbalance,
    as_words,
)

if TYPE_CHECKING:
    import pandas as pd

    from skmiaug.evaluation.benchmark._data import Data

_DESCRIPTION = """\
From a corpus on disk to a table of results: features from a pretrained speech model (kept
on disk), then samplers and classifiers side by side over the corpus's own protocol, with
the natural training parts and with imbalanced ones. Prints the unweighted average recall
(UAR) and writes tables, plots and everything else as JSON. A run that was interrupted
continues when the same command is given again.
"""
_EPILOG = """\
examples:
  skmiaug benchmark emodb EmoDB --model openai/whisper-base
  skmiaug benchmark iemocap IEMOCAP_full_release --model microsoft/wavlm-large \\
      --text-model sentence-transformers/all-MiniLM-L6-v2 --seeds 3 --n-jobs 4
  skmiaug benchmark msp_podcast MSP-Podcast-1.12 --model openai/whisper-base \\
      --labels 8class
  skmiaug benchmark manifest mine.jsonl --model openai/whisper-base --protocol speaker
"""


def add_command(subparsers: Any) -> None:
    """Register ``benchmark``."""
    parser = subparsers.add_parser(
        "benchmark",
        help="from a corpus on disk to a table of results",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(
        parser,
        ("corpus", "CORPUS", f"{', '.join(CORPORA)} (a JSONL manifest)",
         {"type": _as_corpus}),
        ("path", "PATH", "folder of the corpus, or the manifest"),
    )  # fmt: skip
    _add_features(parser)
    _add_protocol(parser)
    add_methods(parser.add_argument_group("what to compare"))
    group = add_output_arguments(
        parser,
        output="a folder for each table with table.csv, results.json and plot.png, and "
        "benchmark.json over all [benchmark-CORPUS]",
    )
    add_options(group, ("--cache", "FOLDER", "folder of the features [OUTPUT/.features]"))
    parser.set_defaults(run=run)


def _add_features(parser: argparse.ArgumentParser) -> None:
    types = ("auto", "float32", "bfloat16", "float16")
    add_options(
        parser.add_argument_group("features"),
        ("--model", "FOLDER", "speech model (transformers: a folder, or a name on the "
         "hub); CMU-MOSEI without one takes mean and deviation of its own acoustic frames"),
        ("--layer", "N|auto|all", "layer of the speech model, or the average of all [auto: "
         "the middle one, where speech models hold most of the emotion]",
         {"type": _as_layer, "default": "auto"}),
        ("--text-model", "FOLDER", "text model for the transcripts"),
        ("--modality", "A,B", "some of: audio, text, audio+text [audio, and audio+text "
         "with --text-model]", {"type": _some_of("audio", "text", "audio+text")}),
        ("--fusion", None, "audio+text: align both in one space on each training part, or "
         "put the vectors side by side [align]",
         {"choices": ("align", "concat"), "default": "align"}),
        ("--audio", "FOLDER", "folder of the audio, for a manifest (else its own folder) "
         "and CMU-MOSEI"),
        ("--device", None, "of the models [auto]", {"default": "auto"}),
        ("--dtype", None, "of the models [auto]", {"choices": types, "default": "auto"}),
    )  # fmt: skip


def _add_protocol(parser: argparse.ArgumentParser) -> None:
    settings = (NATURAL, IMBALANCED)
    add_options(
        parser.add_argument_group("protocol"),
        ("--labels", "NAME", "label set [the corpus's usual one]"),
        ("--protocol", None, "leave one session or speaker out, or the official parts "
         "[the corpus's own]", {"choices": ("session", "speaker", "official")}),
        ("--test-splits", "A,B", "parts to test on, official protocol, each a fold [test, "
         "or test1]", {"type": as_words}),
        ("--disjoint", "A,B|none", "columns whose values may not be on both sides of a "
         "fold [speaker,dialog]", {"type": _as_columns, "default": ("speaker", "dialog")}),
        ("--setting", "A,B", "natural (the corpus as it is), imbalanced (rare classes "
         "reduced in the training parts; test parts stay whole) [both]",
         {"type": _some_of(*settings), "default": settings}),
        ("--imbalance", "F1,F2,...", "the fraction of each class that the imbalanced "
         "setting keeps, in alphabetical order or as anger=1,fear=.2; at least 5 rows [the "
         "usual ones]", {"type": as_imbalance}),
    )  # fmt: skip


def _as_columns(text: str) -> tuple[str, ...]:
    return () if text == "none" else as_words(text)


def _as_corpus(text: str) -> str:
    name = text.lower().replace("-", "_")
    if name not in CORPORA:
        close = difflib.get_close_matches(name, CORPORA, n=1)
        raise argparse.ArgumentTypeError(
            f"expected one of {', '.join(CORPORA)}; got {text!r}."
            + (f" Did you mean {close[0]!r}?" if close else "")
        )
    return name


def _as_layer(text: str) -> int | str:
    if text in ("auto", "all"):
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a number, auto or all; got {text!r}"
        ) from None


def _some_of(*known: str) -> Any:
    def as_some(text: str) -> tuple[str, ...]:
        words = as_words(text)
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(
                    f"expected some of {', '.join(known)}; got {word!r}"
                )
        return tuple(dict.fromkeys(words))

    return as_some


# ---- the course


def run(args: argparse.Namespace) -> int:
    """Load, extract, compare, print, write."""
    from skmiaug.evaluation.benchmark._output import describe
    from skmiaug.evaluation.cli._shared import show
    from skmiaug.evaluation.comparison._output import prepare_folder

    _complete(args)
    output = Path(args.output or f"benchmark-{args.corpus}")
    try:
        data = _load(args)
        # Before the long part: whether the results can be written.
        for modality in args.modality:
            for setting in data.folds:
                prepare_folder(output / f"{modality}-{setting}", overwrite=args.overwrite)
        if not args.quiet:
            show(describe(args, data) + "\n")
        results = _run_parts(args, data, output)
    except KeyboardInterrupt:
        print(
            f"skmiaug: interrupted; finished cells are kept in {output}. The same command "
            "continues from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except OSError as error:
        raise UsageError(str(error)) from error
    _finish(args, data, results, output)
    return 0 if all((r["status"] == "ok").any() for r in results.values()) else 1


def _complete(args: argparse.Namespace) -> None:
    """Derive arguments from others, and refuse those that do not fit together."""
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
    from skmiaug.evaluation.benchmark._data import load_data
    from skmiaug.exceptions import FileFormatError

    try:
        return load_data(args)
    except FileFormatError:
        raise
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error


def _run_parts(
    args: argparse.Namespace, data: "Data", output: Path
) -> dict[str, "pd.DataFrame"]:
    from skmiaug.evaluation.benchmark._cells import Journal, parts_of, run_part
    from skmiaug.evaluation.benchmark._data import extract
    from skmiaug.evaluation.cli._shared import progress_bar, shows_progress
    from skmiaug.evaluation.comparison._methods import default_classifiers, default_samplers

    shown = shows_progress(args)
    names = args.classifiers or data.usual_classifiers()

    def classifiers_of(n_features: int) -> dict[str, Any]:
        return default_classifiers(names, tune=args.tune, n_features=n_features)

    try:
        samplers = default_samplers(args.samplers)
        classifiers_of(1)
        cache = Path(args.cache or output / ".features")
        features = extract(args, data, cache, verbose=shown)
    except ValueError as error:
        raise UsageError(str(error)) from error
    journal = Journal(output / ".cells")
    results: dict[str, pd.DataFrame] = {}
    for modality, setting, part in parts_of(args, data, features, samplers, classifiers_of):
        with progress_bar(shown) as progress:
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
    """Print and write the table of one modality and setting as soon as it is complete."""
    from skmiaug.evaluation.benchmark._output import save_part, table_text
    from skmiaug.evaluation.cli._shared import line_width, show

    title = f"{CORPORA[args.corpus].title}, {names[0]}, {names[1]}"
    show(table_text(title, results, line_width()))
    paths = save_part(results, folder, title, args, data, names[1])
    if not args.quiet:
        show("\nwritten: " + ", ".join(map(str, paths)))
    show()


def _finish(
    args: argparse.Namespace,
    data: "Data",
    results: dict[str, "pd.DataFrame"],
    output: Path,
) -> None:
    from skmiaug.evaluation.benchmark._output import published_text, save_benchmark
    from skmiaug.evaluation.cli._shared import show

    published = published_text(args.corpus, results)
    if published:
        show(published + "\n")
    path = save_benchmark(args, data, results, output)
    if not args.quiet:
        show(f"written: {path}")
