"""
Saving, loading, stopping and continuing
========================================

A fitted augmenter is saved to one file, and reading it runs no code. A training that is
stopped continues where it was, bit for bit.
"""

# %%
# Save and load
# -------------

import tempfile
import threading
import time
from pathlib import Path
from signal import SIGINT, raise_signal

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification

import skmiaug

X, y = make_classification(
    n_samples=1200,
    n_features=40,
    n_informative=12,
    n_classes=3,
    weights=[0.75, 0.2],
    random_state=0,
)
folder = Path(tempfile.mkdtemp())

augmenter = skmiaug.MIGANAugmenter(random_state=0).fit(X, y)
skmiaug.save(augmenter, folder / "three_classes.skmiaug")
loaded = skmiaug.load(folder / "three_classes.skmiaug")
print(f"{(folder / 'three_classes.skmiaug').stat().st_size / 1000:.0f} kB:", loaded)

# %%
# Both give the same samples, bit for bit. ``sample`` takes a class, an array of classes, or
# nothing for the class shares of the training rows.

X_one, _ = augmenter.sample(500, y=2)
X_other, _ = loaded.sample(500, y=2)
print("the same rows:", np.array_equal(X_one, X_other))

# %%
# Stop and continue
# -----------------
# With ``checkpoint``, the state of training is written at each validation check (one each
# 25 steps). For this example, a thread sends Ctrl-C as soon as the file exists.
# ``max_iter`` asks for a network, which is not trained for rows alone by default, and
# ``n_iter_no_change`` is large, so that early stopping does not end the training.

settings = {"random_state": 0, "max_iter": 300, "n_iter_no_change": 100}
whole = skmiaug.MIGANAugmenter(**settings).fit(X, y)

checkpoint = folder / "run.ckpt"
stopped = skmiaug.MIGANAugmenter(**settings, checkpoint=checkpoint)


def press_ctrl_c():
    while not checkpoint.exists():
        time.sleep(0.01)
    raise_signal(SIGINT)


threading.Thread(target=press_ctrl_c, daemon=True).start()
try:
    stopped.fit(X, y)
except KeyboardInterrupt:
    print(f"stopped; {checkpoint.stat().st_size / 1e6:.1f} MB of state on disk")

# %%
# The same call continues from there. The file is then removed.

continued = skmiaug.MIGANAugmenter(**settings, checkpoint=checkpoint).fit(X, y)
print("steps:", continued.n_iter_, "checkpoint exists:", checkpoint.exists())
same = np.array_equal(whole.sample(500)[0], continued.sample(500)[0])
print("the same rows as from an uninterrupted training:", same)

# %%
# Curves of both
# --------------
# The continued training is drawn as rings on the line of the uninterrupted one. The weights
# with the best validation score are kept; if no step is better than the prior, the prior is
# kept.

steps = 25 * np.arange(1, len(whole.loss_curve_) + 1)
panels = [
    ("loss of the generator", "loss_curve_"),
    ("MI bound by Q in training (nats)", "train_mi_curve_"),
    ("validation score (nats)", "validation_scores_"),
]
figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained", sharex=True)
for axis, (label, attribute) in zip(axes, panels, strict=True):
    axis.plot(steps, getattr(whole, attribute), "-", color="black", label="uninterrupted")
    axis.plot(
        steps,
        getattr(continued, attribute),
        "o",
        mfc="none",
        mec="0.45",
        ms=6,
        label="stopped, continued",
    )
    axis.set_title(label, fontsize=10)
    axis.set_xlabel("training step")
    axis.spines[["top", "right"]].set_visible(False)
best = whole.best_iter_
axes[2].axvline(best, color="0.6", lw=0.8, ls="--")
axes[2].annotate(
    f"kept: step {best}" if best > 0 else "kept: the prior",
    (best, 0.03),
    xycoords=("data", "axes fraction"),
    xytext=(4, 0),
    textcoords="offset points",
    fontsize=9,
)
axes[0].legend(frameon=False, fontsize=9)
plt.show()
