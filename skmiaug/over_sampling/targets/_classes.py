"""target_type="multiclass": one class for each row."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skmiaug.base import require_array, require_state
from skmiaug.exceptions import TinyClassWarning
from skmiaug.metrics import classifier_information
from skmiaug.metrics.information import InformationEstimate
from skmiaug.over_sampling.targets._counts import (
    measured_rows,
    requested_classes,
    wanted_rows,
)
from skmiaug.over_sampling.targets._target import Target
from skmiaug.utils._fit import warn_caller
from skmiaug.utils.tables._labels import read_labels

_OTHER_TYPES = (
    "For votes or shares of classes, several labels of a row, or attributes, set "
    "target_type='distribution', 'multilabel' or 'continuous'."
)


@dataclass
class ClassTarget(Target):
    """Class numbers; T is one-hot.

    Attributes
    ----------
    present : ndarray of shape (n_classes,), int
        Rows of each class.
    """

    present: np.ndarray

    @classmethod
    def read(cls, y: Any, X: np.ndarray) -> tuple["ClassTarget", np.ndarray, Any]:
        """Read class labels, of any container, of the rows X."""
        try:
            classes, indices, labels = read_labels(y)
        except ValueError as error:
            if "continuous" in str(error) or "multioutput" in str(error):
                raise ValueError(f"{error} {_OTHER_TYPES}") from None
            raise
        check_consistent_length(X, indices)
        if len(classes) < 2:
            raise ValueError(
                "The target 'y' needs to have more than 1 class. Got "
                f"{len(classes)} class instead."
            )
        present = np.bincount(indices, minlength=len(classes))
        single = classes[present == 1]
        if len(single):
            warn_caller(
                f"Classes of a single row: {', '.join(map(str, single))}. Their samples "
                "are that row with noise scaled from the other classes; collect more rows "
                "or leave the class out of sampling_strategy.",
                TinyClassWarning,
            )
        return cls(classes, present), indices, labels

    @property
    def shares(self) -> np.ndarray:
        """Shares of the classes among the training rows, (n_classes,)."""
        return np.asarray(self.present / self.present.sum())

    def codes(self, values: np.ndarray) -> np.ndarray:
        T = np.zeros((len(values), self.n_codes), dtype=np.float32)
        T[np.arange(len(values)), values] = 1.0
        return T

    def strata(self, values: np.ndarray) -> np.ndarray:
        return values

    def plan(self, strategy: Any, expansion: float, y: Any) -> dict[Any, int]:
        return wanted_rows(strategy, expansion, self.names, self.present, y)

    def draw(self, to_generate: dict[Any, int], rng: np.random.Generator) -> np.ndarray:
        counts = [to_generate.get(c, 0) for c in self.keys]
        return np.repeat(np.arange(len(counts)), counts)

    def requested(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray:
        return requested_classes(n, y, self.names, self.shares)

    def given_back(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(self.names[values])

    def balanced(self, rng: np.random.Generator) -> np.ndarray:
        return np.repeat(np.arange(self.n_codes), measured_rows(self.n_codes))

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        found = classifier_information(Z_real, real, Z, values)
        return found._replace(maximum=float(np.log(self.n_codes)))

    def check(self) -> None:
        """Raise ValueError if the counts are none."""
        require_array("present", self.present, (len(self.names),), "iu")
        require_state(len(self.present) > 1 and self.present.min() > 0, "present")
