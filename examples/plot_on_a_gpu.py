"""
On a GPU, or on what there is
=============================

``device="auto"``, the default, takes a CUDA device if torch finds one and the CPU if not.
This example runs on both, prints which, and shows how the rate of training depends on
``batch_size``: a GPU wants large batches, and networks of this size are soon too small for
it.
"""

# %%
# Which device
# ------------

import os
import pickle
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from skmiaug import MIGANAugmenter

rng = np.random.default_rng(0)
y = np.repeat(["neutral", "happy", "sad", "angry"], [3000, 600, 300, 100])
centre = {name: rng.normal(size=256) * 0.4 for name in np.unique(y)}
X = rng.normal(size=(len(y), 256)) + np.array([centre[name] for name in y])
X = X.astype(np.float32)

augmenter = MIGANAugmenter(device="auto", max_iter=50, random_state=0).fit(X, y)
on_gpu = augmenter.device_.startswith("cuda")
device = torch.cuda.get_device_name(augmenter.device_) if on_gpu else "the CPU"
print(f"device_ is {augmenter.device_!r}: {device}")

# %%
# Whatever it was trained on, the fitted state is on the CPU. It can be pickled here and
# loaded where there is no GPU; ``device="auto"`` samples there as well.

copy = pickle.loads(pickle.dumps(augmenter))
X_made, y_made = copy.sample(8, y="angry")
print(X_made.shape, X_made.dtype, y_made[0])

# %%
# How fast, at which batch size
# -----------------------------
# The time of the steps, from the difference of two fits, so that what happens once (the
# covariance, the choice of the spread) is left out.


def seconds(n_steps, batch_size, device):
    model = MIGANAugmenter(
        max_iter=n_steps,
        n_iter_no_change=1000,
        batch_size=batch_size,
        device=device,
        bandwidth=1.0,
        random_state=0,
    )
    start = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - start


n_steps = 20 if os.environ.get("SKMIAUG_EXAMPLES") == "short" else 50
sizes = [64, 256, 1024]
devices = ["cpu", "cuda"] if on_gpu else ["cpu"]
rates = {}
for kind in devices:
    rates[kind] = []
    for size in sizes:
        once = seconds(1, size, kind)
        taken = max(seconds(1 + n_steps, size, kind) - once, 1e-3)
        rates[kind].append(n_steps * size / taken)
        print(f"{kind:5s} batch_size {size:5d}: {rates[kind][-1]:9.0f} rows a second")

# %%
# Rows that training passes through in a second. Timings of a busy machine jump; repeat them
# before you believe them.

figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for kind, style in zip(devices, ["-o", "--s"], strict=False):
    label = "CPU" if kind == "cpu" else device
    axes.plot(sizes, rates[kind], style, color="black", mfc="white", label=label)
axes.set_xscale("log", base=2)
axes.set_yscale("log")
axes.set_xticks(sizes, [str(size) for size in sizes])
shown = [rate for kind in devices for rate in rates[kind]]
axes.set_ylim(min(shown) / 2, 2 * max(shown))
axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
axes.yaxis.set_minor_locator(NullLocator())
axes.set_xlabel("batch_size (rows)")
axes.set_ylabel("rows a second in training")
axes.set_title(f"{X.shape[0]:,} rows of {X.shape[1]} features, four classes")
axes.grid(color="0.9")
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
plt.show()
