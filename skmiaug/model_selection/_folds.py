"""The folds of searches: stratified, shuffled, groups kept whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import check_random_state

from skmiaug.utils.tables._labels import read_groups

_TESTED, _MOST_REPEATS = 100, 5


def joined_strata(strata: NDArray[Any], least: int = 5) -> NDArray[np.intp]:
    """Numbers of the strata (n,); those of fewer rows than `least` join the largest."""
    _, codes, counts = np.unique(strata, return_inverse=True, return_counts=True)
    return np.where(counts[codes] < least, counts.argmax(), codes)


class StratifiedFolds(BaseEstimator):
    """Repeated stratified folds that keep groups whole where groups are given.

    There are at most as many folds as the smallest class has rows and as there are groups,
    and at least 2. Without a number of repeats, there are up to 5: until the smallest class
    has been tested on 100 rows. A repeat with the folds of an earlier one is left out.
    """

    # As the group splitters of scikit-learn: groups are requested by default.
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self, n_splits: int = 5, *, n_repeats: int | None = 1, random_state: Any = None
    ):
        self.n_splits = n_splits
        self.n_repeats = n_repeats
        self.random_state = random_state

    def split(
        self, X: Any, y: Any, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield (training rows, test rows) of each fold of each repeat."""
        _, codes = np.unique(np.asarray(y), return_inverse=True)
        rarest = most = int(np.bincount(codes).min())
        kind: Any = StratifiedKFold
        groups = read_groups(groups, len(codes))
        if groups is not None and groups.max() == 0:
            groups = None
        if groups is not None:
            most, kind = min(most, int(groups.max()) + 1), StratifiedGroupKFold
        folds = max(2, min(self.n_splits, most))
        rng = check_random_state(self.random_state)
        n_repeats = self.n_repeats or min(_MOST_REPEATS, -(-_TESTED // rarest))
        seen = []
        for _ in range(n_repeats):
            splitter = kind(folds, shuffle=True, random_state=rng.randint(2**31 - 1))
            parts = list(splitter.split(np.zeros(len(codes)), codes, groups))
            # A few groups can be dealt out in few ways: what was seen is no new evidence.
            tests = {test.tobytes() for _, test in parts}
            if tests not in seen:
                seen.append(tests)
                yield from parts
