"""The arguments of ``skmiaug benchmark``."""

import argparse
from typing import Any

from skmiaug.evaluation._arguments import (
    add_output_arguments,
    add_seeds,
    as_fractions,
    as_words,
)
from skmiaug.evaluation._benchmark_corpora import CORPORA, NATURAL, SKEWED
from skmiaug.evaluation._defaults import CLASSIFIER_NAMES, SAMPLER_NAMES

DESCRIPTION = """\
From a corpus on disk to a table of results: features from a pretrained speech model (kept
on disk), then samplers and classifiers side by side over the corpus's own protocol, as the
corpus is and with its training parts made skewed. Prints the unweighted average recall
(UAR) and writes tables, plots and everything else as JSON. Stopped, it goes on from where
it was when the same command is given again.
"""
EPILOG = """\
examples:
  skmiaug benchmark emodb EmoDB --model openai/whisper-base
  skmiaug benchmark iemocap IEMOCAP_full_release --model wavlm-large \\
      --text-model all-MiniLM-L6-v2 --seeds 3 --n-jobs 4
  skmiaug benchmark msp_podcast MSP-Podcast-1.12 --model whisper-base --labels 8class
  skmiaug benchmark manifest mine.jsonl --model whisper-base --protocol speaker

EmoDB with Whisper-base takes a few minutes on two CPU cores, most of it in the samplers.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to read, what to compare, what to write."""
    parser.add_argument(
        "corpus",
        metavar="CORPUS",
        type=_corpus,
        help=", ".join(CORPORA) + " (a JSONL manifest)",
    )
    parser.add_argument(
        "path", metavar="PATH", help="folder of the corpus, or the manifest"
    )
    _add_features(parser)
    _add_protocol(parser)
    _add_comparison(parser)
    _add_output(parser)


def _add_features(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("features")
    group.add_argument(
        "--model",
        metavar="FOLDER",
        help="speech model (transformers: a folder, or a name on the hub); CMU-MOSEI "
        "without one takes the mean and deviation of its own acoustic frames",
    )
    group.add_argument(
        "--layer",
        type=_layer,
        default="auto",
        metavar="N|auto|all",
        help="layer of the speech model, or the average of all [auto: half of its layers, "
        "where models of speech hold most of the emotion]",
    )
    group.add_argument(
        "--text-model", metavar="FOLDER", help="text model for the transcripts"
    )
    group.add_argument(
        "--modality",
        type=_modalities,
        metavar="A,B",
        help="some of: audio, text, audio+text [audio, and audio+text with --text-model]",
    )
    group.add_argument(
        "--fusion",
        choices=("align", "concat"),
        default="align",
        help="audio+text: align both in one space on each training part, or put the "
        "vectors side by side [align]",
    )
    group.add_argument(
        "--audio",
        metavar="FOLDER",
        help="where the audio is, for a manifest (else its own folder) and CMU-MOSEI",
    )
    group.add_argument("--device", default="auto", help="of the models [auto]")
    group.add_argument(
        "--dtype",
        default="auto",
        choices=("auto", "float32", "bfloat16", "float16"),
        help="of the models [auto]",
    )


def _add_protocol(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("protocol")
    group.add_argument(
        "--labels", metavar="NAME", help="label set [the corpus's usual one]"
    )
    group.add_argument(
        "--protocol",
        choices=("session", "speaker", "official"),
        help="leave one session or speaker out, or the official parts [the corpus's own]",
    )
    group.add_argument(
        "--test-splits",
        type=as_words,
        metavar="A,B",
        help="parts to test on, official protocol, each a fold [test, or test1]",
    )
    group.add_argument(
        "--disjoint",
        type=_columns,
        default=("speaker", "dialog"),
        metavar="A,B|none",
        help="columns of which nothing may be on both sides of a fold [speaker,dialog]",
    )
    group.add_argument(
        "--setting",
        type=_settings,
        default=(NATURAL, SKEWED),
        metavar="A,B",
        help="natural (the corpus as it is), skewed (rare classes thinned out in the "
        "training parts; test parts stay whole) [both]",
    )
    group.add_argument(
        "--skew",
        type=_skew,
        metavar="F1,F2,...",
        help="what the skewed setting keeps of each class, in alphabetical order or as "
        "anger=1,fear=.2; at least 5 rows [the corpus's usual ones]",
    )


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to compare")
    group.add_argument(
        "--samplers",
        type=as_words,
        metavar="A,B",
        help=f"some of: {', '.join(SAMPLER_NAMES)} [all]",
    )
    group.add_argument(
        "--classifiers",
        type=as_words,
        metavar="A,B",
        help=f"some of: {', '.join(CLASSIFIER_NAMES)} [all; above 20,000 training rows "
        "without the SVM]",
    )
    add_seeds(group)


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = add_output_arguments(
        parser,
        output="a folder for each table with table.csv, results.json and plot.png, and "
        "benchmark.json over all [benchmark-CORPUS]",
        quiet="print the tables only: no progress, no notes",
    )
    group.add_argument(
        "--cache", metavar="FOLDER", help="features are kept there [OUTPUT/features]"
    )


def _corpus(text: str) -> str:
    name = text.lower().replace("-", "_")
    if name not in CORPORA:
        raise argparse.ArgumentTypeError(
            f"expected one of {', '.join(CORPORA)}; got {text!r}"
        )
    return name


def _layer(text: str) -> int | str:
    if text in ("auto", "all"):
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a number, auto or all; got {text!r}"
        ) from None


def _modalities(text: str) -> tuple[str, ...]:
    return _some_of(text, ("audio", "text", "audio+text"))


def _settings(text: str) -> tuple[str, ...]:
    return _some_of(text, (NATURAL, SKEWED))


def _some_of(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    words = as_words(text)
    for word in words:
        if word not in known:
            raise argparse.ArgumentTypeError(
                f"expected some of {', '.join(known)}; got {word!r}"
            )
    return tuple(dict.fromkeys(words))


def _columns(text: str) -> tuple[str, ...]:
    return () if text == "none" else as_words(text)


def _skew(text: str) -> Any:
    if "=" not in text:
        return as_fractions(text)
    pairs = [part.partition("=") for part in text.split(",")]
    numbers = as_fractions(",".join(number for _, _, number in pairs))
    return {
        name.strip(): number for (name, _, _), number in zip(pairs, numbers, strict=True)
    }
