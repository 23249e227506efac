"""
Comparison with strong baselines on real speech features
========================================================

A sampler has to beat the methods that cost nothing. This example compares
:class:`~skmiaug.MIGANAugmenter` with no resampling, class weights, tuned thresholds and
SMOTE, with the same classifier, on held-out speakers.

The data are Whisper features of EmoDB (Berlin Database of Emotional Speech), read from the
folder ``shared`` next to the repository; if it is absent, scikit-learn's digits are used.
The training parts are made imbalanced, the test parts stay whole. Takes about a minute on
two cores.
"""

# %%
# Data and folds
# --------------

import os
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter
from skmiaug.evaluation import ImbalancedTrainingSplit
from skmiaug.metrics import corrected_repeated_ttest
from skmiaug.model_selection import ThresholdTunedClassifier

here = Path.cwd()
files = [p / "shared/data/emodb_features.npz" for p in (here, *here.parents)]
file = next((f for f in files if f.is_file()), None)
if file is not None:
    name = "EmoDB made imbalanced, Whisper layer 3"
    data = np.load(file)
    X = data["X_whisper_layers"][:, 3].astype(np.float32)
    y, groups = data["classes"][data["y"]], data["session"]
    shares = [1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15]
else:
    name = "digits made imbalanced"
    X, y = load_digits(return_X_y=True)
    groups = np.arange(len(y)) % 5
    shares = [1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.04]

seeds = range(1 if os.environ.get("SKMIAUG_EXAMPLES") == "short" else 2)
folds = [
    fold
    for seed in seeds
    for fold in ImbalancedTrainingSplit(
        LeaveOneGroupOut(), shares, random_state=seed
    ).split(X, y, groups)
]
rows = np.unique(y[folds[0][0]], return_counts=True)[1]
print(f"{name}: rows of each class in the first training part: {rows}")

# %%
# The comparison
# --------------
# All methods use the same folds. ``ThresholdTunedClassifier`` tunes a threshold for each
# class by cross-validation on the training part. The p-values are those of a corrected
# t-test.

logistic = LogisticRegression(C=0.1, max_iter=200)
weighted = LogisticRegression(C=0.1, max_iter=200, class_weight="balanced")
scale = StandardScaler()


def methods(seed):
    augment = MIGANAugmenter(random_state=seed)
    twice = MIGANAugmenter(expansion=2, random_state=seed)
    return {
        "no resampling": make_pipeline(scale, logistic),
        "class weights": make_pipeline(scale, weighted),
        "tuned thresholds": make_pipeline(
            scale, ThresholdTunedClassifier(logistic, random_state=0)
        ),
        "SMOTE": make_pipeline(scale, SMOTE(k_neighbors=3, random_state=seed), logistic),
        "MIGANAugmenter": make_pipeline(scale, augment, logistic),
        "with expansion=2": make_pipeline(scale, twice, logistic),
    }


names = list(methods(0))
uar = np.empty((len(folds), len(names)))
seconds = np.empty_like(uar)
for i, (train, test) in enumerate(folds):
    for j, model in enumerate(methods(seed=i).values()):
        start = time.perf_counter()
        model.fit(X[train], y[train])
        seconds[i, j] = time.perf_counter() - start
        uar[i, j] = balanced_accuracy_score(y[test], model.predict(X[test]))

train_rows = np.mean([len(train) for train, _ in folds])
test_rows = np.mean([len(test) for _, test in folds])
ours = names.index("MIGANAugmenter")
print(f"{'':17s}  UAR %     SD   fit s   MIGANAugmenter less this, p")
for j, method in enumerate(names):
    line = f"{method:17s} {100 * uar[:, j].mean():6.1f} {100 * uar[:, j].std(ddof=1):6.1f}"
    line += f" {seconds[:, j].mean():7.2f}"
    if j != ours:
        difference = uar[:, ours] - uar[:, j]
        test = corrected_repeated_ttest(difference, n_train=train_rows, n_test=test_rows)
        line += f"   {100 * difference.mean():+5.1f}, p = {test.p_value:.2g}"
    print(line)

# %%
# Each ring is one fold of one seed; the diamond is the mean, printed on the right.

figure, axes = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
for j in range(len(names)):
    values = 100 * uar[:, j]
    below = j + np.linspace(0.1, 0.36, len(values))
    axes.plot(values, below, "o", ms=4, mfc="none", mec="0.5", mew=0.8)
    axes.plot(values.mean(), j - 0.1, "D", color="black", ms=6)
    axes.annotate(
        f"{values.mean():.1f}",
        (1.01, j),
        xycoords=("axes fraction", "data"),
        va="center",
        fontweight="bold",
    )
axes.set_yticks(range(len(names)), names)
axes.set_ylim(len(names) - 0.4, -0.5)
axes.set_xlabel("UAR on held-out speakers (%)")
axes.set_title(f"{name}: logistic regression, {len(folds)} folds", loc="left")
axes.grid(axis="x", color="0.9")
axes.set_axisbelow(True)
axes.tick_params(axis="y", length=0)
axes.spines[["top", "right", "left"]].set_visible(False)
plt.show()
