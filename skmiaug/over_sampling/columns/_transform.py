"""From the columns of X to whitened coordinates of mean 0 and unit variance, and back.

Columns belong to groups (modalities, or a condition that comes with X; one group where
none are named). Each group is standardised (or replaced by normal scores, see
``_normal_scores``) and whitened by its pooled covariance within targets, which is shrunk
towards a multiple of the identity (Ledoit and Wolf, 2004). In these coordinates the
residuals of a regression on the targets have mean 0 and covariance I within each group.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from skmiaug.base import require_array, require_state
from skmiaug.over_sampling.columns._scale import ColumnScale
from skmiaug.over_sampling.targets._regression import Gram, regress
from skmiaug.utils.files._memory_map import is_memory_mapped, scratch_array
from skmiaug.utils.tables._row_blocks import Rows, row_blocks

_INVERSE_NUMBERS = 2**22
# Below, the eigenvectors of the whole matrix are a matter of seconds.
_MANY_COLUMNS = 2049
_CHUNK_COLUMNS = 1024
_NO_DIRECTION = 1e-6


@dataclass
class ColumnGroup:
    """The transform of one group of columns; d columns become k ≤ d coordinates.

    Attributes
    ----------
    columns : ndarray of shape (d,)
        Column numbers in X, or in the condition.
    scale : ColumnScale
    axes : ndarray of shape (d, k), float32
        Eigenvectors of the shrunken covariance, one a column, of falling eigenvalues.
    deviation : ndarray of shape (k,), float32
        Square roots of its eigenvalues.
    shrinkage : float
        Weight of the identity in the covariance, in [0, 1].
    """

    columns: np.ndarray
    scale: ColumnScale
    axes: np.ndarray
    deviation: np.ndarray
    shrinkage: float

    @property
    def width(self) -> int:
        """Number of coordinates, k."""
        return len(self.deviation)

    def whiten(self, X: np.ndarray, first_row: int = 0) -> np.ndarray:
        """Return the coordinates (n, k), float32, of rows (n, d) of this group."""
        return self._whitened(self.scale.transform(X, first_row))

    def _whitened(self, standard: np.ndarray) -> np.ndarray:
        return standard @ (self.axes / self.deviation)

    def inverse(self, U: np.ndarray) -> np.ndarray:
        """Return the rows (n, d) that coordinates (n, k) stand for, in the type of X."""
        if self.scale.affine() is None:
            return self.scale.inverse(U @ (self.axes.T * self.deviation[:, None]))
        rows = np.empty((len(U), len(self.axes)), dtype=np.float32)
        self.inverse_affine_into(U, rows)
        return rows

    def inverse_affine_into(self, U: np.ndarray, out: np.ndarray) -> bool:
        """Write what :meth:`inverse` returns into ``out`` if one product is enough."""
        affine = self.scale.affine()
        if affine is None or not out.flags.c_contiguous:
            return False
        factor, offset = affine
        np.matmul(U, self.axes.T * (self.deviation[:, None] * factor), out=out)
        out += offset
        return True

    def check(self) -> None:
        """Raise ValueError if the arrays do not belong together."""
        require_array("axes", self.axes, (None, None))
        d, k = self.axes.shape
        require_array("columns", self.columns, (d,), "iu")
        require_array("deviation", self.deviation, (k,))
        require_array("scale.center", self.scale.center, (d,))
        require_array("scale.scale", self.scale.scale, (d,))
        require_state((self.deviation > 0).all(), "deviation")
        require_state((self.scale.scale >= 0).all(), "scale.scale")
        if any(own.column >= d for own in self.scale.scores):
            raise ValueError(f"normal scores of columns beyond the {d} of the group")


@dataclass
class ColumnTransform:
    """The transforms of all groups; their coordinates stand side by side.

    Attributes
    ----------
    groups : tuple of ColumnGroup
    n_generated : int
        The first groups are columns of X; one behind them is the condition.
    """

    groups: tuple[ColumnGroup, ...]
    n_generated: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Coordinates of each group."""
        return tuple(group.width for group in self.groups)

    def span(self, k: int) -> slice:
        """Return which coordinates belong to group k."""
        begin = sum(self.widths[:k])
        return slice(begin, begin + self.widths[k])

    def transform(self, X: np.ndarray, condition: np.ndarray | None = None) -> np.ndarray:
        """Return coordinates (n, sum of widths); NaN where a row lacks a group."""
        Z = np.empty((len(X), sum(self.widths)), dtype=np.float32)
        for k, group in enumerate(self.groups):
            source = X if k < self.n_generated else condition
            assert source is not None
            own = np.asarray(source[:, group.columns])
            there = _complete(own)
            Z[there, self.span(k)] = group.whiten(own[there])
            Z[~there, self.span(k)] = np.nan
        return Z

    def inverse_into(self, Z: np.ndarray, out: np.ndarray) -> None:
        """Write the rows of X that coordinates stand for into ``out``."""
        if len(self.groups) == 1 and self.groups[0].inverse_affine_into(Z, out):
            return
        for rows in row_blocks(len(Z), max(_INVERSE_NUMBERS // out.shape[1], 1)):
            for k, group in enumerate(self.groups[: self.n_generated]):
                out[rows][:, group.columns] = group.inverse(Z[rows, self.span(k)])

    def inverse_condition(self, Z: np.ndarray) -> np.ndarray:
        """Return the condition that coordinates stand for, (n, n_condition_features)."""
        return self.groups[-1].inverse(Z[:, self.span(len(self.groups) - 1)])

    def unwhitened(self, U: np.ndarray) -> np.ndarray:
        """Return coordinates (n, sum of widths) with the variances of standard columns.

        Rows are as far from each other as in standard columns, and turned.
        """
        return U * np.concatenate([group.deviation for group in self.groups])

    def unwhitening(self) -> np.ndarray:
        """Return the matrix that turns coordinates to what the axes refer to."""
        return block_diag(*((group.axes * group.deviation).T for group in self.groups))

    def whitened_anew(
        self, V: np.ndarray, T: np.ndarray
    ) -> tuple["ColumnTransform", np.ndarray]:
        """Fit the whitening to some rows, (n, sum of widths), as ``unwhitened`` gives them.

        Returns the transform, whose axes refer to these coordinates, and the whitened rows.
        """
        groups = tuple(
            _fit_whitening(V[:, self.span(k)], T, group.columns, group.scale)
            for k, group in enumerate(self.groups)
        )
        U = [group._whitened(V[:, self.span(k)]) for k, group in enumerate(groups)]
        return ColumnTransform(groups, self.n_generated), np.hstack(U)

    def check(self) -> None:
        """Raise ValueError if the groups and their number do not belong together."""
        if not 0 <= len(self.groups) - self.n_generated <= 1 or not self.n_generated:
            raise ValueError(f"{self.n_generated} of {len(self.groups)} groups generated")


def fit_columns(
    sources: Sequence[tuple[Rows, np.ndarray]],
    T: np.ndarray,
    *,
    marginals: str = "auto",
    n_generated: int | None = None,
) -> tuple[ColumnTransform, np.ndarray]:
    """Fit the transform of all groups, and return the coordinates of the rows with it.

    Parameters
    ----------
    sources : sequence of (Rows of shape (n, n_columns), column numbers)
        One for each group. A group that a row lacks is NaN there.
    T : ndarray of shape (n, n_targets), float32
        Target codes.
    marginals : {"auto", "gaussian", "empirical"}
    n_generated : int or None
        How many groups are columns of X; None: all.

    Returns
    -------
    transform : ColumnTransform
    Z : ndarray of shape (n, sum of widths), float32
        In a scratch file if a source is a memory map; NaN where a row lacks a group.
    """
    mapped = any(is_memory_mapped(source) for source, _ in sources)
    groups, parts = [], []
    for source, columns in sources:
        group, part = _fit_group(source, columns, T, marginals, mapped)
        groups.append(group)
        parts.append(part)
    transform = ColumnTransform(
        tuple(groups), len(groups) if n_generated is None else n_generated
    )
    if len(parts) == 1:
        return transform, parts[0]
    Z = _empty((len(T), sum(transform.widths)), mapped)
    for k, part in enumerate(parts):
        Z[:, transform.span(k)] = part
    return transform, Z


def _fit_group(
    source: Rows, columns: np.ndarray, T: np.ndarray, marginals: str, mapped: bool
) -> tuple[ColumnGroup, np.ndarray]:
    whole = len(columns) == source.shape[1] and (np.diff(columns) == 1).all()
    X = source if whole else _Columns(source, columns)
    there = np.concatenate([_complete(X[rows]) for rows in row_blocks(len(X))])
    if not there.all():
        X, T = X[:][there], T[there]
    scale = ColumnScale.standard(X).with_scores(X, T, marginals)
    Z = _empty(X.shape, mapped)
    for rows in row_blocks(len(X)):
        Z[rows] = scale.transform(X[rows], rows.start)
    group = _fit_whitening(Z, T, columns, scale)
    if group.width == Z.shape[1]:
        whitened = Z
    else:
        whitened = _empty((len(Z), group.width), mapped)
    for rows in row_blocks(len(Z)):
        whitened[rows] = group._whitened(Z[rows])
    if there.all():
        return group, whitened
    Z = np.full((len(there), group.width), np.nan, dtype=np.float32)
    Z[there] = whitened
    return group, Z


def _fit_whitening(
    Z: np.ndarray, T: np.ndarray, columns: np.ndarray, scale: ColumnScale
) -> ColumnGroup:
    n, d = len(Z), len(columns)
    gram = Gram.of(T)
    coefficients = regress(Z, T, gram)
    found, axes, trace, shrinkage = spectrum_of(Z, T, coefficients.astype(np.float32))
    values = np.maximum(found, 0.0) * (n / gram.n_free)
    spherical = max(trace, 0.0) / d * (n / gram.n_free)
    if spherical == 0.0:
        # Classes of identical rows: nothing is known of their scatter.
        spherical, shrinkage = 1e-6, 1.0
    shrunken = (1 - shrinkage) * values + shrinkage * spherical
    return ColumnGroup(
        columns=columns,
        scale=scale,
        axes=np.ascontiguousarray(axes, dtype=np.float32),
        deviation=np.sqrt(np.maximum(shrunken, 1e-7 * spherical)).astype(np.float32),
        shrinkage=float(shrinkage),
    )


def spectrum_of(
    Z: Rows, T: np.ndarray, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Decompose the pooled covariance within targets, the mean of r rᵀ for r = z - t B.

    With far fewer rows than columns, n of d, the rows lie in n - 1 directions at most, and
    the n x n products of the rows determine them: an eigenvector u of R Rᵀ gives Rᵀu of
    RᵀR. Only these directions are kept, so that nothing is ever of size d x d.

    Parameters
    ----------
    Z : Rows of shape (n, n_features), float32
        Read in blocks.
    T : ndarray of shape (n, n_targets), float32
    coefficients : ndarray of shape (n_targets, n_features), float32
        B of the regression of ``Z`` on ``T``.

    Returns
    -------
    values : ndarray of shape (n_directions,), float64
        Eigenvalues, falling.
    axes : ndarray of shape (n_features, n_directions)
        Eigenvectors, one a column; each has a positive largest entry.
    trace : float
    shrinkage : float
        Weight of the identity, see :func:`ledoit_wolf_shrinkage`.
    """
    n, d = Z.shape
    if d >= _MANY_COLUMNS and n <= d // 2:
        return _by_products_of_rows(Z, T, coefficients)
    return _by_covariance(Z, T, coefficients)


def _by_covariance(
    Z: Rows, T: np.ndarray, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, float]:
    n, d = Z.shape
    second, fourth = np.zeros((d, d)), 0.0
    for rows in row_blocks(n):
        r = Z[rows] - T[rows] @ coefficients
        second += r.T @ r
        fourth += _fourth_powers(r)
    second /= n
    values, axes = np.linalg.eigh(second)
    shrinkage = ledoit_wolf_shrinkage(second, fourth / n, n, d)
    return values[::-1], _fixed_signs(axes[:, ::-1]), float(np.trace(second)), shrinkage


def _by_products_of_rows(
    Z: Rows, T: np.ndarray, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, float]:
    n, d = Z.shape
    r = np.empty((n, d), dtype=np.float32)
    for rows in row_blocks(n):
        np.subtract(Z[rows], T[rows] @ coefficients, out=r[rows])
    products = np.zeros((n, n))
    for begin in range(0, d, _CHUNK_COLUMNS):
        columns = r[:, begin : begin + _CHUNK_COLUMNS]
        products += columns @ columns.T
    products /= n
    found, combined = np.linalg.eigh(products)
    found, combined = found[::-1], combined[:, ::-1]
    n_directions = max(int((found > _NO_DIRECTION * found[0]).sum()), 1)
    axes = _unit_columns(r.T @ combined[:, :n_directions].astype(np.float32))
    # The class means may lie outside of the span of the residuals.
    shift = (coefficients - coefficients.mean(axis=0)).T
    outside = shift - axes @ (axes.T @ shift)
    extra, _, _ = np.linalg.svd(outside, full_matrices=False)
    lengths = np.linalg.norm(extra.T @ outside, axis=1)
    extra = extra[:, lengths > _NO_DIRECTION * max(lengths.max(), np.linalg.norm(shift))]
    axes = np.hstack([axes, extra.astype(np.float32)])
    values = np.zeros(axes.shape[1])
    values[:n_directions] = found[:n_directions]
    shrinkage = ledoit_wolf_shrinkage(products, _fourth_powers(r) / n, n, d)
    return values, _fixed_signs(axes), float(np.trace(products)), shrinkage


def _unit_columns(directions: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(directions, axis=0)
    return directions / np.where(length > 0, length, 1)


def _fourth_powers(r: np.ndarray) -> float:
    """Sum of ||r||⁴ over the rows."""
    return float(np.square(np.square(r).sum(axis=1, dtype=np.float64)).sum())


def _fixed_signs(axes: np.ndarray) -> np.ndarray:
    """Turn each column in place so that its largest entry is positive; eigh does not."""
    largest = np.abs(axes).argmax(axis=0)
    axes *= np.sign(axes[largest, np.arange(axes.shape[1])])
    return axes


def ledoit_wolf_shrinkage(S: np.ndarray, fourth_moment: float, n: int, d: int) -> float:
    """Return the weight of the identity that minimises the expected squared error.

    Ledoit and Wolf (2004), lemma 3.3, of n centred rows r of d columns. The same as
    ``sklearn.covariance.ledoit_wolf_shrinkage``, from sums that can be taken in blocks.

    Parameters
    ----------
    S : ndarray of shape (d, d) or (n, n), float64
        The covariance, or the products of rows over n: their norms and traces are equal.
    fourth_moment : float
        Mean of ||r||⁴.
    n, d : int
    """
    squared_norm, trace = float(np.square(S).sum()), float(np.trace(S))
    dispersion = squared_norm - trace**2 / d
    error = (fourth_moment - squared_norm) / n
    return 0.0 if dispersion <= 0 else float(np.clip(error / dispersion, 0.0, 1.0))


class _Columns:
    """Some columns of rows that are read a block at a time."""

    def __init__(self, source: Rows, columns: np.ndarray):
        self._source, self._columns = source, columns
        self.shape = len(source), len(columns)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self._source[rows][:, self._columns]

    @property
    def dtype(self) -> np.dtype:
        return self._source.dtype


def _complete(rows: np.ndarray) -> np.ndarray:
    """Return which rows (n,) have no NaN."""
    if rows.dtype.kind != "f":
        return np.ones(len(rows), dtype=bool)
    return ~np.isnan(rows).any(axis=1)


def _empty(shape: tuple[int, ...], mapped: bool) -> np.ndarray:
    return scratch_array(shape, np.float32) if mapped else np.empty(shape, np.float32)
