"""The training loop of generator and critic."""

from dataclasses import dataclass, field
from typing import ClassVar

from skmiaug.training.gan._batches import GanBatches
from skmiaug.training.gan._networks import GanNetworks
from skmiaug.training.gan._step import GanWeights, gan_step, heads_step
from skmiaug.training.loop._cuda_graph import graphed
from skmiaug.training.loop._run import EarlyStopping, RunRecord, TrainingEvents, run_loop

N_HEAD_STEPS = 100
_REMEDY = (
    "Lower generator_learning_rate and critic_learning_rate, lower mi_weight, or look for "
    "extreme values in X."
)


@dataclass
class GanRecord(RunRecord):
    """The record of generator and critic."""

    figures: ClassVar[tuple[str, ...]] = (
        "critic_loss",
        "generator_loss",
        "information",
        "pair_information",
    )

    # Means over the steps since the last validation check
    critic_loss: list[float] = field(default_factory=list)
    generator_loss: list[float] = field(default_factory=list)
    # The bound H(c) + E[log Q(c|x̂)] of generated rows, nats, likewise
    information: list[float] = field(default_factory=list)
    # Bound of the information between the groups of columns of generated rows given the
    # class, summed over the pairs of groups, nats; 0 with a single group
    pair_information: list[float] = field(default_factory=list)


def train_gan(
    networks: GanNetworks,
    batches: GanBatches,
    weights: GanWeights,
    *,
    max_iter: int,
    eval_interval: int,
    stopping: EarlyStopping,
    events: TrainingEvents,
) -> GanRecord:
    """Train generator and critic by :func:`run_loop`; each step updates both.

    With several groups of columns the heads are trained first, alone: untrained they give
    the generator no direction, and early stopping would not wait for them.
    """
    layout = batches.layout
    resumed = events.checkpoint is not None and events.checkpoint.exists()
    if networks.heads is not None and weights.informed and max_iter > 0 and not resumed:
        for _ in range(N_HEAD_STEPS):
            heads_step(networks, *batches.draw_rows(), layout)
    step = graphed(
        networks,
        lambda batch: gan_step(networks, batch, weights, layout),
        batches.generator.device,
    )
    return run_loop(
        networks,
        lambda: step(batches.draw()),
        GanRecord(),
        generator=batches.generator,
        max_iter=max_iter,
        eval_interval=eval_interval,
        stopping=stopping,
        events=events,
        remedy=_REMEDY,
    )
