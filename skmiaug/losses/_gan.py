"""Losses of generator and critic: hinge, penalty, and bounds of information in nats.

For any q, I(c; x) = H(c) - H(c|x) ≥ H(c) + E[log q(c|x)], with equality when q is the
posterior (Barber and Agakov, 2003; InfoGAN, Chen et al. 2016, equation 4; the generator of
arXiv 2510.10078).
"""

import math

import torch
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


def class_cross_entropy(class_logits: Tensor, targets: Tensor) -> Tensor:
    """Mean of -log q(c|x) over rows and, for shares, over the classes of a row; nats.

    From logits (..., n, n_classes), and class indices (..., n) or shares of the classes
    (..., n, n_classes), one-hot among them, to (...).
    """
    log_q = torch.log_softmax(class_logits, dim=-1)
    if targets.is_floating_point():
        return -(targets * log_q).sum(-1).mean(-1)
    return -log_q.gather(-1, targets[..., None]).squeeze(-1).mean(-1)


def categorical_information(
    class_logits: Tensor, targets: Tensor, entropy: float | Tensor
) -> Tensor:
    """H(c) + mean of log q(c|x): the part of the classes in the bound.

    Shapes are those of :func:`class_cross_entropy`; the targets are what each row was
    generated for, and ``entropy`` is H(c) of the distribution that they were drawn from:
    the upper bound. Negative if q is worse than the class shares.
    """
    return entropy - class_cross_entropy(class_logits, targets)


def gaussian_code_information(
    code_mean: Tensor, code_log_variance: Tensor, codes: Tensor
) -> Tensor:
    """Mean over standard normal codes of H(code) + E[log N(code; mean, variance)].

    From (..., n, n_codes) to (...): 0 without codes, or for an uninformative q (mean 0,
    variance 1).
    """
    if codes.shape[-1] == 0:
        return codes.new_zeros(codes.shape[:-2])
    entropy = 0.5 * (1 + math.log(2 * math.pi))
    squared = (codes - code_mean).square() * torch.exp(-code_log_variance)
    log_density = -0.5 * (math.log(2 * math.pi) + code_log_variance + squared)
    return entropy + log_density.mean((-2, -1))
