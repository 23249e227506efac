"""``skmiaug fit``: search for the way to balance, and save the fitted pipeline."""

import argparse
import textwrap
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmiaug.evaluation._labels import counts_text
from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._recordings import extractor_of, read_recordings
from skmiaug.evaluation.cli._saved_model import save_model
from skmiaug.evaluation.cli._shared import check_output, line_width, read, show
from skmiaug.evaluation.comparison._folds import resolve_cv
from skmiaug.evaluation.comparison._methods import default_classifiers
from skmiaug.evaluation.features import Features
from skmiaug.model_selection import BalancingSearchCV


def run(args: argparse.Namespace) -> int:
    """Read, search, print, save."""
    target = check_output(args.output, overwrite=args.overwrite)
    if args.features is None:
        raise UsageError(
            "name a file of features, or a CSV table of recordings and --model."
        )
    try:
        extractor = None if args.model is None else extractor_of(args.model, args.layer_of)
        features = _features(args, extractor)
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


def _features(args: argparse.Namespace, extractor: Any) -> Features:
    if extractor is None:
        return read(args)
    return read_recordings(
        args.features,
        extractor,
        audio=args.audio_column,
        target=args.target or "emotion",
        speaker=args.group,
    )


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
    return BalancingSearchCV(
        classifiers,
        list(args.methods),
        scoring=args.scoring,
        cv=resolve_cv(args.cv, features.y, features.groups)
        if args.cv == "logo"
        else args.cv,
        n_jobs=args.n_jobs,
        random_state=args.seed,
    )


def _table(search: BalancingSearchCV) -> str:
    """A line for each method and classifier: its best setting, mean and deviation."""
    results = search.cv_results_
    names = [
        f"{method} ({classifier})"
        for method, classifier in zip(
            results["param_method"], results["param_estimator"], strict=True
        )
    ]
    means, spreads = results["mean_test_score"], results["std_test_score"]
    lines = [f"{search.scoring}, mean ± standard deviation of {search.n_splits_} folds"]
    for name in dict.fromkeys(names):
        own = [i for i, other in enumerate(names) if other == name]
        scored = [i for i in own if np.isfinite(means[i])]
        best = max(scored, key=lambda i: means[i]) if scored else own[0]
        if search.best_index_ in own:
            best = search.best_index_
        mark = "  chosen" if best == search.best_index_ else ""
        text = f"{means[best]:.3f} ± {spreads[best]:.3f}" if scored else "failed"
        lines.append(f"{name:<44s} {text}{mark}")
    return "\n".join(lines)
