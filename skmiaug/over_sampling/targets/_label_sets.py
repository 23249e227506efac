"""target_type="multilabel": a set of labels for each row, which may be empty."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from skmiaug.base import require_array, require_state
from skmiaug.metrics.information import InformationEstimate
from skmiaug.over_sampling.targets._information import share_information
from skmiaug.over_sampling.targets._matrix import (
    MassTarget,
    read_matrix,
    refuse_columns,
    refuse_rows,
    requested_matrix,
)
from skmiaug.over_sampling.targets._regression import simplest_codes

_TYPE = "multilabel"
_CODINGS = ("mean", "sum")


@dataclass
class LabelSetTarget(MassTarget):
    """Indicators of labels; T are shares of the labels of a row.

    There are two codings, and the one by which a regression predicts X better is used.
    "mean": each of the l labels of a row has the share 1 / l, and a row without labels has
    a code of its own; a row is the mean of its labels. "sum": each label has the share
    1 / L, L the most labels of a row, and the rest is a code of its own; the effects of
    labels then add up, with one for no label. With one label a row both are one-hot.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_labels), float64
        0 and 1, of the training rows.
    coding : str
    """

    target_type = _TYPE
    rows: np.ndarray
    coding: str = "mean"

    @classmethod
    def read(cls, y: Any, X: np.ndarray) -> tuple["LabelSetTarget", np.ndarray, Any]:
        """Read indicators (n_samples, n_labels) of the rows X."""
        values, names, container = read_matrix(y, X, _TYPE, columns=True)
        values = checked_labels(values)
        refuse_columns(values.sum(axis=0) == 0, names, _TYPE, "no row has the label")
        if (values == values[0]).all():
            raise ValueError(
                f"target_type={_TYPE!r} needs rows of different labels, and all have the "
                "same ones."
            )
        codings = [cls(names, values, coding) for coding in _CODINGS]
        ways = [partial(target.codes, values) for target in codings]
        return codings[simplest_codes(ways, X)], values, container

    @property
    def n_codes(self) -> int:
        """Number of labels, and one more where the shares of some rows do not sum to 1."""
        return len(self.names) + self._has_rest

    @property
    def _has_rest(self) -> bool:
        n_labels = self.rows.sum(axis=1)
        enough = n_labels.max() if self.coding == "sum" else 1
        return bool(n_labels.min() < enough)

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return the shares of the labels and the rest, which sum to 1."""
        n_labels = values.sum(axis=1, keepdims=True)
        most = self.rows.sum(axis=1).max() if self.coding == "sum" else n_labels
        T = values / np.maximum(most, 1)
        if self._has_rest:
            T = np.column_stack([T, 1 - T.sum(axis=1)])
        return T.astype(np.float32)

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return the rarest label of each row, the number of labels where it has none."""
        by_rarity = np.argsort(self.rows.sum(axis=0), kind="stable")
        first = values[:, by_rarity].argmax(axis=1)
        return np.where(values.any(axis=1), by_rarity[first], values.shape[1])

    def draw(self, to_generate: dict[Any, int], rng: np.random.Generator) -> np.ndarray:
        """Return label sets of real rows, so that labels occur together as they do."""
        return self.around([to_generate[c] for c in self.keys], rng)

    def requested(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray:
        wanted = self.named(n, y, rng)
        if wanted is None:
            wanted = checked_labels(requested_matrix(n, y, len(self.names), _TYPE))
        n_labels = self.rows.sum(axis=1)
        outside = wanted.sum(axis=1)
        outside = (outside < n_labels.min()) | (outside > n_labels.max())
        refuse_rows(
            outside,
            _TYPE,
            f"training rows have {n_labels.min():.0f} to {n_labels.max():.0f} labels, and "
            "sample was asked for another number",
        )
        return wanted

    def given_back(self, values: np.ndarray) -> np.ndarray:
        return values.astype(np.int64)

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        """Return the bound for one label of each row's set, picked at random."""
        return share_information(Z_real, _one_of(real), Z, _one_of(values))

    def check(self) -> None:
        """Raise ValueError if the rows hold no indicators."""
        require_array("rows", self.rows, (None, len(self.names)), "float64")
        require_state(np.isin(self.rows, (0, 1)).all() and self.rows.shape[1] > 1, "rows")
        require_state((self.rows.sum(axis=0) > 0).all(), "rows")
        require_state(self.coding in _CODINGS, "coding")


def checked_labels(values: np.ndarray) -> np.ndarray:
    """Return indicators (n, n_labels) as they are.

    Raises
    ------
    ValueError
        A number is neither 0 nor 1.
    """
    refuse_rows(
        ~np.isin(values, (0, 1)).all(axis=1),
        _TYPE,
        "y must hold 0 and 1 alone; for votes or shares use target_type='distribution', "
        "for attributes 'continuous'",
    )
    return values


def _one_of(values: np.ndarray) -> np.ndarray:
    """Return the shares of the labels of each row, the last for rows without any."""
    n_labels = values.sum(axis=1, keepdims=True)
    return np.hstack([values / np.maximum(n_labels, 1), n_labels == 0])
