"""Measures of generated data and of predictions.

Functions of arrays; information is in nats. `docs/metrics.md` helps to choose.
"""

from skmiaug.metrics import information, predictions, samples
from skmiaug.metrics.information import *  # noqa: F403
from skmiaug.metrics.predictions import *  # noqa: F403
from skmiaug.metrics.samples import *  # noqa: F403

__all__ = [*information.__all__, *predictions.__all__, *samples.__all__]
