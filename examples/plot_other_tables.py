"""
Tables that are not speech
==========================

Eight tables of 2 to 60 columns whose classes have other shapes than those of speech
embeddings: moons, rings around one centre, classes of several clusters, Gaussians of
different covariance, and scikit-learn's breast cancer. Half of the rows are for testing; of
the training rows the first class keeps all and the others 8 %. Three draws of each table,
several classifiers.

``noise="auto"`` chooses how samples are drawn: around real rows of their class, close to
them if classes wind around each other (moons, rings), or with Gaussian noise. About three
minutes on one core; ``SKMIAUG_EXAMPLES=short`` takes one draw.
"""

# %%
# The tables
# ----------
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, make_classification, make_moons
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedShuffleSplit

from skmiaug import MIGANAugmenter
from skmiaug.evaluation import (
    ImbalancedTrainingSplit,
    compare_samplers,
    default_classifiers,
    default_samplers,
)

N_DRAWS = 1 if os.environ.get("SKMIAUG_EXAMPLES") == "short" else 3


def rings(n_features, seed):
    """Three rings of radius 1, 2 and 3 in a random plane, noise in all other directions."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=3000)
    angle, radius = rng.uniform(0, 2 * np.pi, 3000), 1 + y + 0.25 * rng.normal(size=3000)
    X = 0.5 * rng.normal(size=(3000, n_features))
    X[:, 0], X[:, 1] = radius * np.cos(angle), radius * np.sin(angle)
    turn, _ = np.linalg.qr(rng.normal(size=(n_features, n_features)))
    return X @ turn, y


def different_gaussians(n_features, n_classes, seed):
    """Gaussian classes, each with a covariance and a mean of its own."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_classes), 1000)
    X = rng.normal(size=(len(y), n_features))
    for c in range(n_classes):
        mixing = rng.normal(size=(n_features, n_features)) / np.sqrt(n_features)
        mixing += np.diag(rng.gamma(1, 1, n_features))
        X[y == c] = X[y == c] @ mixing + 0.4 * rng.normal(size=n_features)
    return X, y


def clusters(n_features, n_informative, n_classes, seed):
    """Classes of three clusters each."""
    return make_classification(
        6000, n_features, n_informative=n_informative, n_redundant=n_informative // 2,
        n_classes=n_classes, n_clusters_per_class=3, class_sep=1.1, random_state=seed,
    )  # fmt: skip


tables = {
    "moons, 2": lambda seed: make_moons(3000, noise=0.2, random_state=seed),
    "rings, 2": lambda seed: rings(2, seed),
    "rings, 16": lambda seed: rings(16, seed),
    "clusters, 20": lambda seed: clusters(20, 6, 3, seed),
    "clusters, 47": lambda seed: clusters(47, 12, 4, seed),
    "Gaussians, 10": lambda seed: different_gaussians(10, 3, seed),
    "Gaussians, 60": lambda seed: different_gaussians(60, 2, seed),
    "breast cancer, 30": lambda seed: load_breast_cancer(return_X_y=True),
}

# %%
# The comparison
# --------------
# Scaling and resampling see only the imbalanced training half.
samplers = default_samplers(["none", "random", "SMOTE"])
samplers["MIGANAugmenter"] = MIGANAugmenter()
classifiers = {**default_classifiers(tune=False), "forest": RandomForestClassifier(100)}

parts = []
for name, make in tables.items():
    for seed in range(N_DRAWS):
        X, y = make(seed)
        fractions = [1.0] + [0.08] * (len(np.unique(y)) - 1)
        halves = StratifiedShuffleSplit(1, test_size=0.5, random_state=seed)
        cv = ImbalancedTrainingSplit(halves, fractions, min_rows=8, random_state=seed)
        results = compare_samplers(X, y, samplers, classifiers, cv=cv, random_state=seed)
        parts.append(results.assign(table=name, draw=seed))
results = pd.concat(parts)
uar = 100 * results.groupby(["table", "draw", "sampler"], sort=False)["uar"].mean()
means = uar.groupby(["table", "sampler"], sort=False).mean().unstack()
print(means.round(1))

# %%
# UAR, averaged over all classifiers; each line is the range over the draws.
low = uar.groupby(["table", "sampler"], sort=False).min().unstack()
high = uar.groupby(["table", "sampler"], sort=False).max().unstack()
figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
for k, (sampler, marker) in enumerate(zip(means.columns, "xs^o", strict=True)):
    place = np.arange(len(means)) + 0.16 * (k - 1.5)
    axes.vlines(place, low[sampler], high[sampler], color=f"C{k}", alpha=0.5)
    axes.plot(place, means[sampler], marker, color=f"C{k}", label=sampler)
axes.set_xticks(range(len(means)), means.index, rotation=25, ha="right")
axes.set_xlabel("table, number of columns")
axes.set_ylabel(f"UAR (%), mean of {len(classifiers)} classifiers")
axes.set_title(f"Mean and range over {N_DRAWS} draws" if N_DRAWS > 1 else "One draw")
axes.legend()
figure.savefig(Path(tempfile.gettempdir()) / "other_tables.png", dpi=120)
