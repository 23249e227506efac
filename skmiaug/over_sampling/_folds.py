"""Folds whose training part is balanced and whose test part is real rows alone."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import StratifiedGroupKFold, check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling._resampling import resample


class Fold(NamedTuple):
    """Two pairs of rows and classes."""

    train: tuple[Any, Any]
    test: tuple[Any, Any]


def split_rows(X: Any, y: Any, cv: Any, groups: Any = None) -> list[Fold]:
    """Cut rows and classes into folds.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    cv : int, splitter or iterable
        An int is stratified by class; with ``groups`` it also keeps groups together,
        where scikit-learn's own would overlook them.
    groups : array-like of shape (n_samples,) or None
    """
    check_consistent_length(X, y, groups)
    y = np.asarray(y)
    if groups is not None and isinstance(cv, Integral):
        splitter = StratifiedGroupKFold(int(cv))
    else:
        splitter = check_cv(cv, y, classifier=True)

    def part(rows: np.ndarray) -> tuple[Any, Any]:
        return _safe_indexing(X, rows), _safe_indexing(y, rows)

    return [Fold(part(a), part(b)) for a, b in splitter.split(X, y, groups)]


def fold_scores(
    fold: Fold, augmenters: Sequence[MIGANAugmenter], classifier: Any, scoring: Any
) -> list[float]:
    """Score a classifier on the fold's test rows, once for each fitted augmenter.

    Each balances the training rows that it was fitted to.
    """
    scores = []
    for augmenter in augmenters:
        X, y = augmenter._check_rows(*fold.train)
        made = resample(augmenter, X, y, None, augmenter.sampling_strategy_)
        # The same containers in training and test: names of columns would be missed.
        X_test = np.asarray(fold.test[0], dtype=made.X.dtype)
        fitted = clone(classifier).fit(made.X, made.y)
        scores.append(float(check_scoring(fitted, scoring)(fitted, X_test, fold.test[1])))
    return scores
