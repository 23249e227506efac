"""
Votes, attributes, several labels
=================================

Emotion corpora rarely have one true class for each row. Several raters vote, attributes
such as activation are rated on a scale, and several emotions can be present at once.
``target_type`` tells an augmenter which of them ``y`` holds. The data of this example are
simulated, so that the true shares are known.
"""

# %%
# Votes of five raters
# --------------------
# Four emotions, two of them rare. Each row has true shares, and five raters vote by them.
# Where no emotion has more votes than every other, a row has no hard label at all.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.pipeline import make_pipeline
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, recall_score
from sklearn.multiclass import OneVsRestClassifier

from skmiaug import GaussianAugmenter
from skmiaug.metrics import jensen_shannon_distance, mean_absolute_error_by_band
from skmiaug.model_selection import SoftLabelClassifier

EMOTIONS = ["anger", "fear", "joy", "neutral"]
rng = np.random.default_rng(0)
directions = 1.2 * rng.normal(size=(4, 80))


def rated(n, prior):
    """Rows, and the true shares of four emotions."""
    shares = softmax(1.5 * rng.normal(size=(n, 4)) + np.log(prior), axis=1)
    return shares @ directions + 2 * rng.normal(size=(n, 80)), shares


X, shares = rated(400, [0.04, 0.03, 0.3, 0.63])
X_test, true = rated(2000, [0.25, 0.25, 0.25, 0.25])
votes = pd.DataFrame(rng.multinomial(5, shares), columns=EMOTIONS)
clear = votes.eq(votes.max(axis=1), axis=0).sum(axis=1) == 1
print(f"{(~clear).sum()} of {len(votes)} rows have no class with most votes")

# %%
# The augmenter balances the votes of the classes. A new row has votes too, drawn around
# those of a real row. ``SoftLabelClassifier`` fits any classifier with sample weights to
# votes, and its ``predict_proba`` predicts shares.

model = LogisticRegression(C=0.01, max_iter=500)
augmenter = GaussianAugmenter(target_type="distribution", random_state=0)
models = {
    "hard labels": clone(model).fit(X[clear], votes[clear].idxmax(axis=1)),
    "votes": SoftLabelClassifier(model).fit(X, votes),
    "votes, balanced": make_pipeline(augmenter, SoftLabelClassifier(model)).fit(X, votes),
}
recalls = {}
for name, fitted in models.items():
    predicted = fitted.predict_proba(X_test)
    recalls[name] = recall_score(
        true.argmax(axis=1), predicted.argmax(axis=1), average=None
    )
    distance = jensen_shannon_distance(true, predicted)
    print(f"{name:16s} UAR {recalls[name].mean():.1%}, Jensen-Shannon {distance:.3f}")

# %%
# An attribute with rare extremes
# -------------------------------
# Activation from 1 to 7 depends on the rows, and most of it is near 4. With
# ``target_type="continuous"`` samples fill up what is rare. Regression to the mean, errors
# that are largest at the extremes, becomes smaller.

slope = rng.normal(size=80) / 5


def activated(n, spread):
    activation = np.clip(rng.normal(4, spread, size=n), 1, 7)
    return np.outer(activation - 4, slope) + rng.normal(size=(n, 80)), activation


X, activation = activated(300, 0.7)
X_test, true_activation = activated(2000, 2)
augmenter = GaussianAugmenter(target_type="continuous", random_state=0)
X_balanced, activation_balanced = augmenter.fit_resample(X, activation)
edges = [2, 3, 5, 6]
errors = {}
for name, rows in {
    "as it is": (X, activation),
    "balanced": (X_balanced, activation_balanced),
}.items():
    predicted = Ridge(alpha=100).fit(*rows).predict(X_test)
    errors[name] = mean_absolute_error_by_band(true_activation, predicted, edges)
    print(f"{name:10s} mean absolute error by band: {errors[name].round(2)}")

# %%
# Samples for a range of the attribute can be asked for by name or number.

X_high, high = augmenter.sample(100, y={0: (5.5, 6)})
print(f"100 samples of activation {high.min():.2f} to {high.max():.2f}")

# %%
# Several labels at once
# ----------------------
# Any of three emotions is present or absent; fear is rare and comes with surprise. New rows
# take the label sets of real rows, so that labels occur together as they do in the data.

LABELS = ["joy", "surprise", "fear"]


def labelled(n, rare):
    joy = rng.random(n) < 0.5
    fear = rng.random(n) < rare
    surprise = np.where(fear, rng.random(n) < 0.8, rng.random(n) < 0.3)
    labels = pd.DataFrame(
        np.column_stack([joy, surprise, fear]).astype(int), columns=LABELS
    )
    return labels.to_numpy() @ directions[:3] / 3 + 2 * rng.normal(size=(n, 80)), labels


X, labels = labelled(300, 0.04)
X_test, true_labels = labelled(2000, 0.2)
augmenter = GaussianAugmenter(target_type="multilabel", random_state=0)
X_balanced, labels_balanced = augmenter.fit_resample(X, labels)
print(pd.DataFrame({"before": labels.sum(), "after": labels_balanced.sum()}))
for name, rows in {
    "as they are": (X, labels),
    "balanced": (X_balanced, labels_balanced),
}.items():
    scores = OneVsRestClassifier(model).fit(*rows).predict_proba(X_test)
    precision = average_precision_score(true_labels, scores, average=None)
    print(f"{name:12s} average precision of {LABELS}: {precision.round(2)}")

# %%
# What balancing changes
# ----------------------

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
places = np.arange(4)
for k, (name, hatch) in enumerate(zip(recalls, ["", "//", "xx"], strict=True)):
    left.bar(
        places + 0.27 * (k - 1), recalls[name], 0.25, label=name, hatch=hatch, ec="white"
    )
left.set_xticks(places, EMOTIONS)
left.set_ylabel("recall")
left.set_ylim(0, 1.25)
left.legend(ncols=3, fontsize=8, loc="upper center")
left.set_title("Votes")
bands = ["1 to 2", "2 to 3", "3 to 5", "5 to 6", "6 to 7"]
for (name, error), style in zip(errors.items(), ["o--", "s-"], strict=True):
    right.plot(bands, error, style, label=name)
right.set_xlabel("true activation")
right.set_ylabel("mean absolute error")
right.set_ylim(0)
right.legend()
right.set_title("An attribute with rare extremes")
plt.show()
