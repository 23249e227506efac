"""Scores of a λ grid in the columns of scikit-learn's searches."""

import numpy as np
from scipy.stats import rankdata


def cv_table(
    mi_weights: np.ndarray, scores: np.ndarray, information: np.ndarray
) -> dict[str, np.ndarray]:
    """Return a ``cv_results_``.

    Parameters
    ----------
    mi_weights : ndarray of shape (n_weights,)
    scores : ndarray of shape (n_weights, n_folds)
        Higher is better.
    information : ndarray of shape (n_weights, n_folds)
        Nats.
    """
    means = scores.mean(axis=1)
    table = {
        "param_mi_weight": mi_weights,
        "params": np.array([{"mi_weight": float(w)} for w in mi_weights], dtype=object),
    }
    table |= {f"split{k}_test_score": column for k, column in enumerate(scores.T)}
    return table | {
        "mean_test_score": means,
        "std_test_score": scores.std(axis=1),
        "rank_test_score": rankdata(-means, method="min").astype(np.int32),
        "mean_mutual_information": information.mean(axis=1),
    }
