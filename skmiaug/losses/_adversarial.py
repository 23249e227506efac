"""The adversarial game, in its hinge form."""

from torch import Tensor
from torch.nn import functional


def critic_hinge_loss(real_score: Tensor, generated_score: Tensor) -> Tensor:
    """Mean of max(0, 1 - D(x)) over real plus max(0, 1 + D(x̂)) over generated rows.

    Rows that the critic tells apart by a margin add nothing, so that on few rows it does
    not go on sharpening what it has memorised (Lim and Ye, 2017, arXiv 1705.02894).

    Parameters
    ----------
    real_score, generated_score : Tensor of shape (..., n)

    Returns
    -------
    Tensor of shape (...)
        One loss for each critic of a stack; a scalar for a single one.
    """
    on_real = functional.relu(1 - real_score).mean(-1)
    return on_real + functional.relu(1 + generated_score).mean(-1)


def generator_hinge_loss(generated_score: Tensor) -> Tensor:
    """Mean of -D(x̂); ``generated_score`` is (..., n), what comes out (...)."""
    return -generated_score.mean(-1)
