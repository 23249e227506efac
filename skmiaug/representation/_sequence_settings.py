"""The parameters of fine-tuning, resolved to numbers for one data set."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skmiaug.representation._masked_settings import fingerprint_of
from skmiaug.representation._sequence_architecture import StartingPoint
from skmiaug.representation._sequence_input import Sequences

LOOK_EVERY = 25
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
