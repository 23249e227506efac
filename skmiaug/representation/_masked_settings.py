"""The encoder's parameters, resolved to numbers for one data set."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from skmiaug.nn import TimestepArchitecture
from skmiaug.representation._sequence_input import Sequences
from skmiaug.training import MaskingSettings

EVAL_INTERVAL = 50


@dataclass(frozen=True)
class PretrainingSettings:
    """Numbers that a fit needs; the names are those of the encoder's parameters."""

    architecture: TimestepArchitecture
    masking: MaskingSettings
    clip: float
    max_iter: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    validation_fraction: float
    n_iter_no_change: int
    tol: float

    def fingerprint(self, sequences: Sequences, seed: int | None) -> str:
        """Identity of a run: settings, data and, where it was given, the seed."""
        return fingerprint_of(asdict(self), sequences, seed)


def largest_product(
    architecture: TimestepArchitecture, sequences: Sequences, batch_size: int
) -> int:
    """Multiply-adds of the largest matrix product of a usual training step."""
    n_steps = min(batch_size, len(sequences)) * int(sequences.lengths.mean())
    widest = max(architecture.n_features, 3 * architecture.hidden_size)
    return n_steps * widest * architecture.hidden_size


def fingerprint_of(
    settings: dict[str, Any], sequences: Sequences, seed: int | None, *labels: np.ndarray
) -> str:
    """Digest of settings, seed and data."""
    described = json.dumps(settings, default=_described, sort_keys=True)
    shape = [sequences.steps.shape, str(sequences.steps.dtype)]
    digest = hashlib.sha256(json.dumps([described, seed, shape]).encode())
    for array in (sequences.steps, sequences.lengths, *labels):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _described(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, torch.Tensor)) else str(value)
