"""Losses of generator and critic: the hinge GAN and the penalty on the residual."""

from torch import Tensor
from torch.nn import functional


def critic_hinge_loss(real_score: Tensor, generated_score: Tensor) -> Tensor:
    """Mean of max(0, 1 - D(x)) over real plus max(0, 1 + D(x̂)) over generated samples.

    Samples classified with a margin contribute nothing, which limits memorisation of few
    rows (Lim and Ye, 2017, arXiv 1705.02894). From scores of shape (..., n) to losses of
    shape (...), one for each critic of a stack.
    """
    on_real = functional.relu(1 - real_score).mean(-1)
    return on_real + functional.relu(1 + generated_score).mean(-1)


def generator_hinge_loss(generated_score: Tensor) -> Tensor:
    """Mean of -D(x̂), from scores of shape (..., n) to losses of shape (...)."""
    return -generated_score.mean(-1)


def residual_penalty(residual: Tensor) -> Tensor:
    """Mean over the samples of the squared norm of the residual (..., n, n_features).

    It keeps generated samples close to the prior. In whitened space every direction of the
    prior has variance 1: a penalty of 1 is a residual of one standard deviation in one
    direction.
    """
    return residual.float().square().sum(dim=-1).mean(-1)
