"""Precision, recall, density and coverage of generated rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skmiaug.metrics._checks import check_count, check_rows, check_same_width
from skmiaug.metrics._distances import count_within, nearest, on_common_scale

__all__ = ["PRDC", "precision_recall_density_coverage"]


class PRDC(NamedTuple):
    """How two sets of rows cover each other.

    Attributes
    ----------
    precision : float
        Share of the generated rows inside the ball of any real row: are they like real?
    recall : float
        Share of the real rows inside the ball of any generated row: is all there?
    density : float
        Real balls that a generated row lies in, on average, over k; may exceed 1.
    coverage : float
        Share of the real balls that hold a generated row; about 1 - 2⁻ᵏ between two
        samples of one size and distribution.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall_density_coverage(
    X_real: ArrayLike, X_synthetic: ArrayLike, *, n_neighbors: int = 5, scale: bool = True
) -> PRDC:
    """Fidelity (precision, density) and diversity (recall, coverage) of generated rows.

    The ball of a row reaches to its k-th nearest neighbour in its own set.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
    X_synthetic : array-like of shape (n_synthetic, n_features)
    n_neighbors : int, default=5
        k; both sets have more rows.
    scale : bool, default=True
        Give the columns the scale of the real rows first; False is as published.

    Returns
    -------
    PRDC

    Raises
    ------
    ValueError
        A set has no more than ``n_neighbors`` rows.

    References
    ----------
    Kynkäänniemi et al. (2019), arXiv 1904.06991; Naeem et al. (2020), arXiv 2002.09797.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import precision_recall_density_coverage
    >>> real, made = np.random.default_rng(0).normal(size=(2, 200, 3))
    >>> precision_recall_density_coverage(real, made + 100).coverage
    0.0
    >>> precision_recall_density_coverage(real, made).precision > 0.9
    True
    """
    k = check_count("n_neighbors", n_neighbors, 1)
    real = check_rows(X_real, "X_real", at_least=k + 1)
    made = check_rows(X_synthetic, "X_synthetic", at_least=k + 1)
    check_same_width(real, made)
    real, made = on_common_scale(real, real, made, standardize=scale)
    real_reach = nearest(real, real, k, same_rows=True)[0][:, -1]
    made_reach = nearest(made, made, k, same_rows=True)[0][:, -1]
    balls, covered = count_within(made, real, real_reach)
    found = count_within(real, made, made_reach)[0]
    return PRDC(
        precision=float(np.mean(balls > 0)),
        recall=float(np.mean(found > 0)),
        density=float(balls.mean() / k),
        coverage=float(covered.mean()),
    )
