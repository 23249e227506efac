"""
Quickstart
==========

Skewed data, an augmenter, a pipeline, a score. The data are scikit-learn's handwritten
digits (8 × 8 pixels, so 64 features), since rows that are pictures can be looked at. Speech
features work the same way.
"""

# %%
# Skewed data
# -----------
# Half of the digits are kept whole for testing. In the other half 0 keeps all its rows and
# the others ever fewer: 9 is left with five.

import matplotlib.pyplot as plt
import numpy as np
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter
from skmiaug.evaluation import make_skewed

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
shares = [1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.05, 0.05]
X_train, y_train = make_skewed(X_train, y_train, shares, random_state=0)
print("rows of each digit:", np.bincount(y_train))

# %%
# Balance them
# ------------
# ``fit_resample`` returns the rows it was given, then the new ones.

augmenter = MIGANAugmenter(random_state=0)
X_balanced, y_balanced = augmenter.fit_resample(X_train, y_train)
print("after balancing:   ", np.bincount(y_balanced))
print("made:", augmenter.synthetic_mask_.sum(), "of", len(X_balanced))

# %%
# What the augmenter says of itself: how much its rows show of their class, in nats, by a
# classifier that saw real rows alone; and how it drew them.

print(
    f"mutual information {augmenter.mutual_information_:.2f} "
    f"of at most {augmenter.mutual_information_max_:.2f} nats"
)
print(
    f"spread {augmenter.bandwidth_}, network used at {augmenter.residual_scale_:.0%} "
    f"after {augmenter.best_iter_} of {augmenter.n_iter_} steps"
)

# %%
# In a pipeline
# -------------
# The pipeline is imbalanced-learn's. It resamples in ``fit`` and never in ``predict``, so
# that cross-validation, grid search and test rows stay honest.

plain = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
balanced = make_pipeline(
    StandardScaler(), MIGANAugmenter(random_state=0), LogisticRegression(C=0.1)
)
for name, model in [("as they are", plain), ("balanced", balanced)]:
    predicted = model.fit(X_train, y_train).predict(X_test)
    uar = balanced_accuracy_score(y_test, predicted)
    print(f"{name:12s} UAR {uar:.1%}")

# %%
# Look at the rows
# ----------------
# All five real rows of the digit 9 and as many made ones below them; then five of each for
# the digit 6. Made rows are blurred: they are draws around a mean, and pixels are not what
# the method is for. They are not copies of the real ones.


def show(panels, pictures, title):
    for panel, picture in zip(panels, pictures, strict=True):
        panel.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        panel.set_xticks([])
        panel.set_yticks([])
    panels[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=10)


figure, axes = plt.subplots(4, 5, figsize=(6.5, 5), layout="constrained")
for block, digit in enumerate([9, 6]):
    real = X_train[y_train == digit][:5]
    made = X_balanced[augmenter.synthetic_mask_ & (y_balanced == digit)][:5]
    show(axes[2 * block], real, f"{digit}, real")
    show(axes[2 * block + 1], made, f"{digit}, made")
figure.suptitle("Rows of two rare classes")
plt.show()
