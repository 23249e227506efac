"""Learned representations: aligned modalities, and sequences pretrained without labels."""

from skmiaug.representation.alignment import ContrastiveAligner
from skmiaug.representation.sequences import (
    MaskedTimestepEncoder,
    SequenceEmotionClassifier,
    SequenceEmotionRegressor,
)

__all__ = [
    "ContrastiveAligner",
    "MaskedTimestepEncoder",
    "SequenceEmotionClassifier",
    "SequenceEmotionRegressor",
]
