"""
Does mutual information predict utility?
========================================

The papers claim that mutual information (MI) measures the quality of synthetic samples. If
so, generators whose samples have more MI should help a classifier more. This example trains
a grid of generators, λ (``mi_weight``) by the capacity of the networks, on speakers of
EmoDB, and measures for each of them the MI of its samples and the gain in UAR (unweighted
average recall) on held-out speakers. It prints the rank correlation of the two.

The data are Whisper features of EmoDB (535 acted clips, 10 speakers, 7 emotions), read from
the folder ``shared`` next to the repository. Takes a minute or two on two cores.
"""

# %%
# Three parts that share no rows
# ------------------------------
# In each fold one session (two speakers) is the test part. The generator is fitted to an
# imbalanced part of the other sessions, and the critic of the MI to the rows that are left
# out of this part. MI and gain are therefore measured on rows that the generator has not
# seen, and on different rows.

# Needs: ../shared/data/emodb_features.npz
import os
from itertools import product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import permutation_test, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter
from skmiaug.evaluation import ImbalancedTrainingSplit
from skmiaug.metrics import mutual_information_score

here = Path.cwd()
files = [p / "shared/data/emodb_features.npz" for p in (here, *here.parents)]
file = next((f for f in files if f.is_file()), None)
if file is None:
    raise SystemExit(
        "This example needs shared/data/emodb_features.npz next to the repository."
    )
data = np.load(file)
X = data["X_whisper_layers"][:, 3].astype(np.float32)
y, session = data["classes"][data["y"]], data["session"]

# Below 1 for the largest class too: the critic needs rows of each class.
shares = [0.75, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15]
splitter = ImbalancedTrainingSplit(LeaveOneGroupOut(), shares, random_state=0)
short = os.environ.get("SKMIAUG_EXAMPLES") == "short"
folds = list(splitter.split(X, y, session))[: 2 if short else 5]

# %%
# The grid
# --------
# The networks are always used (``validation_fraction=0``), with a low penalty on the
# residual. Otherwise poor networks would not be used, and all points would be those of the
# prior. For rows alone ``max_iter`` has to be given: by default no network is trained.

weights = [0.0, 1.0, 10.0]
widths = [16, 256] if short else [16, 64, 256]
max_iter = 25 if short else 75
grid = list(product(weights, widths))


def generator(weight, width):
    return MIGANAugmenter(
        mi_weight=weight,
        generator_hidden_layer_sizes=(width, width),
        critic_hidden_layer_sizes=(width, width),
        max_iter=max_iter,
        validation_fraction=0.0,
        residual_penalty=0.1,
        random_state=0,
    )


def uar(X_train, y_train, X_test, y_test):
    classifier = LogisticRegression(C=0.1, max_iter=200).fit(X_train, y_train)
    return 100 * balanced_accuracy_score(y_test, classifier.predict(X_test))


information = np.empty((len(folds), len(grid)))
gain = np.empty_like(information)
real_information = []
for i, (train, test) in enumerate(folds):
    left_over = np.setdiff1d(np.flatnonzero(session != session[test[0]]), train)
    scale = StandardScaler().fit(X[train])
    T, L, F = (scale.transform(X[rows]) for rows in (train, left_over, test))
    critic_rows = (L, y[left_over])
    without = uar(T, y[train], F, y[test])
    # The MI of real rows of unseen speakers, for reference.
    real = mutual_information_score(F, y[test], *critic_rows, n_permutations=0)
    real_information.append(real.estimate)
    for j, (weight, width) in enumerate(grid):
        augmenter = generator(weight, width).fit(T, y[train])
        # As many rows of each class as the test part has, so that H(c) is the same.
        X_new, y_new = augmenter.sample(len(test), y[test])
        found = mutual_information_score(X_new, y_new, *critic_rows, n_permutations=0)
        information[i, j] = found.estimate
        balanced = augmenter.fit_resample(T, y[train])
        gain[i, j] = uar(*balanced, F, y[test]) - without

# %%
# Result
# ------
# Rank correlation over the grid, where each generator is one point (its mean over the
# folds), with a permutation test; and within each fold, since folds differ in difficulty.
# The same for the absolute difference between the MI and that of real rows.


def rank_correlation(one, other):
    """Spearman's, and its p-value by permutations."""
    found = permutation_test(
        (one,),
        lambda values: spearmanr(values, other).statistic,
        permutation_type="pairings",
        n_resamples=9999,
        rng=np.random.default_rng(0),
    )
    return found.statistic, found.pvalue


means = information.mean(axis=0), gain.mean(axis=0)
rho, p_value = rank_correlation(*means)
real = float(np.mean(real_information))
rho_away, p_away = rank_correlation(np.abs(means[0] - real), means[1])
by_fold = [spearmanr(a, b).statistic for a, b in zip(information, gain, strict=True)]
print(f"{'λ':>5s} {'width':>6s} {'MI (nats)':>10s} {'UAR gain':>9s}")
for (weight, width), nats, points in zip(grid, *means, strict=True):
    print(f"{weight:5g} {width:6d} {nats:10.2f} {points:+9.1f}")
print(f"real rows of unseen speakers: {real:.2f} nats")
print(f"rank correlation over {len(grid)} generators: {rho:+.2f} (p = {p_value:.2g})")
print(f"of the distance from real rows' MI: {rho_away:+.2f} (p = {p_away:.2g})")
print("of MI, within the folds: " + ", ".join(f"{value:+.2f}" for value in by_fold))

# %%
# Interpretation
# --------------
# On these features, more information means less utility. Wide networks with a large λ move
# the classes apart until samples have more information about their class than real rows of
# unseen speakers (dashed line), and a classifier that is trained on such samples is worse
# on real rows. Narrow networks change little; with them λ only determines in which
# directions the class means of the prior are kept and in which they are shrunk. Use mutual
# information to check that samples have about as much of it as real rows, and not as a
# target. Choose by the score on held-out rows. Other data may give another result: run this
# on yours.
#
# Each point is a generator, with the standard error over the folds. Some points overlap.

markers = dict(zip(weights, ("o", "s", "D"), strict=True))
shades = dict(zip(widths, np.linspace(0.85, 0.0, len(widths)), strict=True))
error = [values.std(axis=0, ddof=1) / len(folds) ** 0.5 for values in (information, gain)]

figure, axes = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
for j, (weight, width) in enumerate(grid):
    axes.errorbar(
        means[0][j],
        means[1][j],
        xerr=error[0][j],
        yerr=error[1][j],
        fmt=markers[weight],
        ms=9,
        mec="black",
        mfc=str(shades[width]),
        ecolor="0.75",
        label=f"λ = {weight:g}, width {width}",
        zorder=3,
    )
axes.axvline(real, color="black", lw=1, ls="--")
axes.annotate(" real rows", (real, 1), xycoords=("data", "axes fraction"), va="top")
axes.set_xlabel("mutual information of samples, by a critic of real rows (nats)")
axes.set_ylabel("UAR gain on unseen speakers (points)")
axes.set_title(
    f"Imbalanced EmoDB, {len(folds)} folds: rank correlation {rho:+.2f}, p {p_value:.2g}",
    loc="left",
    fontsize=11,
)
axes.legend(fontsize=8.5, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
axes.spines[["top", "right"]].set_visible(False)
plt.show()
