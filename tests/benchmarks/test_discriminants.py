"""Why LDA gains less by synthetic samples than other classifiers do: its covariance.

With shared/data next to the checkout, three minutes on one core::

    OMP_NUM_THREADS=1 pytest tests/benchmarks/test_discriminants.py -m benchmark -s

Discriminants in closed form with equal priors, from class means and a covariance of the
training rows: what LDA would learn from infinitely many samples. Whisper features, training
parts made imbalanced, three seeds.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler

from skmiaug import GaussianAugmenter
from tests.benchmarks.test_noise_and_network import corpus

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]


def lda(n_classes):
    priors = np.full(n_classes, 1 / n_classes)
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=priors)


def predicted(means, covariance, X):
    weights = np.linalg.solve(covariance, means.T)
    return (X @ weights - 0.5 * (means.T * weights).sum(axis=0)).argmax(axis=1)


def predictions(X, y, X_test, seed):
    """Predictions for the test rows by each discriminant."""
    counts = np.bincount(y)
    real = lda(len(counts)).fit(X, y)
    augmenter = GaussianAugmenter(noise="gaussian", random_state=seed)
    X_new, y_new = augmenter.fit_resample(X, y)
    shrunken = np.stack([X_new[y_new == c].mean(axis=0) for c in range(len(counts))])
    residuals = X - real.means_[y]
    free = len(y) / (len(y) - len(counts))
    pooled = ledoit_wolf(residuals, assume_centered=True)[0] * free
    return {
        "LDA of real rows": real.predict(X_test),
        "LDA of balanced rows": lda(len(counts)).fit(X_new, y_new).predict(X_test),
        "shrunken means, LDA's covariance": predicted(shrunken, real.covariance_, X_test),
        "shrunken means, pooled covariance": predicted(shrunken, pooled, X_test),
        "real means, pooled covariance": predicted(real.means_, pooled, X_test),
    }


@pytest.mark.parametrize("name", ["emodb", "nemo"])
def test_discriminants(name):
    found = []
    for seed in range(3):
        X, y, groups, cv = corpus(name, seed)
        for train, test in cv.split(X, y, groups):
            scaler = StandardScaler().fit(X[train])
            rows = scaler.transform(X[train]), y[train], scaler.transform(X[test])
            for way, own in predictions(*rows, seed).items():
                uar = 100 * balanced_accuracy_score(y[test], own)
                found.append({"seed": seed, "way": way, "UAR": uar})
    table = pd.DataFrame(found).pivot_table("UAR", "way", "seed", sort=False)
    table["mean"] = table.mean(axis=1)
    print(f"\n{name}\n{table.round(1).to_string()}")
    means = table["mean"]
    assert means["LDA of balanced rows"] > means["LDA of real rows"] - 2
