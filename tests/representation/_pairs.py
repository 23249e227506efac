"""Small audio-text pairs, and aligners that train in a blink."""

import numpy as np

from skmiaug import ContrastiveAligner

N_AUDIO, N_TEXT = 12, 8
AUDIO, TEXT = slice(0, N_AUDIO), slice(N_AUDIO, N_AUDIO + N_TEXT)
LABELS = np.array(["anger", "fear", "joy"])


def pairs(n=150, *, seed=0, class_signal=2.5, noise=0.5) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose two parts share five directions, in which three classes lie apart."""
    rng = np.random.default_rng(100)
    mixing = rng.normal(size=(5, N_AUDIO + N_TEXT))
    means = class_signal * rng.normal(size=(3, 5))
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=n, p=[0.5, 0.3, 0.2])
    said = means[y] + rng.normal(size=(n, 5))
    return said @ mixing + noise * rng.normal(size=(n, N_AUDIO + N_TEXT)), LABELS[y]


def small(**changes) -> ContrastiveAligner:
    """An aligner of eight components; ``changes`` are parameters."""
    parameters = {
        "modalities": {"audio": AUDIO, "text": TEXT},
        "n_components": 8,
        "max_iter": 50,
        "dropout": 0.0,
        "learning_rate": 1e-2,
        "random_state": 0,
        "device": "cpu",
    }
    return ContrastiveAligner(**parameters | changes)


def without_text(X: np.ndarray, rows) -> np.ndarray:
    """A copy whose ``rows`` lack the text."""
    X = X.copy()
    X[rows, TEXT] = np.nan
    return X


def assert_same_fit(one: ContrastiveAligner, other: ContrastiveAligner) -> None:
    """Both hold the same training and give the same bits."""
    X, _ = pairs(30, seed=5)
    assert one.n_iter_ == other.n_iter_
    assert one.loss_curve_ == other.loss_curve_
    assert one.validation_scores_ == other.validation_scores_
    assert one.mutual_information_ == other.mutual_information_
    np.testing.assert_array_equal(one.transform(X), other.transform(X))
