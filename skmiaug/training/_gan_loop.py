"""The training loop of generator and critic."""

from skmiaug.training._gan_batches import GanBatches
from skmiaug.training._gan_players import GanPlayers
from skmiaug.training._gan_step import GanWeights, gan_step
from skmiaug.training._loop import TrainingEvents, run_loop
from skmiaug.training._record import TrainingRecord
from skmiaug.training._stopping import EarlyStopping

GanEvents = TrainingEvents
_REMEDY = (
    "Lower generator_learning_rate and critic_learning_rate, lower mi_weight, or look for "
    "extreme values in X."
)


def train_gan(
    players: GanPlayers,
    batches: GanBatches,
    weights: GanWeights,
    *,
    max_iter: int,
    look_every: int,
    stopping: EarlyStopping,
    events: TrainingEvents,
) -> TrainingRecord:
    """Train both players by :func:`run_loop`; each step is one update of both.

    Parameters
    ----------
    players, batches, weights
        Networks, data and term weights; ``players`` are changed in place.
    max_iter, look_every, stopping, events
        As for ``run_loop``.

    Raises
    ------
    TrainingDivergedError
        The losses were not finite again after the rates were lowered.
    """
    return run_loop(
        players,
        lambda: gan_step(players, batches.draw(), weights),
        TrainingRecord(),
        generator=batches.generator,
        max_iter=max_iter,
        look_every=look_every,
        stopping=stopping,
        events=events,
        remedy=_REMEDY,
    )
