"""Covariates of rows (speaker, gender, corpus): additive effects that are no one's target.

The columns of X are T B + C G + noise, for target codes T and indicators C of the levels of
the covariates. The coefficients G are shrunken by a ridge penalty, as effects of levels
that are themselves drawn (Henderson's mixed model equations); B is not. Without G, the mean
of a class that two speakers spoke would be these speakers' voices.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.utils.validation import check_consistent_length

from skmiaug.base import require_array, require_state
from skmiaug.over_sampling.columns._scale import ColumnScale
from skmiaug.over_sampling.targets._counts import plain_labels
from skmiaug.over_sampling.targets._regression import Gram
from skmiaug.utils.files._untrusted import first_few
from skmiaug.utils.tables._labels import read_labels
from skmiaug.utils.tables._row_blocks import Rows, row_blocks

_PENALTIES = np.logspace(-2, 5, 29)
NEW = -1


@dataclass
class CovariateEffects:
    """Shrunken effects of all levels.

    Attributes
    ----------
    levels : tuple of ndarray
        The levels of each covariate: numbers, text or times.
    begin : ndarray of shape (n_covariates + 1,), int
        Where the levels of each covariate begin among those of all.
    effects : ndarray of shape (n_levels, n_features), float64
        In the units of X.
    rows : ndarray of shape (n_rows, n_covariates), int
        Level of each training row, counted for each covariate by itself.
    """

    levels: tuple[np.ndarray, ...]
    begin: np.ndarray
    effects: np.ndarray
    rows: np.ndarray

    def of(self, levels: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Return the effects of rows (n, n_features) with these levels.

        ``NEW`` is a level that no training row has: its effect is drawn, with ``rng``, from
        a normal distribution with the covariance of the known ones.
        """
        total = np.zeros((len(levels), self.effects.shape[1]))
        for k, own in enumerate(levels.T):
            known = self.effects[self.begin[k] : self.begin[k + 1]]
            total += known[np.maximum(own, 0)]
            new = np.flatnonzero(own == NEW)
            if rng is None or not len(new):
                continue
            weights = rng.standard_normal((len(new), len(known))) / len(known) ** 0.5
            total[new] += weights @ known - known[0]
        return total

    def fill_evenly(
        self, strata: np.ndarray, new: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return the levels of each new row (m, n_covariates).

        Among the combinations that training rows have, so that each stratum has all of
        them as evenly as can be.

        Parameters
        ----------
        strata : ndarray of shape (n_rows,)
            Classes, say, of the training rows.
        new : ndarray of shape (m,)
            Those of the new rows.
        rng : numpy.random.Generator
        """
        found, numbers = np.unique(self.rows, axis=0, return_inverse=True)
        numbers, drawn = numbers.ravel(), np.empty(len(new), dtype=np.intp)
        for stratum in np.unique(new):
            own = np.bincount(numbers[strata == stratum], minlength=len(found))
            places = np.flatnonzero(new == stratum)
            order = rng.permutation(len(found))
            added = fill_up(own[order], len(places))
            drawn[places] = rng.permutation(np.repeat(order, added))
        return np.asarray(found[drawn])

    def given_back(self, rows: np.ndarray) -> np.ndarray:
        """Return the levels of rows (n, n_covariates), (n,) for a single covariate."""
        own = zip(self.levels, rows.T, strict=True)
        columns = [levels[numbers] for levels, numbers in own]
        return columns[0] if len(columns) == 1 else np.array(columns, dtype=object).T

    def check(self) -> None:
        """Raise ValueError if the arrays do not belong together."""
        require_array("begin", self.begin, (None,), "iu")
        rising = self.begin[0] == 0 and (np.diff(self.begin) > 0).all()
        require_state(len(self.begin) > 1 and rising, "begin")
        require_array("effects", self.effects, (int(self.begin[-1]), None), "float64")
        require_array("rows", self.rows, (None, len(self.begin) - 1), "iu")
        n_levels = np.diff(self.begin)
        require_state([len(own) for own in self.levels] == n_levels.tolist(), "levels")
        require_state((self.rows >= 0).all() and (self.rows < n_levels).all(), "rows")


def fill_up(counts: np.ndarray, n: int) -> np.ndarray:
    """Return how many of n to add to each count so that the sums are as even as can be."""
    low, high = int(counts.min()), int(counts.max()) + n
    while low < high:
        level = (low + high + 1) // 2
        fits = np.maximum(level - counts, 0).sum() <= n
        low, high = (level, high) if fits else (low, level - 1)
    added = np.maximum(low - counts, 0)
    lowest = np.flatnonzero(counts + added == low)
    added[lowest[: n - added.sum()]] += 1
    return added


def read_covariates(
    covariates: Any, n_rows: int
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return the level of each row, and the levels of each covariate.

    Parameters
    ----------
    covariates : array-like of shape (n_rows,) or (n_rows, n_covariates)
        Numbers, text or times.
    n_rows : int

    Returns
    -------
    rows : ndarray of shape (n_rows, n_covariates), int
    levels : tuple of ndarray

    Raises
    ------
    ValueError
        A level is missing or none of these, or there are not ``n_rows`` rows.
    """
    columns = _columns(covariates)
    if not columns or np.ndim(columns[0]) > 1:
        raise ValueError(
            "covariates must have a level for each row, (n_samples,) or (n_samples, "
            f"n_covariates), got an array of shape {np.shape(covariates)}."
        )
    found = [read_labels(column, "covariates")[:2] for column in columns]
    check_consistent_length(np.empty(n_rows), *(numbers for _, numbers in found))
    return np.column_stack([n for _, n in found]), tuple(plain_labels(c) for c, _ in found)


def requested_levels(
    effects: CovariateEffects | None,
    covariates: Any,
    n: int,
    rng: np.random.Generator,
    *,
    needed: bool = False,
) -> np.ndarray | None:
    """Return the levels (n, n_covariates) of n rows of ``sample``, None without effects.

    Those that are passed, or those of training rows, unless they are ``needed``.

    Raises
    ------
    ValueError
        A level is unknown, there are not as many covariates as were fitted, or none were.
    """
    if effects is None and covariates is not None:
        raise ValueError(
            "covariates were passed, but the augmenter was fitted without. "
            "Pass covariates to fit or fit_resample too."
        )
    if effects is None:
        return None
    if covariates is not None:
        return known_levels(covariates, effects.levels, n)
    if needed:
        raise ValueError(
            "The augmenter was fitted with covariates. Pass those of the rows to "
            "impute too; None in them stands for a new level."
        )
    return np.asarray(effects.rows[rng.permutation(np.arange(n) % len(effects.rows))])


def known_levels(
    covariates: Any, levels: tuple[np.ndarray, ...], n_rows: int
) -> np.ndarray:
    """Return the level numbers (n_rows, n_covariates) of passed levels.

    One for all rows, or one for each; None in it is a new one.
    """
    values = np.asarray(covariates, dtype=object)
    if values.ndim == 0 or (values.ndim == 1 and len(levels) == len(values) > 1):
        values = np.tile(values.reshape(1, -1), (n_rows, 1))
    values = values.reshape(len(values), -1)
    if values.shape != (n_rows, len(levels)):
        raise ValueError(
            f"covariates must be a level of each of the {len(levels)} covariates that were "
            f"fitted, or {n_rows} rows of them; got an array of shape {values.shape}."
        )
    numbers = np.empty(values.shape, dtype=np.intp)
    for k, own in enumerate(levels):
        known = {level: i for i, level in enumerate(own.tolist())} | {None: NEW}
        unknown = sorted({str(v) for v in values[:, k] if v not in known})
        if unknown:
            raise ValueError(
                f"covariates hold levels that no training row has: {first_few(unknown)}. "
                f"Known are {first_few(own.tolist())}; None stands for a new one."
            )
        numbers[:, k] = [known[v] for v in values[:, k]]
    return numbers


def _columns(covariates: Any) -> list[Any]:
    if hasattr(covariates, "iloc") and getattr(covariates, "ndim", 1) == 2:
        return [covariates.iloc[:, k] for k in range(covariates.shape[1])]
    if type(covariates).__module__.startswith("polars") and hasattr(covariates, "columns"):
        return list(covariates.get_columns())
    values = np.asarray(covariates)
    return [covariates] if values.ndim < 2 else list(values.T)


def fit_effects(X: Rows, T: np.ndarray, covariates: Any) -> CovariateEffects:
    """Estimate the effects of all levels; the penalty by generalised cross-validation.

    Parameters
    ----------
    X : Rows of shape (n, n_features)
    T : ndarray of shape (n, n_targets), float32
        Codes whose rows sum to 1, so that they hold the mean.
    covariates : array-like of shape (n,) or (n, n_covariates)
    """
    rows, levels = read_covariates(covariates, len(X))
    scale = ColumnScale.standard(X)
    C, of_T, of_C, squares = _products(X, T, rows, levels, scale)
    gram = Gram.of(T)
    on_T = (C @ T) @ gram.inverse
    values, axes = np.linalg.eigh((C @ C.T).toarray() - on_T @ (C @ T).T)
    values = np.maximum(values, 0)
    along = axes.T @ (of_C - on_T @ of_T)
    left = squares - float((of_T * (gram.inverse @ of_T)).sum())
    length = np.square(along).sum(axis=1)
    scores = []
    for penalty in _PENALTIES:
        error = left - (length * (values + 2 * penalty) / (values + penalty) ** 2).sum()
        free = gram.n_free - (values / (values + penalty)).sum()
        scores.append(max(error, 0) / max(free, 1) ** 2)
    penalty = _PENALTIES[int(np.argmin(scores))]
    effects = axes @ (along / (values + penalty)[:, None])
    return CovariateEffects(levels, _begin(levels), effects * scale.scale, rows)


def _begin(levels: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.cumsum([0, *map(len, levels)])


def _products(
    X: Rows,
    T: np.ndarray,
    rows: np.ndarray,
    levels: tuple[np.ndarray, ...],
    scale: ColumnScale,
) -> tuple[csr_array, np.ndarray, np.ndarray, float]:
    """Return C transposed, TᵀZ, CᵀZ and the sum of the squares of standard rows Z."""
    begin, n = _begin(levels), len(X)
    places = (rows + begin[:-1]).ravel(), np.repeat(np.arange(n), rows.shape[1])
    C = csr_array((np.ones(rows.size), places), shape=(begin[-1], n))
    of_T, of_C = (np.zeros((k, X.shape[1])) for k in (T.shape[1], C.shape[0]))
    squares = 0.0
    for block in row_blocks(n):
        Z = scale.transform(X[block]).astype(np.float64)
        of_T += T[block].T @ Z
        of_C += C[:, block] @ Z
        squares += float(np.square(Z).sum())
    return C, of_T, of_C, squares


class WithoutEffects:
    """Rows less the effects of their covariates, a block at a time."""

    def __init__(self, X: Rows, effects: CovariateEffects):
        self._X, self._effects = X, effects
        self.shape = X.shape
        self.dtype = X.dtype if X.dtype.kind == "f" else np.dtype(np.float64)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        own = self._X[rows] - self._effects.of(self._effects.rows[rows])
        return np.asarray(own, dtype=self.dtype)
