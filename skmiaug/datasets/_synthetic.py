"""Synthetic data: pairs of audio and text with known mutual information, and sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import i0e, i1e
from sklearn.utils import check_random_state


class AudioTextPairs(NamedTuple):
    """Rows of two modalities that belong together; n of them, sorted by class.

    Attributes
    ----------
    audio : ndarray of shape (n, n_audio), float32
    text : ndarray of shape (n, n_text), float32
    y : ndarray of shape (n,), int64
    information : float
        I(audio; text | class), nats, in closed form.
    """

    audio: np.ndarray
    text: np.ndarray
    y: np.ndarray
    information: float


def make_gaussian_pairs(
    n_samples: int | Sequence[int] = 300,
    *,
    n_audio: int = 12,
    n_text: int = 8,
    correlations: ArrayLike = (0.9, 0.8),
    n_classes: int = 3,
    class_separation: float = 1.0,
    random_state: Any = None,
) -> AudioTextPairs:
    """Make jointly normal pairs: linear dependence, the same in each class.

    Column i of the audio and column i of the text have correlation ρ_i within a class;
    all else is independent noise of variance 1. Within a class,

        I(h; t | c) = -½ Σ ln(1 - ρ_i²).

    Parameters
    ----------
    n_samples : int or sequence of int, default=300
        Rows, shared evenly among the classes, or rows of each class.
    n_audio : int, default=12
        Columns of the audio.
    n_text : int, default=8
        Columns of the text.
    correlations : array-like of shape (n_correlated,), default=(0.9, 0.8)
        Each between -1 and 1, not the ends; at most as many as there are columns.
    n_classes : int, default=3
        Where ``n_samples`` is one number.
    class_separation : float, default=1.0
        Length of the random class means, in audio and in text.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    AudioTextPairs

    Raises
    ------
    ValueError
        A correlation is out of range, or there are more of them than columns.

    See Also
    --------
    make_circle_pairs : Pairs with nonlinear dependence.
    make_joint_class_pairs : Dependence that differs between classes.

    Examples
    --------
    >>> from skmiaug.datasets import make_gaussian_pairs
    >>> pairs = make_gaussian_pairs(300, random_state=0)
    >>> pairs.audio.shape, pairs.text.shape
    ((300, 12), (300, 8))
    >>> round(float(pairs.information), 2)
    1.34
    """
    rho = np.asarray(correlations, dtype=float)
    if rho.ndim != 1 or len(rho) > min(n_audio, n_text):
        raise ValueError(
            f"correlations must be at most {min(n_audio, n_text)} numbers, one for each "
            f"column of the narrower modality; got an array of shape {rho.shape}."
        )
    _check_correlations(rho)
    rng = check_random_state(random_state)
    y, audio, text = _noise(n_samples, n_classes, n_audio, n_text, rng)
    k = len(rho)
    text[:, :k] = rho * audio[:, :k] + np.sqrt(1 - rho**2) * text[:, :k]
    for rows in (audio, text):
        means = rng.standard_normal((y.max() + 1, rows.shape[1]))
        means *= class_separation / np.linalg.norm(means, axis=1, keepdims=True)
        rows += means[y]
    return _pairs(audio, text, y, -0.5 * np.log1p(-(rho**2)).sum())


def make_joint_class_pairs(
    n_samples: int | Sequence[int] = 300,
    *,
    n_audio: int = 12,
    n_text: int = 8,
    correlation: float = 0.9,
    n_planes: int = 1,
    n_classes: int = 3,
    random_state: Any = None,
) -> AudioTextPairs:
    """Make pairs whose class is only readable from audio and text together.

    In each of ``n_planes`` planes the text is the audio turned by an angle that belongs
    to the class, with correlation ρ; all else is independent noise. Audio alone and text
    alone are standard normal whatever the class, I(h; c) = I(t; c) = 0, and

        I(h; t | c) = -n_planes · ln(1 - ρ²).

    Over equally large classes audio and text are uncorrelated, so a model with one
    covariance for all classes cannot represent the dependence.

    Parameters
    ----------
    n_samples, n_audio, n_text : int, default=300, 12, 8
        As of `make_gaussian_pairs`.
    correlation : float, default=0.9
        ρ, between -1 and 1, not the ends.
    n_planes : int, default=1
        Each takes two columns of either modality, the first ones.
    n_classes : int, default=3
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    AudioTextPairs

    Raises
    ------
    ValueError
        ``correlation`` is out of range, or there are too few columns for the planes.

    See Also
    --------
    make_gaussian_pairs : Pairs with linear dependence.

    Examples
    --------
    >>> from skmiaug.datasets import make_joint_class_pairs
    >>> pairs = make_joint_class_pairs(300, random_state=0)
    >>> pairs.audio.shape, pairs.text.shape
    ((300, 12), (300, 8))
    >>> round(float(pairs.information), 2)
    1.66
    """
    _check_correlations(np.array([correlation]))
    if not 1 <= n_planes <= min(n_audio, n_text) // 2:
        raise ValueError(
            f"n_planes must be 1 to {min(n_audio, n_text) // 2}, two columns of either "
            f"modality each; got {n_planes}."
        )
    rng = check_random_state(random_state)
    y, audio, text = _noise(n_samples, n_classes, n_audio, n_text, rng)
    turn = np.exp(2j * np.pi * y / (y.max() + 1))
    for plane in range(n_planes):
        two = slice(2 * plane, 2 * plane + 2)
        turned = turn * (audio[:, two] @ np.array([1, 1j]))
        signal = np.column_stack([turned.real, turned.imag])
        text[:, two] = correlation * signal + np.sqrt(1 - correlation**2) * text[:, two]
    return _pairs(audio, text, y, -n_planes * np.log1p(-(correlation**2)))


def make_circle_pairs(
    n_samples: int | Sequence[int] = 300,
    *,
    n_audio: int = 8,
    n_text: int = 6,
    concentration: float = 8.0,
    n_classes: int = 3,
    random_state: Any = None,
) -> AudioTextPairs:
    """Make pairs that depend on each other without any correlation.

    The first two columns of the audio lie on a circle at a uniform angle θ, those of the
    text at 2θ + e with e from a von Mises distribution of concentration κ. All else is
    independent noise, and neither depends on the class. With the modified Bessel
    functions I₀ and I₁,

        I(h; t | c) = κ I₁(κ) / I₀(κ) - ln I₀(κ).

    Parameters
    ----------
    n_samples, n_audio, n_text : int, default=300, 8, 6
        As of `make_gaussian_pairs`.
    concentration : float, default=8.0
        κ; 0 makes them independent.
    n_classes : int, default=3
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    AudioTextPairs

    Raises
    ------
    ValueError
        ``concentration`` is negative, or a modality has fewer than two columns.

    See Also
    --------
    make_gaussian_pairs : Pairs with linear dependence.

    Examples
    --------
    >>> from skmiaug.datasets import make_circle_pairs
    >>> pairs = make_circle_pairs(300, random_state=0)
    >>> pairs.audio.shape, pairs.text.shape
    ((300, 8), (300, 6))
    >>> round(float(pairs.information), 2)
    1.42
    """
    if concentration < 0 or min(n_audio, n_text) < 2:
        raise ValueError(
            "concentration must be at least 0 and either modality must have two columns; "
            f"got {concentration} and {n_audio} and {n_text} columns."
        )
    rng = check_random_state(random_state)
    y, audio, text = _noise(n_samples, n_classes, n_audio, n_text, rng)
    angle = rng.uniform(0, 2 * np.pi, len(y))
    partner = 2 * angle + rng.vonmises(0.0, concentration, len(y))
    for rows, at in ((audio, angle), (text, partner)):
        # Variance 1, as the other columns have.
        rows[:, :2] = np.sqrt(2) * np.column_stack([np.cos(at), np.sin(at)])
    kappa = concentration
    # Scaled by exp(-κ), so that they stay finite.
    information = kappa * i1e(kappa) / i0e(kappa) - (np.log(i0e(kappa)) + kappa)
    return _pairs(audio, text, y, information)


def _noise(
    n_samples: int | Sequence[int],
    n_classes: int,
    n_audio: int,
    n_text: int,
    rng: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, and standard normal rows of both modalities."""
    if isinstance(n_samples, Sequence | np.ndarray):
        y = np.repeat(np.arange(len(n_samples)), n_samples)
    else:
        y = np.sort(np.arange(n_samples) % n_classes)
    n = len(y)
    return y, rng.standard_normal((n, n_audio)), rng.standard_normal((n, n_text))


def _pairs(
    audio: np.ndarray, text: np.ndarray, y: np.ndarray, information: float
) -> AudioTextPairs:
    return AudioTextPairs(
        audio.astype(np.float32),
        text.astype(np.float32),
        y.astype(np.int64),
        float(information),
    )


def _check_correlations(rho: np.ndarray) -> None:
    if not (np.abs(rho) < 1).all():
        raise ValueError(
            f"Correlations must lie between -1 and 1, not at the ends; got {rho.tolist()}."
        )


# ---------------------------------------------------------------- sequences

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
    """Make sequences of features whose dynamics depend on the emotion.

    A few latent oscillations, whose rates depend on the emotion and whose phases wander,
    are mixed into the features. Each sequence has a level of its own, as a speaker has,
    that is independent of the emotion: single timesteps inform little about it and their
    mean not at all. Hidden timesteps can be restored from their neighbours better than by
    linear interpolation.

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
        Standard deviation of the noise that is added to each cell; features have about 1.
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

    See Also
    --------
    skmiaug.MaskedTimestepEncoder : Pretraining on sequences.

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
