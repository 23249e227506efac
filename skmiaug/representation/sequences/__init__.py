"""Estimators on sequences of timesteps, with and without labels."""

from skmiaug.representation.sequences._classifier import SequenceEmotionClassifier
from skmiaug.representation.sequences._input import read_sequences
from skmiaug.representation.sequences._masked_encoder import MaskedTimestepEncoder
from skmiaug.representation.sequences._regressor import SequenceEmotionRegressor
from skmiaug.representation.sequences._restoration_score import (
    draw_masks,
    interpolate_masked,
)

__all__ = [
    "MaskedTimestepEncoder",
    "SequenceEmotionClassifier",
    "SequenceEmotionRegressor",
    "draw_masks",
    "interpolate_masked",
    "read_sequences",
]
