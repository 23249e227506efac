"""Several modalities of the same rows in one space."""

from skmiaug.representation.alignment._aligner import ContrastiveAligner
from skmiaug.representation.alignment._rows import present_modalities
from skmiaug.representation.alignment._space import (
    EVAL_INTERVAL,
    recall_at,
    validation_information,
)

__all__ = [
    "EVAL_INTERVAL",
    "ContrastiveAligner",
    "present_modalities",
    "recall_at",
    "validation_information",
]
