"""Generator, critic and the loops that train them."""

from skmiaug.training.gan._batches import (
    GanBatch,
    GanBatches,
    Layout,
    Rows,
    WeightedRows,
    kernel_weight,
    sampling_weights,
)
from skmiaug.training.gan._distributed import ProcessGroup, SingleProcess
from skmiaug.training.gan._loop import GanRecord, train_gan
from skmiaug.training.gan._networks import GanNetworks, build_networks
from skmiaug.training.gan._pairs import pair_information, read_pairs
from skmiaug.training.gan._stack import (
    GanStack,
    StackBatches,
    StackedModel,
    stack_networks,
    train_gan_stack,
)
from skmiaug.training.gan._step import (
    GanWeights,
    discriminate,
    excess,
    gan_step,
    generate,
    heads_step,
    less_margin,
)

__all__ = [
    "GanBatch",
    "GanBatches",
    "GanNetworks",
    "GanRecord",
    "GanStack",
    "GanWeights",
    "Layout",
    "ProcessGroup",
    "Rows",
    "SingleProcess",
    "StackBatches",
    "StackedModel",
    "WeightedRows",
    "build_networks",
    "discriminate",
    "excess",
    "gan_step",
    "generate",
    "heads_step",
    "kernel_weight",
    "less_margin",
    "pair_information",
    "read_pairs",
    "sampling_weights",
    "stack_networks",
    "train_gan",
    "train_gan_stack",
]
