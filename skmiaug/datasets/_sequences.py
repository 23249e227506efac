"""Made-up acoustic sequences whose dynamics depend on the emotion."""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

_SLOWEST, _FASTEST = 0.15, 1.2
_PHASE_WALK = 0.15
_HIGHEST_INTENSITY = 3.0


def make_emotion_sequences(
    n_samples: int = 200,
    *,
    n_features: int = 12,
    n_emotions: int = 4,
    n_latent: int = 4,
    min_length: int = 20,
    max_length: int = 50,
    target: str = "class",
    noise: float = 0.3,
    missing: float = 0.0,
    random_state: Any = None,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Make sequences of features that tell an emotion by how they move.

    A few latent oscillations, whose rates depend on the emotion and whose phases wander,
    are mixed into the features. Each sequence has a level of its own, as a speaker has,
    that has nothing to do with the emotion: single timesteps say little about it and their
    mean says nothing. Hidden timesteps can be restored from their neighbours, better than
    by straight lines.

    Parameters
    ----------
    n_samples : int, default=200
        Sequences.
    n_features : int, default=12
    n_emotions : int, default=4
    n_latent : int, default=4
        Oscillations.
    min_length, max_length : int, default=20, 50
        Timesteps, drawn evenly from between, both included.
    target : {"class", "intensity"}, default="class"
        "class" gives one emotion a sequence; "intensity" how strong each is, 0 for about
        half of them and up to 3.
    noise : float, default=0.3
        Standard deviation of what is added to each cell; features have about 1.
    missing : float in [0, 1), default=0.0
        Share of the cells that become NaN. The first of each sequence is kept.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    X : list of ndarray of shape (n_timesteps, n_features), float32
    y : ndarray of shape (n_samples,), int64, or (n_samples, n_emotions), float64

    Raises
    ------
    ValueError
        A parameter is out of its range.

    Examples
    --------
    >>> from skmiaug.datasets import make_emotion_sequences
    >>> X, y = make_emotion_sequences(100, random_state=0)
    >>> len(X), X[0].shape[1], y.shape
    (100, 12, (100,))
    """
    if target not in ("class", "intensity"):
        raise ValueError(f"target must be 'class' or 'intensity', got {target!r}.")
    if not 1 <= min_length <= max_length:
        raise ValueError(
            f"lengths must be 1 <= min_length <= max_length, got {min_length} and "
            f"{max_length}."
        )
    if min(n_samples, n_features, n_emotions, n_latent) < 1 or not 0 <= missing < 1:
        raise ValueError(
            "n_samples, n_features, n_emotions and n_latent must be at least 1 and missing "
            f"in [0, 1), got {n_samples}, {n_features}, {n_emotions}, {n_latent} and "
            f"{missing}."
        )
    rng = check_random_state(random_state)
    mixing = rng.normal(size=(n_latent, n_features)) * np.sqrt(2 / n_latent)
    neutral = np.linspace(_SLOWEST, _FASTEST, n_latent + 2)[1:-1]
    # What each emotion does to the rate of each oscillation, as a factor.
    order = rng.uniform(size=(n_latent, n_emotions)).argsort(axis=1)
    faster = np.linspace(-0.6, 0.6, n_emotions)[order]
    y, strength = _labels(rng, n_samples, n_emotions, target)
    rates = neutral * np.exp(strength @ faster.T)
    lengths = rng.randint(min_length, max_length + 1, size=n_samples)
    X = [
        _sequence(rng, rate, length, mixing, noise, missing)
        for rate, length in zip(rates, lengths, strict=True)
    ]
    return X, y


def _labels(
    rng: np.random.RandomState, n: int, n_emotions: int, target: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the target, and how much of each emotion there is, (n, n_emotions)."""
    if target == "class":
        y = rng.permutation(np.arange(n) % n_emotions)
        return y, np.eye(n_emotions)[y]
    present = rng.uniform(size=(n, n_emotions)) < 0.5
    y = np.where(present, rng.uniform(0, _HIGHEST_INTENSITY, size=present.shape), 0.0)
    return y, y / _HIGHEST_INTENSITY


def _sequence(
    rng: np.random.RandomState,
    rates: np.ndarray,
    length: int,
    mixing: np.ndarray,
    noise: float,
    missing: float,
) -> np.ndarray:
    n_latent, n_features = mixing.shape
    wander = rng.normal(scale=_PHASE_WALK, size=(length, n_latent)).cumsum(axis=0)
    phase = rng.uniform(0, 2 * np.pi, size=n_latent)
    angle = phase + np.arange(length)[:, None] * rates + wander
    values = np.cos(angle) @ mixing + rng.normal(scale=0.5, size=n_features)
    values += rng.normal(scale=noise, size=values.shape)
    holes = rng.uniform(size=values.shape) < missing
    holes[0, 0] = False
    values[holes] = np.nan
    return values.astype(np.float32)
