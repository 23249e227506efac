"""Standardised columns in float32, for any type, magnitude and tails of the input."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from skmiaug.over_sampling.columns._normal_scores import (
    ColumnScores,
    fit_scores,
    heavy_tailed_columns,
)
from skmiaug.over_sampling.targets._regression import Gram, regress, target_weights
from skmiaug.utils.tables._row_blocks import Rows, row_blocks
from skmiaug.utils.tables._tables import cast_column

_MARGINAL_ROWS = 10_000
_CHUNK_NUMBERS = 2**20


@dataclass(frozen=True)
class ColumnScale:
    """Maps columns to mean 0 and standard deviation 1, and back.

    Attributes
    ----------
    center, scale : ndarray of shape (n_features,), float64
        Mean and standard deviation; the scale of a constant column is 0.
    dtype : numpy.dtype
        Type of the rows that came in and that go back.
    scores : tuple of ColumnScores
        Of the columns that are normal scores of their own distribution besides.
    """

    center: np.ndarray
    scale: np.ndarray
    dtype: np.dtype
    scores: tuple[ColumnScores, ...] = ()

    @classmethod
    def standard(cls, X: Rows) -> "ColumnScale":
        """Measure mean and standard deviation of the columns of ``X``.

        Columns are divided by their largest magnitude first, so that squares of 1e300 do
        not overflow and those of 1e-300 do not vanish.
        """
        low, high = _range(X)
        magnitude = np.maximum(np.abs(low), np.abs(high))
        magnitude[magnitude == 0] = 1.0
        total = np.zeros(X.shape[1])
        for chunk in _chunks(X):
            total += (chunk / magnitude).sum(axis=0)
        mean = total / len(X)
        squares = np.zeros(X.shape[1])
        for chunk in _chunks(X):
            squares += np.square(chunk / magnitude - mean).sum(axis=0)
        scale = np.sqrt(squares / len(X)) * magnitude
        constant = low == high
        return cls(
            np.where(constant, low, mean * magnitude),
            np.where(constant, 0.0, scale),
            X.dtype,
        )

    def with_scores(self, X: Rows, T: np.ndarray, marginals: str = "auto") -> "ColumnScale":
        """Return this with normal scores of columns of ``X`` with targets ``T``.

        With ``marginals`` "gaussian" no column becomes normal scores, with "empirical" all
        do, with "auto" those with heavy tails.
        """
        varying = np.flatnonzero(self.scale > 0)
        if marginals == "gaussian" or len(varying) == 0:
            return self
        some = slice(None, None, -(-len(X) // _MARGINAL_ROWS))
        # Read once where they are in a file, in their own type.
        rows, own = np.ascontiguousarray(X[some]), T[some]
        if marginals == "auto":
            varying = self._heavy_tailed(rows, own, varying)
        if len(varying) == 0:
            return self
        values = self._standardised(rows, varying)
        return replace(self, scores=fit_scores(values, target_weights(own), varying))

    def _heavy_tailed(
        self, rows: np.ndarray, T: np.ndarray, columns: np.ndarray
    ) -> np.ndarray:
        """Return those of the ``columns`` that have heavy tails, a few at a time."""
        found, gram = [], Gram.of(T)
        step = max(_CHUNK_NUMBERS // len(rows), 1)
        for begin in range(0, len(columns), step):
            some = columns[begin : begin + step]
            values = self._standardised(rows, some)
            values -= T @ regress(values, T, gram)
            found.append(some[heavy_tailed_columns(values)])
        return np.concatenate(found)

    def transform(self, X: np.ndarray, first_row: int = 0) -> np.ndarray:
        """Return standard rows, float32 (n, n_features); constant columns become 0.

        ``first_row`` is the number of the first of them, where they are read in blocks.
        """
        Z = np.empty(X.shape, dtype=np.float32)
        for rows in row_blocks(len(X)):
            standard = self._standardised(X[rows])
            for own in self.scores:
                values = standard[:, own.column]
                standard[:, own.column] = own.to_scores(values, first_row + rows.start)
            Z[rows] = standard
        return Z

    def _standardised(
        self, rows: np.ndarray, columns: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        # A subnormal spread has no usable reciprocal: divide, and guard the constant ones.
        scale = self.scale[columns]
        return (rows[:, columns] - self.center[columns]) / np.where(scale > 0, scale, 1.0)

    def inverse(self, Z: np.ndarray) -> np.ndarray:
        """Return the rows (n, n_features) that ``Z`` (float32) stands for.

        Integers are rounded; values beyond the range of the type stop at its ends.
        """
        # The product of a wide column may pass the range of the type: that is clipped.
        with np.errstate(over="ignore"):
            values = Z * self.scale + self.center
        for own in self.scores:
            k = own.column
            standard = own.to_values(Z[:, k].astype(np.float64))
            values[:, k] = standard * self.scale[k] + self.center[k]
        if self.dtype == values.dtype:
            limits = np.finfo(values.dtype)
            return np.clip(values, limits.min, limits.max, out=values)
        return cast_column(values, self.dtype)

    def affine(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return factor and offset if :meth:`inverse` is affine in float32, else None."""
        if self.dtype != np.float32 or self.scores:
            return None
        largest = max(np.abs(self.center).max(), self.scale.max())
        varying = self.scale[self.scale > 0]
        if largest >= 1e30 or (len(varying) and varying.min() <= 1e-30):
            return None
        return self.scale.astype(np.float32), self.center.astype(np.float32)


def _range(X: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest value of each column, float64; one pass, since X may be a file."""
    low, high = np.full(X.shape[1], np.inf), np.full(X.shape[1], -np.inf)
    for rows in row_blocks(len(X)):
        block = X[rows]
        np.minimum(low, block.min(axis=0), out=low)
        np.maximum(high, block.max(axis=0), out=high)
    return low, high


def _chunks(X: Rows) -> Iterator[np.ndarray]:
    # In C order whatever came: sums in another order differ in their last bits, and the
    # same rows must give the same bits as an array, as a Fortran array and as a frame.
    for rows in row_blocks(len(X)):
        yield np.ascontiguousarray(X[rows], dtype=np.float64)
