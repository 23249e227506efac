"""
Quickstart
==========

Imbalanced data, an augmenter, a pipeline, a score. The data are scikit-learn's handwritten
digits (8 × 8 pixels, so 64 features), because samples of images can be looked at. Speech
features work in the same way.
"""

# %%
# Imbalanced data
# ---------------
# Half of the digits are for testing. In the other half, 0 keeps all its rows and the other
# digits fewer and fewer: only five rows of 9 are left.

import matplotlib.pyplot as plt
import numpy as np
from imblearn.datasets import make_imbalance
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skmiaug import GaussianAugmenter

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
counts = dict(enumerate([89, 45, 27, 18, 14, 9, 7, 5, 5, 5]))
X_train, y_train = make_imbalance(
    X_train, y_train, sampling_strategy=counts, random_state=0
)
print("rows of each digit:", np.bincount(y_train))

# %%
# Balance them
# ------------
# ``fit_resample`` returns the given rows, followed by the synthetic samples.

augmenter = GaussianAugmenter(random_state=0)
X_balanced, y_balanced = augmenter.fit_resample(X_train, y_train)
print("after balancing:   ", np.bincount(y_balanced))
print("synthetic:         ", augmenter.synthetic_mask_.sum(), "of", len(X_balanced))

# %%
# Its attributes: the information of the samples about their class, in nats, by a classifier
# that was fitted to real rows alone; and the noise around the class means, which was chosen
# on left-out rows.

print(
    f"mutual information {augmenter.mutual_information_:.2f} "
    f"of at most {augmenter.mutual_information_max_:.2f} nats"
)
print(f"noise {augmenter.noise_}, bandwidth {augmenter.bandwidth_:.2f}")

# %%
# In a pipeline
# -------------
# The pipeline is imbalanced-learn's. It resamples in ``fit`` and never in ``predict``, so
# that test rows in cross-validation and grid search are real.

plain = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
balanced = make_pipeline(
    StandardScaler(), GaussianAugmenter(random_state=0), LogisticRegression(C=0.1)
)
for name, model in [("no resampling", plain), ("balanced", balanced)]:
    predicted = model.fit(X_train, y_train).predict(X_test)
    uar = balanced_accuracy_score(y_test, predicted)
    print(f"{name:13s} UAR {uar:.1%}")

# %%
# Look at the samples
# -------------------
# All five real rows of the digit 9 and as many samples below them; then five of each for
# the digit 6. Samples are blurred: they are drawn around a mean, and the method is not
# meant for pixels. They do not repeat real rows.


def show(panels, pictures, title):
    for panel, picture in zip(panels, pictures, strict=True):
        panel.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        panel.set_xticks([])
        panel.set_yticks([])
    panels[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=10)


figure, axes = plt.subplots(4, 5, figsize=(6.5, 5), layout="constrained")
for block, digit in enumerate([9, 6]):
    real = X_train[y_train == digit][:5]
    samples = X_balanced[augmenter.synthetic_mask_ & (y_balanced == digit)][:5]
    show(axes[2 * block], real, f"{digit}, real")
    show(axes[2 * block + 1], samples, f"{digit}, synthetic")
figure.suptitle("Two rare classes")
plt.show()
