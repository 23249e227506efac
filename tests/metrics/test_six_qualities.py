"""Six kinds of synthetic samples: each metric finds the defects that it is for."""

from types import SimpleNamespace

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.covariance import ledoit_wolf
from sklearn.model_selection import train_test_split

from skmiaug import metrics
from tests.conftest import DATA

KINDS = ("real", "Gaussian", "SMOTE", "shuffled labels", "one repeated row", "noise")


def six_kinds(X, y):
    """Training rows, held-out rows, and six sets of samples of the same class counts."""
    train, other = train_test_split(
        range(len(y)), test_size=0.5, stratify=y, random_state=0
    )
    fresh, spare = train_test_split(other, test_size=0.5, stratify=y[other], random_state=0)
    T, t, wanted = X[train], y[train], y[spare]
    rng = np.random.default_rng(0)
    labels, classes = np.unique(t, return_inverse=True)
    means = np.stack([T[t == c].mean(axis=0) for c in labels])
    root = np.linalg.cholesky(ledoit_wolf(T - means[classes])[0])
    both = {c: int((t == c).sum() + (wanted == c).sum()) for c in labels}
    smote = SMOTE(sampling_strategy=both, random_state=0).fit_resample(T, t)
    first = {c: T[t == c][0] for c in labels}
    noise = rng.normal(size=X[spare].shape)
    synthetic = {
        "real": (X[spare], wanted),
        "Gaussian": (means[np.searchsorted(labels, wanted)] + noise @ root.T, wanted),
        "SMOTE": (smote[0][len(T) :], smote[1][len(T) :]),
        "shuffled labels": (X[spare], rng.permutation(wanted)),
        "one repeated row": (np.stack([first[c] for c in wanted]), wanted),
        "noise": (T.mean(0) + T.std(0) * rng.normal(size=X[spare].shape), wanted),
    }
    return (T, t), (X[fresh], y[fresh]), synthetic


def measured(X, y):
    train, fresh, synthetic = six_kinds(X, y)
    unit, T = train[0].std(axis=0), np.eye(y.max() + 1)
    scorer = metrics.TSTRScorer(fresh[0] / unit, T[fresh[1]])
    found = {}
    for kind, rows in synthetic.items():
        ratio = metrics.variance_ratio(*fresh, *rows)
        found[kind] = SimpleNamespace(
            information=metrics.mutual_information_score(*rows, *fresh),
            frechet=metrics.frechet_distance(fresh[0], rows[0]),
            prdc=metrics.precision_recall_density_coverage(fresh[0], rows[0]),
            two_sample=metrics.classifier_two_sample_test(
                fresh[0], rows[0], n_permutations=19
            ),
            covariance=metrics.covariance_drift(fresh[0], rows[0]),
            variance=np.mean(list(ratio.values())),
            leakage=metrics.nearest_row_leakage(rows[0], train[0], fresh[0]),
            uar=metrics.train_on_synthetic_test_on_real(*rows, *fresh),
            tstr=scorer.score(rows[0] / unit, T[rows[1]]).value,
        )
    return found


@pytest.fixture(scope="module", params=["simulated", "emodb", "nemo"])
def found(request):
    if request.param == "simulated":
        rng = np.random.default_rng(0)
        y = np.repeat([0, 1, 2], [400, 200, 100])
        mixing = np.eye(20) + 0.3 * rng.normal(size=(20, 20))
        return measured(
            rng.normal(size=(3, 20))[y] + rng.normal(size=(700, 20)) @ mixing, y
        )
    path = DATA / f"{request.param}_features.npz"
    if not path.exists():
        pytest.skip(f"needs {path.name} in ../shared/data")
    with np.load(path) as data:
        return measured(data["X_whisper_layers"][:, 3].astype(np.float64), data["y"])


def lowest(found, value, n):
    return set(sorted(KINDS, key=lambda kind: value(found[kind]))[:n])


def test_information_finds_shuffled_labels_and_noise(found):
    failing = {"shuffled labels", "noise"}
    assert lowest(found, lambda m: m.information.estimate, 2) == failing
    for kind in KINDS:
        p_value = found[kind].information.p_value
        assert p_value > 0.01 if kind in failing else p_value == pytest.approx(1 / 1001)


def test_recall_and_variance_find_the_repeated_row(found):
    for value in (lambda m: m.prdc.recall, lambda m: m.variance):
        assert lowest(found, value, 1) == {"one repeated row"}
    assert found["one repeated row"].variance == pytest.approx(0, abs=1e-6)
    assert found["one repeated row"].prdc.recall < 0.05


def test_variance_finds_that_smote_shrinks(found):
    assert lowest(found, lambda m: m.variance, 2) == {"one repeated row", "SMOTE"}
    assert found["SMOTE"].variance < 0.8
    for kind in ("real", "Gaussian"):
        assert 0.85 < found[kind].variance < 1.2


def test_fidelity_finds_noise_and_repetition(found):
    worst = {"noise", "one repeated row"}
    assert lowest(found, lambda m: -m.frechet, 2) == worst
    assert lowest(found, lambda m: -m.covariance, 2) == worst
    assert lowest(found, lambda m: m.prdc.precision, 1) == {"noise"}
    assert found["real"].frechet <= min(m.frechet for m in found.values()) + 1e-9


def test_the_two_sample_test_finds_smote_and_repetition(found):
    assert found["one repeated row"].two_sample.auc > 0.95
    assert found["SMOTE"].two_sample.auc > 0.6
    # Noise of the right mean and variance passes: it differs in correlation, which
    # `covariance_drift` measures.
    for kind in ("SMOTE", "one repeated row"):
        assert found[kind].two_sample.p_value == pytest.approx(0.05)
    assert found["real"].two_sample.auc < 0.57


def test_leakage_finds_exact_copies_and_close_samples(found):
    repeated = found["one repeated row"].leakage
    assert repeated.n_exact == len(repeated.distances)
    near = {kind: m.leakage.n_near / len(m.leakage.distances) for kind, m in found.items()}
    ratio = {kind: m.leakage.distance_ratio for kind, m in found.items()}
    assert near["SMOTE"] > 0.5
    assert ratio["SMOTE"] < 0.5
    assert max(near["real"], near["noise"]) < 0.05
    assert ratio["real"] == pytest.approx(1, abs=0.1)
    assert near["Gaussian"] < 0.05
    assert ratio["Gaussian"] > 0.9


def test_utility_finds_wrong_labels_repetition_and_noise(found):
    failing = {"shuffled labels", "one repeated row", "noise"}
    assert lowest(found, lambda m: m.uar, 3) == failing
    assert found["Gaussian"].uar > found["SMOTE"].uar - 0.1
    assert lowest(found, lambda m: m.tstr, 2) <= failing
