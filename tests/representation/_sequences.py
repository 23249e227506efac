"""Small sequences and estimators that train in a blink."""

import numpy as np

from skmiaug import (
    MaskedTimestepEncoder,
    SequenceEmotionClassifier,
    SequenceEmotionRegressor,
)
from skmiaug.datasets import make_emotion_sequences

SHAPE = {"hidden_size": 8, "n_layers": 1, "n_heads": 2}
QUICK = {"max_iter": 6, "batch_size": 16, "random_state": 0, "device": "cpu"}


def small_encoder(**changes):
    return MaskedTimestepEncoder(**SHAPE | QUICK | changes)


def small_classifier(**changes):
    shape = {} if changes.get("pretrained") is not None else SHAPE
    return SequenceEmotionClassifier(**shape | QUICK | changes)


def small_regressor(**changes):
    shape = {} if changes.get("pretrained") is not None else SHAPE
    return SequenceEmotionRegressor(**shape | QUICK | changes)


def toy(n=40, **changes):
    """Sequences of 5 to 12 timesteps of 4 features, and three emotions."""
    shape = {"n_features": 4, "n_emotions": 3, "min_length": 5, "max_length": 12}
    return make_emotion_sequences(n, **shape | {"random_state": 0} | changes)


def waves(n, *, rates=1.5, sizes=1.0, seed=0):
    """Sequences of 12 to 20 timesteps: one wave, of any phase, in six features.

    Neither the mean over time nor a straight line between timesteps informs about it.
    """
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(2, 6))
    rates, sizes = np.broadcast_to(rates, n), np.broadcast_to(sizes, n)
    lengths, phases = rng.integers(12, 21, size=n), rng.uniform(0, 2 * np.pi, size=n)
    X = []
    for rate, size, length, phase in zip(rates, sizes, lengths, phases, strict=True):
        angle = rate * np.arange(length) + phase
        wave = size * np.stack([np.sin(angle), np.cos(angle)], axis=1) @ mixing
        X.append((wave + 0.1 * rng.normal(size=wave.shape)).astype(np.float32))
    return X


def padded(X, filling=np.nan, extra=0):
    """The same sequences as one array, and their lengths."""
    lengths = np.array([len(x) for x in X])
    out = np.full((len(X), lengths.max() + extra, X[0].shape[1]), filling, X[0].dtype)
    for row, x in zip(out, X, strict=True):
        row[: len(x)] = x
    return out, lengths


def assert_same_curves(one, other):
    """Both were trained alike, to the bit."""
    assert one.n_iter_ == other.n_iter_
    assert one.best_iter_ == other.best_iter_
    assert one.loss_curve_ == other.loss_curve_
    assert one.validation_scores_ == other.validation_scores_
