"""The folds of a benchmark: a corpus's protocol, as it is and skewed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmiaug.datasets import LeaveOneSessionOut, LeaveOneSpeakerOut, OfficialSplit
from skmiaug.evaluation._defaults import CLASSIFIER_NAMES
from skmiaug.evaluation._skew import SkewedTraining
from skmiaug.evaluation._splits import Fold, make_folds

__all__ = [
    "PROTOCOLS",
    "folds_of",
    "protocol_of",
    "splitter_of",
    "training_counts",
    "usual_classifiers",
]

# An RBF SVM takes a time that grows with the square of the rows: hours from here on.
_ROWS_FOR_SVM = 20_000

PROTOCOLS = {
    "session": "leave one session out",
    "speaker": "leave one speaker out",
    "official": "the corpus's own training and test parts",
}


def protocol_of(data: Any) -> str:
    """The protocol that fits a corpus: a loader's own, or what a manifest allows."""
    named = getattr(data, "protocol", None)
    if named is not None:
        return named
    frame = data.frame
    for column, protocol in (
        ("split", "official"),
        ("session", "session"),
        ("speaker", "speaker"),
    ):
        if frame[column].nunique() > 1:
            return protocol
    raise ValueError(
        "expected a manifest with splits, sessions or speakers to test by; it has none of "
        "them in at least two values."
    )


def splitter_of(
    frame: pd.DataFrame,
    protocol: str,
    *,
    test_splits: Sequence[str] | None,
    disjoint: Sequence[str],
) -> Any:
    """The splitter of a protocol, bound to the rows of `frame`."""
    if protocol == "official":
        return OfficialSplit(frame, test=test_splits, disjoint=disjoint)
    if test_splits is not None:
        raise ValueError("--test-splits names parts of the official protocol only.")
    kinds = {"session": LeaveOneSessionOut, "speaker": LeaveOneSpeakerOut}
    return kinds[protocol](frame, disjoint=disjoint)


def folds_of(
    splitter: Any, y: NDArray[Any], fractions: Mapping[str, float] | None, n_seeds: int
) -> list[Fold]:
    """All folds of all seeds, their training parts thinned out by `fractions`.

    Raises
    ------
    ValueError
        The manifest does not fit the protocol.
    LeakageError
        A speaker or dialog is on both sides of a fold.
    """
    cv = splitter if fractions is None else SkewedTraining(splitter, dict(fractions))
    return make_folds(cv, np.empty((len(y), 1)), y, None, list(range(n_seeds)))


def training_counts(folds: Sequence[Fold], y: NDArray[Any]) -> dict[str, int]:
    """Rows of each class in the first training part."""
    labels = y[folds[0].train]
    return {str(name): int((labels == name).sum()) for name in np.unique(y)}


def usual_classifiers(folds: Sequence[Fold]) -> tuple[str, ...]:
    """The classifiers that end in reasonable time on training parts of this size."""
    largest = max(len(fold.train) for fold in folds)
    kept = CLASSIFIER_NAMES if largest <= _ROWS_FOR_SVM else ("logistic regression", "MLP")
    return tuple(kept)
