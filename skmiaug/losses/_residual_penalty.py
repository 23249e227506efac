"""The penalty that keeps the generator near its prior."""

from torch import Tensor


def residual_penalty(residual: Tensor) -> Tensor:
    """Mean over the rows of the squared norm of the residual.

    In whitened space every direction of the prior has variance 1, so a penalty of 1 stands
    for a residual as long as one standard deviation of one direction.

    Parameters
    ----------
    residual : Tensor of shape (..., n, n_features)

    Returns
    -------
    Tensor of shape (...)
    """
    return residual.float().square().sum(dim=-1).mean(-1)
