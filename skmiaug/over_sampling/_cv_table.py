"""Scores of a λ grid in the columns of scikit-learn's searches."""

import numpy as np
from scipy.stats import rankdata

from skmiaug.exceptions import UndefinedScoreWarning
from skmiaug.utils._warning import warn_caller


def cv_table(
    mi_weights: np.ndarray, scores: np.ndarray, information: np.ndarray
) -> dict[str, np.ndarray]:
    """Return a ``cv_results_``; a λ whose mean score is NaN has the last rank.

    Parameters
    ----------
    mi_weights : ndarray of shape (n_weights,)
    scores : ndarray of shape (n_weights, n_folds)
        Higher is better.
    information : ndarray of shape (n_weights, n_folds)
        Nats.

    Raises
    ------
    ValueError
        All mean scores are NaN.
    """
    means = scores.mean(axis=1)
    _tell_of_nan(mi_weights, means)
    table = {
        "param_mi_weight": mi_weights,
        "params": np.array([{"mi_weight": float(w)} for w in mi_weights], dtype=object),
    }
    table |= {f"split{k}_test_score": column for k, column in enumerate(scores.T)}
    return table | {
        "mean_test_score": means,
        "std_test_score": scores.std(axis=1),
        "rank_test_score": _ranks(means),
        "mean_mutual_information": information.mean(axis=1),
    }


def _ranks(means: np.ndarray) -> np.ndarray:
    defined = ~np.isnan(means)
    ranks = np.full(len(means), defined.sum() + 1, dtype=np.int32)
    ranks[defined] = rankdata(-means[defined], method="min")
    return ranks


def _tell_of_nan(mi_weights: np.ndarray, means: np.ndarray) -> None:
    undefined = mi_weights[np.isnan(means)].tolist()
    if not undefined:
        return
    remedy = (
        "Look at what scoring gives where a class is absent from a fold, or where the "
        "classifier was given rows of one class."
    )
    if len(undefined) == len(means):
        raise ValueError(f"The score of every mi_weight is NaN in some fold. {remedy}")
    warn_caller(
        f"The score of mi_weight {', '.join(map(str, undefined))} is NaN in some fold, so "
        f"that it is not chosen. {remedy}",
        UndefinedScoreWarning,
    )
