"""target_type="distribution": votes of several raters, or shares of the classes."""

from dataclasses import dataclass
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

_TYPE = "distribution"
_N_RATERS = 5
# Of the sum of shares that were rounded to two digits.
_TOLERANCE = 0.02


@dataclass
class ShareTarget(MassTarget):
    """Votes or shares; T are the shares.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_classes), float64
        Votes or shares of the training rows.
    whole : bool
        Whether they are votes, whole numbers.
    n_raters : float or None
        Raters of a new row. None: as many votes as the row that it is drawn around has, 5
        for shares.
    """

    target_type = _TYPE
    rows: np.ndarray
    whole: bool
    n_raters: float | None

    @classmethod
    def read(
        cls, y: Any, X: np.ndarray, n_raters: Any = "auto"
    ) -> tuple["ShareTarget", np.ndarray, Any]:
        """Read votes or shares (n_samples, n_classes) of the rows X."""
        values, names, container = read_matrix(y, X, _TYPE, columns=True)
        refuse_rows(
            np.isnan(values).all(axis=1), _TYPE, "no rater has voted; leave the rows out"
        )
        values = checked_shares(np.nan_to_num(values))
        refuse_columns(values.sum(axis=0) == 0, names, _TYPE, "no row has a vote for")
        whole = bool((values == np.floor(values)).all())
        raters = None if isinstance(n_raters, str) else float(n_raters)
        return cls(names, values, whole, raters), values, container

    def codes(self, values: np.ndarray) -> np.ndarray:
        return shares_of(values).astype(np.float32)

    def strata(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values.argmax(axis=1))

    def masses(self, values: np.ndarray) -> np.ndarray:
        """Return the shares."""
        return shares_of(values)

    def draw(self, to_generate: dict[Any, int], rng: np.random.Generator) -> np.ndarray:
        """Return votes or shares of few raters, drawn around real ones."""
        counts = [to_generate[c] for c in self.keys]
        return self._redrawn(self.around(counts, rng), rng)

    def _redrawn(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        shares = shares_of(values)
        if self.whole:
            n_votes = values.sum(axis=1) if self.n_raters is None else self.n_raters
            n_votes = np.broadcast_to(np.rint(n_votes), len(values)).astype(int)
            return rng.multinomial(np.maximum(n_votes, 1), shares).astype(np.float64)
        drawn = rng.standard_gamma((self.n_raters or _N_RATERS) * shares)
        # Gammas of few raters may all vanish.
        total = drawn.sum(axis=1, keepdims=True)
        return np.where(total > 0, drawn / np.where(total > 0, total, 1), shares)

    def requested(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray:
        found = self.named(n, y, rng)
        if found is not None:
            return found
        return checked_shares(requested_matrix(n, y, self.n_codes, _TYPE))

    def given_back(self, values: np.ndarray) -> np.ndarray:
        return values.astype(np.int64) if self.whole and _whole(values) else values

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        return share_information(Z_real, shares_of(real), Z, shares_of(values))

    def check(self) -> None:
        """Raise ValueError if the rows hold no votes."""
        require_array("rows", self.rows, (None, len(self.names)), "float64")
        require_state(self.rows.min() >= 0 and self.rows.shape[1] > 1, "rows")
        require_state((self.rows.sum(axis=1) > 0).all(), "rows")
        require_state((self.rows.sum(axis=0) > 0).all(), "rows")
        require_state(self.n_raters is None or self.n_raters > 0, "n_raters")
        require_state(not self.whole or _whole(self.rows), "whole")


def shares_of(values: np.ndarray) -> np.ndarray:
    """Return votes or shares (n, n_classes), float64, as shares that sum to 1."""
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def checked_shares(values: np.ndarray) -> np.ndarray:
    """Return votes as they are, and shares so that they sum to 1.

    Raises
    ------
    ValueError
        A number is negative, a row is 0, or shares do not sum to 1.
    """
    refuse_rows((values < 0).any(axis=1), _TYPE, "votes and shares are not negative")
    total = values.sum(axis=1)
    refuse_rows(total == 0, _TYPE, "no rater has voted; leave the rows out")
    if _whole(values):
        return values
    refuse_rows(
        np.abs(total - 1) > _TOLERANCE,
        _TYPE,
        "y must hold votes, whole numbers, or shares that sum to 1; divide each row by its "
        "sum if it holds weighted votes, and for attributes use target_type='continuous'",
    )
    return shares_of(values)


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.floor(values)).all())
