"""What ``skmiaug fit`` and ``skmiaug predict`` take. Imports nothing heavy."""

import argparse

from skmiaug.evaluation.cli._parser import (
    _add_classifiers,
    _add_file_arguments,
    _add_options,
    _as_jobs,
    _as_layer,
    _as_words,
    _whole,
)

__all__ = ["COMMANDS"]

_METHODS = ("none", "class_weight", "logit_adjust", "threshold", "smote", "gaussian")
_CLASSIFIERS = ("logistic regression", "LDA")
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


def _add_fit(parser: argparse.ArgumentParser) -> None:
    _add_file_arguments(parser)
    _add_options(
        parser.add_argument_group("features of recordings (FEATURES is a CSV table)"),
        ("--model", "NAME", "speech model (transformers: a folder, or a name on the hub), "
         "or eGeMAPSv02 or ComParE_2016 of openSMILE"),
        ("--model-layer", "N|auto|all", "layer of the speech model [auto: the middle one]",
         {"type": _as_layer, "default": "auto", "dest": "layer_of"}),
        ("--audio-column", "NAME", "paths of the audio files [path]", {"default": "path"}),
    )  # fmt: skip
    group = parser.add_argument_group("what to search")
    methods = "none, class_weight, logit_adjust, threshold, random, smote, borderline, "
    methods += "adasyn, gaussian, migan, samplers of imbalanced-learn, or import paths "
    _add_options(
        group,
        ("--methods", "A,B", f"some of: {methods}[{','.join(_METHODS)}]",
         {"type": _as_words, "default": _METHODS}),
        ("--scoring", "NAME", "a scorer of scikit-learn [balanced_accuracy, which is UAR]",
         {"default": "balanced_accuracy"}),
        ("--cv", "N|logo", "number of stratified folds, which keep groups whole [5, or "
         "fewer if the data allow no more], or logo: leave one group out",
         {"type": _whole(2, "logo")}),
        ("--seed", "N", "random seed [0]", {"type": _whole(0), "default": 0}),
        ("--n-jobs", "N", "processes; -1 is all cores [1]",
         {"type": _as_jobs, "default": 1}),
    )  # fmt: skip
    _add_classifiers(group)
    parser.set_defaults(classifiers=_CLASSIFIERS)
    _add_written(parser, "the model [model.joblib]", "model.joblib")


def _add_predict(parser: argparse.ArgumentParser) -> None:
    _add_options(
        parser,
        ("model_file", "MODEL", "a file of skmiaug fit"),
        ("inputs", "INPUT", "a file of features; or audio files, folders, CSV tables",
         {"nargs": "+"}),
        ("--audio-column", "NAME", "of a CSV table: paths of the audio files [path]",
         {"default": "path"}),
    )  # fmt: skip
    _add_written(parser, "the table [predictions.csv]", "predictions.csv")


def _add_written(parser: argparse.ArgumentParser, text: str, default: str) -> None:
    flag = {"action": "store_true"}
    _add_options(
        parser.add_argument_group("what to write"),
        ("--output", "FILE", text, {"default": default}),
        ("--overwrite", None, "replace a file that is there", flag),
        ("--quiet", None, "print results only: no notes and warnings", flag),
    )


COMMANDS = (
    ("fit", "search for the way to balance, and save the model", _FIT, _FIT_EXAMPLES,
     _add_fit),
    ("predict", "classes and probabilities by a saved model", _PREDICT, _PREDICT_EXAMPLES,
     _add_predict),
)  # fmt: skip
