"""What a benchmark prints and writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from skmiaug.datasets._splitters import shared
from skmiaug.evaluation._labels import counts_text, wrapped
from skmiaug.evaluation.benchmark._corpora import CORPORA
from skmiaug.evaluation.benchmark._data import PROTOCOLS, Data
from skmiaug.evaluation.comparison._output import (
    package_versions,
    records,
    save_comparison,
    settings_of,
)
from skmiaug.evaluation.comparison._summary import MEAN, summarize_comparison
from skmiaug.evaluation.comparison._text import format_comparison, verdict
from skmiaug.utils.files._untrusted import write_json_file

REPORT = "benchmark.json"
FORMAT, FORMAT_VERSION = "skmiaug-benchmark", 1
WARNING = (
    "Encoders, folds and tuning differ between publications and from this run: for "
    "orientation, not a comparison of like with like."
)


def describe(args: Any, data: Data, width: int) -> str:
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


def table_text(title: str, results: pd.DataFrame, width: int) -> str:
    """The table of one modality and setting, and how the augmenter compares."""
    lines = [title, "=" * len(title), format_comparison(results, width=width)]
    found = wrapped(verdict(results), width)
    return "\n".join([*lines, "", found] if found else lines)


def published_text(corpus: str, results: Mapping[str, pd.DataFrame]) -> str:
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


def save_part(
    results: pd.DataFrame, folder: Path, title: str, args: Any, data: Data, setting: str
) -> list[Path]:
    """Table, JSON and plot of one modality and setting."""
    own = {
        "protocol": data.protocol,
        "imbalance": data.fractions[setting],
        "training_counts_of_first_fold": data.class_counts(setting),
    }
    return save_comparison(
        results,
        folder,
        title=title,
        class_counts=data.class_counts(),
        settings=settings_of(args) | own,
        overwrite=args.overwrite,
    )


def save_benchmark(
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
