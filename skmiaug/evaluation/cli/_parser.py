"""The parser of all commands. Imports nothing heavy."""

import argparse
import csv
import difflib
import os
import re
import sys
from typing import Any, NoReturn

from skmiaug.evaluation.benchmark._corpora import CORPORA, IMBALANCED, NATURAL
from skmiaug.evaluation.comparison._methods import (
    ALL_CLASSIFIER_NAMES,
    AUGMENTER,
    OVER_SAMPLERS,
    SAMPLER_NAMES,
    SCORES,
    TARGET_TYPES,
)

__all__ = ["BAD_INPUT", "UsageError", "make_parser", "print_error"]

BAD_INPUT = 2
_FEATURES = ".npz (arrays X, y and, if present, groups), .csv or .parquet"
_IMBALANCE = (
    "keep this fraction of each class (in the order of the file's classes, or as "
    "anger=1,fear=.2) in the training part, at least 5 rows; test parts stay whole"
)
_COMPARE = """\
Cross-validate samplers and classifiers on a file of feature vectors, and print the
unweighted average recall (UAR) of each with its standard deviation and its time. Columns
are standardised, classes resampled and classifiers tuned inside the training part of each
fold only. The last lines say what to use, and compare MIGANAugmenter with the best method
that generates no samples, and with SMOTE. Where --imbalance reduces the training parts, the
line "none, all rows" shows the scores with all of them.

Without FEATURES: scikit-learn's handwritten digits, their training parts imbalanced,
3 folds, without the MLP.
"""
_COMPARE_EXAMPLES = """\
examples:
  skmiaug compare
  skmiaug compare features.npz --cv logo --seeds 3 --output results/
  skmiaug compare features.csv --target emotion --group speaker --drop file
  skmiaug compare rated.csv --target-type distribution --target 'votes_*'
  skmiaug compare emodb_features.npz --x-key X_whisper_layers --layer 3 \\
      --group-key session --cv logo --imbalance 1,.5,.3,.2,.25,.4,.15 --seeds 3
"""
_REPORT = """\
Fit an over-sampler to a part of the rows, compare its synthetic samples with the rest, and
write a page with class counts, mutual information, fidelity, leakage and utility. The page
needs no network and no other file.

Without FEATURES: scikit-learn's handwritten digits, their training part imbalanced.
"""
_REPORT_EXAMPLES = """\
examples:
  skmiaug report
  skmiaug report features.npz --sampler smote --output smote.html
  skmiaug report features.csv --target emotion --group speaker --output report.html
  skmiaug report emodb_features.npz --x-key X_whisper_layers --layer 3 \\
      --group-key session --imbalance 1,.5,.3,.2,.25,.4,.15 --output report.html
"""
_TARGET_TYPE = (
    "--target-type", None, "what y holds instead of classes: votes or shares, a column for "
    "each class (distribution), 0 and 1, a column for each label (multilabel), or "
    "attributes (continuous); each has samplers, models and scores of its own",
    {"choices": TARGET_TYPES, "default": "multiclass"},
)  # fmt: skip
_BENCHMARK = """\
From a corpus on disk to a table of results: features from a pretrained speech model (kept
on disk), then samplers and classifiers side by side over the corpus's own protocol, with
the natural training parts and with imbalanced ones. Prints the unweighted average recall
(UAR) and writes tables, plots and everything else as JSON. A run that was interrupted
continues when the same command is given again.
"""
_BENCHMARK_EXAMPLES = """\
examples:
  skmiaug benchmark emodb EmoDB --model openai/whisper-base
  skmiaug benchmark iemocap IEMOCAP_full_release --model microsoft/wavlm-large \\
      --text-model sentence-transformers/all-MiniLM-L6-v2 --seeds 3 --n-jobs 4
  skmiaug benchmark msp_podcast MSP-Podcast-1.12 --model openai/whisper-base \\
      --labels 8class
  skmiaug benchmark msp_improv MSP-IMPROV --model openai/whisper-base \\
      --target-type distribution
  skmiaug benchmark labels.csv --model openai/whisper-base --target label
  skmiaug benchmark mine.jsonl --model openai/whisper-base --protocol speaker
"""


class UsageError(ValueError):
    """Arguments that do not fit, in one line."""


class _Parser(argparse.ArgumentParser):
    """One line for a bad argument, as for a bad file."""

    def error(self, message: str) -> NoReturn:
        found = re.fullmatch(r"(.*invalid choice: '(.*)') \(choose from (.*)\)", message)
        if found:
            known = re.findall(r"[\w.+-]+", found[3])
            close = difflib.get_close_matches(found[2], known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            message = f"{found[1]}; choose from {', '.join(known)}.{hint}"
        print_error(f"{message} (see {self.prog} --help)")
        sys.exit(BAD_INPUT)


class _Version(argparse.Action):
    """Look the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import skmiaug

        print(f"skmiaug {skmiaug.__version__}")
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from skmiaug.evaluation.cli._model_parser import COMMANDS  # built on this module

    parser = _Parser(
        prog="skmiaug",
        description="Balance imbalanced classes of feature vectors and measure the gain.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version and exit"
    )
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for name, text, description, examples, add in (
        ("compare", "cross-validate samplers side by side", _COMPARE, _COMPARE_EXAMPLES,
         _add_compare),
        ("benchmark", "from a corpus on disk to a table of results", _BENCHMARK,
         _BENCHMARK_EXAMPLES, _add_benchmark),
        ("report", "judge the samples of an over-sampler; write an HTML page", _REPORT,
         _REPORT_EXAMPLES, _add_report),
        *COMMANDS,
    ):  # fmt: skip
        add(
            commands.add_parser(
                name,
                help=text,
                description=description,
                epilog=examples,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )
    return parser


def print_error(message: str) -> None:
    from skmiaug.utils.files._untrusted import printable

    print(f"skmiaug: error: {printable(' '.join(message.split()))}", file=sys.stderr)


# ---- what each command takes


def _add_compare(parser: argparse.ArgumentParser) -> None:
    _add_file_arguments(parser)
    group = parser.add_argument_group("what to compare")
    _add_methods(group)
    _add_options(
        group,
        ("--cv", "N|logo", "number of stratified folds, which keep groups whole [5, or "
         "fewer if the data allow no more], or logo: leave one group out",
         {"type": _whole(2, "logo")}),
        ("--imbalance", "F1,F2,...", _IMBALANCE, {"type": _as_imbalance}),
        ("--prepare", "auto", "inside the folds, fill in missing values and encode the "
         "categories and texts of a table; what is done is printed",
         {"choices": ("auto",)}),
        ("--scoring", None, "the score that is shown; all are in the files [uar]",
         {"choices": (*SCORES, "recall", "confusion")}),
        _TARGET_TYPE,
    )  # fmt: skip
    _add_output_arguments(
        parser,
        output="write table.csv, results.json, table.md (for a README) and plot.png there; "
        "those of an earlier comparison are replaced",
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_file_arguments(parser)
    group = parser.add_argument_group("what to judge")
    _add_classifiers(group)
    _add_options(
        group,
        ("--sampler", "NAME", f"one of: {', '.join(OVER_SAMPLERS)}, or an import path "
         f"[{AUGMENTER}]", {"default": AUGMENTER}),
        ("--cv", "N|logo", "hold out one of N stratified folds, groups kept whole, or one "
         "group (logo): that with most rows of its rarest class [3]",
         {"type": _whole(2, "logo")}),
        ("--imbalance", "F1,F2,...", _IMBALANCE, {"type": _as_imbalance}),
        _TARGET_TYPE,
        ("--seed", "N", "random seed [0]", {"type": _whole(0), "default": 0}),
        ("--permutations", "N", "shuffles behind each p-value [200]",
         {"type": _whole(1), "default": 200}),
    )  # fmt: skip
    flag = {"action": "store_true"}
    _add_options(
        parser.add_argument_group("what to write"),
        ("--output", "FILE", "the page [report.html]; an earlier report there is replaced",
         {"default": "report.html"}),
        ("--overwrite", None, "replace any other file there too", flag),
        ("--quiet", None, "print errors only", flag),
    )  # fmt: skip


def _add_benchmark(parser: argparse.ArgumentParser) -> None:
    _add_options(
        parser,
        ("corpus", "CORPUS", f"{', '.join(CORPORA)} (a CSV table of recordings or a JSONL "
         "manifest; may be left out)", {"type": _as_corpus}),
        ("path", "PATH", "folder of the corpus, or that file", {"nargs": "?"}),
    )  # fmt: skip
    _add_options(
        parser.add_argument_group("columns of a CSV table"),
        ("--audio-column", "NAME", "paths of the audio files [path]"),
        ("--target", "NAME", "classes [emotion]"),
        ("--speaker", "NAME", "speakers, kept whole [speaker, if there]"),
    )
    _add_features(parser)
    _add_protocol(parser)
    _add_methods(parser.add_argument_group("what to compare"))
    group = _add_output_arguments(
        parser,
        output="a folder for each table with table.csv, results.json and plot.png, and "
        "benchmark.json over all [benchmark-CORPUS]",
    )
    _add_options(
        group, ("--cache", "FOLDER", "folder of the features [OUTPUT/.cache/features]")
    )


def _add_features(parser: argparse.ArgumentParser) -> None:
    types = ("float32", "bfloat16", "float16")
    _add_options(
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
        ("--device", None, "device of the models [auto]", {"default": "auto"}),
        ("--dtype", None, "number format of the models [float32]",
         {"choices": types, "default": "float32"}),
    )  # fmt: skip


def _add_protocol(parser: argparse.ArgumentParser) -> None:
    settings = (NATURAL, IMBALANCED)
    _add_options(
        parser.add_argument_group("protocol"),
        ("--labels", "NAME", "label set [the corpus's usual one]"),
        _TARGET_TYPE,
        ("--protocol", None, "leave one session or speaker out, the official parts, or 5 "
         "stratified folds, speakers kept whole [the corpus's own]",
         {"choices": ("session", "speaker", "official", "folds")}),
        ("--test-splits", "A,B", "parts to test on, official protocol, each a fold [test, "
         "or test1]", {"type": _as_words}),
        ("--disjoint", "A,B|none", "columns whose values may not be on both sides of a "
         "fold; not checked for --protocol folds [speaker,dialog]",
         {"type": _as_columns, "default": ("speaker", "dialog")}),
        ("--setting", "A,B", "natural (the corpus as it is), imbalanced (rare classes "
         "reduced in the training parts; test parts stay whole) [both]",
         {"type": _some_of(*settings), "default": settings}),
        ("--imbalance", "F1,F2,...", "the fraction of each class that the imbalanced "
         "setting keeps, in alphabetical order or as anger=1,fear=.2; at least 5 rows [the "
         "usual ones]", {"type": _as_imbalance}),
    )  # fmt: skip


def _add_options(group: Any, *options: tuple[Any, ...]) -> None:
    """Options as (flag, metavar, help) and, where needed, further keywords."""
    for flag, metavar, text, *more in options:
        keywords = dict(more[0]) if more else {}
        if metavar:
            keywords["metavar"] = metavar
        group.add_argument(flag, help=text, **keywords)


def _add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """FEATURES, and which parts of the file to read."""
    parser.add_argument("features", nargs="?", metavar="FEATURES", help=_FEATURES)
    _add_options(
        parser.add_argument_group("what to read from an .npz file"),
        ("--x-key", "NAME", "array of the features [X]"),
        ("--y-key", "NAME", "array of the classes or other targets [y]"),
        ("--group-key", "NAME", "array of the groups [groups, if present]"),
        ("--layer", "N", "layer of (rows, layers, features), from 0", {"type": int}),
    )
    _add_options(
        parser.add_argument_group("what to read from a .csv or .parquet file"),
        ("--target", "COLUMN", "column of the classes [the last one of text whose values "
         "recur]; of votes, labels or attributes all columns, as joy,fear or 'votes_*'"),
        ("--group", "COLUMN", "column of the groups"),
        ("--drop", "A,B", 'columns to leave out; one with a comma in its name as "a, b"',
         {"type": _as_words, "default": ()}),
    )  # fmt: skip


def _add_classifiers(group: Any) -> None:
    """``--classifiers``."""
    text = f"some of: {', '.join(ALL_CLASSIFIER_NAMES)} (short: lr, svm, rf) or paths"
    _add_options(group, ("--classifiers", "A,B", text, {"type": _as_words}))


def _add_methods(group: Any) -> None:
    """``--samplers``, ``--classifiers``, ``--no-tune`` and ``--seeds`` of a comparison."""
    samplers = f"some of: {', '.join(SAMPLER_NAMES)} (short: weights, logit, lda, "
    samplers += "random, borderline, migan), or import paths [all]"
    _add_options(group, ("--samplers", "A,B", samplers, {"type": _as_words}))
    _add_classifiers(group)
    _add_options(
        group,
        ("--no-tune", None, "use one value of each classifier's parameters instead of a "
         "search on inner folds", {"dest": "tune", "action": "store_false"}),
        ("--seeds", "N", "repeats, seeds 0 to N-1 [1]",
         {"type": _whole(1), "default": 1}),
    )  # fmt: skip


def _add_output_arguments(parser: argparse.ArgumentParser, *, output: str) -> Any:
    """How a comparison runs and what it writes; returns the group."""
    group = parser.add_argument_group("how to run and what to write")
    flag = {"action": "store_true"}
    _add_options(
        group,
        ("--n-jobs", "N", "processes; -1 is all cores [1]",
         {"type": _as_jobs, "default": 1}),
        ("--output", "FOLDER", output),
        ("--overwrite", None, "replace other files of these names too", flag),
        ("--quiet", None, "print tables only: no progress, notes and warnings", flag),
    )  # fmt: skip
    return group


# ---- types


def _as_words(text: str) -> tuple[str, ...]:
    # As a line of a table: a name that holds a comma stands between double quotes.
    line = next(csv.reader([text], skipinitialspace=True), [])
    words = tuple(word.strip() for word in line if word.strip())
    if not words:
        raise argparse.ArgumentTypeError("expected names separated by commas")
    return words


def _whole(low: int, word: str = "") -> Any:
    """A type for whole numbers from `low` on (below 2**32, as seeds are), or a word."""

    def as_whole(text: str) -> int | str:
        if word and text == word:
            return text
        if not text.isdecimal() or not low <= int(text) < 2**32:
            most = "on" if low else f"to {2**32 - 1}"
            other = f", or {word}" if word else ""
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {low} {most}{other}; got {text!r}"
            )
        return int(text)

    return as_whole


def _as_imbalance(text: str) -> tuple[float, ...] | dict[str, float]:
    """Fractions in the order of the classes, or by name."""
    names, numbers = [], []
    for part in text.split(","):
        name, _, number = part.rpartition("=")
        names.append(name.strip())
        try:
            numbers.append(float(number))
        except ValueError:
            numbers.append(0.0)
    if not all(0 < number <= 1 for number in numbers):
        raise argparse.ArgumentTypeError(
            f"expected fractions above 0 and at most 1, separated by commas; got {text!r}"
        )
    if all(names):
        return dict(zip(names, numbers, strict=True))
    if any(names):
        raise argparse.ArgumentTypeError(
            f"expected a name for every fraction, or for none; got {text!r}"
        )
    return tuple(numbers)


def _as_jobs(text: str) -> int:
    """A number of processes as joblib counts them: -1 is all cores, -2 all but one."""
    cores = os.cpu_count() or 1
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number == 0 or number < -cores:
        raise argparse.ArgumentTypeError(
            f"expected a number of processes from 1 on, or -1 for all {cores} cores; got "
            f"{text!r}"
        )
    return number


def _as_columns(text: str) -> tuple[str, ...]:
    return () if text == "none" else _as_words(text)


def _as_corpus(text: str) -> str:
    name = text.lower().replace("-", "_")
    if name.endswith((".csv", ".tsv", ".jsonl")):
        return text
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
        words = _as_words(text)
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(
                    f"expected some of {', '.join(known)}; got {word!r}"
                )
        return tuple(dict.fromkeys(words))

    return as_some
