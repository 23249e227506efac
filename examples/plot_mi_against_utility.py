"""
Does mutual information predict use?
====================================

The papers' claim is that mutual information (MI) measures the quality of generated rows.
If so, generators whose rows have more of it should help a classifier more. Here a grid of
generators is trained, λ (``mi_weight``) by the capacity of the networks, on speakers of
EmoDB; for each of them the MI of its rows is measured, and the gain in UAR (unweighted
average recall) on speakers that were not trained on. The rank correlation of the two is
printed whichever way it comes out.

The data are Whisper features of EmoDB (535 acted clips, 10 speakers, 7 emotions), read from
the folder ``shared`` beside the repository. Takes a minute or two on two cores.
"""

# %%
# Three parts that share no rows
# ------------------------------
# In each fold one session (two speakers) is the test part, whole. Of the others, the
# generator gets a skewed part; the critic of the MI is fitted to the rows that the skew
# leaves over. So neither the MI nor the gain is measured with rows that the generator
# knows, nor one with rows of the other.

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
from skmiaug.evaluation import SkewedTraining
from skmiaug.metrics import mutual_information_score

here = Path.cwd()
files = [p / "shared/data/emodb_features.npz" for p in (here, *here.parents)]
file = next((f for f in files if f.is_file()), None)
if file is None:
    raise SystemExit(
        "This example needs shared/data/emodb_features.npz beside the repository."
    )
data = np.load(file)
X = data["X_whisper_layers"][:, 3].astype(np.float32)
y, session = data["classes"][data["y"]], data["session"]

# Below 1 for the largest class too: some of it has to be left over.
shares = [0.75, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15]
splitter = SkewedTraining(LeaveOneGroupOut(), shares, random_state=0)
short = os.environ.get("SKMIAUG_EXAMPLES") == "short"
folds = list(splitter.split(X, y, session))[: 2 if short else 5]

# %%
# The grid
# --------
# The networks are used whatever rows held out of their training say
# (``validation_fraction=0``), and on a long leash. By default, poor ones would be left out
# in favour of the Gaussian that they start from, and all points would be one.

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
    # What real rows of unseen speakers give: no more is to be wished for.
    real = mutual_information_score(F, y[test], *critic_rows, n_permutations=0)
    real_information.append(real.estimate)
    for j, (weight, width) in enumerate(grid):
        augmenter = generator(weight, width).fit(T, y[train])
        # As many rows of each class as the test part has, so that H(c) is the same.
        made, made_for = augmenter.sample(len(test), y[test])
        found = mutual_information_score(made, made_for, *critic_rows, n_permutations=0)
        information[i, j] = found.estimate
        balanced = augmenter.fit_resample(T, y[train])
        gain[i, j] = uar(*balanced, F, y[test]) - without

# %%
# The answer
# ----------
# Over the grid, each generator being one point (its mean over the folds), with a
# permutation test; and within each fold by itself, since folds differ in difficulty. The
# same for how far the MI is from that of real rows, to either side.


def rank_correlation(one, other):
    """Spearman's, and its p-value from shuffles."""
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
# How to read it
# --------------
# On these features more information is less use. Wide networks under a large λ move the
# classes apart until made rows show their class more plainly than real rows of unseen
# speakers do (dashed line), and a classifier that learnt from such rows is not prepared for
# real ones. Narrow networks change little; there λ only decides where the class means of
# the start are kept and where they are shrunken.
# So use mutual information as a check, whether made rows have about as much of it as real
# ones, and not as a target. Choose by the score on held-out rows. Other data may well
# answer otherwise: run this on yours.
#
# One point is a generator, its bars the standard error over the folds. A few points lie on
# each other.

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
axes.set_xlabel("mutual information of made rows by a critic of real ones (nats)")
axes.set_ylabel("UAR gain on unseen speakers (points)")
axes.set_title(
    f"EmoDB made skewed, {len(folds)} folds: rank correlation {rho:+.2f}, p {p_value:.2g}",
    loc="left",
    fontsize=11,
)
axes.legend(fontsize=8.5, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
axes.spines[["top", "right"]].set_visible(False)
plt.show()
