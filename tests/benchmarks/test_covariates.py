"""Effects of speakers: UAR on new speakers where each rare class has two speakers only.

With shared/data next to the checkout, about ten minutes on one core::

    OMP_NUM_THREADS=1 pytest tests/benchmarks/test_covariates.py -m benchmark -s

Whisper features, folds of speakers. In each training part half of the classes, drawn at
random, keep the rows of two speakers. Classifiers are not tuned.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmiaug import GaussianAugmenter
from tests.benchmarks.suite._speech import load_speech

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

N_FOLDS = {"emodb": 5, "nemo": 3}
MAX_ROWS = 700
CLASSIFIERS = {
    "LR": LogisticRegression(C=0.01, max_iter=300),
    "SVM": SVC(gamma=1 / 512),
    "LDA": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
}


def training_rows(train, y, speaker, rng):
    """The training rows that stay: two speakers of each rare class, 700 rows at most."""
    classes = np.unique(y)
    kept = np.ones(len(train), dtype=bool)
    for c in rng.permutation(classes)[: len(classes) // 2]:
        two = rng.permutation(np.unique(speaker[train]))[:2]
        kept &= (y[train] != c) | np.isin(speaker[train], two)
    return rng.permutation(train[kept])[:MAX_ROWS]


@pytest.mark.parametrize("name", N_FOLDS)
def test_new_speakers(name):
    X, y, speaker, _ = load_speech(name)
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        folds = GroupKFold(N_FOLDS[name], shuffle=True, random_state=seed)
        for train, test in folds.split(X, y, speaker):
            rows = training_rows(train, y, speaker, rng)
            scaler = StandardScaler().fit(X[rows])
            X_train, X_test = scaler.transform(X[rows]), scaler.transform(X[test])
            for covariates in (None, speaker[rows]):
                augmenter = GaussianAugmenter(random_state=seed)
                balanced = augmenter.fit_resample(X_train, y[rows], covariates=covariates)
                for classifier, model in CLASSIFIERS.items():
                    predicted = model.fit(*balanced).predict(X_test)
                    found.append(
                        {
                            "seed": seed,
                            "covariates": "none" if covariates is None else "speaker",
                            "classifier": classifier,
                            "UAR": 100 * balanced_accuracy_score(y[test], predicted),
                        }
                    )
    table = pd.DataFrame(found)
    print(f"\n{name}")
    print(table.pivot_table("UAR", "covariates", "classifier").round(1).to_string())
    means = table.pivot_table("UAR", "covariates", "seed")
    print(means.round(1).to_string())
    gain = means.loc["speaker"] - means.loc["none"]
    print(f"gain {gain.mean():+.2f} (SD over seeds {gain.std():.2f})")
    assert gain.mean() > -1
