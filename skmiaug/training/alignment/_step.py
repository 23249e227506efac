"""One training step of the aligned space: a pure function of model, batch and weights."""

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from skmiaug.losses import categorical_information, cosine_scores, symmetric_info_nce
from skmiaug.nn import AlignmentNetwork, AlignmentOutput
from skmiaug.training.alignment._model import AlignmentModel
from skmiaug.utils._precision import precision


class AlignmentBatch(NamedTuple):
    """Rows with all their modalities; n is the batch size.

    Attributes
    ----------
    rows : tuple of Tensor of shape (n, n_features)
        One for each modality, standardised and finite, also where one is missing.
    present : Tensor of shape (n, n_modalities), bool, or None
        False where a row lacks a modality. None: all are there, which saves time.
    classes : Tensor of shape (n,)
    """

    rows: tuple[Tensor, ...]
    present: Tensor | None
    classes: Tensor


@dataclass(frozen=True)
class AlignmentWeights:
    """How much each term counts.

    Attributes
    ----------
    classification : float
        On the cross-entropy of each modality.
    contrastive : float
        α, on the symmetric InfoNCE of each pair of modalities.
    information : float
        β, on the bound of the information that the shared code has of the class.
    same_class : {"positive", "masked", "negative"}
        What the pairs of a row's class are to it, see ``symmetric_info_nce``.
    entropy : float
        H(c) of the rows, nats.
    autocast : torch.dtype or None
        Type of the matrix products; None is float32.
    """

    classification: float
    contrastive: float
    information: float
    same_class: str
    entropy: float
    autocast: torch.dtype | None = None


class AlignmentTerms(NamedTuple):
    """The terms of the loss, each a Tensor of shape (), nats.

    Attributes
    ----------
    loss : Tensor
        The weighted sum.
    class_error : Tensor
        Sum over the modalities of the cross-entropy of the class.
    pair_error : Tensor
        Sum over the pairs of modalities of the symmetric InfoNCE loss.
    information : Tensor
        H(c) + E[log q(c | shared code)].
    """

    loss: Tensor
    class_error: Tensor
    pair_error: Tensor
    information: Tensor


def alignment_terms(
    network: AlignmentNetwork, batch: AlignmentBatch, weights: AlignmentWeights
) -> AlignmentTerms:
    """Σ CE(c | code) + α Σ InfoNCE(code, code') - β (H(c) + E[log q(c | shared code)])."""
    with precision(batch.classes.device, weights.autocast):
        output = network(batch.rows, batch.present)
        class_error = _class_error(output, batch)
        pair_error = _pair_error(output, batch, network.log_scale, weights.same_class)
        information = categorical_information(
            output.shared_logits, batch.classes, weights.entropy
        )
    loss = (
        weights.classification * class_error
        + weights.contrastive * pair_error
        - weights.information * information
    )
    return AlignmentTerms(loss, class_error, pair_error, information)


def align_step(
    model: AlignmentModel, batch: AlignmentBatch, weights: AlignmentWeights
) -> Tensor:
    """Update the model on one batch.

    Returns
    -------
    Tensor of shape (4,)
        The fields of `AlignmentTerms`; on the device, detached.
    """
    terms = alignment_terms(model.network, batch, weights)
    model.optimizer.zero_grad(set_to_none=True)
    terms.loss.backward()
    model.optimizer.step()
    model.limit_scale()
    return torch.stack([term.detach() for term in terms])


def _class_error(output: AlignmentOutput, batch: AlignmentBatch) -> Tensor:
    """Sum over the modalities of their mean cross-entropy where they are there."""
    total = output.shared_logits.new_zeros(())
    for index, logits in enumerate(output.class_logits):
        if batch.present is None:
            total = total + functional.cross_entropy(logits, batch.classes)
        else:
            there = batch.present[:, index]
            errors = functional.cross_entropy(logits, batch.classes, reduction="none")
            mean = torch.where(there, errors, 0.0).sum() / there.sum().clamp(min=1)
            total = total + mean
    return total


def _pair_error(
    output: AlignmentOutput, batch: AlignmentBatch, log_scale: Tensor, same_class: str
) -> Tensor:
    total = output.shared_logits.new_zeros(())
    for first, second in combinations(range(len(output.codes)), 2):
        whole = None
        if batch.present is not None:
            whole = batch.present[:, first] & batch.present[:, second]
        total = total + symmetric_info_nce(
            cosine_scores(output.codes[first], output.codes[second], log_scale),
            batch.classes,
            same_class=same_class,
            present=whole,
        )
    return total
