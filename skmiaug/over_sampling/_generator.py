"""What a generator is, and what it is fitted to."""

from typing import NamedTuple, Protocol

import numpy as np


class Generator(Protocol):
    """What ``BaseAugmenter._fit_generator`` returns: it draws rows given their targets.

    Any object with this method will do. Generators that can fill in missing modalities, or
    draw rows for a condition, take ``given`` too: coordinates (n, n_coordinates) with NaN
    where they are to be generated. ``skmiaug.save`` needs a dataclass that is registered by
    ``skmiaug.base.register_state``; pickle and joblib need nothing.

    See Also
    --------
    BaseAugmenter : Fits a generator and samples from it.
    """

    def sample(self, T: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
        """Return coordinates (n, n_coordinates), float32, for target codes (n, n_targets).

        ``rng`` is the only source of randomness.
        """


class Fitting(NamedTuple):
    """Checked training data as a generator learns from them; n rows.

    Attributes
    ----------
    Z : ndarray of shape (n, n_coordinates), float32
    T : ndarray of shape (n, n_targets), float32
    validation : ndarray of shape (n,), bool
        Rows to hold out.
    groups : ndarray of shape (n,) or None
    rng : numpy.random.Generator
    real : tuple of ndarray
        Some rows of ``Z`` and their targets, to measure samples with.
    """

    Z: np.ndarray
    T: np.ndarray
    validation: np.ndarray
    groups: np.ndarray | None
    rng: np.random.Generator
    real: tuple[np.ndarray, np.ndarray]
