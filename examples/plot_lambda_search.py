"""
Choosing λ by a grid search
===========================

``mi_weight``, the λ of the papers, is the weight of the mutual-information term. It is a
parameter like any other, so that scikit-learn's ``GridSearchCV`` can choose it. The folds
keep speakers whole, and the sampler sees only the training part of a fold.

The data are Whisper features of EmoDB (10 speakers, 7 emotions), read from the folder
``shared`` next to the repository; if it is absent, scikit-learn's digits are used.
The training parts are made imbalanced. Takes some minutes on two cores.
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
from skmiaug.evaluation import ImbalancedTrainingSplit

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
    speaker = np.arange(len(y)) % 10  # in place of speakers
    shares = [1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.04]
print(f"{name}: {X.shape[0]} rows, {X.shape[1]} features, {len(set(speaker))} groups")

# %%
# The search
# ----------
# Include 0 in every such grid, to see the contribution of the term. The folds are a list,
# so that all values are tested on the same ones.
#
# A network is trained for rows alone only where ``max_iter`` asks for it. There are two
# grids: one where held-out rows of the training part decide how much of the residual is
# used (the default), and one where the whole residual is always used.

short = os.environ.get("SKMIAUG_EXAMPLES") == "short"
weights = [0.0, 1.0, 10.0]
n_folds, max_iter = (3, 25) if short else (5, 75)
splitter = ImbalancedTrainingSplit(GroupKFold(n_folds), shares, random_state=0)
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
# A grey line is one fold, the diamonds are the mean. If the mean changes by less than the
# folds differ, the choice does not matter, and the best value is the best by chance.
#
# On these features the curve on the left is nearly flat: the residual did not improve on
# the prior, and λ, up to 1, only changes in which directions the class means are kept and
# in which they are shrunk. More folds, seeds and classifiers are needed to see that gain
# (docs/choosing_lambda.md). On the right the residual is always used, and λ = 10 is
# far worse: classes are moved further apart than they are for new speakers.

results = search.cv_results_
by_fold = 100 * np.array([results[f"split{k}_test_score"] for k in range(n_folds)])
left, right = by_fold[:, : len(weights)], by_fold[:, len(weights) :]
place = np.arange(len(weights))

figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True, layout="constrained")
titles = ["validation score decides (default)", "residual always used"]
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
