"""Measures of generated data and of predictions.

Functions of arrays; information is in nats. `docs/metrics.md` helps to choose.
"""

from typing import Any

from sklearn.metrics import brier_score_loss

from skmiaug.metrics import information, predictions, samples
from skmiaug.metrics._prior_correction import PriorCorrectedClassifier
from skmiaug.metrics.information import *  # noqa: F403
from skmiaug.metrics.predictions import *  # noqa: F403
from skmiaug.metrics.samples import *  # noqa: F403

__all__ = ["PriorCorrectedClassifier"]
__all__ += information.__all__
__all__ += predictions.__all__
__all__ += samples.__all__


def brier_score(y_true: Any, y_proba: Any, classes: Any) -> float:
    """The name that `evaluation` still uses for `sklearn.metrics.brier_score_loss`."""
    return brier_score_loss(y_true, y_proba, labels=classes, scale_by_half=False)
