"""Training loops: they take modules, tensors and callbacks, and return records."""

from skmiaug.training._checkpoint import Checkpoint
from skmiaug.training._gan_batches import GanBatches
from skmiaug.training._gan_loop import GanEvents, train_gan
from skmiaug.training._gan_players import GanPlayers, build_players
from skmiaug.training._gan_step import GanWeights, gan_step
from skmiaug.training._record import TrainingRecord
from skmiaug.training._stopping import EarlyStopping

__all__ = [
    "Checkpoint",
    "EarlyStopping",
    "GanBatches",
    "GanEvents",
    "GanPlayers",
    "GanWeights",
    "TrainingRecord",
    "build_players",
    "gan_step",
    "train_gan",
]
