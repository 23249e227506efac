"""The parser of all commands, built from a table of them. Imports nothing heavy."""

import argparse
import re
import sys
from typing import Any, NamedTuple, NoReturn

from skmiaug.evaluation._labels import did_you_mean
from skmiaug.evaluation.benchmark._corpora import CORPORA, IMBALANCED, NATURAL
from skmiaug.evaluation.cli._options import (
    CLASSIFIERS,
    CV,
    FILE,
    IMBALANCE,
    METHODS,
    N_JOBS,
    SEED,
    TARGET_TYPE,
    Groups,
    as_columns,
    as_corpus,
    as_imbalance,
    as_layer,
    as_words,
    option,
    some_of,
    switch,
    whole,
)
from skmiaug.evaluation.comparison._methods import AUGMENTER, OVER_SAMPLERS, SCORES

__all__ = ["BAD_INPUT", "UsageError", "make_parser", "print_error"]

BAD_INPUT = 2


class UsageError(ValueError):
    """Arguments that do not fit, in one line."""


class _Parser(argparse.ArgumentParser):
    """One line for a bad argument, as for a bad file."""

    def error(self, message: str) -> NoReturn:
        found = re.fullmatch(r"(.*invalid choice: '(.*)') \(choose from (.*)\)", message)
        if found:
            known = re.findall(r"[\w.+-]+", found[3])
            hint = did_you_mean(found[2], dict(zip(known, known, strict=True)))
            message = f"{found[1]}; choose from {', '.join(known)}.{hint}"
        print_error(f"{message} (see {self.prog} --help)")
        sys.exit(BAD_INPUT)


class _Version(argparse.Action):
    """Look the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import skmiaug

        print(f"skmiaug {skmiaug.__version__}")
        parser.exit()


class _Command(NamedTuple):
    """A line of help, the description, examples, and the options by group."""

    help: str
    description: str
    examples: str
    groups: Groups


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(
        prog="skmiaug",
        description="Balance imbalanced classes of feature vectors and measure the gain.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version and exit"
    )
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for name, command in _COMMANDS.items():
        own = commands.add_parser(
            name,
            help=command.help,
            description=command.description,
            epilog=command.examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for title, options in command.groups.items():
            group: Any = own.add_argument_group(title) if title else own
            for flag, keywords in options:
                group.add_argument(flag, **keywords)
    return parser


def print_error(message: str) -> None:
    from skmiaug.utils.files._untrusted import printable

    print(f"skmiaug: error: {printable(' '.join(message.split()))}", file=sys.stderr)


# ---- what each command does and takes

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
_TRUST = (
    "A model file is a pickle: loading it runs whatever code it holds. Use only models of\n"
    "your own, or of people you trust.\n"
)
_FIT = f"""\
Cross-validate the ways to balance the classes, groups kept whole, choose the cheapest one
that is not clearly worse than the best, fit it to all rows, and save the pipeline with what
is needed to predict. FEATURES is a file of feature vectors or, with --model, a CSV table
that names audio files.

{_TRUST}"""
_FIT_EXAMPLES = """\
examples:
  skmiaug fit features.csv --target emotion --group speaker --output model.joblib
  skmiaug fit features.npz --methods none,class_weight,smote,migan --classifiers lr,svm
  skmiaug fit recordings.csv --model openai/whisper-base --target emotion --group speaker
"""
_PREDICT = f"""\
Predict the classes of new rows with a model of skmiaug fit. Writes a CSV table with the
predicted class and the probabilities of all classes, which hold for the class shares of the
rows that the model was fitted to. Give rows in the form of the fit: a file with the same
columns or, for a model of recordings, audio files, a folder of them, or a CSV table that
names them.

{_TRUST}"""
_PREDICT_EXAMPLES = """\
examples:
  skmiaug predict model.joblib new.csv --output predictions.csv
  skmiaug predict model.joblib recordings/ one_more.wav
"""

_BALANCING = ("none", "class_weight", "logit_adjust", "threshold", "smote", "gaussian")
_COMPARED = [
    switch("--overwrite", "replace other files of these names too"),
    switch("--quiet", "print tables only: no progress, notes and warnings"),
]
_OF_MODELS = [
    switch("--overwrite", "replace a file that is there"),
    switch("--quiet", "print results only: no notes and warnings"),
]
_SETTINGS = (NATURAL, IMBALANCED)

_COMMANDS = {
    "compare": _Command(
        "cross-validate samplers side by side", _COMPARE, _COMPARE_EXAMPLES, {
        **FILE,
        "what to compare": [
            *METHODS, CV, IMBALANCE,
            option("--prepare", "auto", "inside the folds, fill in missing values and "
                   "encode the categories and texts of a table; what is done is printed",
                   choices=("auto",)),
            option("--scoring", None, "the score that is shown; all are in the files [uar]",
                   choices=(*SCORES, "recall", "confusion")),
            TARGET_TYPE,
        ],
        "how to run and what to write": [
            N_JOBS,
            option("--output", "FOLDER", "write table.csv, results.json, table.md (for a "
                   "README) and plot.png there; those of an earlier comparison are "
                   "replaced"),
            *_COMPARED,
        ],
    }),
    "benchmark": _Command(
        "from a corpus on disk to a table of results", _BENCHMARK, _BENCHMARK_EXAMPLES, {
        "": [
            option("corpus", "CORPUS", f"{', '.join(CORPORA)} (a CSV table of recordings "
                   "or a JSONL manifest; may be left out)", type=as_corpus),
            option("path", "PATH", "folder of the corpus, or that file", nargs="?"),
        ],
        "columns of a CSV table": [
            option("--audio-column", "NAME", "paths of the audio files [path]"),
            option("--target", "NAME", "classes [emotion]"),
            option("--speaker", "NAME", "speakers, kept whole [speaker, if there]"),
        ],
        "features": [
            option("--model", "FOLDER", "speech model (transformers: a folder, or a name "
                   "on the hub); CMU-MOSEI without one takes mean and deviation of its own "
                   "acoustic frames"),
            option("--layer", "N|auto|all", "layer of the speech model, or the average of "
                   "all [auto: the middle one, where speech models hold most of the "
                   "emotion]", type=as_layer, default="auto"),
            option("--text-model", "FOLDER", "text model for the transcripts"),
            option("--modality", "A,B", "some of: audio, text, audio+text [audio, and "
                   "audio+text with --text-model]",
                   type=some_of("audio", "text", "audio+text")),
            option("--fusion", None, "audio+text: align both in one space on each training "
                   "part, or put the vectors side by side [align]",
                   choices=("align", "concat"), default="align"),
            option("--audio", "FOLDER", "folder of the audio, for a manifest (else its own "
                   "folder) and CMU-MOSEI"),
            option("--device", None, "device of the models [auto]", default="auto"),
            option("--dtype", None, "number format of the models [float32]",
                   choices=("float32", "bfloat16", "float16"), default="float32"),
        ],
        "protocol": [
            option("--labels", "NAME", "label set [the corpus's usual one]"),
            TARGET_TYPE,
            option("--protocol", None, "leave one session or speaker out, the official "
                   "parts, or 5 stratified folds, speakers kept whole [the corpus's own]",
                   choices=("session", "speaker", "official", "folds")),
            option("--test-splits", "A,B", "parts to test on, official protocol, each a "
                   "fold [test, or test1]", type=as_words),
            option("--disjoint", "A,B|none", "columns whose values may not be on both "
                   "sides of a fold; not checked for --protocol folds [speaker,dialog]",
                   type=as_columns, default=("speaker", "dialog")),
            option("--setting", "A,B", "natural (the corpus as it is), imbalanced (rare "
                   "classes reduced in the training parts; test parts stay whole) [both]",
                   type=some_of(*_SETTINGS), default=_SETTINGS),
            option("--imbalance", "F1,F2,...", "the fraction of each class that the "
                   "imbalanced setting keeps, in alphabetical order or as anger=1,fear=.2; "
                   "at least 5 rows [the usual ones]", type=as_imbalance),
        ],
        "what to compare": METHODS,
        "how to run and what to write": [
            N_JOBS,
            option("--output", "FOLDER", "a folder for each table with table.csv, "
                   "results.json and plot.png, and benchmark.json over all "
                   "[benchmark-CORPUS]"),
            *_COMPARED,
            option("--cache", "FOLDER", "folder of the features "
                   "[OUTPUT/.cache/features]"),
        ],
    }),
    "report": _Command(
        "judge the samples of an over-sampler; write an HTML page", _REPORT,
        _REPORT_EXAMPLES, {
        **FILE,
        "what to judge": [
            CLASSIFIERS,
            option("--sampler", "NAME", f"one of: {', '.join(OVER_SAMPLERS)}, or an import "
                   f"path [{AUGMENTER}]", default=AUGMENTER),
            option("--cv", "N|logo", "hold out one of N stratified folds, groups kept "
                   "whole, or one group (logo): that with most rows of its rarest class "
                   "[3]", type=whole(2, "logo")),
            IMBALANCE, TARGET_TYPE, SEED,
            option("--permutations", "N", "shuffles behind each p-value [200]",
                   type=whole(1), default=200),
        ],
        "what to write": [
            option("--output", "FILE", "the page [report.html]; an earlier report there is "
                   "replaced", default="report.html"),
            switch("--overwrite", "replace any other file there too"),
            switch("--quiet", "print errors only"),
        ],
    }),
    "fit": _Command(
        "search for the way to balance, and save the model", _FIT, _FIT_EXAMPLES, {
        **FILE,
        "features of recordings (FEATURES is a CSV table)": [
            option("--model", "NAME", "speech model (transformers: a folder, or a name on "
                   "the hub), or eGeMAPSv02 or ComParE_2016 of openSMILE"),
            option("--model-layer", "N|auto|all", "layer of the speech model [auto: the "
                   "middle one]", type=as_layer, default="auto", dest="layer_of"),
            option("--audio-column", "NAME", "paths of the audio files [path]",
                   default="path"),
        ],
        "what to search": [
            option("--methods", "A,B", "some of: none, class_weight, logit_adjust, "
                   "threshold, random, smote, borderline, adasyn, gaussian, migan, "
                   "samplers of imbalanced-learn, or import paths "
                   f"[{','.join(_BALANCING)}]", type=as_words, default=_BALANCING),
            option("--scoring", "NAME", "a scorer of scikit-learn [balanced_accuracy, "
                   "which is UAR]", default="balanced_accuracy"),
            CV, SEED, N_JOBS,
            (CLASSIFIERS[0], CLASSIFIERS[1] | {"default": ("logistic regression", "LDA")}),
        ],
        "what to write": [
            option("--output", "FILE", "the model [model.joblib]", default="model.joblib"),
            *_OF_MODELS,
        ],
    }),
    "predict": _Command(
        "classes and probabilities by a saved model", _PREDICT, _PREDICT_EXAMPLES, {
        "": [
            option("model_file", "MODEL", "a file of skmiaug fit"),
            option("inputs", "INPUT", "a file of features; or audio files, folders, CSV "
                   "tables", nargs="+"),
            option("--audio-column", "NAME", "of a CSV table: paths of the audio files "
                   "[path]", default="path"),
        ],
        "what to write": [
            option("--output", "FILE", "the table [predictions.csv]",
                   default="predictions.csv"),
            *_OF_MODELS,
        ],
    }),
}  # fmt: skip
