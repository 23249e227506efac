"""What an augmenter asks of a target type: the interface of the modules here.

Within an augmenter a target is a row of numbers: the number of a class, the votes or shares
of classes, indicators of labels, or attributes. The codes T that generators see are made
from it: every code is non-negative, and the codes of a row sum to 1.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np

from skmiaug.metrics.information import InformationEstimate


class Container(Protocol):
    """The container of y, to give targets back in the same one."""

    def append(self, values: np.ndarray) -> Any:
        """Return y exactly as given, followed by ``values``."""


class Target(Protocol):
    """A target type that was fitted to the y of the training rows; a dataclass.

    ``names`` are the classes, labels or attributes; they are kept by the augmenter.
    """

    @property
    def n_names(self) -> int:
        """Classes, labels or attributes."""

    @property
    def n_codes(self) -> int:
        """Columns of T."""

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return T, (n, n_codes) float32."""

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return groups of similar targets, (n,) int, from which to hold out evenly."""

    def plan(
        self, strategy: Any, expansion: float, names: np.ndarray, y: Any
    ) -> dict[Any, int]:
        """Return how many rows to generate, ``sampling_strategy_``."""

    def draw(
        self, to_generate: dict[Any, int], names: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return the targets of the rows to generate."""

    def requested(
        self, n: int, y: Any, names: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return the n targets that ``sample(n, y)`` asks for."""

    def given_back(self, values: np.ndarray, names: np.ndarray) -> np.ndarray:
        """Return targets as ``sample`` gives them back."""

    def balanced(self, rng: np.random.Generator) -> np.ndarray:
        """Return targets on which to measure the information of samples."""

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        """Return a bound of the information of samples, by a model of real rows."""


class ReadTarget(NamedTuple):
    """What is read from a y.

    Attributes
    ----------
    target : Target
    values : ndarray of shape (n,) or (n, n_columns)
    names : ndarray of shape (n_names,)
        Classes, labels or attributes.
    container : Container
    """

    target: Any
    values: np.ndarray
    names: np.ndarray
    container: Container
