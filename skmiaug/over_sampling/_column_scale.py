"""Standardised columns in float32, whatever type and magnitude came in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

_CHUNK_ROWS = 4096


@dataclass(frozen=True)
class ColumnScale:
    """Maps columns to mean 0 and standard deviation 1, and back.

    Attributes
    ----------
    center, scale : ndarray of shape (n_features,), float64
        Mean and standard deviation; the scale of a constant column is 0.
    dtype : numpy.dtype
        Type of the rows that came in and that go back.
    """

    center: np.ndarray
    scale: np.ndarray
    dtype: np.dtype

    @classmethod
    def fit(cls, X: np.ndarray) -> "ColumnScale":
        """Measure the columns of ``X`` (n, n_features).

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

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return standardised rows, float32 (n, n_features); constant columns become 0."""
        Z = np.empty(X.shape, dtype=np.float32)
        # A subnormal spread has no usable reciprocal: divide, and guard the constant ones.
        divisor = np.where(self.scale > 0, self.scale, 1.0)
        for begin in range(0, len(X), _CHUNK_ROWS):
            rows = slice(begin, begin + _CHUNK_ROWS)
            Z[rows] = (X[rows] - self.center) / divisor
        return Z

    def inverse_into(self, Z: np.ndarray, out: np.ndarray) -> None:
        """Write the rows that ``Z`` (float32) stands for into ``out``.

        Integers are rounded; values beyond the type's range stop at its ends.
        """
        if self.dtype == np.float32 and self._is_plain_in_float32():
            # One pass on all threads, where numpy would take two on one.
            factor, offset = (
                torch.from_numpy(row.astype(np.float32))
                for row in (self.scale, self.center)
            )
            torch.addcmul(offset, torch.from_numpy(Z), factor, out=torch.from_numpy(out))
            return
        # The product of a wide column may pass the type's range: that is clipped below.
        with np.errstate(over="ignore"):
            values = Z * self.scale + self.center
        out[...] = _cast(values, self.dtype)

    def _is_plain_in_float32(self) -> bool:
        largest = max(np.abs(self.center).max(), self.scale.max())
        varying = self.scale[self.scale > 0]
        return largest < 1e30 and (len(varying) == 0 or varying.min() > 1e-30)


@dataclass(frozen=True)
class StandardisedRows:
    """Rows that are standardised as they are read, for those that memory does not hold.

    Attributes
    ----------
    X : ndarray of shape (n, n_features)
    scale : ColumnScale
    """

    X: np.ndarray
    scale: ColumnScale

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.X.shape

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self.scale.transform(self.X[rows])


def fit_into_types(rows: np.ndarray, dtypes: Sequence[np.dtype]) -> None:
    """Round and clip each column of ``rows``, in place, to what its type can hold.

    For frames whose columns differ in type: they are fitted as one array of a wider type.
    """
    for column, dtype in zip(rows.T, dtypes, strict=True):
        if dtype != rows.dtype:
            column[...] = _cast(column, dtype)


def _range(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest value of each column, float64; one pass, since X may be a file."""
    low, high = np.full(X.shape[1], np.inf), np.full(X.shape[1], -np.inf)
    for begin in range(0, len(X), _CHUNK_ROWS):
        chunk = X[begin : begin + _CHUNK_ROWS]
        np.minimum(low, chunk.min(axis=0), out=low)
        np.maximum(high, chunk.max(axis=0), out=high)
    return low, high


def _chunks(X: np.ndarray) -> Iterator[np.ndarray]:
    # In C order whatever came: sums in another order differ in their last bits, and the
    # same rows must give the same bits as an array, as a Fortran array and as a frame.
    for begin in range(0, len(X), _CHUNK_ROWS):
        yield np.ascontiguousarray(X[begin : begin + _CHUNK_ROWS], dtype=np.float64)


def _cast(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if np.issubdtype(dtype, np.bool_):
        return values > 0.5
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        # float64 rounds the ends of int64 outwards: compare before the cast.
        rounded = np.rint(values)
        cast = np.clip(
            rounded, float(limits.min), np.nextafter(float(limits.max), 0)
        ).astype(dtype)
        return np.where(rounded >= float(limits.max), limits.max, cast)
    floating = np.finfo(dtype)
    return np.clip(values, floating.min, floating.max).astype(dtype)
