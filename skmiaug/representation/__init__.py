"""Learned representations: aligned modalities, and sequences pretrained without labels."""

from skmiaug.representation._align import ContrastiveAligner
from skmiaug.representation._masked_encoder import MaskedTimestepEncoder
from skmiaug.representation._sequence_classifier import SequenceEmotionClassifier
from skmiaug.representation._sequence_regressor import SequenceEmotionRegressor

__all__ = [
    "ContrastiveAligner",
    "MaskedTimestepEncoder",
    "SequenceEmotionClassifier",
    "SequenceEmotionRegressor",
]
