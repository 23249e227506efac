"""Generated samples for votes, attributes and label sets, and what they compete with.

With shared/data next to the checkout::

    OMP_NUM_THREADS=1 pytest tests/benchmarks/test_targets.py -m benchmark -s

Each comparison is a call of `compare_samplers`. The texts of rated_texts.npz were rated by
twenty people. Five of them, drawn anew for each text, give the targets of the training
rows, all twenty those of the test rows. The training parts of tweets are made imbalanced;
reviews and editorials stay as they are. Settings of classifiers were chosen on a training
part of tweets, without generated samples.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skmiaug import GaussianAugmenter, MIGANAugmenter
from skmiaug.evaluation import (
    compare_samplers,
    default_samplers,
    format_comparison,
    summarize_comparison,
)
from skmiaug.metrics import jensen_shannon_distance, plurality_f1_score
from skmiaug.metrics._checks import has_plurality
from skmiaug.model_selection import (
    BalancingSearchCV,
    PriorCorrectedClassifier,
    SoftLabelClassifier,
)

PATH = Path(__file__).parents[3] / "shared" / "data" / "rated_texts.npz"
COLLECTIONS = ("tweets", "reviews", "editorials")
EDGES = (-2.5, -0.5, 0.5, 2.5)
# Shares of the training rows that are kept, by the class with most votes.
KEPT = {"tweets": np.array([0.3, 0.5, 1, 0.1, 0.1])}
N_FOLDS = 3
CLASSIFIERS = {
    "LR": LogisticRegression(C=0.03, max_iter=300),
    "MLP": MLPClassifier((128,), alpha=1, max_iter=25, random_state=0),
}
REGRESSORS = {
    "ridge": Ridge(alpha=100),
    "SVR": SVR(C=3, gamma=0.3 / 384),
    "MLP": MLPRegressor(hidden_layer_sizes=(128,), alpha=10, max_iter=25, random_state=0),
}

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(14400),
    pytest.mark.skipif(not PATH.is_file(), reason=f"needs {PATH}"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def rated(name, seed):
    """Rows twice, ratings of five and then those of all raters, a generator, and folds.

    A fold trains on rows of the first half and tests on others of the second.
    """
    with np.load(PATH) as file:
        X, ratings = file[f"{name}_X"].astype(float), file[f"{name}_votes"]
    rng = np.random.default_rng(seed)
    few = rng.permuted(ratings, axis=1)[:, :5]
    parts = KFold(N_FOLDS, shuffle=True, random_state=seed).split(X)
    folds = [(train, len(X) + test) for train, test in parts]
    return np.vstack([X, X]), (few, ratings), rng, folds


def both_shares(ratings):
    """Shares (n, 5) of the ratings (n, n_raters) in five classes, of both halves."""
    classes = [np.digitize(half, EDGES) for half in ratings]
    shares = [[(half == k).mean(axis=1) for k in range(5)] for half in classes]
    return np.vstack([np.transpose(half) for half in shares])


def imbalanced(name, shares, folds, rng):
    """Folds that lack training rows of the rare classes."""
    if name not in KEPT:
        return folds
    kept = KEPT[name][shares.argmax(axis=1)]
    return [(train[rng.random(len(train)) < kept[train]], test) for train, test in folds]


def study(compare, scorings, seeds=range(3)):
    """Run `compare` for each seed, print tables; means by sampler and classifier."""
    found = pd.concat([compare(seed) for seed in seeds], ignore_index=True)
    assert (found["status"] != "failed").all(), found["message"].unique()
    for scoring in scorings:
        print("\n" + format_comparison(found, scoring=scoring))
    means = {s: summarize_comparison(found, s) for s in scorings}
    return {
        s: table.pivot_table("score_percent", "sampler", "classifier")
        for s, table in means.items()
    }


# ---- votes


def compare_votes(name, seed, samplers=None, models=CLASSIFIERS):
    X, ratings, rng, folds = rated(name, seed)
    shares = both_shares(ratings)
    twice = {"target_type": "distribution", "expansion": 2}
    samplers = samplers or default_samplers(target_type="distribution") | {
        "prior, twice": GaussianAugmenter(**twice),
        "MIGANAugmenter, twice": MIGANAugmenter(**twice),
    }
    return compare_samplers(
        X,
        shares,
        samplers,
        models,
        cv=imbalanced(name, shares, folds, rng),
        target_type="distribution",
        random_state=seed,
    )


@pytest.mark.parametrize("name", COLLECTIONS)
def test_votes(name):
    print(f"\n{name}")
    scores = ("uar", "macro_f1", "jensen_shannon")
    means = study(lambda seed: compare_votes(name, seed), scores)
    both = ((means["uar"] + means["macro_f1"]) / 2)["mean"]
    others = [s for s in both.index if "prior" not in s and "MIGAN" not in s]
    assert both["prior"] > both[[*others, "hard + prior"]].max() - 0.3


@pytest.mark.parametrize("name", COLLECTIONS)
def test_shares_corrected_for_the_balancing(name):
    found = []
    for seed in range(3):
        X, ratings, rng, folds = rated(name, seed)
        shares = both_shares(ratings)
        for train, test in imbalanced(name, shares, folds, rng):
            for model, classifier in CLASSIFIERS.items():
                soft = SoftLabelClassifier(classifier)
                augmenter = GaussianAugmenter(target_type="distribution", random_state=seed)
                balanced = make_pipeline(StandardScaler(), augmenter, soft)
                ways = {
                    "as they are": make_pipeline(StandardScaler(), soft),
                    "corrected": PriorCorrectedClassifier(balanced, decide_for="trained"),
                }
                for way, fitted in ways.items():
                    fitted.fit(X[train], shares[train])
                    codes = np.eye(5)[fitted.predict(X[test])]
                    proba, clear = (
                        fitted.predict_proba(X[test]),
                        has_plurality(shares[test]),
                    )
                    true = shares[test][clear].argmax(axis=1)
                    uar = balanced_accuracy_score(true, codes[clear].argmax(axis=1))
                    f1 = plurality_f1_score(shares[test], codes)
                    distance = jensen_shannon_distance(shares[test], proba)
                    found.append(
                        {
                            "model": model,
                            "way": way,
                            "seed": seed,
                            "F1, UAR": 50 * (f1 + uar),
                            "JSD": distance,
                        }
                    )
    table = pd.DataFrame(found).groupby(["model", "way"])[["F1, UAR", "JSD"]].mean()
    print(f"\n{name}\n{table.round(3).to_string()}")
    distances = table["JSD"].unstack("way")
    assert (distances["corrected"] < distances["as they are"] + 0.02).all()


# ---- attributes


class CMixup(BaseEstimator):
    """Yao et al. (2022): mix a row with one of a near target; anchors by rarity."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit_resample(self, X, y):
        rng = np.random.default_rng(self.random_state)
        plan = GaussianAugmenter(target_type="continuous", bandwidth=1).fit(X, y)
        (n,) = plan.sampling_strategy_.values()
        weights = inverse_density(y)
        anchors = rng.choice(len(y), n, p=weights / weights.sum())
        near = np.exp(-((y[anchors, None] - y) ** 2) / (2 * (0.2 * y.std()) ** 2))
        near[np.arange(n), anchors] = 0
        near = near.cumsum(axis=1)
        others = (near < rng.random((n, 1)) * near[:, -1:]).sum(axis=1)
        share = rng.beta(2, 2, size=n)
        mixed = share[:, None] * X[anchors] + (1 - share[:, None]) * X[others]
        targets = share * y[anchors] + (1 - share) * y[others]
        return np.vstack([X, mixed]), np.concatenate([y, targets])


def inverse_density(y):
    """Weights (n,) that are large where targets are rare; histogram of 20 bins."""
    counts, edges = np.histogram(y, 20)
    smooth = np.convolve(np.pad(counts, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    bins = np.clip(np.searchsorted(edges, y, side="right") - 1, 0, 19)
    return 1 / smooth[bins]


def rare_extremes(y, train, n, rng):
    """n of the rows, drawn so that extremes are rare."""
    z = (y[train] - y[train].mean()) / y[train].std()
    weights = np.exp(-(z**2))
    size = min(n, len(train))
    return rng.choice(train, size, replace=False, p=weights / weights.sum())


def compare_attributes(name, n, seed, samplers=None, models=REGRESSORS):
    X, ratings, rng, folds = rated(name, seed)
    y = np.concatenate([half.mean(axis=1) for half in ratings])
    samplers = samplers or default_samplers(target_type="continuous") | {
        "C-Mixup": CMixup(seed)
    }
    return compare_samplers(
        X,
        y,
        samplers,
        models,
        cv=[(rare_extremes(y, train, n, rng), test) for train, test in folds],
        target_type="continuous",
        random_state=seed,
    )


@pytest.mark.parametrize("n", [1600, 400])
@pytest.mark.parametrize("name", COLLECTIONS)
def test_attributes(name, n):
    print(f"\n{name}, {n} rows")
    means = study(lambda seed: compare_attributes(name, n, seed), ("ccc", "band_mae"))
    others = means["ccc"].loc[["random oversampling", "C-Mixup"]]
    assert (means["ccc"].loc["prior"] > others.max()).all()


# ---- label sets


class MLSMOTE(BaseEstimator):
    """Charte et al. (2015): for each row of each minority label, a point on the way to a
    neighbour that has the label too, with the labels that most of the neighbours have."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit_resample(self, X, Y, n_neighbors=5):
        rng = np.random.default_rng(self.random_state)
        ratio = Y.sum(axis=0).max() / Y.sum(axis=0)
        rows, labels = [], []
        for label in np.flatnonzero(ratio > ratio.mean()):
            bag = np.flatnonzero(Y[:, label])
            k = min(n_neighbors, len(bag) - 1)
            search = NearestNeighbors(n_neighbors=k).fit(X[bag])
            near = search.kneighbors(return_distance=False)
            for row, neighbours in zip(bag, bag[near], strict=True):
                other = rng.choice(neighbours)
                rows.append(X[row] + rng.random() * (X[other] - X[row]))
                votes = Y[row] + Y[neighbours].sum(axis=0)
                labels.append(votes > (k + 1) / 2)
        return np.vstack([X, *rows]), np.vstack([Y, *labels]).astype(int)


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


def compare_label_sets(name, seed, samplers=None, models=CLASSIFIERS):
    if name == "simulated":
        X, Y, _ = simulated_labels(seed)
        tests = np.array_split(np.arange(len(X)), N_FOLDS)
        folds = [(np.setdiff1d(np.arange(len(X)), test)[:1000], test) for test in tests]
    else:
        X, ratings, rng, folds = rated(name, seed)
        shares = both_shares(ratings)
        folds = imbalanced(name, shares, folds, rng)
        Y = (shares >= 0.2 - 1e-9).astype(int)
    samplers = samplers or default_samplers(target_type="multilabel") | {
        "MLSMOTE": MLSMOTE(seed)
    }
    return compare_samplers(
        X, Y, samplers, models, cv=folds, target_type="multilabel", random_state=seed
    )


@pytest.mark.parametrize("name", ["simulated", *COLLECTIONS])
def test_label_sets(name):
    print(f"\n{name}")
    if name == "simulated":
        for seed in range(3):
            information, precision = known_scores(seed)
            print(f"I(Y; x) {information:.2f} nats, AP of the posterior {precision:.1f}")
    scores = ("average_precision", "ranking_precision", "label_f1")
    means = study(lambda seed: compare_label_sets(name, seed), scores)
    both = means["average_precision"]["mean"]
    assert both["prior"] > both["MLSMOTE"]


# ---- the choice among methods by cross-validation of the training rows


SEARCHED = {
    "multilabel": (
        OneVsRestClassifier(CLASSIFIERS["LR"]),
        ["none", "class_weight", "gaussian"],
    ),
    "continuous": (REGRESSORS["ridge"], ["none", "sample_weight", "random", "gaussian"]),
}


@pytest.mark.parametrize("name", ["tweets", "reviews"])
@pytest.mark.parametrize("target_type", SEARCHED)
def test_what_the_search_chooses(target_type, name):
    X, ratings, rng, folds = rated(name, seed=0)
    if target_type == "continuous":
        y = np.concatenate([half.mean(axis=1) for half in ratings])
        folds = [(rare_extremes(y, train, 400, rng), test) for train, test in folds]
    else:
        shares = both_shares(ratings)
        y = (shares >= 0.2 - 1e-9).astype(int)
        folds = imbalanced(name, shares, folds, rng)
    model, methods = SEARCHED[target_type]
    search = BalancingSearchCV(
        make_pipeline(StandardScaler(), model),
        methods,
        target_type=target_type,
        cv=3,
        n_repeats=1,
        random_state=0,
    )
    found = []
    for train, test in folds:
        scores = {}
        for method in methods:
            alone = clone(search).set_params(methods=[method]).fit(X[train], y[train])
            scores[method] = 100 * alone.score(X[test], y[test])
        chosen = search.fit(X[train], y[train]).best_method_
        found.append(scores | {"chosen": scores[chosen], "method": chosen})
    table = pd.DataFrame(found)
    means = table.drop(columns="method").mean()
    print(f"\n{name}, {target_type}\n{table.round(1).to_string()}\n{means.round(1)}")
    assert means["chosen"] > means["none"] - 0.5
