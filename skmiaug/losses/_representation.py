"""Losses of representations: InfoNCE of paired rows, and errors of masked timesteps.

InfoNCE is a loss, and a bound of information in nats. Scores are a matrix (n, n): row i,
column j is the score of the first part of pair i with the second part of pair j, so that
the diagonal holds the positive pairs. From any scores s,

    I(h; t) ≥ E[ln(n) + s(h_i, t_i) - ln Σ_j exp s(h_i, t_j)]

(van den Oord, Li and Vinyals, 2018, arXiv 1807.03748, equation 5; Poole et al., 2019,
arXiv 1905.06922, equation 12). Read column by column the bound holds too, and the mean of
both is the symmetric form (Radford et al., 2021, arXiv 2103.00020, figure 3).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

RECONSTRUCTION_ERRORS = ("l1", "l2")
SAME_CLASS_ROLES = ("positive", "masked", "negative")
# As in Radford et al. (2021), section 2.5: larger scores make training unstable.
_MAX_SCALE = 100.0
# Slightly below ln(100), where clamping would set the gradient to 0.
LARGEST_LOG_SCALE = math.log(_MAX_SCALE) - 1e-6


def cosine_scores(first: Tensor, second: Tensor, log_scale: Tensor) -> Tensor:
    """Return cosines of all pairs, divided by the temperature, (n, m) in float32.

    The parts are (n, n_components) and (m, n_components), ``log_scale`` is
    ln(1 / temperature); the scale is clamped at 100.
    """
    cosines = (
        functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T
    ).float()
    return cosines * log_scale.float().exp().clamp(max=_MAX_SCALE)


def symmetric_info_nce(
    scores: Tensor,
    classes: Tensor | None = None,
    *,
    same_class: str = "negative",
    present: Tensor | None = None,
) -> Tensor:
    """Mean over both directions of the cross-entropy of the positive pairs, nats.

    ``same_class`` is the role of the other pairs of a row's class, one of the ``classes``
    (n,). "positive": they count as positive pairs, by the mean of their log-probabilities
    (Khosla et al., 2020, arXiv 2004.11362, L_out). "masked": left out of the denominator.
    "negative": negative pairs, as in the papers on InfoNCE.

    A pair that is not ``present`` (n,) lacks a part, and is left out as a row and as a
    candidate; None: all are complete. The loss is 0 where no pair is complete.
    """
    if same_class == "negative" and present is None:
        own_column = torch.arange(len(scores), device=scores.device)
        there, back = (functional.cross_entropy(s, own_column) for s in (scores, scores.T))
        return 0.5 * (there + back)
    own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    positives, candidates = own, torch.ones_like(own)
    if same_class != "negative":
        if classes is None:
            raise ValueError(f"same_class={same_class!r} needs the classes of the rows.")
        alike = classes[:, None] == classes[None, :]
        if same_class == "positive":
            positives = alike
        else:
            candidates = ~alike | own
    weights = torch.ones(len(scores), dtype=scores.dtype, device=scores.device)
    if present is not None:
        complete = present[:, None] & present[None, :]
        # A row keeps its own pair as a candidate, so that no denominator is empty.
        positives, candidates = positives & (complete | own), candidates & complete | own
        weights = present.to(scores.dtype)
    weights = weights / weights.sum().clamp(min=1.0)
    return 0.5 * (
        _positive_pair_error(scores, positives, candidates) @ weights
        + _positive_pair_error(scores.T, positives.T, candidates.T) @ weights
    )


def info_nce_information(scores: Tensor, candidates: Tensor | None = None) -> Tensor:
    """Lower bound of the mutual information of both parts of a pair, nats.

    ``scores`` are (..., n, n), a bound for each set of pairs. ``candidates``, bool of that
    shape and symmetric, are those of each row, its own pair among them: with the pairs of
    its class alone, this bounds I(h; t | c). None: all. The bound is at most the mean of
    ln(number of candidates), ln(n) for all: larger information cannot be found with so many
    pairs. It is negative if the scores are misleading.
    """
    if candidates is None:
        candidates = torch.ones_like(scores, dtype=torch.bool)
    masked = scores.masked_fill(~candidates, -torch.inf)
    log_q = sum(
        masked.log_softmax(dim=side).diagonal(dim1=-2, dim2=-1) for side in (-2, -1)
    )
    maximum = candidates.sum(dim=-2).to(scores.dtype).log()
    return (maximum + 0.5 * log_q).mean(dim=-1)


def _positive_pair_error(scores: Tensor, positives: Tensor, candidates: Tensor) -> Tensor:
    """-log softmax over each row's candidates, averaged over its positives, (n,)."""
    log_q = torch.log_softmax(scores.masked_fill(~candidates, -torch.inf), dim=1)
    # where, not a product: excluded pairs are -inf.
    total = torch.where(positives, log_q, 0.0).sum(dim=1)
    return -total / positives.sum(dim=1)


def masked_reconstruction_loss(
    restored: Tensor,
    target: Tensor,
    masked: Tensor,
    known: Tensor | None = None,
    *,
    error: str = "l1",
) -> Tensor:
    """Mean error over the cells of masked timesteps whose values are known.

    Masked timesteps lie within their sequences, so padding never counts. Equation: mean of
    ``|x̂ - x|`` or ``(x̂ - x)²`` over the cells (i, t, j) with ``masked[i, t]`` and
    ``known[i, t, j]`` (None: all); 0 when no cell counts. ``restored`` and ``target`` (n,
    time, n_features) are finite everywhere, in the padding too.
    """
    difference = restored.float() - target
    each = difference.abs() if error == "l1" else difference.square()
    if known is None:
        total = (each.sum(dim=2) * masked).sum()
        return total / (masked.sum() * target.shape[2]).clamp(min=1)
    counted = known & masked[..., None]
    total = torch.where(counted, each, 0.0).sum()
    return total / counted.sum().clamp(min=1)
