"""How well the TSTR score on held-out training rows predicts the UAR of classifiers.

An hour and a half on one core, with shared/data next to the checkout::

    OMP_NUM_THREADS=1 pytest tests/benchmarks/test_tstr_score.py -m benchmark -s

Twenty generators balance the training part of each fold. Classifiers trained on the result
give the UAR on the test part. The score sees training rows alone: each generator is fitted
to four fifths of them and scored on the fifth. Printed are the rank correlations of both
over the generators, for several settings of the score, and the UAR of the generators that
the score would choose fold by fold.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from scipy import linalg
from scipy.stats import spearmanr
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skmiaug.metrics import TSTRScorer, paired_difference

DATA = Path(__file__).parents[3] / "shared" / "data"
# Shares of the classes that are kept for training, and seeds.
PROTOCOLS = {
    "emodb": ([1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15], 2),
    "nemo": ([0.5, 0.3, 1, 0.15, 0.1, 0.2], 1),
    "tweets": ([0.3, 0.5, 1, 0.1, 0.1], 1),
    "editorials": ([0.05, 0.5, 0.03], 1),
}
SIGMAS = (0.15, 0.4, 0.7, 0.85)

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(14400),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def corpus(name):
    """Rows, classes, folds."""
    path = DATA / (
        "rated_texts.npz" if name in ("tweets", "editorials") else f"{name}_features.npz"
    )
    if not path.is_file():
        pytest.skip(f"needs {path}")
    with np.load(path) as file:
        if name in ("emodb", "nemo"):
            X, y = file["X_whisper_layers"][:, 3].astype(float), file["y"]
            groups = file["session" if name == "emodb" else "speaker"]
            return X, y, list(LeaveOneGroupOut().split(X, y, groups))
        X, votes = file[f"{name}_X"].astype(float), file[f"{name}_votes"]
    y = np.digitize(votes.mean(axis=1), [-2.5, -0.5, 0.5, 2.5])
    kept = np.bincount(y, minlength=5)[y] >= 30
    X, y = X[kept], np.unique(y[kept], return_inverse=True)[1]
    return X, y, list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))


def imbalanced(y, train, fractions, seed):
    rng = np.random.RandomState(seed)
    kept = []
    for c, fraction in enumerate(fractions):
        own = train[y[train] == c]
        kept.append(rng.choice(own, max(5, round(fraction * len(own))), replace=False))
    return np.sort(np.concatenate(kept))


class Moments:
    """Class means, shrunken and not, residuals, and covariances."""

    def __init__(self, X, y):
        self.X, self.y, self.counts = X, y, np.bincount(y)
        n, d = X.shape
        n_classes = len(self.counts)
        self.means = np.stack([X[y == c].mean(axis=0) for c in range(n_classes)])
        unbiased = np.sqrt(self.counts / np.maximum(self.counts - 1, 1))[y]
        self.residuals = (X - self.means[y]) * unbiased[:, None]
        pooled, self.shrinkage = ledoit_wolf(X - self.means[y], assume_centered=True)
        self.pooled = pooled * n / (n - n_classes)
        self.root = np.linalg.cholesky(self.pooled)
        gaps = self.means - self.means.mean(axis=0)
        whitened = linalg.solve_triangular(self.root, gaps.T, lower=True)
        noise = d * (1 / self.counts).sum()
        # James-Stein, one factor for all classes.
        shrinkage = min(noise / max(np.square(whitened).sum(), noise), 0.8)
        self.shrunken = self.means.mean(axis=0) + (1 - shrinkage) * gaps
        self.overshrunken = self.means.mean(axis=0) + 0.2 * gaps

    def fixed(self, shrinkage):
        """Pooled covariance of a given shrinkage."""
        return shrunk(self.residuals.T @ self.residuals / len(self.y), shrinkage)


def shrunk(covariance, shrinkage):
    d = len(covariance)
    identity = np.trace(covariance) / d * np.eye(d)
    return (1 - shrinkage) * covariance + shrinkage * identity


def gaussian(covariance=lambda m: m.pooled, means="shrunken", scale=1.0):
    def draw(m, classes, rng):
        root = np.linalg.cholesky(covariance(m))
        noise = rng.standard_normal((len(classes), len(root))) @ root.T
        return getattr(m, means)[classes] + scale * noise

    return draw


def class_gaussian(m, classes, rng):
    """Class covariances shrunk to the pooled one, weight n_c / (n_c + d)."""
    Z = m.shrunken[classes].copy()
    d = Z.shape[1]
    for c in np.unique(classes):
        own = m.residuals[m.y == c]
        weight = len(own) / (len(own) + d)
        covariance = (1 - weight) * m.pooled + weight * own.T @ own / len(own)
        noise = rng.standard_normal((np.sum(classes == c), d))
        Z[classes == c] += noise @ np.linalg.cholesky(covariance).T
    return Z


def equal_classes(m):
    """Covariance in which all classes weigh the same."""
    weights = 1 / (len(m.counts) * m.counts[m.y])
    return shrunk((m.residuals * weights[:, None]).T @ m.residuals, m.shrinkage)


def residuals(sigma, own, means="shrunken"):
    """√(1 - σ²) · residual of a row + σ · Gaussian, from the class's rows or any."""

    def draw(m, classes, rng):
        if own:
            rows = own_rows(m, classes, rng)
        else:
            rows = rng.integers(len(m.y), size=len(classes))
        noise = rng.standard_normal((len(classes), m.X.shape[1])) @ m.root.T
        kept = np.sqrt(1 - sigma**2) * m.residuals[rows]
        return getattr(m, means)[classes] + kept + sigma * noise

    return draw


def own_rows(m, classes, rng):
    rows = np.empty(len(classes), dtype=int)
    for c in np.unique(classes):
        rows[classes == c] = rng.choice(np.flatnonzero(m.y == c), np.sum(classes == c))
    return rows


def random_oversampling(m, classes, rng):
    return m.X[own_rows(m, classes, rng)]


def smote(m, classes, rng):
    wanted = m.counts + np.bincount(classes, minlength=len(m.counts))
    k = min(3, m.counts.min() - 1)
    sampler = SMOTE(
        sampling_strategy=dict(enumerate(wanted)),
        k_neighbors=k,
        random_state=int(rng.integers(2**31)),
    )
    X, y = sampler.fit_resample(m.X, m.y)
    return X[len(m.y) :][np.argsort(y[len(m.y) :], kind="stable")]


GENERATORS = {
    "Gaussian": gaussian(),
    "Gaussian, class covariances": class_gaussian,
    "Gaussian, equal classes": gaussian(equal_classes),
    **{
        f"Gaussian, shrinkage {s}": gaussian(lambda m, s=s: m.fixed(s))
        for s in (0.02, 0.5, 0.9)
    },
    **{f"any class, {s}": residuals(s, own=False) for s in SIGMAS},
    **{f"own class, {s}": residuals(s, own=True) for s in SIGMAS},
    "Gaussian, half the deviation": gaussian(scale=0.5),
    "Gaussian, raw means": gaussian(means="means"),
    "any class, 0.4, raw means": residuals(0.4, own=False, means="means"),
    "Gaussian, means shrunk by 0.8": gaussian(means="overshrunken"),
    "random oversampling": random_oversampling,
    "SMOTE": smote,
}

BASE = {"space": "standardised", "rows": "balanced"}
SETTINGS = {
    "default": {},
    "gamma 1 / 4d": {"gamma": 0.25},
    "gamma 1 / d": {"gamma": 1.0},
    "ridge 1e-4": {"alpha": 1e-4},
    "ridge 1e-3": {"alpha": 1e-3},
    "300 features": {"n_components": 300},
    "whitened": {"space": "whitened"},
    "samples alone": {"rows": "samples"},
}


def classifiers(name, d):
    C = 0.01 if name in ("emodb", "nemo") else 0.001
    return {
        "SVM": SVC(C=1, gamma=1 / d),
        "LR": LogisticRegression(C=C, max_iter=200),
        "MLP": MLPClassifier((128,), alpha=1, max_iter=25, random_state=0),
    }


def balancing(counts):
    """Classes of the samples that grow every class to the largest."""
    return np.repeat(np.arange(len(counts)), counts.max() - counts)


def scores_of_split(X, y, fit, held_out, seed):
    """Row values of all settings and generators on one fifth of the training rows."""
    n_classes, d = y.max() + 1, X.shape[1]
    m = Moments(X[fit], y[fit])
    whiten = linalg.solve_triangular(m.root, np.eye(d), lower=True).T
    spaces = {
        "standardised": lambda Z: Z,
        "whitened": lambda Z: (Z - m.means.mean(0)) @ whiten,
    }
    T = np.eye(n_classes)
    scorers = {}
    for setting, changes in SETTINGS.items():
        options = BASE | changes
        space, rows = spaces[options.pop("space")], options.pop("rows")
        if "gamma" in options:
            options["gamma"] /= d
        scorer = TSTRScorer(space(X[held_out]), T[y[held_out]], **options)
        scorers[setting] = scorer, space, rows
    found = {}
    for i, (generator, draw) in enumerate(GENERATORS.items()):
        rng = np.random.default_rng([seed, i])
        few = balancing(m.counts)
        many = np.repeat(np.arange(n_classes), max(300, m.counts.max() // 2))
        samples = draw(m, many, rng), many
        balanced = np.vstack([m.X, draw(m, few, rng)]), np.concatenate([m.y, few])
        for setting, (scorer, space, rows) in scorers.items():
            Z, c = samples if rows == "samples" else balanced
            found[setting, generator] = scorer.score(space(Z), T[c]).row_values
    return found


def measured(name):
    """A row for each fold and generator: UAR of the classifiers, scores of the settings."""
    X, y, folds = corpus(name)
    fractions, n_seeds = PROTOCOLS[name]
    table = []
    for seed in range(n_seeds):
        for fold, (train, test) in enumerate(folds):
            train = imbalanced(y, train, fractions, seed)
            Z = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
            m, classes = Moments(Z[train], y[train]), balancing(np.bincount(y[train]))
            splits = StratifiedKFold(5, shuffle=True, random_state=seed)
            scores = [
                scores_of_split(m.X, m.y, fit, held_out, [seed, fold, i])
                for i, (fit, held_out) in enumerate(splits.split(m.X, m.y))
            ]
            for i, (generator, draw) in enumerate(GENERATORS.items()):
                new = draw(m, classes, np.random.default_rng([seed, fold, i]))
                rows = np.vstack([m.X, new]), np.concatenate([m.y, classes])
                row = {"seed": seed, "fold": fold, "generator": generator}
                for label, classifier in classifiers(name, Z.shape[1]).items():
                    predicted = classifier.fit(*rows).predict(Z[test])
                    row[label] = 100 * balanced_accuracy_score(y[test], predicted)
                for setting in SETTINGS:
                    values = np.concatenate([one[setting, generator] for one in scores])
                    row[setting], row[f"rows, {setting}"] = values.mean(), values
                table.append(row)
            print(f"{name}, seed {seed}, fold {fold}: {len(train)} rows", flush=True)
    return pd.DataFrame(table)


def beats_the_gaussian(by_fold, best, setting):
    """The best generator of a fold, or the Gaussian within one standard error of it."""
    simple = (*best[:2], "Gaussian")
    values = (by_fold.at[index, f"rows, {setting}"] for index in (best, simple))
    difference, error = paired_difference(*values)
    return best if difference > error else simple


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_score_ranks_generators_as_classifiers_do(name):
    table = measured(name)
    table["mean"] = table[["SVM", "LR", "MLP"]].mean(axis=1)
    outcomes = ["SVM", "LR", "MLP", "mean"]
    numbers = table.select_dtypes("number").columns.drop(["seed", "fold"])
    means = table[["generator", *numbers]].groupby("generator", sort=False).mean()
    print(f"\n{means[[*outcomes, 'default']].round(2).to_string()}")
    halves = [
        part.groupby("generator")["mean"].mean()
        for _, part in table.groupby(table.fold % 2)
    ]
    print(f"\nrank correlation of the UAR of two halves: {spearmanr(*halves)[0]:.2f}")
    correlations = pd.DataFrame(
        {
            setting: [spearmanr(means[setting], means[outcome])[0] for outcome in outcomes]
            for setting in [*SETTINGS, "both"]
        },
        index=outcomes,
    ).T
    print(f"\n{correlations.round(2).to_string()}")
    by_fold = table.set_index(["seed", "fold", "generator"])
    fixed = by_fold.xs("Gaussian", level="generator")[outcomes].mean()
    lines = {"Gaussian": fixed, "best in hindsight": means[outcomes].max()}
    for setting in [*SETTINGS, "both"]:
        chosen = by_fold.groupby(level=["seed", "fold"])[setting].idxmax()
        lines[f"chosen by: {setting}"] = by_fold.loc[chosen, outcomes].mean()
        if setting in SETTINGS:
            clear = [beats_the_gaussian(by_fold, best, setting) for best in chosen]
            lines[f"the same, by one error: {setting}"] = by_fold.loc[
                clear, outcomes
            ].mean()
    print(f"\n{pd.DataFrame(lines).T.round(1).to_string()}")
    assert correlations.loc["default", "mean"] > 0.4
