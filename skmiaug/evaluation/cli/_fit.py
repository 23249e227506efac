"""``skmiaug fit``: search for the way to balance, and save the fitted pipeline."""

import argparse
import os
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmiaug.evaluation._labels import counts_text
from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._predict import save_model
from skmiaug.evaluation.cli._shared import check_output, line_width, read, show
from skmiaug.evaluation.comparison._folds import resolve_cv
from skmiaug.evaluation.comparison._methods import default_classifiers
from skmiaug.evaluation.features import Features
from skmiaug.model_selection import BalancingSearchCV

_ACOUSTIC = ("eGeMAPSv02", "ComParE_2016")


def run(args: argparse.Namespace) -> int:
    """Read, search, print, save."""
    target = check_output(args.output, overwrite=args.overwrite)
    if args.features is None:
        raise UsageError(
            "name a file of features, or a CSV table of recordings and --model."
        )
    try:
        extractor = None if args.model is None else _extractor_of(args.model, args.layer_of)
        features = read(args) if extractor is None else _recordings(args, extractor)
        search = _search(args, features)
        if not args.quiet:
            rows, columns = features.X.shape
            show(f"{features.name}: {rows} rows of {columns} features")
            show(f"rows per class: {counts_text(features.class_counts())}")
            show(f"note: {features.note}\n" if features.note else "")
        search.fit(features.X, features.y, groups=features.groups)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
    show(_table(search))
    show("\n" + textwrap.fill(search.verdict_, line_width()))
    save_model(
        target,
        {
            "search": search,
            "columns": features.columns,
            "options": {"x_key": args.x_key, "layer": args.layer},
            "extractor": extractor,
            "verdict": search.verdict_,
        },
    )
    if not args.quiet:
        show(f"\nwritten: {target}")
    return 0


def _extractor_of(model: str, layer: Any) -> Any:
    """An extractor of openSMILE's features, or of those of a speech model."""
    from skmiaug import AcousticFeatures, TransformerFeatures

    if model in _ACOUSTIC:
        return AcousticFeatures(model)
    # A folder is found from other working folders, too.
    source = os.path.abspath(model) if Path(model).is_dir() else model
    extractor = TransformerFeatures(source, layer=layer).fit()
    if extractor.modality_ != "audio":
        raise UsageError(
            f"--model expects a model of audio; {model!r} is a model of "
            f"{extractor.modality_}."
        )
    return extractor


def _recordings(args: argparse.Namespace, extractor: Any) -> Features:
    """Features of the audio files that a CSV table names, with its classes and speakers."""
    from skmiaug.datasets import Manifest

    path, target, speaker = args.features, args.target or "emotion", args.group or "speaker"
    manifest = Manifest.from_csv(path, args.audio_column, target, speaker)
    if manifest.frame["start"].notna().any():
        raise UsageError(
            f"{path}: parts of files (columns start and end) are not read here; cut the "
            "files first."
        )
    y = manifest.frame["emotion"].to_numpy(dtype=str)
    classes = sorted(set(y.tolist()))
    if len(classes) < 2:
        raise UsageError(
            f"{path}: expected at least 2 classes; all rows are {classes[0]!r}."
        )
    groups: Any = manifest.groups()
    if len(np.unique(groups)) in (1, len(groups)):
        groups = None  # one speaker, or none that is known to have two rows
    X = extractor.fit_transform(manifest.paths())
    return Features(X, y, groups, classes, path)


def _search(args: argparse.Namespace, features: Features) -> BalancingSearchCV:
    classifiers = {}
    width = features.X.shape[1]
    for name, given in default_classifiers(args.classifiers, n_features=width).items():
        estimator, grid = given, {}
        if isinstance(given, GridSearchCV):
            estimator, grid = given.estimator, given.param_grid
        pipeline = make_pipeline(StandardScaler(), estimator)
        step = pipeline.steps[-1][0]
        classifiers[name] = (pipeline, {f"{step}__{k}": v for k, v in grid.items()})
    cv = args.cv
    if cv == "logo":
        cv = resolve_cv(cv, features.y, features.groups)
    return BalancingSearchCV(
        classifiers,
        list(args.methods),
        scoring=args.scoring,
        cv=cv,
        n_jobs=args.n_jobs,
        random_state=args.seed,
    )


def _table(search: BalancingSearchCV) -> str:
    """A line for each method and classifier: its best setting, mean and deviation."""
    table = pd.DataFrame(search.cv_results_)
    lines = [f"{search.scoring}, mean ± standard deviation of {search.n_splits_} folds"]
    by_name: Any = table.groupby(["param_method", "param_estimator"], sort=False)
    for (method, classifier), own in by_name:
        best = own["mean_test_score"].fillna(-np.inf).idxmax()
        chosen = search.best_index_ in own.index
        line = own.loc[search.best_index_ if chosen else best]
        mean, spread = line["mean_test_score"], line["std_test_score"]
        text = f"{mean:.3f} ± {spread:.3f}" if np.isfinite(mean) else "failed"
        lines.append(f"{f'{method} ({classifier})':<44s} {text}" + "  chosen" * chosen)
    return "\n".join(lines)
