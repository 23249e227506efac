"""The parameters of fine-tuning, resolved to numbers for one data set."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from skmiaug.representation._masked_settings import fingerprint_of
from skmiaug.representation._sequence_architecture import StartingPoint
from skmiaug.representation._sequence_input import Sequences

EVAL_INTERVAL = 25
# What "auto" and None mean with a pretrained encoder; docs/masked_pretraining.md has why.
PRETRAINED_HEAD_PENALTY = 10.0
PRETRAINED_RATE_FACTOR = 0.2


@dataclass(frozen=True)
class FineTuningSettings:
    """Numbers that a fit needs; the names are those of the estimators' parameters.

    ``error`` is "classes", "l1" or "l2"; ``class_weights`` has one number a class.
    """

    error: str
    class_weights: tuple[float, ...] | None
    freeze_encoder: bool
    head_penalty: float | None
    encoder_dropout: float
    dropout: float
    max_iter: int
    batch_size: int
    learning_rate: float
    encoder_learning_rate: float
    weight_decay: float
    validation_fraction: float
    n_iter_no_change: int
    tol: float
    autocast: Any

    def fingerprint(
        self,
        start: StartingPoint,
        sequences: Sequences,
        labels: np.ndarray,
        seed: int | None,
    ) -> str:
        """Identity of a run: settings, start, data and, where it was given, the seed."""
        described = vars(self) | {
            "architecture": vars(start.architecture),
            "pooling": start.pooling,
            "clip": start.clip,
        }
        arrays = [labels]
        if start.pretrained is not None:
            state = start.pretrained.encoder.state_dict()
            arrays += [weights.numpy() for weights in state.values()]
            arrays += list(vars(start.pretrained.scale).values())
        return fingerprint_of(described, sequences, seed, *arrays)


def checked_range(output_range: Any) -> tuple[float, float] | None:
    """Return the lowest and the highest label, or None.

    Raises
    ------
    ValueError
        They are not two numbers in this order.
    """
    if output_range is None:
        return None
    limits = tuple(output_range)
    are_two = len(limits) == 2 and all(isinstance(limit, Real) for limit in limits)
    if not are_two or not limits[0] < limits[1]:
        raise ValueError(
            "output_range must be (lowest, highest), two numbers, or None, got "
            f"{output_range!r}. Where an end is open, say -inf or inf."
        )
    return limits


def resolve_class_weights(
    class_weight: Any, classes: np.ndarray, labels: np.ndarray
) -> tuple[float, ...] | None:
    """Return the weight of each class in the loss; None where all are worth the same.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
    classes : ndarray of shape (n_classes,)
    labels : ndarray of shape (n,)

    Raises
    ------
    ValueError
        A weight is not finite, or 0 or less: the loss of such a class could fall for ever,
        or that of a batch of it be 0 / 0.
    """
    if class_weight is None:
        return None
    found = compute_class_weight(class_weight, classes=classes, y=labels)
    weights = np.asarray(found, dtype=np.float32)
    bad = np.flatnonzero(~np.isfinite(weights) | (weights <= 0))
    if len(bad):
        raise ValueError(
            f"class_weight must hold finite numbers above 0, got {weights[bad[0]]:g} for "
            f"class {classes[bad[0]]!s}. To train without a class, leave its sequences out."
        )
    return tuple(weights.tolist())
