"""
On a GPU
========

``device="auto"``, the default, uses a CUDA device if torch finds one and the CPU otherwise.
For rows alone networks are trained only where ``max_iter`` is given, as here.
This example runs on both, prints the device, and shows how the speed of training depends on
``batch_size``: a GPU needs large batches, and small networks do not use all of it.
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
# The fitted state is always on the CPU. It can be pickled here and loaded on a machine
# without a GPU, where ``device="auto"`` samples on the CPU.

copy = pickle.loads(pickle.dumps(augmenter))
X_new, y_new = copy.sample(8, y="angry")
print(X_new.shape, X_new.dtype, y_new[0])

# %%
# Speed by batch size
# -------------------
# The time of the steps is the difference of two fits, which excludes what happens once (the
# covariance, for example).


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
# Training rows for each second. Timings vary on a busy machine; repeat them.

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
