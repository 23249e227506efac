"""Generated samples for votes, attributes and label sets, and what they compete with.

With shared/data next to the checkout::

    OMP_NUM_THREADS=1 pytest tests/benchmarks/test_targets.py -m benchmark -s

The texts of rated_texts.npz were rated by twenty people. Five of them, drawn anew for each
text, give the targets of the training rows, all twenty those of the test rows. The training
parts of tweets are made imbalanced; reviews and editorials stay as they are. Settings of
classifiers were chosen on a training part of tweets, without generated samples.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
)
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skmiaug import GaussianAugmenter, MIGANAugmenter
from skmiaug.metrics import (
    concordance_correlation_coefficient,
    jensen_shannon_distance,
    plurality_f1_score,
)
from skmiaug.model_selection import SoftLabelClassifier

PATH = Path(__file__).parents[3] / "shared" / "data" / "rated_texts.npz"
COLLECTIONS = ("tweets", "reviews", "editorials")
EDGES = (-2.5, -0.5, 0.5, 2.5)
# Shares of the training rows that are kept, by the class with most votes.
KEPT = {"tweets": np.array([0.3, 0.5, 1, 0.1, 0.1])}
N_FOLDS = 3

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(14400),
    pytest.mark.skipif(not PATH.is_file(), reason=f"needs {PATH}"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


# ---- data


def vote_shares(ratings):
    """Shares (n, 5) of ratings (n, n_raters) in five classes."""
    classes = np.digitize(ratings, EDGES)
    return np.stack([(classes == k).mean(axis=1) for k in range(5)], axis=1)


def folds(name, seed):
    """Scaled rows and ratings of each fold: (X, few), (X_test, all), and a generator."""
    with np.load(PATH) as file:
        X, ratings = file[f"{name}_X"].astype(float), file[f"{name}_votes"]
    rng = np.random.default_rng(seed)
    few = rng.permuted(ratings, axis=1)[:, :5]
    for train, test in KFold(N_FOLDS, shuffle=True, random_state=seed).split(X):
        scaler = StandardScaler().fit(X[train])
        yield (
            (scaler.transform(X[train]), few[train]),
            (scaler.transform(X[test]), ratings[test]),
            rng,
        )


def imbalanced(name, X, ratings, rng):
    """The rows that are kept, and their vote shares."""
    shares = vote_shares(ratings)
    if name in KEPT:
        kept = rng.random(len(X)) < KEPT[name][shares.argmax(axis=1)]
        X, shares = X[kept], shares[kept]
    return X, shares


def has_plurality(shares):
    """Whether one class has more votes than each other."""
    return (shares == shares.max(axis=1, keepdims=True)).sum(axis=1) == 1


def study(rows):
    """Print means and deviations over folds and seeds, and return the means."""
    table = pd.DataFrame(rows)
    keys = [name for name in ("rows", "model", "method") if name in table]
    grouped = table.drop(columns=["seed", "fold"]).groupby(keys, sort=False)
    by_seed = table.drop(columns="fold").groupby([*keys, "seed"], sort=False).mean()
    spread = by_seed.groupby(keys, sort=False).std().add_suffix(" ±")
    print("\n" + pd.concat([grouped.mean(), spread], axis=1).round(2).to_string())
    return grouped.mean()


# ---- votes


def hard(X, shares, seed):
    """The class with most votes; rows without one are lost."""
    clear = has_plurality(shares)
    return X[clear], shares[clear].argmax(axis=1), None


def hard_and_generated(X, shares, seed):
    X, y, _ = hard(X, shares, seed)
    return *MIGANAugmenter(random_state=seed).fit_resample(X, y), None


def plain(X, shares, seed):
    return X, shares, None


def class_weights(X, shares, seed):
    """Every class has the same weight; a vote counts as its class."""
    weighted = shares / shares.mean(axis=0)
    return X, weighted, weighted.sum(axis=1)


def generated(augmenter, **options):
    def method(X, shares, seed):
        made = augmenter(target_type="distribution", random_state=seed, **options)
        return *made.fit_resample(X, shares), None

    return method


VOTES = {
    "hard labels": hard,
    "hard + MIGAN": hard_and_generated,
    "shares": plain,
    "shares, class weights": class_weights,
    "shares, logit adjustment": plain,
    "shares + Gaussian": generated(GaussianAugmenter),
    "shares + Gaussian, twice": generated(GaussianAugmenter, expansion=2),
    "shares + MIGAN, twice": generated(MIGANAugmenter, expansion=2),
}
CLASSIFIERS = {
    "LR": LogisticRegression(C=0.03, max_iter=300),
    "MLP": MLPClassifier((128,), alpha=1, max_iter=25, random_state=0),
}


def vote_scores(true, predicted):
    clear = has_plurality(true)
    f1 = plurality_f1_score(true, predicted)
    uar = balanced_accuracy_score(true[clear].argmax(1), predicted[clear].argmax(1))
    return {
        "F1": 100 * f1,
        "UAR": 100 * uar,
        "F1, UAR": 50 * (f1 + uar),
        "JSD": 100 * jensen_shannon_distance(true, predicted),
    }


def vote_rows(name, methods=VOTES, models=CLASSIFIERS, seeds=range(3)):
    for seed in seeds:
        for fold, (train, (X_test, ratings), rng) in enumerate(folds(name, seed)):
            X, shares = imbalanced(name, *train, rng)
            for method, make in methods.items():
                X_new, y, weights = make(X, shares, seed)
                for model, classifier in models.items():
                    fitted = SoftLabelClassifier(classifier).fit(X_new, y, weights)
                    predicted = fitted.predict_proba(X_test)
                    if method.endswith("logit adjustment"):
                        predicted = predicted / shares.mean(axis=0)
                        predicted /= predicted.sum(axis=1, keepdims=True)
                    scores = vote_scores(vote_shares(ratings), predicted)
                    keys = {"seed": seed, "fold": fold, "model": model, "method": method}
                    yield keys | scores


@pytest.mark.parametrize("name", COLLECTIONS)
def test_votes(name):
    print(f"\n{name}")
    means = study(vote_rows(name))["F1, UAR"].unstack("model").mean(axis=1)
    others = [method for method in VOTES if "shares +" not in method]
    assert means["shares + Gaussian"] > means[others].max() - 0.3


# ---- attributes


def nothing(X, y, n, rng):
    return X[:0], y[:0]


def inverse_density(y, power=1.0):
    """Weights (n,) that are large where targets are rare; histogram of 20 bins."""
    counts, edges = np.histogram(y, 20)
    smooth = np.convolve(np.pad(counts, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    bins = np.clip(np.searchsorted(edges, y, side="right") - 1, 0, 19)
    weights = smooth[bins] ** -power
    return weights / weights.mean()


def random_oversampling(X, y, n, rng):
    weights = inverse_density(y)
    rows = rng.choice(len(y), n, p=weights / weights.sum())
    return X[rows], y[rows]


def c_mixup(X, y, n, rng):
    """Yao et al. (2022): mix a row with one of a near target; anchors by rarity."""
    weights = inverse_density(y)
    anchors = rng.choice(len(y), n, p=weights / weights.sum())
    near = np.exp(-((y[anchors, None] - y) ** 2) / (2 * (0.2 * y.std()) ** 2))
    near[np.arange(n), anchors] = 0
    near = near.cumsum(axis=1)
    others = (near < rng.random((n, 1)) * near[:, -1:]).sum(axis=1)
    share = rng.beta(2, 2, size=n)
    mixed = share[:, None] * X[anchors] + (1 - share[:, None]) * X[others]
    return mixed, share * y[anchors] + (1 - share) * y[others]


def generated_attributes(augmenter, **options):
    def method(X, y, n, rng):
        seed = int(rng.integers(2**31))
        made = augmenter(target_type="continuous", random_state=seed, **options)
        X_new, y_new = made.fit_resample(X, y)
        return X_new[len(y) :], y_new[len(y) :]

    return method


ATTRIBUTES = {
    "none": nothing,
    "inverse-density weights": nothing,
    "random oversampling": random_oversampling,
    "C-Mixup": c_mixup,
    "Gaussian": generated_attributes(GaussianAugmenter),
    "MIGAN": generated_attributes(MIGANAugmenter),
}
REGRESSORS = {
    "ridge": Ridge(alpha=100),
    "SVR": SVR(C=3, gamma=0.3 / 384),
    "MLP": MLPRegressor(hidden_layer_sizes=(128,), alpha=10, max_iter=25, random_state=0),
}


def rare_extremes(X, ratings, n, rng):
    """n rows with their mean ratings, drawn so that extremes are rare."""
    y = ratings.mean(axis=1)
    z = (y - y.mean()) / y.std()
    weights = np.exp(-(z**2))
    rows = rng.choice(len(y), min(n, len(y)), replace=False, p=weights / weights.sum())
    return X[rows], y[rows]


def attribute_scores(true, predicted):
    return {"CCC": 100 * concordance_correlation_coefficient(true, predicted)}


def attribute_rows(name, n, methods=ATTRIBUTES, models=REGRESSORS, seeds=range(3)):
    for seed in seeds:
        for fold, (train, (X_test, ratings), rng) in enumerate(folds(name, seed)):
            X, y = rare_extremes(*train, n, rng)
            plan = GaussianAugmenter(target_type="continuous", bandwidth=1).fit(X, y)
            (n_new,) = plan.sampling_strategy_.values()
            for method, make in methods.items():
                X_new, y_new = make(X, y, n_new, rng)
                rows, targets = np.vstack([X, X_new]), np.concatenate([y, y_new])
                weights = inverse_density(y) if "weights" in method else None
                for model, regressor in models.items():
                    fitted = regressor.fit(rows, targets, sample_weight=weights)
                    scores = attribute_scores(ratings.mean(axis=1), fitted.predict(X_test))
                    keys = {"seed": seed, "fold": fold, "model": model, "method": method}
                    yield keys | scores


@pytest.mark.parametrize("n", [1600, 400])
@pytest.mark.parametrize("name", COLLECTIONS)
def test_attributes(name, n):
    print(f"\n{name}, {n} rows")
    means = study(attribute_rows(name, n))["CCC"].unstack("model")
    others = means.loc[["random oversampling", "C-Mixup"]]
    assert (means.loc["Gaussian"] > others.max()).all()


# ---- label sets


def ml_smote(X, Y, rng, n_neighbors=5):
    """Charte et al. (2015): for each row of each minority label, a point on the way to a
    neighbour that has the label too, with the labels that most of the neighbours have."""
    ratio = imbalance_ratio(Y)
    made, labels = [], []
    for label in np.flatnonzero(ratio > ratio.mean()):
        bag = np.flatnonzero(Y[:, label])
        k = min(n_neighbors, len(bag) - 1)
        near = NearestNeighbors(n_neighbors=k).fit(X[bag]).kneighbors(return_distance=False)
        for row, neighbours in zip(bag, bag[near], strict=True):
            other = rng.choice(neighbours)
            made.append(X[row] + rng.random() * (X[other] - X[row]))
            votes = Y[row] + Y[neighbours].sum(axis=0)
            labels.append(votes > (k + 1) / 2)
    return np.array(made), np.array(labels).astype(int)


def no_labels(X, Y, rng):
    return X[:0], Y[:0]


def generated_labels(augmenter, **options):
    def method(X, Y, rng):
        seed = int(rng.integers(2**31))
        made = augmenter(target_type="multilabel", random_state=seed, **options)
        X_new, Y_new = made.fit_resample(X, Y)
        return X_new[len(Y) :], Y_new[len(Y) :]

    return method


LABELS = {
    "none": no_labels,
    "weights": no_labels,
    "MLSMOTE": ml_smote,
    "Gaussian": generated_labels(GaussianAugmenter),
    "MIGAN": generated_labels(MIGANAugmenter),
}


def label_model(model, weights):
    """A classifier for each label."""
    if model == "LR":
        weight = "balanced" if weights else None
        one = LogisticRegression(C=0.03, max_iter=300, class_weight=weight)
        return OneVsRestClassifier(one)
    return MLPClassifier((128,), alpha=1, max_iter=25, random_state=0)


def imbalance_ratio(Y):
    """Rows of the most frequent label over those of each label (Charte et al., 2015)."""
    return Y.sum(axis=0).max() / Y.sum(axis=0)


def label_scores(true, predicted, rare):
    chosen = predicted >= 0.5
    precision = 100 * average_precision_score(true, predicted, average=None)
    return {
        "macro AP": precision.mean(),
        "AP, rare labels": precision[rare].mean(),
        "macro F1": 100 * f1_score(true, chosen, average="macro", zero_division=0),
        "example F1": 100 * f1_score(true, chosen, average="samples", zero_division=1),
    }


def simulated_labels(seed, n=3000, d=64):
    """Label sets that occur together, and rows with a direction for each label."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 3)) @ rng.normal(size=(3, 6)) / 2 + rng.normal(size=(n, 6))
    Y = latent > np.quantile(latent, [0.4, 0.6, 0.8, 0.9, 0.95, 0.97], axis=0).diagonal()
    directions = rng.normal(size=(6, d)) * 3 / np.sqrt(d)
    return Y @ directions + rng.normal(size=(n, d)), Y.astype(int), directions


def known_scores(seed):
    """I(Y; x) of the simulated data in nats, and macro AP of the true posterior."""
    X, Y, directions = simulated_labels(seed)
    sets, index, counts = np.unique(Y, axis=0, return_inverse=True, return_counts=True)
    likelihood = -cdist(X, sets @ directions, "sqeuclidean") / 2
    joint = likelihood + np.log(counts / len(Y))
    own = likelihood[np.arange(len(Y)), index]
    information = np.mean(own - logsumexp(joint, axis=1))
    precision = average_precision_score(Y, softmax(joint, axis=1) @ sets)
    return information, 100 * precision


def label_folds(name, seed):
    """X, Y, X_test, Y_test of each fold, rare labels rarer in training."""
    if name == "simulated":
        rng = np.random.default_rng(seed)
        X, Y, _ = simulated_labels(seed)
        for test in np.array_split(np.arange(len(X)), N_FOLDS):
            train = np.setdiff1d(np.arange(len(X)), test)[:1000]
            yield X[train], Y[train], X[test], Y[test], rng
        return
    for train, (X_test, ratings), rng in folds(name, seed):
        X, shares = imbalanced(name, *train, rng)
        sets = [(part >= 0.2 - 1e-9).astype(int) for part in (shares, vote_shares(ratings))]
        yield X, sets[0], X_test, sets[1], rng


def label_rows(name, methods=LABELS, models=("LR", "MLP"), seeds=range(3)):
    for seed in seeds:
        for fold, (X, Y, X_test, Y_test, rng) in enumerate(label_folds(name, seed)):
            for method, make in methods.items():
                X_new, Y_new = make(X, Y, rng)
                rows, labels = np.vstack([X, X_new]), np.vstack([Y, Y_new])
                for model in models:
                    if method == "weights" and model == "MLP":
                        continue
                    fitted = label_model(model, method == "weights").fit(rows, labels)
                    ratio = imbalance_ratio(Y)
                    rare = ratio > ratio.mean()
                    scores = label_scores(Y_test, fitted.predict_proba(X_test), rare)
                    keys = {"seed": seed, "fold": fold, "model": model, "method": method}
                    yield keys | scores


@pytest.mark.parametrize("name", ["simulated", *COLLECTIONS])
def test_label_sets(name):
    print(f"\n{name}")
    if name == "simulated":
        for seed in range(3):
            information, precision = known_scores(seed)
            print(f"I(Y; x) {information:.2f} nats, AP of the posterior {precision:.1f}")
    means = study(label_rows(name))["macro AP"].unstack("model")
    assert means.loc["Gaussian"].mean() > means.loc["MLSMOTE"].mean()
