"""What an augmenter asks of a target type: the base of the modules here.

Within an augmenter a target is a row of numbers: the number of a class, the votes or shares
of classes, indicators of labels, or attributes. The codes T that generators see are made
from it: every code is non-negative, and the codes of a row sum to 1.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from skmiaug.metrics.information import InformationEstimate
from skmiaug.over_sampling.targets._counts import class_keys


@dataclass
class Target(ABC):
    """A target type that was fitted to the y of the training rows.

    Attributes
    ----------
    names : ndarray of shape (n_names,)
        Classes, labels or attributes.
    """

    names: np.ndarray

    @property
    def keys(self) -> list[Any]:
        """The names as keys of ``sampling_strategy_``."""
        return class_keys(self.names)

    @property
    def n_codes(self) -> int:
        """Columns of T."""
        return len(self.names)

    @abstractmethod
    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return T, (n, n_codes) float32."""

    @abstractmethod
    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return groups of similar targets, (n,) int, from which to hold out evenly."""

    @abstractmethod
    def plan(self, strategy: Any, expansion: float, y: Any) -> dict[Any, int]:
        """Return how many rows to generate, ``sampling_strategy_``."""

    @abstractmethod
    def draw(self, to_generate: dict[Any, int], rng: np.random.Generator) -> np.ndarray:
        """Return the targets of the rows to generate."""

    @abstractmethod
    def requested(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray:
        """Return the n targets that ``sample(n, y)`` asks for."""

    @abstractmethod
    def given_back(self, values: np.ndarray) -> np.ndarray:
        """Return targets as ``sample`` gives them back."""

    @abstractmethod
    def balanced(self, rng: np.random.Generator) -> np.ndarray:
        """Return targets on which to measure the information of samples."""

    @abstractmethod
    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        """Return a bound of the information of samples, by a model of real rows."""
