"""``skmiaug benchmark``: the course of the command."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from skmiaug.datasets._splitters import shared
from skmiaug.evaluation._labels import counts_text, wrapped
from skmiaug.evaluation.benchmark._cells import Journal, parts_of, run_part
from skmiaug.evaluation.benchmark._corpora import CORPORA
from skmiaug.evaluation.benchmark._data import PROTOCOLS, Data, extract, load_data
from skmiaug.evaluation.cli import INTERRUPTED
from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._shared import line_width, progress_bar, show, shows_progress
from skmiaug.evaluation.comparison._methods import default_classifiers, default_samplers
from skmiaug.evaluation.comparison._output import (
    package_versions,
    prepare_folder,
    records,
    save_comparison,
    settings_of,
)
from skmiaug.evaluation.comparison._summary import MEAN, summarize_comparison
from skmiaug.evaluation.comparison._text import format_comparison, verdict
from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._untrusted import write_json_file

REPORT = "benchmark.json"
_KEPT = ".cache"  # for the next run
FORMAT, FORMAT_VERSION = "skmiaug-benchmark", 1
WARNING = (
    "Encoders, folds and tuning differ between publications and from this run: for "
    "orientation, not a comparison of like with like."
)


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
            show(_describe(args, data, line_width()) + "\n")
        cache = Path(args.cache or output / _KEPT / "features")
        features = extract(args, data, cache, verbose=shows_progress(args))
        results = _compared(args, data, features, samplers, names, output)
        published = _published_text(args.corpus, results)
        if published and kind == "multiclass":
            show(published + "\n")
        path = _save_benchmark(args, data, results, output)
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


def _compared(
    args: argparse.Namespace,
    data: Data,
    features: Mapping[str, Any],
    samplers: Mapping[str, Any],
    classifiers: Sequence[str],
    output: Path,
) -> dict[str, pd.DataFrame]:
    """Run, print and save the table of each modality and setting."""
    results, width, journal = {}, line_width(), Journal(output / _KEPT / "cells")
    for modality, setting, part in parts_of(args, data, features, samplers, classifiers):
        with progress_bar(args) as progress:
            found = run_part(part, journal, n_jobs=args.n_jobs, progress=progress)
        results[part.name] = found
        title = f"{CORPORA[args.corpus].title}, {modality}, {setting}"
        show(f"{title}\n{'=' * len(title)}\n{format_comparison(found, width=width)}")
        if advice := wrapped(verdict(found), width):
            show(f"\n{advice}")
        own = {
            "protocol": data.protocol,
            "imbalance": data.fractions[setting],
            "training_counts_of_first_fold": data.class_counts(setting),
        }
        paths = save_comparison(
            found,
            output / part.name,
            title=title,
            class_counts=data.class_counts(),
            settings=settings_of(args) | own,
            overwrite=args.overwrite,
        )
        show(f"\nwritten: {', '.join(map(str, paths))}\n" if not args.quiet else "")
    return results


def _describe(args: Any, data: Data, width: int) -> str:
    """The corpus, its protocol and its classes, before the run."""
    corpus = CORPORA[args.corpus]
    folds = next(iter(data.folds.values()))
    per_seed = len({fold.number for fold in folds})
    lines = [
        f"{corpus.title}: {len(data.y)} rows of {data.counts['speakers'] or 'unknown'} "
        f"speakers; {PROTOCOLS[data.protocol]}, {per_seed} fold(s), {args.seeds} seed(s)",
        f"{data.target.counted}: {counts_text(data.class_counts())}",
    ]
    for setting in data.folds:
        counts = counts_text(data.class_counts(setting))
        lines.append(f"{setting}, first training part: {counts}")
    for key in ("without_emotion", "without_transcript", "without_split"):
        if data.counts.get(key):
            lines.append(f"{key.replace('_', ' ')}, left out: {data.counts[key]} rows")
    both = shared(data.frame, folds[0].train, folds[0].test, "sentence")
    if both and args.text_model is not None:
        lines.append(
            f"note: {len(both)} sentences are spoken on both sides of the first fold, so "
            "text features have seen them"
        )
    return wrapped(lines, width)


def _published_text(corpus: str, results: Mapping[str, pd.DataFrame]) -> str:
    """Results of the literature and this run's best; "" where none are known."""
    known = CORPORA[corpus].published
    if not known:
        return ""
    lines = [f"Published for {CORPORA[corpus].title} (UAR %):"]
    lines += [f"  {p.uar:.2f}  {p.modality}, {p.method} ({p.source})" for p in known]
    lines.append("This run, best of each table (mean over the classifiers):")
    for name, table in results.items():
        summary = summarize_comparison(table)
        means = summary[(summary["classifier"] == MEAN) & summary["score_percent"].notna()]
        if len(means):
            best = means.sort_values("score_percent").iloc[-1]
            lines.append(f"  {best['score_percent']:.2f}  {name}, {best['sampler']}")
    lines.append(WARNING)
    return "\n".join(lines)


def _save_benchmark(
    args: Any, data: Data, results: Mapping[str, pd.DataFrame], folder: Path
) -> Path:
    """``benchmark.json``: the settings, the corpus's content, and all summaries."""
    corpus = CORPORA[args.corpus]
    report = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "corpus": corpus.title,
        "manifest": data.counts,
        "rows": len(data.y),
        "protocol": data.protocol,
        "disjoint": list(args.disjoint),
        "imbalance": data.fractions,
        "seeds": list(range(args.seeds)),
        "versions": package_versions(),
        "settings": settings_of(args),
        "layer": data.layer,
        "tables": {name: records(summarize_comparison(t)) for name, t in results.items()},
        "published": [vars(p) for p in corpus.published],
        "published_warning": WARNING if corpus.published else "",
    }
    path = folder / REPORT
    write_json_file(path, report)
    return path
