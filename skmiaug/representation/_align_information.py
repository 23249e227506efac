"""What the shared code of held-out rows tells of their class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skmiaug.nn import AlignmentNetwork
from skmiaug.training import AlignmentBatch, AlignmentWeights
from skmiaug.utils._precision import precision


@dataclass(frozen=True)
class HeldOutInformation:
    """A lower bound of I(c; shared code), and the most it can be.

    Attributes
    ----------
    value : float or None
        H(c) + E[log q(c | shared code)], nats; None without held-out rows, and where q was
        not trained since its term has no weight.
    ceiling : float
        H(c) of the classes that are held out, nats; of all classes where none are.
    """

    value: float | None
    ceiling: float


def held_out_information(
    network: AlignmentNetwork,
    parts: Sequence[AlignmentBatch],
    shares: np.ndarray,
    weights: AlignmentWeights,
) -> HeldOutInformation:
    """Measure on held-out rows, each class by its share of all rows.

    Entropy and expectation must be of one distribution. Classes too small to be split are
    not among the held-out rows: what q makes of them is unknown, and with their part of
    the entropy the sum would be no bound. Nor are the shares of the others quite kept,
    since at least one row of each is held out.

    Parameters
    ----------
    network : AlignmentNetwork
    parts : sequence of AlignmentBatch
        The held-out rows.
    shares : ndarray of shape (n_classes,)
        Share of each class among all rows.
    weights : AlignmentWeights
    """
    if not parts:
        return HeldOutInformation(None, _entropy(shares))
    classes = torch.cat([part.classes for part in parts]).cpu().numpy()
    held = np.unique(classes)
    likely = shares[held] / shares[held].sum()
    ceiling = _entropy(likely)
    if weights.information == 0:
        return HeldOutInformation(None, ceiling)
    with torch.inference_mode():
        log_q = torch.cat([_log_q(network, part, weights) for part in parts])
    by_row = log_q.double().cpu().numpy()
    by_class = np.array([by_row[classes == c].mean() for c in held])
    return HeldOutInformation(ceiling + float(likely @ by_class), ceiling)


def _log_q(
    network: AlignmentNetwork, part: AlignmentBatch, weights: AlignmentWeights
) -> Tensor:
    with precision(part.classes.device, weights.autocast):
        logits = network(part.rows, part.present).shared_logits
    return logits.log_softmax(dim=1).gather(1, part.classes[:, None])[:, 0]


def _entropy(shares: np.ndarray) -> float:
    return float(-(shares * np.log(shares)).sum())
