"""
Choosing λ by a grid search
===========================

``mi_weight``, the papers' λ, weighs the mutual-information term. It is a parameter like any
other, so scikit-learn's ``GridSearchCV`` can choose it. The folds keep each speaker on one
side, and the sampler sees the training part of a fold only.

The data are Whisper features of EmoDB (10 speakers, 7 emotions), read from the folder
``shared`` beside the repository; where it is absent, scikit-learn's digits. The training
parts are made skewed. Takes some minutes on two cores.
"""

# %%
# Data
# ----

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from imblearn.pipeline import Pipeline
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter
from skmiaug.evaluation import SkewedTraining

here = Path.cwd()
files = [p / "shared/data/emodb_features.npz" for p in (here, *here.parents)]
file = next((f for f in files if f.is_file()), None)
if file is not None:
    name = "EmoDB, Whisper layer 3"
    data = np.load(file)
    X = data["X_whisper_layers"][:, 3].astype(np.float32)
    y, speaker = data["classes"][data["y"]], data["speaker"]
    shares = [1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15]
else:
    name = "digits, no speakers"
    X, y = load_digits(return_X_y=True)
    speaker = np.arange(len(y)) % 10  # stand-ins, so that the code is the same
    shares = [1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.04]
print(f"{name}: {X.shape[0]} rows, {X.shape[1]} features, {len(set(speaker))} groups")

# %%
# The search
# ----------
# 0 belongs into every such grid: it says what the term is worth. The folds are made once,
# as a list, so that all values are tested on the same ones.
#
# Two grids: as the augmenter is, where rows that it holds out of its training part decide
# how much of the network is used; and with the network used whatever they say.

short = os.environ.get("SKMIAUG_EXAMPLES") == "short"
weights = [0.0, 1.0, 10.0]
n_folds, max_iter = (3, 25) if short else (5, 75)
splitter = SkewedTraining(GroupKFold(n_folds), shares, random_state=0)
folds = list(splitter.split(X, y, speaker))

pipeline = Pipeline(
    [
        ("scale", StandardScaler()),
        ("aug", MIGANAugmenter(max_iter=max_iter, random_state=0)),
        ("clf", LogisticRegression(C=0.1, max_iter=200)),
    ]
)
grids = [
    {"aug__mi_weight": weights},
    {
        "aug__mi_weight": weights,
        "aug__validation_fraction": [0.0],
        "aug__residual_penalty": [0.1],
    },
]
search = GridSearchCV(pipeline, grids, cv=folds, scoring="balanced_accuracy")
search.fit(X, y)
print("best:", search.best_params_)

# %%
# The validation curves
# ---------------------
# A grey line is one fold, the diamonds are the mean. Where the mean moves by less than the
# folds differ, the choice does not matter, and the winner of the search is a draw of lots.
#
# On these features the curve on the left is all but flat: in the folds the network did not
# beat the Gaussian it starts from, and λ, up to 1, only says where the means of that are
# kept and where they are shrunken. It takes more folds, seeds and classifiers to see what
# that is worth (docs/choosing_lambda.md). On the right the network is used always, λ is
# felt, and more of it is worse: classes are moved further apart than they are for new
# speakers.

results = search.cv_results_
by_fold = 100 * np.array([results[f"split{k}_test_score"] for k in range(n_folds)])
left, right = by_fold[:, : len(weights)], by_fold[:, len(weights) :]
place = np.arange(len(weights))

figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True, layout="constrained")
titles = ["held-out rows decide (default)", "network used always"]
for axis, scores, title in zip(axes, [left, right], titles, strict=True):
    axis.plot(place, scores.T, "-o", color="0.65", lw=0.8, ms=3, mfc="white")
    axis.plot(place, scores.mean(axis=0), "-D", color="black", ms=6)
    for x, mean in zip(place, scores.mean(axis=0), strict=True):
        axis.annotate(
            f"{mean:.1f}",
            (x, mean),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
            bbox={"fc": "white", "ec": "none", "pad": 1, "alpha": 0.7},
        )
    axis.set_xlim(-0.4, len(weights) - 0.6)
    axis.set_xticks(place, [f"{w:g}" for w in weights])
    axis.set_xlabel("mi_weight (λ)")
    axis.set_title(title, fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("UAR on held-out speakers (%)")
figure.suptitle(f"{name}: {n_folds} folds (grey) and their mean")
plt.show()
