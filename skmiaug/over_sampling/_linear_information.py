"""How much several modalities say of each other linearly, given the class."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from scipy.special import digamma
from torch import Tensor

# What the whitening leaves of the variance of a column is far above.
_LEAST_VARIANCE = 1e-4


def linear_information(rows: Tensor, classes: Tensor, sizes: Sequence[int]) -> float:
    """Return the total correlation of Gaussian rows of this covariance, nats.

    With S the covariance of the deviations from the class means, and S_k that of modality
    k, it is (Σ_k ln |S_k| - ln |S|) / 2; of two modalities it is their mutual information.
    What it is too high by on Gaussian rows is taken off: ln |S| of m columns and f degrees
    of freedom is Σ_i ψ((f - i) / 2) - m ln(f / 2) too large, i from 0 to m - 1.

    Parameters
    ----------
    rows : Tensor of shape (n, m)
    classes : Tensor of shape (n,)
        Class indices; classes without a row may lie between.
    sizes : sequence of int
        Columns of each modality, side by side; their sum is m.

    Returns
    -------
    float
        NaN where there are not more rows than columns and classes.
    """
    counts = torch.bincount(classes).clamp(min=1)
    free = len(rows) - len(counts)
    if free <= rows.shape[1]:
        return math.nan
    sums = rows.new_zeros(len(counts), rows.shape[1]).index_add_(0, classes, rows)
    apart = rows - (sums / counts[:, None]).index_select(0, classes)
    S = (apart.T @ apart).cpu().numpy().astype(float) / free
    S[np.diag_indices_from(S)] += _LEAST_VARIANCE
    ends = np.cumsum([0, *sizes])
    each = sum(_log_determinant(S[a:b, a:b], free) for a, b in pairwise(ends))
    return 0.5 * (each - _log_determinant(S, free))


def _log_determinant(S: np.ndarray, free: int) -> float:
    """Log-determinant of a covariance, without its bias."""
    m = len(S)
    bias = digamma((free - np.arange(m)) / 2).sum() - m * np.log(free / 2)
    return float(np.linalg.slogdet(S)[1] - bias)
