"""Choice of the spread from the data, by leaving one row out."""

import math

import torch
from torch import Tensor

SPREAD_GRID = (0.3, 0.5, 0.7, 0.85, 1.0)


def choose_spread(
    rows: Tensor, classes: Tensor, row_means: Tensor, means: Tensor, grid: tuple[float, ...]
) -> float:
    """Return the spread under which left-out rows tell most about their class.

    With spread s, the density of class c is a mixture of normals of standard deviation s
    around the real rows of c, drawn towards the class mean by sqrt(1 - s²); at s = 1 it is
    the class Gaussian. For each row, the density of its own class is taken without it. The
    score is the mean log posterior of the own class under equal priors, each class
    weighing the same: pointwise mutual information up to a constant.

    Parameters
    ----------
    rows : Tensor of shape (n, n_features)
        Whitened rows.
    classes : Tensor of shape (n,)
    row_means : Tensor of shape (n_classes, n_features)
        Means of the rows of each class.
    means : Tensor of shape (n_classes, n_features)
        Shrunken class means.
    grid : tuple of float
        Candidates in (0, 1].

    Returns
    -------
    float
        The best of ``grid``; the largest of equals.
    """
    counts = torch.bincount(classes, minlength=len(means))
    if int((counts > 1).sum()) < 2:
        return max(grid)
    scores = {s: _score(s, rows, classes, row_means, means, counts) for s in sorted(grid)}
    return max(sorted(grid, reverse=True), key=scores.__getitem__)


def _score(
    spread: float,
    rows: Tensor,
    classes: Tensor,
    row_means: Tensor,
    means: Tensor,
    counts: Tensor,
) -> float:
    pull = math.sqrt(1 - spread**2)
    centres = means[classes] + pull * (rows - row_means[classes])
    log_density = torch.empty(len(rows), len(means), dtype=rows.dtype, device=rows.device)
    for c in range(len(means)):
        member = classes == c
        log_density[:, c] = _log_mixture(rows, centres[member], spread)
        if counts[c] > 1:
            # Without row i, the class mean moves by (x_i - mean) / (n - 1) the other way,
            # and each centre by the share of the mean in it. To move the row instead by
            # as much the other way gives the same distances.
            step = (1 - pull) / (counts[c] - 1)
            moved = rows[member] + step * (rows[member] - row_means[c])
            log_density[member, c] = _log_mixture(
                moved, centres[member], spread, leave_own_out=True
            )
    log_posterior = torch.log_softmax(log_density, dim=1).gather(1, classes[:, None])[:, 0]
    usable = counts[classes] > 1
    weights = 1.0 / counts[classes][usable]
    return float((log_posterior[usable] * weights).sum() / weights.sum())


def _log_mixture(
    rows: Tensor, centres: Tensor, spread: float, *, leave_own_out: bool = False
) -> Tensor:
    """Log density of ``rows`` under equal normals at ``centres``, up to a constant."""
    log_kernel = -torch.cdist(rows, centres).square() / (2 * spread**2)
    n = len(centres)
    if leave_own_out:
        log_kernel.fill_diagonal_(-math.inf)
        n -= 1
    return torch.logsumexp(log_kernel, dim=1) - math.log(n)
