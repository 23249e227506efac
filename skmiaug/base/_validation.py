"""Checks of rows and class labels, and which rows are held out for validation."""

from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_feature_names, _check_n_features, column_or_1d

from skmiaug.utils.tables._labels import check_labels
from skmiaug.utils.tables._tables import TableLike, read_table

# A stratum of fewer rows is not split: one row of it would show nothing.
_MIN_ROWS_TO_SPLIT = 5
# Random orders of the groups that are tried, and the number of visits that bounds them.
_N_ORDERS, _N_VISITS = 64, 20_000


def read_rows(
    estimator: Any, X: Any, *, reset: bool, **checks: Any
) -> tuple[np.ndarray, TableLike]:
    """Check the rows of any container as scikit-learn's ``validate_data`` does.

    ``n_features_in_`` and ``feature_names_in_`` of the estimator are set if ``reset``, else
    compared; ``checks`` are those of ``sklearn.utils.check_array``. Returns the rows
    (n_samples, n_features), and what gives rows back in the container of ``X``.
    """
    rows, table = read_table(X)
    _check_feature_names(estimator, X, reset=reset)
    rows = check_array(rows, estimator=estimator, input_name="X", **checks)
    _check_n_features(estimator, rows, reset=reset)
    return rows, table


def class_labels(y: Any) -> np.ndarray:
    """Return class labels as an array of shape (n,).

    Whole numbers and booleans of type object, usual after ``dropna``, and of pandas'
    nullable and pyarrow types become an array of their own type.
    Raises a ValueError if a label is missing, text is mixed with other labels, or they are
    no classes.
    """
    check_labels(y)
    dtype: Any = getattr(y, "dtype", None)
    if hasattr(dtype, "numpy_dtype") and dtype.kind in "iub":
        # scikit-learn would go by way of float64 and merge labels above 2**53.
        y = y.to_numpy(dtype=dtype.numpy_dtype)
    labels = column_or_1d(y, warn=True)
    if labels.dtype == object:
        for kind in (bool, int):
            if all(type(label) is kind for label in labels):
                labels = np.array(labels.tolist())
    check_classification_targets(labels)
    return labels


def validation_mask(
    strata: np.ndarray,
    fraction: float,
    rng: np.random.Generator,
    *,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Draw the rows to hold out, the same share of each stratum.

    Strata (n,), such as classes, of fewer than 5 rows are not split; of any other at least
    one row is held out, unless ``fraction`` is 0. Returns which rows are, (n,), bool.

    Rows of one of the ``groups`` (n,), such as a speaker, are held out together or not at
    all: the groups are those of 64 random selections whose class counts come nearest to
    ``fraction``. No stratum is held out as a whole; where that leaves no group to hold out,
    no row is.
    """
    _, strata, counts = np.unique(strata, return_inverse=True, return_counts=True)
    # The small number keeps 0.57 of 100 from becoming 56.
    wanted = np.floor(counts * fraction + 1e-9).astype(int)
    splits = (counts >= _MIN_ROWS_TO_SPLIT) & (fraction > 0)
    wanted = np.where(splits, np.maximum(wanted, 1), 0)
    if groups is not None:
        return _whole_groups(strata, np.unique(groups, return_inverse=True)[1], wanted, rng)
    held = np.zeros(len(strata), dtype=bool)
    for stratum in np.flatnonzero(wanted):
        rows = np.flatnonzero(strata == stratum)
        held[rng.choice(rows, wanted[stratum], replace=False)] = True
    return held


def _whole_groups(
    strata: np.ndarray, groups: np.ndarray, wanted: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Hold out groups whose rows by stratum come nearest to ``wanted`` (n_strata,)."""
    n_groups = int(groups.max()) + 1
    counts = np.zeros((n_groups, len(wanted)), dtype=np.int64)
    np.add.at(counts, (groups, strata), 1)
    total = counts.sum(axis=0)
    best, least = np.zeros(n_groups, dtype=bool), np.inf
    if not wanted.any():
        return best[groups]

    def distance(held: np.ndarray) -> float:
        return float((np.square(held - wanted) / total).sum())

    for _ in range(max(min(_N_ORDERS, _N_VISITS // n_groups), 1)):
        chosen = np.zeros(n_groups, dtype=bool)
        held, apart = np.zeros_like(total), np.inf
        for group in rng.permutation(n_groups):
            more = held + counts[group]
            # The first group that may be held out is, however far it is off.
            if (more < total).all() and distance(more) < apart:
                held, apart = more, distance(more)
                chosen[group] = True
        if apart < least:
            best, least = chosen, apart
    return best[groups]
