"""Shared data of the evaluation tests."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skmiaug.evaluation.comparison._methods import SCORES

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def imbalanced():
    """Three overlapping classes of 60, 30 and 12 rows; X, y."""
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [60, 30, 12])
    centres = {"a": 0.0, "b": 1.0, "c": 2.0}
    X = rng.normal(size=(len(y), 6)) + np.array([centres[label] for label in y])[:, None]
    return X, y


@pytest.fixture
def emodb():
    """Path of the EmoDB features; skips where the data are not there."""
    path = DATA / "emodb_features.npz"
    if not path.exists():
        pytest.skip(f"the project's data are not at {path}")
    return path


@pytest.fixture
def results():
    """A made-up result table with round figures: 2 seeds of 2 folds."""
    uar = {
        ("none", "lr"): [0.50, 0.60, 0.50, 0.60],
        ("none", "svm"): [0.30, 0.40, 0.30, 0.40],
        ("SMOTE", "lr"): [0.70, 0.80, 0.75, 0.75],
        ("SMOTE", "svm"): [0.50, np.nan, 0.60, 0.40],
        ("broken", "lr"): [np.nan] * 4,
        ("broken", "svm"): [np.nan] * 4,
    }
    rows = []
    for i, (seed, fold) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        for (sampler, classifier), values in uar.items():
            ok = np.isfinite(values[i])
            made = sampler != "broken"
            rows.append(
                {
                    "sampler": sampler,
                    "classifier": classifier,
                    "seed": seed,
                    "fold": fold,
                    **dict.fromkeys(SCORES, np.nan),
                    "uar": values[i],
                    "recalls": {"a": values[i], "b": values[i]} if ok else None,
                    "confusion": [[3, 1], [0, 4]] if ok else None,
                    "resample_seconds": (0.0 if sampler == "none" else 1.0)
                    if made
                    else np.nan,
                    "fit_seconds": 0.5 if made else np.nan,
                    "converged": True,
                    "n_train": 80,
                    "n_train_resampled": 160 if made else None,
                    "n_test": 20,
                    "status": "ok" if ok else "failed",
                    "message": "" if ok else f"{sampler}: it broke",
                }
            )
    return pd.DataFrame(rows).astype({"n_train_resampled": "Int64"})
