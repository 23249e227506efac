"""The training loops of generator and critic."""

from dataclasses import dataclass, field
from typing import ClassVar

from skmiaug.training.gan._batches import GanBatches
from skmiaug.training.gan._joint_batches import JointBatches
from skmiaug.training.gan._joint_step import heads_step, joint_step
from skmiaug.training.gan._players import GanPlayers, JointPlayers
from skmiaug.training.gan._step import GanWeights, gan_step
from skmiaug.training.loop._cuda_graph import graphed
from skmiaug.training.loop._record import RunRecord
from skmiaug.training.loop._run import TrainingEvents, run_loop
from skmiaug.training.loop._stopping import EarlyStopping

N_HEAD_STEPS = 100
_REMEDY = (
    "Lower generator_learning_rate and critic_learning_rate, lower mi_weight, or look for "
    "extreme values in X."
)


@dataclass
class GanRecord(RunRecord):
    """The record of generator and critic.

    Attributes
    ----------
    critic_loss, generator_loss : list of float
        Means over the steps since the last look.
    information : list of float
        The bound H(c) + E[log Q(c|x̂)] of generated rows, nats, likewise.
    """

    figures: ClassVar[tuple[str, ...]] = ("critic_loss", "generator_loss", "information")

    critic_loss: list[float] = field(default_factory=list)
    generator_loss: list[float] = field(default_factory=list)
    information: list[float] = field(default_factory=list)


@dataclass
class JointRecord(GanRecord):
    """The record of players for rows of several modalities.

    Attributes
    ----------
    pair_information : list of float
        Bound of what the modalities of generated rows say of each other given the class,
        summed over the pairs of modalities, nats.
    """

    figures: ClassVar[tuple[str, ...]] = (*GanRecord.figures, "pair_information")

    pair_information: list[float] = field(default_factory=list)


def train_gan(
    players: GanPlayers,
    batches: GanBatches,
    weights: GanWeights,
    *,
    max_iter: int,
    eval_interval: int,
    stopping: EarlyStopping,
    events: TrainingEvents,
) -> GanRecord:
    """Train both players by :func:`run_loop`; each step is one update of both.

    Parameters
    ----------
    players, batches, weights
        Networks, data and term weights; ``players`` are changed in place.
    max_iter, eval_interval, stopping, events
        As for ``run_loop``.

    Raises
    ------
    TrainingDivergedError
        The losses were not finite again after the rates were lowered.
    """
    step = graphed(
        players,
        lambda batch: gan_step(players, batch, weights),
        batches.generator.device,
    )
    return run_loop(
        players,
        lambda: step(batches.draw()),
        GanRecord(),
        generator=batches.generator,
        max_iter=max_iter,
        eval_interval=eval_interval,
        stopping=stopping,
        events=events,
        remedy=_REMEDY,
    )


def train_joint_gan(
    players: JointPlayers,
    batches: JointBatches,
    weights: GanWeights,
    *,
    max_iter: int,
    eval_interval: int,
    stopping: EarlyStopping,
    events: TrainingEvents,
) -> JointRecord:
    """Train both players for rows of several modalities, as :func:`train_gan` does.

    The heads learn first, alone: until they read something from real pairs they have
    nothing to say to the generator, and early stopping would not wait for them.
    """
    resumed = events.checkpoint is not None and events.checkpoint.exists()
    if weights.information > 0 and max_iter > 0 and not resumed:
        for _ in range(N_HEAD_STEPS):
            heads_step(players, *batches.draw_pairs(), batches.layout)
    step = graphed(
        players,
        lambda batch: joint_step(players, batch, weights, batches.layout),
        batches.generator.device,
    )
    return run_loop(
        players,
        lambda: step(batches.draw()),
        JointRecord(),
        generator=batches.generator,
        max_iter=max_iter,
        eval_interval=eval_interval,
        stopping=stopping,
        events=events,
        remedy=_REMEDY,
    )
