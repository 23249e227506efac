"""
A grid search on a dask cluster
===============================

Whatever scikit-learn runs by joblib can run on a cluster: with
``joblib.parallel_config("dask")`` the fits of a ``GridSearchCV`` are sent to the workers of
a dask cluster. Here the workers are two processes on this machine; with the address of a
scheduler in ``Client("tcp://...")`` they can be on any number of machines.

Needs ``pip install distributed``.
"""

# %%
# Check for dask
# --------------

# Needs: distributed
import os
import sys
import time
from importlib.util import find_spec

if find_spec("distributed") is None:
    print("This example needs dask's scheduler: pip install distributed")
    sys.exit()

# %%
# Data and search
# ---------------
# The scorer returns the UAR, the process of the fit and the time when it was done, to show
# the distribution of the work.

import joblib
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster
from imblearn.datasets import make_imbalance
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter


def score(model, X, y):
    return {
        "uar": balanced_accuracy_score(y, model.predict(X)),
        "process": os.getpid(),
        "end": time.time(),
    }


counts = dict(enumerate([178, 91, 71, 55, 54, 36, 36, 27, 17, 18]))
X, y = make_imbalance(
    *load_digits(return_X_y=True), sampling_strategy=counts, random_state=0
)
weights = [0.0, 1.0, 3.0]
search = GridSearchCV(
    make_pipeline(
        StandardScaler(),
        MIGANAugmenter(random_state=0, device="cpu"),
        LogisticRegression(C=0.1, max_iter=200),
    ),
    {"miganaugmenter__mi_weight": weights},
    cv=StratifiedKFold(4, shuffle=True, random_state=0),
    scoring=score,
    refit="uar",
)

# %%
# On the cluster
# --------------
# One thread for each worker: networks of this size train on one. Python needs the guard
# where processes are started.

if __name__ == "__main__":
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster),
        joblib.parallel_config("dask"),
    ):
        begin = time.time()
        search.fit(X, y)
    results = search.cv_results_
    for weight, mean in zip(weights, results["mean_test_uar"], strict=True):
        print(f"mi_weight {weight:g}: UAR {mean:.1%}")

# %%
# Distribution of the fits
# ------------------------
# A bar is one fit of one fold; the number in it is its λ. A worker takes the next fit as
# soon as it is free.

if __name__ == "__main__":
    parts = range(search.n_splits_)
    process = np.array([results[f"split{k}_test_process"] for k in parts]).T.astype(int)
    end = np.array([results[f"split{k}_test_end"] for k in parts]).T - begin
    lam = np.repeat(weights, search.n_splits_)
    greys = dict(zip(weights, ["0.9", "0.7", "0.5"], strict=True))

    figure, axes = plt.subplots(figsize=(8, 2.4), layout="constrained")
    workers = np.unique(process)
    for line, worker in enumerate(workers):
        own = np.argsort(end.ravel())[np.isin(np.sort(end.ravel()), end[process == worker])]
        before = 0.0
        for index in own:
            width = end.ravel()[index] - before
            axes.barh(line, width, left=before, color=greys[lam[index]], ec="black", lw=0.6)
            axes.text(before + width / 2, line, f"{lam[index]:g}", ha="center", va="center")
            before = end.ravel()[index]
    axes.set_yticks(range(len(workers)), [f"worker {k + 1}" for k in range(len(workers))])
    axes.set_xlabel("seconds since the search began (the first bars include the start-up)")
    axes.set_title("Which worker fitted which λ, fold by fold")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    plt.show()
